"""Editors under test play each other on a hub at home, while a witness looks on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from recette.campaign.arrivals import Arrivals
from recette.campaign.home_run import how_to_connect, reference_editor, started_sandbox
from recette.campaign.options import Options
from recette.campaign.relays import Relayed, hear_relays
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.messages.profile.reader import profile
from recette.play.drivers.driver import Driver
from recette.play.face_to_face import Cast, Meeting
from recette.play.run import Run
from recette.play.side_by_side import GoesOn
from recette.play.silences import Silences
from recette.play.target import Target
from recette.play.witness import Mirror, Witness
from recette.report.audience import Audience
from recette.sandbox.broker.acts import ACT_KINDS
from recette.sandbox.hub import Sandbox
from recette.sandbox.mirror import WITNESS, mirror

Meetings = Sequence[tuple[Sequence[Target], Sequence[Cast]]]
"""The editors of each vHost, and what they play."""


async def play_face_to_face(
    meetings: Meetings, writer: JournalWriter, options: Options, audience: Audience, goes_on: GoesOn
) -> float:
    """Play what the editors play with each other, one play after the other while it `goes_on`; returns the seconds of the silences.

    A misbehaviour of the options is the first editor's of each vHost. Raises EditorAbsentError where software does not
    come.
    """
    silences = Silences()
    targets = [target for some, _ in meetings for target in some]
    runs: dict[tuple[str, str], Run] = {}
    arrivals = Arrivals()

    def observe(seen: HubSaw) -> None:
        if seen.client == WITNESS or (seen.recipient or "").startswith(f"{WITNESS}."):
            return
        known = {(target.vhost.name, target.editor) for target in targets}
        if seen.action in ACT_KINDS and (seen.vhost, seen.client) not in known:
            return
        arrivals.saw(seen)
        entry = writer.write(seen)
        run = runs.get((seen.vhost, seen.client))
        if run is not None:
            run.hub_saw(entry.number, seen)

    sandbox = await started_sandbox(targets, options, observe, WITNESS)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(sandbox.stop)
        for some, cast in meetings:
            name = some[0].vhost.name
            await sandbox.add(mirror(name, [one.editor for one in some]))
            drivers = await _drivers(stack, sandbox, some, writer, options, audience, arrivals)
            here = _runs(some, drivers, writer, silences, observed=True)
            for run in here.values():
                run.alarms.ask = sandbox.shortage
                stack.push_async_callback(run.alarms.close)
            runs |= {(name, client): run for client, run in here.items()}
            witness = Mirror(here, profile(options.hub).origin_header)
            stack.push_async_callback(witness.close)
            await witness.open(sandbox.address(WITNESS, name))
            await _met(witness, here, cast, silences, goes_on)
        return silences.seconds


async def play_before_witness(
    targets: Sequence[Target], cast: Sequence[Cast], writer: JournalWriter, options: Options, goes_on: GoesOn
) -> float:
    """Play on a hub of others, whose operator shows a witness what the editors are sent, or by the editors' relays.

    Returns the same. Raises HubError, and EditorAbsentError for one that its relay does not see.
    """
    silences = Silences()
    async with AsyncExitStack() as stack:
        drivers: list[Driver] = []
        for target in targets:
            driver = options.driver(target)
            await stack.enter_async_context(driver.ready())
            if not any(type(one) is type(driver) for one in drivers):
                writer.listen(driver.saw)
            drivers.append(driver)
        here = _runs(targets, drivers, writer, silences, observed=False)
        await _met(await _witness(stack, targets, here, writer), here, cast, silences, goes_on)
    return silences.seconds


async def _witness(
    stack: AsyncExitStack, targets: Sequence[Target], runs: dict[str, Run], writer: JournalWriter
) -> Witness:
    """Who sees what the editors send each other. Raises HubError and EditorAbsentError."""
    first = targets[0]
    origin = profile(first.hub).origin_header
    found: Mirror | Relayed
    if first.witness:
        found = Mirror(runs, origin)
        await found.open(first.addresses[first.witness])
        stack.push_async_callback(found.close)
    else:
        found = Relayed(runs, origin)
    await hear_relays(stack, targets, found, writer)
    return found


def _runs(
    targets: Sequence[Target],
    drivers: Sequence[Driver],
    writer: JournalWriter,
    silences: Silences,
    *,
    observed: bool,
) -> dict[str, Run]:
    """One for each editor, by its client id."""
    return {
        target.editor: Run(
            uuid.uuid4().hex[:12], replace(target, addresses={}), writer, driver, silences, observed=observed
        )
        for target, driver in zip(targets, drivers, strict=True)
    }


async def _met(
    witness: Witness,
    runs: dict[str, Run],
    cast: Sequence[Cast],
    silences: Silences,
    goes_on: GoesOn,
) -> None:
    """Play after play, until it no longer goes on."""
    for one in cast:
        if not goes_on():
            break
        with silences.at_work():
            await Meeting(runs, one, witness).play()
    for run in runs.values():
        await run.settle()


async def _drivers(
    stack: AsyncExitStack,
    sandbox: Sandbox,
    targets: Sequence[Target],
    writer: JournalWriter,
    options: Options,
    audience: Audience,
    arrivals: Arrivals,
) -> list[Driver]:
    """How each editor is made to act, once all of them are there."""
    found: list[Driver] = []
    strangers = [target for target in targets if target.home is not None]
    for place, target in enumerate(targets):
        if target.home is None:
            own = options if place == 0 else replace(options, misbehaviour=None)
            driver = await stack.enter_async_context(reference_editor(sandbox, target, own))
        else:
            audience.ready(list(how_to_connect(sandbox, target)))
            driver = options.driver(target)
            await stack.enter_async_context(driver.ready())
            if not any(type(one) is type(driver) for one in found):  # one person is told once
                writer.listen(driver.saw)
        found.append(driver)
    for target in strangers:
        await arrivals.wait(sandbox, target, sandbox.address(target.editor, target.vhost.name))
    return found
