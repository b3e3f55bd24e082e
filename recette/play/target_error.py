"""What a target file has wrong."""

from __future__ import annotations

from recette.scenario.problems import Problem


class TargetError(ValueError):
    """A target file that cannot be used, with every problem found and its place."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
