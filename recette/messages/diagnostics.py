"""What is wrong in a message, and exactly where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Layer = Literal["transport", "envelope", "header", "content"]
SHOWN = 120
"""Characters of a value that a diagnostic repeats at most."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One defect. `rule` is the requirement that it breaks (fact sheet section 11), `message` one French sentence."""

    layer: Layer
    path: str
    """JSONPath from the root of what was given."""
    rule: str
    message: str
    expected: str = ""
    actual: str = ""
    severity: Literal["error", "warning"] = "error"


def shown(value: object) -> str:
    """`value` as a diagnostic may repeat it: as JSON writes it, and bounded."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif value is None:
        text = "null"
    elif isinstance(value, str):
        text = f"« {value[: SHOWN + 1]} »"
    elif isinstance(value, list):
        text = f"une liste de {len(value)}"
    elif isinstance(value, dict):
        text = "un objet " + ", ".join(list(value)[:5])
    else:
        text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
