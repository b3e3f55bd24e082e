"""Rules on data that a partner must not get: of another case, or out of date (requirements DA-24, DA-25, SC-06)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recette.judge.differences import asked_for, keyed, matches
from recette.judge.order import Before, by_order, known_at
from recette.judge.registry import rule
from recette.judge.rules.persons import one_person_one_id
from recette.judge.said import Tellers, ToldByEither
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH, Message

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_SHARES = frozenset({"RS-EDA", "RC-EDA"})
_BLOCKS = {
    "patient": ("patientId", "idPat"),
    "medicalNote": ("medicalNoteId", "idObs"),
}
_NOT_SET = frozenset({"owner", "freetext"})
_STATUS = "qualification.details.status"
"""How far a case is."""
_OWN = frozenset(
    {
        "caseId",
        "senderCaseId",
        "creation",
        "datetime",
        "reception",
        "medicalNoteId",
        "idObs",
        "patientId",
        "idPat",
    }
)
"""What a message has for itself, and identifiers."""
Value = str | int | float


@rule("DA-24", of_strays=True, needs="scenario")
@by_order("le message et ce que l'éditeur a dit d'autre du dossier")
def of_this_case_alone(view: View, order: Before) -> Iterator[Finding]:
    """A patient or a note beyond those that the scenario keyed, or that this case was told to have.

    Software may add one by itself; not one that it told of another case.
    """
    typed = {one.number: match.content.data for match in matches(view).values() for one in match.arrivals}
    doubled = {(one.event, one.actual) for one in one_person_one_id(view)}
    known = ToldByEither(view, order, _identifiers)
    named = set(view.progress.values.values())
    for one in view.functional:
        if one.message.model not in _CASE or one.number not in typed:
            continue
        for block, names in _BLOCKS.items():
            items = list(_identified(one.message.content, block, names))
            beyond = len(items) - len(tables(typed[one.number], block))
            for path, identifier in items if beyond > 0 else ():
                if (
                    identifier in named
                    or known.told_before(identifier, one)
                    or (one.number, identifier) in doubled
                ):
                    continue
                before = view.earlier.of(block, identifier)
                whose = (
                    f" ; {'il' if block == 'patient' else 'elle'} est d'un autre dossier ({before.where})"
                    if before is not None and before.case != one.message.case_id
                    else ""
                )
                what = "Un patient" if block == "patient" else "Une note"
                yield view.broken(
                    f"{what} que personne n'a saisi dans ce dossier part vers le partenaire{whose}.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                    expected=f"{len(tables(typed[one.number], block))} dans {block}, ce qui a été saisi",
                    actual=identifier,
                    advice="N'envoyez que ce qui est de ce dossier : vérifiez d'où vient cette donnée.",
                    disputed=not whose,
                )


def _identifiers(message: Message) -> set[Hashable]:
    """Of the patients and notes that a message tells."""
    return {
        identifier
        for block, names in _BLOCKS.items()
        for _, identifier in _identified(message.content, block, names)
    }


def _identified(
    content: Mapping[str, Any] | None, block: str, names: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(tables(content, block)):
        for name in names:
            if isinstance(item.get(name), str):
                yield f"{block}[{index}].{name}", item[name]


@rule("DA-24", needs="scenario")
@by_order("le message et ce que l'éditeur a dit d'autre du dossier")
def no_decision_but_those_taken(view: View, order: Before) -> Iterator[Finding]:
    """A decision beyond those that were keyed, and that nobody told before."""
    told = ToldByEither(view, order, _decisions)
    for one in view.functional:
        asked, items = keyed(view, one), tables(one.message.content, "decision")
        taken = len(tables(asked, "decision"))
        if asked is None or one.message.model not in _CASE or len(items) <= taken:
            continue
        for index, item in enumerate(items[taken:], taken):
            if not told.told_before(_decision(item), one):
                yield view.broken(
                    "Une décision que personne n'a prise dans ce dossier part vers le partenaire.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.decision[{index}]",
                    expected=f"{taken} dans decision, ce qui a été saisi",
                    actual=item,
                    advice="N'envoyez que ce qui a été décidé dans ce dossier : vérifiez d'où vient cette donnée.",
                    disputed=True,
                )


def _decisions(message: Message) -> set[Hashable]:
    return {_decision(item) for item in tables(message.content, "decision")}


def _decision(item: Mapping[str, Any]) -> Hashable:
    """What tells one from another; whatever stands there, as text."""
    return repr((item.get("creation"), item.get("decisionType")))


@rule("SC-06", of_strays=True)
def only_to_those_who_share_the_case(view: View) -> Iterator[Finding]:
    """What is about the case reached a client that has no part in it, and that it was not shared with."""
    parties = set(view.casting.clients.values())
    shared: set[str | None] = set()
    for one in view.functional:
        to = one.message.recipient_id
        if one.message.model in _SHARES:
            shared.add(to)
        if one.delivered is None or one.message.case_id is None or to in parties or to in shared:
            continue
        yield view.broken(
            f"{one.message.model} est parvenu à {to}, avec qui ce dossier n'est pas partagé.",
            message=one,
            path="$.descriptor.explicitAddress.explicitAddressValue",
            expected=", ".join(sorted(parties - {view.editor})),
            actual=to,
            advice=f"Cherchez dans le journal du logiciel pourquoi {view.editor} a écrit à {to} de ce dossier.",
        )


@rule("DA-25", of_strays=True, needs="scenario")
@by_order("la mise à jour et ce que l'éditeur a dit d'autre du dossier")
def nothing_undone(view: View, before: Before) -> Iterator[Finding]:
    """An update that puts an old value back over the new, or, where one was keyed, changes what nobody changed.

    So does a case that is shared again with what it held at first. What is of the same part of the case as a value that was
    keyed may have been worked out from it.
    """
    asked = asked_for(view)
    history = _History(view, before)
    for one in view.functional:
        if one.message.model not in _CASE:
            continue
        typed = set(_values(keyed(view, one)))
        update = one.message.model == "RS-EDA-MAJ"
        for path, value in history.said[one.number].items():
            held = None if path in typed else history.held(path, one)
            if held is None or value == held.value:
                continue
            stale = history.told(path, value, one)
            if not (stale or (update and one.number in asked)):
                continue
            name = path.rpartition(".")[2]
            what = "La mise à jour" if update else "Le dossier, partagé à nouveau,"
            yield view.broken(
                f"{what} remet {name} à une valeur que le dossier n'a plus : {held.value} redevient {value}."
                if stale
                else f"La mise à jour change aussi {name}, que le scénario ne change pas : {held.value} devient {value}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                expected=f"{held.value}, ou rien",
                actual=value,
                advice="N'envoyez dans une mise à jour que ce qui change, ou les valeurs à jour.",
                disputed=not stale and _may_follow(path, typed),
            )


def _may_follow(path: str, typed: set[str]) -> bool:
    """Whether a value that was keyed in the same part of the case may have changed it, or software by itself.

    A position follows an address, a priority a risk; whether a case is open goes on by itself, and tells nothing of the
    rest.
    """
    if path.startswith(tuple(f"{block}[" for block in _BLOCKS)):
        return False
    keyed_there = (one for one in typed if _part(one) == _part(path) and not one.endswith(".status"))
    return path == _STATUS or any(keyed_there)


def _part(path: str) -> str:
    """The part of the case that a value is in; empty for what stands at its root."""
    return path.rpartition(".")[0].partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Held:
    """A value that the case was told to have, and the event that told it."""

    value: Value
    event: int


class _History:
    """The values that the case was told to have by either side, by their place, in the order in which the editor had them."""

    def __init__(self, view: View, before: Before) -> None:
        self.said: dict[int, dict[str, Value]] = {}
        """What each message of either side says of the case, by its event."""
        self._own = Tellers(before)
        """By place, and by place and value, the editor's messages."""
        self._partners: dict[Hashable, _Known] = {}
        """Likewise the partners'."""
        for one in view.functional:
            if one.message.model in _CASE:
                self.said[one.number] = _values(one.message.content)
                for path, value in self.said[one.number].items():
                    self._own.add(path, one)
                    self._own.add((path, value), one)
        for sent in view.progress.published.values():
            if sent.message.model in _CASE:
                self.said[sent.number] = _values(sent.message.content)
                known = known_at(view, sent)
                for path, value in self.said[sent.number].items():
                    for key in (path, (path, value)):
                        self._partners.setdefault(key, _Known()).add(known, sent.number)

    def held(self, path: str, until: EditorMessage) -> _Held | None:
        """The latest value there when a message left; None where nobody had told any."""
        own = self._own.of(path).last_before(until)
        events = [] if own is None else [own.number]
        if path in self._partners:
            events += self._partners[path].last(until.number)
        return _Held(self.said[max(events)][path], max(events)) if events else None

    def told(self, path: str, value: Value, until: EditorMessage) -> bool:
        """Whether anybody had told that value there when a message left."""
        known = self._partners.get((path, value))
        return self._own.told_before((path, value), until) or bool(known and known.last(until.number))


class _Known:
    """When a partner's messages were known to the editor, in the order in which they were sent."""

    def __init__(self) -> None:
        self._known: list[tuple[int, int]] = []

    def add(self, known: int, sent: int) -> None:
        self._known.append((known, sent))

    def last(self, until: int) -> list[int]:
        """The latest that was known by then, if any."""
        return next(([sent] for known, sent in reversed(self._known) if known <= until), [])


def _values(node: object, path: str = "") -> dict[str, Value]:
    """What a case has one of at a time, by its place; an item of a list stands where its identifier says, or nowhere.

    Who is in charge is CI-12's; free texts at the root are added to, and not set.
    """
    found: dict[str, Value] = {}
    table: Mapping[str, Any] = node if isinstance(node, Mapping) else {}
    for name, child in table.items():
        place = f"{path}.{name}".removeprefix(".")
        if place in _NOT_SET or name in _OWN:
            continue
        if isinstance(child, Mapping):
            found |= _values(child, place)
        elif isinstance(child, list) and place in _BLOCKS:
            for item in tables(table, name):
                identifier = next(
                    (item[one] for one in _BLOCKS[place] if isinstance(item.get(one), str)), None
                )
                if identifier is not None:
                    found |= _values(item, f"{place}[{identifier}]")
        elif isinstance(child, str | int | float):
            found[place] = child
    return found
