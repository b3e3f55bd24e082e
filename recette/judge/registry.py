"""The registry of rules: each is declared once, where it is written, under the requirement that it proves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.scenario.requirements import catalogue

Check = Callable[[View], Iterable[Finding]]
"""What a rule does: looks at a play, and tells what is not as the requirement says."""
Needs = Literal["", "scenario", "hub", "screen"]
"""What a rule has nothing to say without, besides the messages: what the editor was made to do, the hub's side, a person."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One check, in the name of its requirement: what it finds bears that name."""

    requirement: str
    check: Check
    of_strays: bool = False
    """Whether it may be about a message that satisfies no step: SC-02 leaves that message to it."""
    needs: Needs = ""

    def __call__(self, view: View) -> list[Finding]:
        return list(view.once(self._found))

    def _found(self, view: View) -> tuple[Finding, ...]:
        return tuple(self.check(view.in_the_name_of(self.requirement)))


_DECLARED: dict[str, list[Rule]] = {}


def rule(requirement: str, *, of_strays: bool = False, needs: Needs = "") -> Callable[[Check], Rule]:
    """Declare a check as a rule. A requirement may have several: each sees its own side of it.

    Raises KeyError for a requirement that is not in the catalogue.
    """
    catalogue()[requirement]

    def declare(check: Check) -> Rule:
        declared = Rule(requirement, check, of_strays, needs)
        _DECLARED.setdefault(requirement, []).append(declared)
        return declared

    return declare


def declared() -> Mapping[str, tuple[Rule, ...]]:
    """The rules that were declared so far, by requirement, in the order of the catalogue."""
    return {name: tuple(_DECLARED[name]) for name in catalogue() if name in _DECLARED}


def of_strays() -> tuple[Rule, ...]:
    """The rules that may be about a message that satisfies no step."""
    return tuple(one for rules in declared().values() for one in rules if one.of_strays)
