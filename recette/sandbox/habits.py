"""What editors do in ways of their own, and may: nothing of it is held against anybody (`recette selftest` plays them)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recette.messages.building import new_distribution_id
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Outgoing, ReferenceEditor

Habit = Callable[[ReferenceEditor, Outgoing], list[Outgoing]]
_UPDATE = "RS-EDA-MAJ"


def once_more(editor: ReferenceEditor, out: Outgoing, content: Mapping[str, Any] | None = None) -> Outgoing:
    """The same message under an id of its own, with another content where one is given."""
    twin = out.twin()
    twin.document["distributionID"] = new_distribution_id(editor.client)
    if "messageId" in twin.message:
        twin.message["messageId"] = twin.document["distributionID"]
    if content is not None:
        twin.content.clear()
        twin.content.update(content)
    return twin


def state_of(out: Outgoing) -> dict[str, Any]:
    """Where an RS-SR has its state."""
    found: dict[str, Any] = out.content.get("state", out.content)
    return found


def each_state() -> Habit:
    """A vehicle that leaves was told to, before; that is told as well."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-SR" or state_of(out).get("status") != "DEPART":
            return [out]
        before = once_more(editor, out)
        state_of(before)["status"] = "DECLENCHE"
        return [before, out]

    return send


def several_states_at_once() -> Habit:
    """An engagement says that the vehicle was decided on, and told to leave."""

    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            for one in out.content.get(Names(out.edition).resources, []):
                first = one.get("state", [])[:1]
                one["state"] = [*one.get("state", []), *({**state, "status": "DECLENCHE"} for state in first)]
        return [out]

    return send


def a_change_in_parts() -> Habit:
    """Each thing that changed goes in an update of its own; a patient before the notes about them, a closing last."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != _UPDATE:
            return [out]
        kept = {name: out.content[name] for name in ("caseId", "senderCaseId") if name in out.content}
        told = sorted(
            out.content.keys() - kept.keys(), key=lambda one: (one != "patient", one == "qualification")
        )
        parts = [once_more(editor, out, {**kept, name: out.content[name]}) for name in told]
        return parts or [out]

    return send


def a_list_in_parts() -> Habit:
    """Each position, resource or engagement of a list goes in a message of its own."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        names = {"GEO-POS": "position", "GEO-RES": "resource", "RS-RI": Names(out.edition).resources}
        name = names.get(out.model)
        items = out.content.get(name, []) if name is not None else []
        if name is None or len(items) < 2:
            return [out]
        return [once_more(editor, out, {**out.content, name: [one]}) for one in items]

    return send


def an_update_of_its_own() -> Habit:
    """Before a change goes an update that repeats how urgent the case is, as long as nobody else has said anything."""
    urgency: dict[tuple[str, str], tuple[Any, int]] = {}

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
        case = out.content.get("caseId")
        heard = len(editor.memory.seen)
        known, before = urgency.get((case, to), (None, heard))
        if out.model in {"RS-EDA", _UPDATE} and isinstance(out.content.get("qualification"), dict):
            urgency[case, to] = (out.content["qualification"].get("details"), heard)
        elif out.model == _UPDATE and known is not None and before == heard and "status" not in known:
            return [once_more(editor, out, {"caseId": case, "qualification": {"details": known}}), out]
        return [out]

    return send


def one_id_a_person() -> Habit:
    """A person is known by one patientId in every case (the form that the schema's text names first)."""
    known: dict[str, str] = {}

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        name = Names(out.edition).patient
        for one in _people(out.content):
            made = one.get(name)
            if "identity" in one and isinstance(made, str) and made.startswith(f"{editor.client}.patient."):
                person = hashlib.blake2b(repr(one["identity"]).encode(), digest_size=4).hexdigest()
                known.setdefault(made, f"{editor.client}.patient.{person}")
        _rename(out.content, known)
        return [out]

    return send


def two_vehicles() -> Habit:
    """A second vehicle is engaged beside the first, and its states come before the first one's."""
    second: dict[str, str] = {}

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            engaged = out.content.get(Names(out.edition).resources, [])
            other = dict(engaged[0])
            other["resourceId"] = second.setdefault(engaged[0]["resourceId"], f"{engaged[0]['resourceId']}b")
            engaged.append(other)
        elif out.model == "RS-SR" and out.content.get("resourceId") in second:
            before = once_more(editor, out)
            before.content["resourceId"] = second[out.content["resourceId"]]
            return [before, out]
        return [out]

    return send


def _people(content: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a JSON tree
    found = content.get("patient") if isinstance(content, dict) else None
    yield from (one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict))


def _rename(node: Any, known: Mapping[str, str]) -> None:  # noqa: ANN401 - a JSON tree
    """Put the other name of everything that has one."""
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, dict | list):
            _rename(child, known)
        elif isinstance(child, str) and child in known:
            node[key] = known[child]


HABITS: Mapping[str, Callable[[], Habit]] = {
    "tous-les-statuts": each_state,
    "plusieurs-statuts-d-un-coup": several_states_at_once,
    "changement-en-plusieurs-fois": a_change_in_parts,
    "liste-en-plusieurs-fois": a_list_in_parts,
    "mise-a-jour-de-son-fait": an_update_of_its_own,
    "un-numero-par-personne": one_id_a_person,
    "deux-vehicules": two_vehicles,
}
"""By name, what an editor with that habit sends in place of each message; each call gives one that has seen nothing yet."""
