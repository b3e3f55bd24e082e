"""Rules on a case that several share: one case on each side, every change to everyone (requirements CI-05, CI-07)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recette.judge.absences import unproven
from recette.judge.order import Before, as_seen, by_order, known_at, turned_round
from recette.judge.registry import rule
from recette.judge.said import Said, Tellers
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH, Message

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_NO_CHANGE = frozenset({"caseId", "senderCaseId", "creation", "datetime", "reception"})
"""Fields that say nothing of what changed."""
Values = frozenset[tuple[str, object]]


@rule("CI-05")
def one_case_on_each_side(view: View) -> Iterator[Finding]:
    """The editor's own number of the case is what a partner sees of a second one."""
    again = _shared_again(view)
    if again is None:
        return
    numbered = [one for one in view.functional if one.message.model in _CASE and _number(one.message)]
    before = [one for one in numbered if one.number < again]
    for one in numbered:
        if before and one.number > again and _number(one.message) != _number(before[-1].message):
            yield view.broken(
                "Depuis que le dossier a été partagé une seconde fois sous le même caseId, l'éditeur le connaît sous un "
                "autre numéro : il en a créé un second.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.senderCaseId",
                expected=_number(before[-1].message),
                actual=_number(one.message),
                advice="Rapprochez un RS-EDA du dossier local qui porte déjà ce caseId, au lieu d'en créer un.",
            )
            return


def _shared_again(view: View) -> int | None:
    """When a partner sent an RS-EDA of a case that the editor knew already."""
    known = [one.number for one in view.functional if one.message.model == "RS-EDA"]
    for publication in view.progress.published.values():
        if publication.message.model != "RS-EDA" or publication.message.case_id != view.progress.case_id:
            continue
        if any(number < publication.number for number in known):
            return publication.number
        known.append(publication.number)
    return None


def _number(message: Message) -> str:
    found = (message.content or {}).get("senderCaseId")
    return found if isinstance(found, str) else ""


@rule("CI-07")
@by_order("ce changement et ce que l'éditeur a envoyé d'autre du dossier")
def changes_told_to_all(view: View, before: Before) -> Iterator[Finding]:
    for change, partner in _untold_changes(view, before):
        yield view.broken(
            f"Ce changement du dossier n'a pas été transmis à {partner}, qui le partage aussi.",
            message=change,
            path=f"{MESSAGE_PATH}.{change.message.key}",
            expected=f"un RS-EDA-MAJ aussi vers {partner}",
            actual=f"un RS-EDA-MAJ vers {change.message.recipient_id} seulement",
            advice="Envoyez chaque changement à tous ceux avec qui le dossier est partagé, un message chacun.",
        )


def untold_partners(view: View) -> set[str]:
    """Those that CI-07 surely speaks of."""
    seen, turned = (
        {(change.number, partner) for change, partner in _untold_changes(view, before)}
        for before in (as_seen(view), turned_round(view))
    )
    return {partner for _, partner in seen & turned}


def _untold_changes(view: View, before: Before) -> Iterator[tuple[EditorMessage, str]]:
    """Each change with a partner who should have got it and did not.

    A change counts as told when the partner got anything that was new in it: what it got need not be the whole.
    DSF 5.4 is that of 15-15: a tablet need not know what concerns another.
    """
    if view.record.vhost.perimeter != "15-15":
        return
    changes = [
        one
        for one in view.functional
        if one.message.model == "RS-EDA-MAJ" and one.message.case_id == view.progress.case_id
    ]
    said, closings = _Shared(view, before), Said(before, (one for one in changes if _closes(view, one)))
    for change in changes:
        if closings.any_before(change) and not _closes(view, change):
            continue
        to, values = change.message.recipient_id, _by_event(view)[change.number]
        news = {value for value in values if not said.told.told_before((to, value), change)}
        for partner in said.sharers(change) - {to}:
            unknown = news - said.by_partner.get(partner, frozenset())
            if (
                unknown
                and unknown.isdisjoint(said.to_partner.get(partner, frozenset()))
                and _had_its_time(view, partner)
            ):
                yield change, partner


class _Shared:
    """Who shares the case, and what was told to whom."""

    def __init__(self, view: View, before: Before) -> None:
        self.told = Tellers(before)
        """By recipient and value, what the editor told."""
        self.to_partner: dict[str | None, set[tuple[str, object]]] = {}
        """What the editor told each in all."""
        self.by_partner: dict[str | None, set[tuple[str, object]]] = {}
        """What each told of the case: nobody need tell it back."""
        self._shares = Tellers(before)
        self._partners: set[str | None] = set()
        self._known: dict[str | None, int] = {}
        """When the editor knew of a case that each shared."""
        self._editor = view.editor
        for one in view.functional:
            if one.message.model not in _CASE:
                continue
            to = one.message.recipient_id
            values = _by_event(view)[one.number]
            self.to_partner.setdefault(to, set()).update(values)
            for value in values:
                self.told.add((to, value), one)
            if one.message.model == "RS-EDA" and one.delivered is not None:
                self._partners.add(to)
                self._shares.add(to, one)
        for sent in view.progress.published.values():
            if sent.message.model not in _CASE:
                continue
            who = sent.message.sender_id
            self.by_partner.setdefault(who, set()).update(values_of(sent.message))
            if sent.message.model == "RS-EDA":
                known = known_at(view, sent)
                self._known[who] = min(known, self._known.get(who, known))

    def sharers(self, change: EditorMessage) -> set[str]:
        """Partners that shared the case when a change was sent."""
        found = {one for one in self._partners if self._shares.told_before(one, change)}
        found |= {one for one, known in self._known.items() if known < change.number}
        return {who for who in found if who is not None and who != self._editor}


def _had_its_time(view: View, partner: str) -> bool:
    """Whether the play waited for what `partner` should have got; one that was cut short before tells nothing."""
    if view.record.ended is None:
        return False
    for name, (number, event) in view.record.course.missed.items():
        if event.waiting_for != "message":
            continue
        if view.casting.clients.get(view.casting.scenario.message(name).recipient) == partner:
            return unproven(view, number, event) is None
    return not view.record.ended.reason and view.record.shared is None


def _closes(view: View, one: EditorMessage) -> bool:
    return ("qualification.details.status", "CLOTURE") in _by_event(view)[one.number]


def _by_event(view: View) -> Mapping[int, Values]:
    """What each of the editor's messages says of its case."""
    return view.once(_values_by_event)


def _values_by_event(view: View) -> Mapping[int, Values]:
    return {one.number: values_of(one.message) for one in view.functional}


def values_of(message: Message) -> Values:
    """What a message says of its case, beyond identifiers and dates."""
    return values_in(message.content or {}, "")


def values_in(node: object, path: str) -> Values:
    """The same of what stands at a path of its content."""
    return frozenset(_leaves(node, path))


def _leaves(node: object, path: str) -> Iterator[tuple[str, object]]:
    """Every value with where it stands; the place in a list does not count."""
    if isinstance(node, Mapping):
        for name, child in node.items():
            if name not in _NO_CHANGE:
                yield from _leaves(child, f"{path}.{name}" if path else name)
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child, path)
    else:
        yield path, node
