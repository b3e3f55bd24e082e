"""Plays on a hub that runs elsewhere, against an editor that somebody drives."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack

from recette.campaign.editors_link import ObservedLink
from recette.campaign.options import Options
from recette.hub.observing import ObservationStream
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.play.run import Run
from recette.play.side_by_side import GoesOn, play_all
from recette.play.silences import Silences
from recette.play.target import Target
from recette.relay.observation import RelayPlace
from recette.sandbox.broker.acts import ACT_KINDS
from recette.scenario.model import Casting


async def play_on_hub(
    target: Target, cast: list[Casting], writer: JournalWriter, options: Options, goes_on: GoesOn
) -> float:
    """Play the scenarios on a target; returns the seconds of its silences."""
    driver = options.driver(target)
    silences = Silences()
    async with AsyncExitStack() as stack, driver.ready():
        writer.listen(driver.saw)
        run = Run(
            uuid.uuid4().hex[:12], target, writer, driver, silences, observed=target.observation is not None
        )
        try:
            stream = await _observation(target, writer, run)
            if stream is not None:
                stack.push_async_callback(stream.close)
                run.caught_up, run.alarms.ask = stream.caught_up, stream.shortage
            if options.observed_by is not None:
                relay = await _relay(options.observed_by, target, writer, run)
                stack.push_async_callback(relay.close)
            await run.open()
            if run.prober is not None:
                await asyncio.gather(run.prober.classes(cast), run.prober.way_to_editor())
            await play_all([(run, casting) for casting in cast], options.jobs, goes_on)
            await run.settle()
            return silences.seconds
        finally:
            await run.close()


async def _observation(target: Target, writer: JournalWriter, run: Run) -> ObservationStream | None:
    """What the hub sees of the editor, written down as it comes; None where it tells nobody. Raises ObservationError."""
    if target.observation is None:
        return None

    def heard(seen: HubSaw) -> None:
        here = seen.vhost in {target.vhost.name, target.meeting.name}
        if not here or (seen.action in ACT_KINDS and seen.client != target.editor):
            return
        entry = writer.write(seen)
        run.hub_saw(entry.number, seen)

    place = target.observation
    return await ObservationStream.open(place.port, place.password, heard, run.fail, run.late_at("hub"))


async def _relay(place: RelayPlace, target: Target, writer: JournalWriter, run: Run) -> ObservationStream:
    """What a relay sees of the editor alone, written down as it comes. Raises ObservationError."""
    link = ObservedLink(target.editor)
    link.wake = run.waiting.wake

    def heard(seen: HubSaw) -> None:
        if (seen.vhost, seen.client) == (target.vhost.name, target.editor):
            entry = writer.write(seen)
            run.hub_saw(entry.number, seen)
            link.told(seen)

    link.stream = await ObservationStream.open(
        place.port, place.password, heard, run.fail, run.late_at("relay")
    )
    run.link = link if place.obeys else None
    return link.stream
