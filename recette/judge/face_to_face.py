"""Several editors under test in one play: who erred first answers for it, and what may follow from it is nobody's else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from recette.judge.rules.schema import BY_SCHEMAS
from recette.judge.verdicts import Finding
from recette.judge.view import View

OWN_FORM = frozenset({"AC-03", "AC-08", "AC-10", "DA-01", *BY_SCHEMAS})
OWN_FAMILIES = ("TR-", "EN-", "HD-")
"""Rules on what a message is in itself, whatever was said before."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A play as one of its editors is judged on it."""

    view: View
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Cause:
    """What somebody did, which others may suffer from."""

    editor: str
    event: int
    rule: str


class FaceToFace:
    """Holds each editor's findings back until those of all that have a part in the play are known."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, object], list[Seen]] = {}

    def take(self, seen: Seen) -> Sequence[Seen]:
        """One editor's; all of the play, each with what is its own, once it was the last."""
        record = seen.view.record
        key = (record.vhost.name, record.casting.play)
        waiting = self._waiting.setdefault(key, [])
        waiting.append(seen)
        if len(waiting) < len(record.casting.sides):
            return ()
        del self._waiting[key]
        return attributed(waiting)

    def rest(self) -> Iterator[Seen]:
        """The plays of which an editor's side is missing: the run was cut off."""
        for waiting in self._waiting.values():
            yield from attributed(waiting)
        self._waiting = {}


def attributed(sides: Sequence[Seen]) -> list[Seen]:
    """The same, with nothing held against an editor that may follow from what another one did before.

    Breaches are taken in the order of the journal: the first one stands, and so does a later one of another editor that
    is about the form of its own message alone. All else that comes after another's breach is inconclusive.
    """
    causes = [cause for one in sides for cause in _said_twice(one.view)]
    kept: dict[int, list[Finding]] = {place: [] for place in range(len(sides))}
    everything = [(found, place) for place, one in enumerate(sides) for found in one.findings]
    for found, place in sorted(everything, key=lambda one: one[0].event):
        view = sides[place].view
        cause = _before(found, view, causes)
        kept[place].append(found if cause is None else _after(found, cause))
        if cause is None and found.attributed_to == "editor" and found.verdict == "fail":
            causes.append(_Cause(view.editor, found.event, found.rule))
    return [Seen(one.view, tuple(kept[place])) for place, one in enumerate(sides)]


def _said_twice(view: View) -> Iterator[_Cause]:
    """Where a partner answered a step with several messages, nobody can tell which of them was followed."""
    for step in view.casting.messages:
        sent = view.progress.sent_in(step.id)
        if len(sent) > step.by_partner.times:
            yield _Cause(view.casting.clients[step.sender], sent[step.by_partner.times].number, "")


def _before(found: Finding, view: View, causes: Iterable[_Cause]) -> _Cause | None:
    """What another editor did before it, and it may come of; None where it stands by itself."""
    if found.attributed_to != "editor" or found.verdict == "error" or _alone(found, view):
        return None
    return next((one for one in causes if one.editor != view.editor and one.event <= found.event), None)


def _alone(found: Finding, view: View) -> bool:
    """Whether it is about the form of the editor's own message, and repeats nothing that another one said."""
    if found.rule not in OWN_FORM and not found.rule.startswith(OWN_FAMILIES):
        return False
    own = {one.number for one in view.messages} | {one.number for one in view.record.hub.refusals}
    if found.event not in own:
        return False
    return not found.actual or not any(
        found.actual in json.dumps(one.message.document, ensure_ascii=False, default=str)
        for one in view.progress.published.values()
        if one.number < found.event
    )


def _after(found: Finding, cause: _Cause) -> Finding:
    what = f"s'était écarté de {cause.rule}" if cause.rule else "avait envoyé plusieurs messages pour un seul"
    return replace(
        found,
        verdict="remark" if found.verdict == "remark" else "inconc",
        attributed_to="partner",
        explanation=f"{found.explanation} Avant cela, {cause.editor} {what} (événement n° {cause.event}) : ce constat en est "
        "peut-être la suite.",
        advice=f"Rejouez une fois {cause.editor} corrigé.",
    )
