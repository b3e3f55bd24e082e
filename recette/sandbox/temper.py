"""How long an editor takes to act: no fault, whatever it is, as long as it is within the deadlines."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Temper:
    """Seconds before an acknowledgment leaves, or what a person asked for; drawn anew for each."""

    least: float = 0.0
    most: float = 0.0
    slow: float = 0.0
    """At most, when it is slow."""
    slow_share: float = 0.0
    """How often it is, from 0 to 1."""
    chance: random.Random = field(default_factory=random.Random)

    async def take_time(self) -> None:
        """Wait as long as the editor takes this time."""
        most = self.slow if self.chance.random() < self.slow_share else self.most
        await asyncio.sleep(self.chance.uniform(self.least, max(self.least, most)))
