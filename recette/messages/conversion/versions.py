"""Conversion between the generations that sender and recipient declare (hub-sante-2026 4.3)."""

from __future__ import annotations

from typing import Any

from recette.messages.conversion.failures import not_implemented
from recette.messages.conversion.losses import Losses
from recette.messages.conversion.notes import NoteWriter
from recette.messages.conversion.operations import Work, actions
from recette.messages.conversion.tables import Step


def convert_content(model: str, content: dict[str, Any], source: int, target: int, losses: Losses) -> None:
    """Change `content` in place, from one generation to another. Raises ConversionError."""
    for step in steps(source, target):
        found = actions(model, step)
        if found is None:
            raise not_implemented(f"{model} de la génération {source} à la {target}")
        work = Work(content, NoteWriter(content), losses)
        for act, remark in found:
            losses.remark = remark
            act(work)
        losses.remark = ""


def steps(source: int, target: int) -> list[Step]:
    """From neighbour to neighbour."""
    way = 1 if target > source else -1
    return [Step(at, at + way) for at in range(source, target, way)]
