"""What did not come, where the editor is held to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from recette.judge.absences import unproven
from recette.judge.record import Refusal
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.scenario.matching import Arrival

UNROUTABLE = 501
NO_QUEUE = "NO_ROUTE"
"""What the hub quotes of its broker where the recipient has no queue, which is one meaning of 501 out of seven."""


def refused(view: View, step: str) -> bool:
    """Whether the hub refused the editor's message: the rule that names the reason says so."""
    return any(one.step == step and one.event.client == view.editor for one in view.record.hub.refusals)


def unexplained(view: View, found: Collection[Finding]) -> Iterator[Finding]:
    """What the hub refused, and in which no rule finds a fault: it did not come, and nobody knows whose that is."""
    told_of = {one.step for one in found if one.verdict != "remark"}
    for one in view.record.hub.refusals:
        missed = view.record.course.missed.get(one.step)
        if one.event.client != view.editor or view.wants_refusal(one.step) or one.step in told_of:
            continue
        if missed is None or missed[1].waiting_for != "message":
            continue
        told_of.add(one.step)
        told = f"{one.event.code} : {one.event.reason[:200]}" if one.event.code else one.event.reason[:200]
        yield view.in_the_name_of("SC-01").unclear(
            f"Le hub n'a pas transmis {one.message.model or 'le message'} ({told}), où la recette ne trouve pas de faute : le "
            "partenaire ne l'a pas reçu.",
            "hub",
            step=one.step,
            event=one.number,
            advice="Demandez à l'opérateur du hub ce qu'il refuse là, et quelle édition des modèles il sert ; puis rejouez.",
        )


def misfiled(view: View, step: str) -> tuple[Arrival, str] | None:
    """What came for a step that was missed, under the caseId of a play that was over, and that play.

    None where what was awaited came late after all: that it was late is to be said.
    """
    window = view.record.course.windows.get(step)
    names = {content.model for content in view.casting.scenario.message(step).contents}
    if window is None or step not in view.record.course.missed or step in view.progress.matches:
        return None
    return next(
        (
            (one, play)
            for one, play in view.record.misfiled
            if one.number > window[0] and one.message.model in names
        ),
        None,
    )


def unrouted(view: View) -> Iterator[Refusal]:
    """What the hub refused of the editor by 501 for another reason than a recipient without a queue (2026 sheet 3.2)."""
    for one in view.record.hub.refusals:
        if one.event.code != UNROUTABLE or one.event.client != view.editor or view.wants_refusal(one.step):
            continue
        if NO_QUEUE not in one.event.reason:
            yield one


def unanswered(view: View, model: str) -> Iterator[tuple[str, int]]:
    """Steps that the editor let go by without that message, and the event that says so."""
    for name, (number, event) in view.record.course.missed.items():
        if event.waiting_for != "message":
            continue
        step = view.casting.scenario.message(name)
        awaited = any(one.model == model for one in step.contents)
        if not awaited or step.by_editor.optional or name in view.progress.matches or refused(view, name):
            continue
        if unproven(view, number, event) is None:
            yield name, number
