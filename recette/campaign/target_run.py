"""Plays on a hub that runs elsewhere, against an editor that somebody drives."""

from __future__ import annotations

import uuid

from recette.campaign.options import Options
from recette.journal.writer import JournalWriter
from recette.play.drivers.choosing import driver_for
from recette.play.run import Run
from recette.play.side_by_side import play_all
from recette.play.silences import Silences
from recette.play.target import Target
from recette.scenario.model import Casting


async def play_on_hub(target: Target, cast: list[Casting], writer: JournalWriter, options: Options) -> float:
    """Play the scenarios on a target; returns the seconds of its silences."""
    driver = driver_for(target, options.terminal)
    silences = Silences()
    async with driver.ready():
        writer.listen(driver.saw)
        run = Run(uuid.uuid4().hex[:12], target, writer, driver, silences, observed=False)
        try:
            await run.open()
            if run.prober is not None:
                await run.prober.classes(cast)
            await play_all([(run, casting) for casting in cast], options.jobs)
            await run.settle()
            return silences.seconds
        finally:
            await run.close()
