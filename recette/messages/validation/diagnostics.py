"""What is wrong in a message, and exactly where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from recette.wording.values import plain

Layer = Literal["transport", "envelope", "header", "content"]
Severity = Literal["error", "unsure", "warning"]
"""`unsure`: the specification and the hub contradict each other about it, or no source decides."""
RefusedBy = Literal["specification", "hub", "recette"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


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
    severity: Severity = "error"
    refused_by: RefusedBy = "specification"
    """Who does not take it: what is specified, the hub alone, or only a bound of this project."""


def below(path: str, *steps: str | int) -> str:
    """The JSONPath of what lies `steps` below `path`."""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _NAME.fullmatch(step):
            path += f".{plain(step, 60)}"
        else:
            quoted = plain(step, 60).replace("'", "\\'")
            path += f"['{quoted}']"
    return path
