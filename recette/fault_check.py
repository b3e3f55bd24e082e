"""Proves that each seeded fault is found by its rule, and that faultless editors pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recette.campaign import Options, play_at_home
from recette.sandbox.faults import FAULTS, SeededFault
from recette.scenario.model import Scenario


@dataclass(frozen=True, slots=True)
class FaultOutcome:
    """What became of one fault."""

    fault: SeededFault | None
    """None for the faultless editors."""
    found: tuple[str, ...]
    """Rules that were broken, attributed to the editor."""
    misattributed: tuple[str, ...]

    @property
    def ok(self) -> bool:
        if self.fault is None:
            return not self.found and not self.misattributed
        return self.fault.rule in self.found


def check_faults(scenarios: Sequence[Scenario], options: Options) -> Iterator[FaultOutcome]:
    """Play the faultless editors on everything, then each fault on the play that shows it."""
    yield _play(None, scenarios, options)
    for fault in FAULTS.values():
        edition, _, actor = fault.play.partition("@")
        chosen = [replace(one, testable=(actor,)) for one in scenarios if one.edition == edition]
        yield _play(fault, chosen, replace(options, misbehaviour=fault.misbehaviour, format=fault.format))


def _play(fault: SeededFault | None, scenarios: Sequence[Scenario], options: Options) -> FaultOutcome:
    with tempfile.TemporaryDirectory(prefix="recette-") as folder:
        result = play_at_home(scenarios, (), Path(folder) / "journal.jsonl", options)
    findings = [one for scenario in result.scenarios for one in scenario.findings]
    return FaultOutcome(
        fault,
        tuple(dict.fromkeys(one.rule for one in findings if one.attributed_to == "editor")),
        tuple(dict.fromkeys(one.rule for one in findings if one.attributed_to != "editor")),
    )
