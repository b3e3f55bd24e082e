"""Plays the cahier against faultless editors, again and again: whatever is found is a false alarm."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import Finding, Judgement, ScenarioResult
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour
from recette.sandbox.habits import HABITS
from recette.sandbox.temper import Temper
from recette.scenario.model import Scenario

DEADLINES = Deadlines(ack=10.0, answer=10.0, quiet=0.15)
JUST_INSIDE = 0.8
"""The part of a deadline that the slowest of these editors takes."""
USUAL, SLOW_SHARE = 0.02, 0.02
"""Seconds at most that an act takes, and how often it takes much longer."""


_HABITS = ("", *HABITS)
"""In turn, round after round."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: `alarms` are what was found where nothing is wrong."""

    number: int
    seed: int
    plays: int
    seconds: float
    alarms: tuple[tuple[str, Finding], ...]
    """The play, and what was held against it."""
    not_passed: tuple[str, ...]
    unclaimed: int
    habit: str = ""
    """What these editors did in a way of their own; empty for those that did nothing of the kind."""

    @property
    def clean(self) -> bool:
        return not (self.alarms or self.not_passed or self.unclaimed)

    def to_json(self) -> dict[str, Any]:
        return {
            "round": self.number,
            "seed": self.seed,
            "habit": self.habit,
            "plays": self.plays,
            "seconds": round(self.seconds, 1),
            "clean": self.clean,
            "alarms": [{"play": play, **asdict(finding)} for play, finding in self.alarms],
            "not_passed": list(self.not_passed),
            "unclaimed": self.unclaimed,
        }


def rounds(
    scenarios: Sequence[Scenario], options: Options, folder: Path, *, count: int, seconds: float, seed: int
) -> Iterator[Round]:
    """Up to `count` rounds, none begun once `seconds` are over; their journals go to `folder`."""
    ends = time.monotonic() + seconds
    for number in range(1, count + 1):
        if time.monotonic() >= ends:
            return
        chance = random.Random(seed + number)  # noqa: S311 - a reproducible draw, no secret
        temper = Temper(0.0, USUAL, JUST_INSIDE * DEADLINES.ack, SLOW_SHARE, chance)
        shuffled = chance.sample(scenarios, len(scenarios))
        habit = _HABITS[(number - 1) % len(_HABITS)]
        own = Misbehaviour(HABITS[habit]()) if habit else None
        playing = replace(options, temper=temper, deadlines=DEADLINES, misbehaviour=own)
        began = time.monotonic()
        found = play_at_home(shuffled, (), folder / f"tour-{number}" / "journal.jsonl", playing)
        yield Round(
            number,
            seed + number,
            len(found.scenarios),
            time.monotonic() - began,
            tuple(
                (one.id, finding)
                for one in found.results
                for finding in one.findings
                if not found.unobserved(finding)
            ),
            tuple(one.id for one in found.scenarios if not _passed(one, found)),
            found.unclaimed,
            habit,
        )


def _passed(result: ScenarioResult, judgement: Judgement) -> bool:
    """Whether a faultless editor's play is as it must be: what this broker cannot show is left open."""
    open_alone = bool(result.findings) and all(map(judgement.unobserved, result.findings))
    return result.verdict in {"pass", "none"} or (result.verdict == "inconc" and open_alone)
