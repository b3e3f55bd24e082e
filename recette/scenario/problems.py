"""What is wrong in a scenario file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recette.wording.values import visible

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect; line and column count from 1.

    An error would not play, or would be judged wrongly; a warning names what is written and does nothing.
    """

    file: str
    line: int
    column: int
    text: str
    severity: Severity = "error"

    def __str__(self) -> str:
        told = "avertissement : " if self.severity == "warning" else ""
        return f"{visible(self.file)}:{self.line}:{self.column}: {told}{self.text}"


class ScenarioError(ValueError):
    """A scenario that cannot be loaded, with every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
