"""Conversion between the generations that sender and recipient declare (hub-sante-2026 4.3)."""

from __future__ import annotations

from functools import cache
from typing import Any

from recette.messages.conversion.failures import not_implemented
from recette.messages.conversion.losses import Losses
from recette.messages.conversion.notes import NoteWriter
from recette.messages.conversion.operations import Work, actions
from recette.messages.conversion.owning import Plan, owned, plan_of
from recette.messages.conversion.tables import Step, rules


def converted(
    model: str, content: dict[str, Any], source: int, target: int, losses: Losses
) -> dict[str, Any]:
    """A content in another generation; it shares with the one given what is the same. Raises ConversionError."""
    made = owned(content, _plan(model, source, target))
    for step in steps(source, target):
        found = actions(model, step)
        if found is None:
            raise not_implemented(f"{model} de la génération {source} à la {target}")
        work = Work(made, NoteWriter(made), losses)
        for act, remark in found:
            losses.remark = remark
            act(work)
        losses.remark = ""
    return made


@cache
def _plan(model: str, source: int, target: int) -> Plan:
    return plan_of(rule for step in steps(source, target) for rule in rules().get((model, step), ()))


def steps(source: int, target: int) -> list[Step]:
    """From neighbour to neighbour."""
    way = 1 if target > source else -1
    return [Step(at, at + way) for at in range(source, target, way)]
