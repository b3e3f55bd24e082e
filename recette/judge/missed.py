"""What did not come, where the editor is held to it."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.absences import unproven
from recette.judge.view import View


def refused(view: View, step: str) -> bool:
    """Whether the hub refused the editor's message: the rule that names the reason says so."""
    return any(one.step == step and one.event.client == view.editor for one in view.record.hub.refusals)


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
