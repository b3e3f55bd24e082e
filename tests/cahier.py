"""The cahier as it stands in scenarios/, read once for a whole test process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from recette.scenario.model import Scenario
from recette.scenario.selection import in_edition, select


@cache
def cahier() -> tuple[Scenario, ...]:
    return select((), Path(__file__).parents[1] / "scenarios").scenarios


def of_the_cahier(*names: str) -> tuple[Scenario, ...]:
    """What each name stands for, as on the command line: an id, an edition, or either with its `@actor`."""
    return tuple(found for name in names for found in _named(name))


def _named(name: str) -> tuple[Scenario, ...]:
    wanted, _, actor = name.partition("@")
    found = [across for one in cahier() if (across := in_edition(one, wanted)) is not None]
    assert found, name
    return tuple(replace(one, testable=(actor,)) if actor else one for one in found)
