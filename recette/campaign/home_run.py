"""Plays on a hub at home: the sandbox and its reference editors."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import chain

from recette.campaign.options import Options
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.play.drivers.driver import Driver, Request
from recette.play.drivers.simulated import SimulatedDriver
from recette.play.run import Run
from recette.play.side_by_side import Play, play_all
from recette.play.silences import Silences
from recette.play.target import Target
from recette.sandbox.broker.acts import ACT_KINDS
from recette.sandbox.editor import Order, ReferenceEditor
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings
from recette.scenario.model import Casting


async def play_at_home(
    plan: list[tuple[Target, list[Casting]]], writer: JournalWriter, options: Options
) -> float:
    """Play each target's scenarios on one sandbox; returns the seconds of its silences."""
    silences = Silences()
    runs: dict[str, list[Run]] = {}
    editors = {(target.vhost.name, target.editor) for target, _ in plan}

    def observe(seen: HubSaw) -> None:
        if seen.action in ACT_KINDS and (seen.vhost, seen.client) not in editors:
            return
        entry = writer.write(seen)
        for run in runs.get(seen.vhost, ()):
            run.hub_saw(entry.number, seen)

    names = {target.vhost.name for target, _ in plan}
    clients = [one for target, _ in plan for ids in target.partners.values() for one in ids]
    clients += [target.editor for target, _ in plan]
    sandbox = await Sandbox.start(
        sorted(names),
        list(dict.fromkeys(clients)),
        broker=options.broker,
        observer=observe,
        schemas=options.schemas,
        dispatchers=options.dispatchers,
        settings=hub_settings(options.hub, xml_clients=clients if options.format == "xml" else ()),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(sandbox.stop)
        plays: list[Play] = []
        for target, cast in plan:
            reached, driver = await stack.enter_async_context(_editor(sandbox, target, options))
            looker = sandbox.looker(target.vhost.name)
            run = Run(uuid.uuid4().hex[:12], reached, writer, driver, silences, observed=True, looker=looker)
            stack.push_async_callback(run.close)
            await run.open()
            runs.setdefault(target.vhost.name, []).append(run)
            plays += [(run, casting) for casting in cast]
        await play_all(plays, options.jobs)
        for run in chain.from_iterable(runs.values()):
            await run.settle()
        return silences.seconds


@asynccontextmanager
async def _editor(sandbox: Sandbox, target: Target, options: Options) -> AsyncIterator[tuple[Target, Driver]]:
    """The reference editor of a target, started, with the driver that makes it act."""
    name = target.vhost.name
    editor = await ReferenceEditor.start(
        sandbox.address(target.editor, name),
        target.editor,
        target.role,
        options.misbehaviour,
        target.content_type(target.editor),
        options.temper,
    )

    async def perform(request: Request) -> None:
        await editor.perform(Order(request.model, request.to, request.case_id, request.data))

    partners = [one for ids in target.partners.values() for one in ids]
    reached = replace(target, addresses={one: sandbox.address(one, name) for one in partners})
    try:
        yield reached, SimulatedDriver(perform, editor.shows)
    finally:
        await editor.close()
