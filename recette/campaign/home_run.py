"""Plays on a hub at home: the sandbox, with its reference editors or with the software of others."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import chain

from recette.campaign.arrivals import Arrivals
from recette.campaign.options import Options
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.play.drivers.driver import Driver, Request
from recette.play.drivers.simulated import SimulatedDriver
from recette.play.run import Run
from recette.play.side_by_side import GoesOn, Play, play_all
from recette.play.silences import Silences
from recette.play.target import HomeHub, Target
from recette.report.audience import Audience
from recette.sandbox.authority import Authority
from recette.sandbox.broker.acts import ACT_KINDS
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.conversions import Remote
from recette.sandbox.definitions import new_passwords
from recette.sandbox.editor import Order, ReferenceEditor
from recette.sandbox.hub import Sandbox
from recette.sandbox.routing import NEXSIS
from recette.sandbox.settings import hub_settings
from recette.scenario.model import Casting


async def play_at_home(
    plan: list[tuple[Target, list[Casting]]],
    writer: JournalWriter,
    options: Options,
    audience: Audience,
    goes_on: GoesOn,
) -> float:
    """Play each target's scenarios on one sandbox; returns the seconds of its silences.

    Raises EditorAbsentError where software under test does not come.
    """
    silences = Silences()
    runs: dict[str, list[Run]] = {}
    editors = {(target.vhost.name, target.editor) for target, _ in plan}
    arrivals = Arrivals()

    def observe(seen: HubSaw) -> None:
        elsewhere = seen.action == "turned-away" and any(client == seen.client for _, client in editors)
        if seen.action in ACT_KINDS and (seen.vhost, seen.client) not in editors and not elsewhere:
            return
        arrivals.saw(seen)
        entry = writer.write(seen)
        for run in dict.fromkeys(runs.get(seen.vhost, ())):
            run.hub_saw(entry.number, seen)

    async with AsyncExitStack() as stack:
        hubs: dict[bool, Sandbox] = {}
        for across in (False, True):
            part = [one for one in plan if (one[0].partners_vhost is not None) is across]
            if part:
                hubs[across] = await started_sandbox([target for target, _ in part], options, observe)
                stack.push_async_callback(hubs[across].stop)
        plays: list[Play] = []
        for target, cast in plan:
            sandbox = hubs[target.partners_vhost is not None]
            if target.home is None:
                reached, driver = await stack.enter_async_context(reference_editor(sandbox, target, options))
            else:
                audience.ready(list(how_to_connect(sandbox, target)))
                driver = options.driver(target)
                await stack.enter_async_context(driver.ready())
                writer.listen(driver.saw)
                await arrivals.wait(sandbox, target)
                reached = _reached(sandbox, target)
            looker = sandbox.looker(target.meeting.name)
            run = Run(uuid.uuid4().hex[:12], reached, writer, driver, silences, observed=True, looker=looker)
            run.alarms.ask = sandbox.shortage
            stack.push_async_callback(run.close)
            await run.open()
            for name in dict.fromkeys((target.vhost.name, target.meeting.name)):
                runs.setdefault(name, []).append(run)
            plays += [(run, casting) for casting in cast]
        await play_all(plays, options.jobs, goes_on)
        for run in dict.fromkeys(chain.from_iterable(runs.values())):
            await run.settle()
        return silences.seconds


async def started_sandbox(
    targets: Sequence[Target], options: Options, observe: Callable[[HubSaw], None], *others: str
) -> Sandbox:
    """The hub for all of the targets, and for `others`, started; it converts where they live on different vHosts."""
    names = {one.name for target in targets for one in (target.vhost, target.meeting)}
    clients = [one for target in targets for ids in target.partners.values() for one in ids]
    clients += [*(target.editor for target in targets), *others]
    clients = list(dict.fromkeys(clients))
    home = targets[0].home or HomeHub()
    return await Sandbox.start(
        sorted(names),
        clients,
        port=home.port,
        passwords=_passwords(clients, targets),
        tls=Authority.create(home.tls) if home.tls is not None else None,
        broker=options.broker,
        observer=observe,
        schemas=options.schemas,
        dispatchers=options.dispatchers,
        conversions=Remote(options.converter) if options.converter is not None else None,
        settings=hub_settings(
            options.hub,
            xml_clients=clients if options.format == "xml" else (),
            clients=_homes(targets),
            fire_vhost=next(
                (
                    side.name
                    for one in targets
                    if one.partners_vhost is not None
                    for side in (one.vhost, one.meeting)
                    if side.perimeter == NEXSIS
                ),
                None,
            ),
            reorder=options.reorder,
        ),
    )


def _homes(targets: Sequence[Target]) -> dict[str, ClientSettings]:
    """The one vHost that each client lives on, where the hub converts."""
    lives = [
        (client, vhost)
        for target in targets
        if target.partners_vhost is not None
        for client, vhost in (
            (target.editor, target.vhost),
            *((one, target.meeting) for ids in target.partners.values() for one in ids),
        )
    ]
    return {
        client: ClientSettings(perimeters={one.perimeter: (one.name.removeprefix(f"{one.perimeter}_v"),)})
        for client, one in lives
    }


@asynccontextmanager
async def reference_editor(
    sandbox: Sandbox, target: Target, options: Options
) -> AsyncIterator[tuple[Target, Driver]]:
    """The reference editor of a target, started, with the driver that makes it act."""
    name = target.vhost.name
    editor = await ReferenceEditor.start(
        sandbox.address(target.editor, name),
        target.editor,
        target.role,
        options.misbehaviour,
        target.content_type(target.editor),
        options.temper,
        edition=target.vhost.edition,
    )

    async def perform(request: Request) -> None:
        await editor.perform(Order(request.model, request.to, request.case_id, request.data))

    try:
        yield _reached(sandbox, target), SimulatedDriver(perform, editor.shows)
    finally:
        await editor.close()


def _reached(sandbox: Sandbox, target: Target) -> Target:
    """The target with how each of its partners connects."""
    name = target.meeting.name
    partners = [one for ids in target.partners.values() for one in ids]
    return replace(target, addresses={one: sandbox.address(one, name) for one in partners})


def _passwords(clients: list[str], targets: Sequence[Target]) -> dict[str, str]:
    """A password for each account: the software's own where its target gives one."""
    given = {target.editor: target.home.password for target in targets if target.home is not None}
    return {name: given.get(name) or drawn for name, drawn in new_passwords(clients).items()}


def how_to_connect(sandbox: Sandbox, target: Target) -> Iterator[str]:
    """What the software under test has to be told."""
    place = sandbox.address(target.editor, target.vhost.name)
    yield f"La recette est le hub de votre logiciel : {place.place}, vHost {target.vhost.name}."
    issued = sandbox.certificates.get(target.editor)
    if issued is not None:
        yield f"    client {target.editor}, certificat {issued.certificate}, clé {issued.key}"
    elif target.home is not None and target.home.password is not None:
        yield f"    client {target.editor}, avec le mot de passe que nomme la cible"
    else:
        yield f"    client {target.editor}, mot de passe {place.password}"
    yield f"    files {target.editor}.message, .ack, .info ; publication sur hubsante, clé {target.editor}"
    if target.home is not None:
        yield f"    connectez-le dans les {target.home.wait:.0f} s : la recette attend qu'il lise sa file .message."
