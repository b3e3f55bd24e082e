"""Rules on whom and what the identifiers of a message name (requirements DA-11, DA-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.said import ToldByEither
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import spelling
from recette.messages.reading import MESSAGE_PATH, Message
from recette.scenario.comparison import Difference

_PATIENT_FIELDS = ("patientId", "idPat")
_ABOUT_PATIENTS = re.compile(r"\.(?:medicalNote|decision)\[\d+\]\.(?:patientId|idPat)$")
_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_OF_THEIR_OWN = frozenset({"LRM", "NEXSIS"})
"""Roles of which one organisation has one at most."""


class SharedPatients:
    """The patients that anybody names, by whom."""

    def __init__(self, view: View, before: Before) -> None:
        self._named = ToldByEither(view, before, _told)

    def begun(self, until: EditorMessage) -> bool:
        """Whether an RS-EDA told the case from its beginning, before that message."""
        return self._named.told_before(None, until)

    def known(self, identifier: str, until: EditorMessage) -> bool:
        """Whether anybody named that patient before that message."""
        return self._named.told_before(identifier, until)

    def all(self, until: EditorMessage) -> Iterator[str]:
        """Those that anybody named before that message, sorted."""
        return self._named.all_before(until)


def _told(message: Message) -> set[str | None]:
    """The patients that it names, and None where it is an RS-EDA."""
    return {*message.patient_ids, *([None] if message.model == "RS-EDA" else ())}


@rule("DA-11")
@by_order("le message qui nomme ce patient et celui qui en parle")
def patient_named_in_case(view: View, before: Before) -> Iterator[Finding]:
    for one, path, identifier in _strangers(view, before):
        yield view.broken(
            "Cette note ou cette décision concerne un patient qu'aucun message du dossier n'a nommé.",
            message=one,
            path=path,
            expected="un patient de patient[], ou d'un message antérieur",
            actual=identifier,
        )


def names_stranger(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether DA-11 speaks of this difference."""
    if _ABOUT_PATIENTS.search(difference.path) is None:
        return False
    return any(
        (one.event, one.actual) == (message.number, difference.actual) and one.verdict != "inconc"
        for one in patient_named_in_case(view)
    )


def _strangers(view: View, before: Before) -> Iterator[tuple[EditorMessage, str, str]]:
    """The notes and decisions of the editor about a patient that nobody named."""
    shared = SharedPatients(view, before)
    for one in view.functional:
        if one.message.model not in _CASE:
            continue
        begun = shared.begun(one)
        if not begun and one.message.model != "RS-EDA":
            continue
        own = frozenset(_named(one.message, "patient"))
        for block in ("medicalNote", "decision"):
            for index, item in enumerate(tables(one.message.content, block)):
                for name in _PATIENT_FIELDS:
                    identifier = item.get(name)
                    if not isinstance(identifier, str) or identifier in own:
                        continue
                    if not begun or not shared.known(identifier, one):
                        path = f"{MESSAGE_PATH}.{one.message.key}.{block}[{index}].{name}"
                        yield one, path, identifier


def _named(message: Message, block: str) -> Iterator[str]:
    for item in tables(message.content, block):
        yield from (item[name] for name in _PATIENT_FIELDS if isinstance(item.get(name), str))


@rule("DA-12")
def resource_of_its_owner(view: View) -> Iterator[Finding]:
    for message in view.functional:
        if message.message.model != "RS-RI":
            continue
        block = spelling("resource", "RS-RI", view.edition)
        told = {
            name
            for one in view.progress.published.values()
            if one.number < message.number
            for name in one.message.resource_ids
        }
        for index, resource in enumerate(tables(message.message.content, block)):
            identifier, owner = resource.get("resourceId"), resource.get("orgId")
            if not isinstance(identifier, str) or not isinstance(owner, str):
                continue
            space, mark, _ = identifier.partition(".resource.")
            if mark and not any(same_organisation(space, one) for one in (owner, view.editor)):
                yield view.broken(
                    "La ressource a un identifiant hors de l'espace de noms de son détenteur (orgId) et de l'émetteur.",
                    message=message,
                    path=f"{MESSAGE_PATH}.resourcesInfo.{block}[{index}].resourceId",
                    expected=f"{owner}.resource.<identifiant>",
                    actual=identifier,
                    disputed=identifier in told or not another_s(view, space),
                )


def another_s(view: View, space: str) -> bool:
    """Whether an identifier is formed in the name of a known client of another organisation, and of nobody else.

    Certain of two LRMs alone, or of a LRM and the fire side: a tablet, a portal or a geolocation service may be of its
    SAMU's organisation. In a capture only the perimeter tells a tablet whose id does not say what it is.
    """
    scenario = view.casting.scenario
    roles = {scenario.actors[actor] for actor in view.casting.clients}
    if not roles <= _OF_THEIR_OWN or scenario.perimeter == "15-smur":
        return False
    others = (one for one in view.casting.clients.values() if not same_organisation(one, view.editor))
    return any(space == one or space.startswith(f"{one}.") for one in others)


def same_organisation(one: str, other: str) -> bool:
    """Whether one is the other, or a part of it: an organisation may be followed by structures and units."""
    first, second = one.split("."), other.split(".")
    return all(a == b for a, b in zip(first, second, strict=False))
