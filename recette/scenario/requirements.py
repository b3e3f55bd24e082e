"""The requirement catalogue (requirements.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

Level = Literal["MUST", "SHOULD"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement; `observed_by` holds P (partner), H (hub), S (screen)."""

    id: str
    level: Level
    source: str
    text: str
    observed_by: str


@cache
def catalogue() -> dict[str, Requirement]:
    """Every requirement, by id."""
    text = (files("recette.scenario") / "requirements.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)
    return {
        name: Requirement(name, row["level"], row["source"], row["text"], row["by"])
        for name, row in rows.items()
    }
