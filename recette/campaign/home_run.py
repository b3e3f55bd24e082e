"""Plays on a hub at home: the sandbox, with its reference editors or with the software of others."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import chain

from recette.campaign.arrivals import Arrivals
from recette.campaign.editors_link import RelayedLink, relayed_link
from recette.campaign.options import Options
from recette.hub.address import BrokerAddress
from recette.journal.events import Trouble
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
from recette.sandbox.returning import CameBack
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
        hubs = await _hubs(stack, plan, options, observe)
        plays: list[Play] = []
        for target, cast in plan:
            sandbox = hubs[target.partners_vhost is not None]
            link = await _link(stack, sandbox, target, cast, writer)
            if target.home is None:
                driver = await stack.enter_async_context(reference_editor(sandbox, target, options, link))
            else:
                audience.ready(list(how_to_connect(sandbox, target, link)))
                driver = options.driver(target)
                await stack.enter_async_context(driver.ready())
                writer.listen(driver.saw)
                await arrivals.wait(sandbox, target, _address(sandbox, target, link))
            looker = sandbox.looker(target.meeting.name)
            run = Run(
                uuid.uuid4().hex[:12],
                _reached(sandbox, target),
                writer,
                driver,
                silences,
                observed=True,
                looker=looker,
                link=link,
            )
            run.alarms.ask = sandbox.shortage
            stack.push_async_callback(run.close)
            await _open(run, link)
            for name in dict.fromkeys((target.vhost.name, target.meeting.name)):
                runs.setdefault(name, []).append(run)
            plays += [(run, casting) for casting in cast]
        await play_all(plays, options.jobs, goes_on)
        for run in dict.fromkeys(chain.from_iterable(runs.values())):
            await run.settle()
        return silences.seconds


async def _hubs(
    stack: AsyncExitStack,
    plan: list[tuple[Target, list[Casting]]],
    options: Options,
    observe: Callable[[HubSaw], None],
) -> dict[bool, Sandbox]:
    """The sandbox of the targets whose partners live on the same vHost, and that of those whose partners do not."""
    hubs: dict[bool, Sandbox] = {}
    for across in (False, True):
        part = [one for one in plan if (one[0].partners_vhost is not None) is across]
        if part:
            hubs[across] = await started_sandbox([_behind(*one) for one in part], options, observe)
            stack.push_async_callback(hubs[across].stop)
    return hubs


async def _open(run: Run, link: RelayedLink | None) -> None:
    if link is not None:
        link.wake = run.waiting.wake
    await run.open()


def _behind(target: Target, cast: Sequence[Casting]) -> Target:
    """The target as its hub is started: where a relay stands before it, that one listens where the software looks."""
    if target.home is None or not _disturbs(cast):
        return target
    return replace(target, home=replace(target.home, port=0))


def _disturbs(cast: Sequence[Casting]) -> bool:
    return any(one.scenario.disturbs for one in cast)


async def _link(
    stack: AsyncExitStack, sandbox: Sandbox, target: Target, cast: Sequence[Casting], writer: JournalWriter
) -> RelayedLink | None:
    """What stands between the editor and its hub, where a scenario breaks that link off."""
    if not _disturbs(cast):
        return None
    hub = sandbox.address(target.editor, target.vhost.name)
    port = target.home.port if target.home is not None else 0

    def trouble(text: str) -> None:
        writer.write(Trouble(where="harness", text=text))

    return await stack.enter_async_context(relayed_link(hub, target.editor, port, trouble))


def _address(sandbox: Sandbox, target: Target, link: RelayedLink | None) -> BrokerAddress:
    """How the editor connects."""
    there = sandbox.address(target.editor, target.vhost.name)
    relay = link.relay if link is not None else None
    return there if relay is None else replace(there, host=relay.host, port=relay.port)


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
        lent=options.lent,
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


def _stays_away(options: Options) -> bool:
    return options.misbehaviour is not None and options.misbehaviour.stays_away


@asynccontextmanager
async def reference_editor(
    sandbox: Sandbox, target: Target, options: Options, link: RelayedLink | None = None
) -> AsyncIterator[Driver]:
    """The reference editor of a target, started, and the driver that makes it act; one whose `link` breaks comes back."""
    editor = await ReferenceEditor.start(
        _address(sandbox, target, link),
        target.editor,
        target.role,
        options.misbehaviour,
        target.content_type(target.editor),
        options.temper,
        watcher=CameBack() if link is not None and not _stays_away(options) else None,
        edition=target.vhost.edition,
    )

    async def perform(request: Request) -> None:
        await editor.perform(Order(request.model, request.to, request.case_id, request.data))

    try:
        yield SimulatedDriver(perform, editor.shows)
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


def how_to_connect(sandbox: Sandbox, target: Target, link: RelayedLink | None = None) -> Iterator[str]:
    """What the software under test has to be told."""
    place = _address(sandbox, target, link)
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
