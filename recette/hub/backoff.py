"""How long to wait before trying again: longer each time, and never at the same moment as everybody else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: `first` before the second attempt, doubled each time up to `ceiling`, each drawn from its upper half."""

    first: float = 0.5
    ceiling: float = 30.0

    def delays(self) -> Iterator[float]:
        """The waits, without end."""
        longest = self.first
        while True:
            yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads attempts, keeps no secret
            longest = min(longest * 2, self.ceiling)
