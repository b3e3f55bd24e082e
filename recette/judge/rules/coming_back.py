"""Rules on an editor whose link was broken off on purpose (requirement TR-15; DST 3.2, SDK): it comes back by itself,
gets what waited for it, sends what could not leave, and nothing a second time.
"""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.absences import unproven
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.judge.ways import lagged
from recette.scenario.steps import DisturbStep, MessageStep

_WAITS = "Gardez files et messages durables, et relisez vos trois files dès que la liaison est revenue."


def _disturbances(view: View) -> Iterator[DisturbStep]:
    """Those that took place."""
    for step in view.casting.steps:
        if isinstance(step, DisturbStep) and step.id in view.record.course.disturbed:
            yield step


def _meanwhile(view: View) -> Iterator[MessageStep]:
    """What was to go over the link while it was broken, of an editor that came back."""
    groups = {one.group for one in _disturbances(view) if one.id in view.record.course.returned} - {""}
    yield from (one for one in view.casting.messages if one.group in groups)


@rule("TR-15", needs="scenario")
def comes_back_by_itself(view: View) -> Iterator[Finding]:
    for step in _disturbances(view):
        number, missed = view.record.course.missed.get(step.id, (0, None))
        if missed is None:
            continue
        yield lagged(view, number, missed) or view.broken(
            f"L'éditeur ne lit plus sa file .message {missed.seconds:g} s après que sa liaison a été rompue : il n'est pas revenu de "
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
    for step in _meanwhile(view):
        number, missed = view.record.course.missed.get(step.id, (0, None))
        by_partner = not view.casting.by_editor(step)
        if missed is None or not by_partner or unproven(view, number, missed) is not None:
            continue
        yield view.broken(
            f"{step.models} l'attendait dans sa file pendant que sa liaison était rompue ; revenu, l'éditeur ne l'a pas acquitté.",
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
    for step in _meanwhile(view):
        number, missed = course.missed.get(step.id, (0, None))
        told = step.id in course.told and step.id not in course.driver_failed
        if missed is None or not view.casting.by_editor(step) or not told:
            continue
        if unproven(view, number, missed) is None:
            yield view.broken(
                f"{step.models}, que l'éditeur devait envoyer pendant que sa liaison était rompue, n'est pas parti à son retour.",
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
    broken_at = min(view.record.course.disturbed.values(), default=None)
    before = {one.message.distribution_id for one in view.messages if one.number < (broken_at or 0)}
    for one in view.messages if broken_at is not None else ():
        if one.number > (broken_at or 0) and one.message.distribution_id in before:
            yield view.broken(
                f"Revenu d'une coupure, l'éditeur a envoyé à nouveau {one.message.model}, que le hub lui avait confirmé avant.",
                message=one,
                path="$.distributionID",
                expected="rien de ce que le hub a confirmé",
                actual=one.message.distribution_id,
                advice="Notez chaque confirmation du broker (publisher confirms), et ne renvoyez que ce qui n'en a pas eu.",
            )
