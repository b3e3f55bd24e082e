"""Rules on an editor whose link was broken off on purpose (requirement TR-15; DST 3.2, SDK): it comes back by itself,
gets what waited for it, sends what could not leave, and nothing a second time.
"""

from __future__ import annotations

from collections.abc import Iterator

from recette.journal.events import DeadlinePassed
from recette.judge.absences import unproven
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.judge.ways import lagged
from recette.scenario.steps import SEVERING, DisturbStep, MessageStep
from recette.wording.counting import in_seconds

_WAITS = "Gardez files et messages durables, et relisez vos trois files dès que la liaison est revenue."


_UNTIL_BACK = frozenset({*SEVERING, "silence"})
"""Incidents after which software has to come back by itself: in a silence its library may give the link up."""


def _disturbances(view: View) -> Iterator[DisturbStep]:
    """Those that took place, after which an editor has to come back."""
    for step in view.casting.steps:
        took_place = view.record.course.took_place(step.id)
        if isinstance(step, DisturbStep) and took_place and step.incident in _UNTIL_BACK:
            yield step


def _happened(step: DisturbStep) -> str:
    return "s'est tue" if step.incident == "silence" else "a été rompue"


def _missed_meanwhile(view: View) -> Iterator[tuple[MessageStep, int, DeadlinePassed]]:
    """What was to go over the link while it was broken and did not, of an editor that came back."""
    course = view.record.course
    groups = {one.group for one in _disturbances(view) if one.id in course.returned} - {""}
    for step in view.casting.messages:
        if step.group in groups and step.id in course.missed:
            yield step, *course.missed[step.id]


@rule("TR-15", needs="scenario")
def comes_back_by_itself(view: View) -> Iterator[Finding]:
    for step in _disturbances(view):
        number, missed = view.record.course.missed.get(step.id, (0, None))
        if missed is None:
            continue
        yield lagged(view, number, missed) or view.broken(
            f"L'éditeur ne lit plus sa file .message {in_seconds(missed.seconds)} après que sa liaison {_happened(step)} : il n'est pas revenu de "
            "lui-même.",
            step=step.id,
            event=number,
            expected="une nouvelle connexion, et ses trois files lues",
            actual="rien",
            advice="Reconnectez-vous sans qu'on le demande, de moins en moins souvent, jusqu'à ce que le hub réponde.",
        )


@rule("TR-15", needs="scenario")
def takes_what_waited(view: View) -> Iterator[Finding]:
    """What its partner sent while it was away lay in its queue: an editor that is back acknowledges it."""
    for step, number, missed in _missed_meanwhile(view):
        if view.casting.by_editor(step) or unproven(view, number, missed) is not None:
            continue
        yield view.broken(
            f"{step.models} l'attendait pendant que sa liaison était gênée ; elle est revenue, et l'éditeur ne l'a pas acquitté.",
            step=step.id,
            event=number,
            expected=f"RC-REF de {step.models}",
            actual="rien",
            advice=_WAITS,
        )


@rule("TR-15", needs="scenario")
def sends_what_could_not_leave(view: View) -> Iterator[Finding]:
    """What it was told to send meanwhile, and took on."""
    course = view.record.course
    for step, number, missed in _missed_meanwhile(view):
        told = step.id in course.told and step.id not in course.driver_failed
        if view.casting.by_editor(step) and told and unproven(view, number, missed) is None:
            yield view.broken(
                f"{step.models}, que l'éditeur devait envoyer pendant que sa liaison était gênée, n'est pas parti ensuite.",
                step=step.id,
                event=number,
                expected=step.models,
                actual="rien",
                advice="Gardez ce que le hub n'a pas confirmé, et publiez-le quand la liaison est revenue ; ou dites à "
                "l'utilisateur que rien n'est parti.",
            )


@rule("TR-15", of_strays=True, needs="scenario")
def sends_nothing_again(view: View) -> Iterator[Finding]:
    """What had come before the link broke had been confirmed to the editor: the step that awaited it was over."""
    disturbed = [view.record.course.disturbed[step.id] for step in _disturbances(view)]
    if not disturbed:
        return
    broken_at = min(disturbed)
    before = {one.message.distribution_id for one in view.messages if one.number < broken_at}
    for one in view.messages:
        if one.number > broken_at and one.message.distribution_id in before:
            yield view.broken(
                f"Revenu d'une coupure, l'éditeur a envoyé à nouveau {one.message.model}, que le hub lui avait confirmé avant.",
                message=one,
                path="$.distributionID",
                expected="rien de ce que le hub a confirmé",
                actual=one.message.distribution_id,
                advice="Notez chaque confirmation du broker (publisher confirms), et ne renvoyez que ce qui n'en a pas eu.",
            )
