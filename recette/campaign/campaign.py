"""A campaign from end to end: choose scenarios, play them at home or on a target, judge the journal."""

from __future__ import annotations

import asyncio
import platform
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from recette import __version__
from recette.campaign.home import FAULTY_DEADLINES, HOME_DEADLINES, home_targets
from recette.campaign.live_judge import LiveJudge
from recette.journal.events import NotLoaded, RunResumed, RunStarted
from recette.journal.facts import CahierFacts
from recette.journal.interrupted import Interrupted
from recette.journal.writer import JournalWriter
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import BUILTIN, SchemaSet
from recette.messages.profile.reader import DEFAULT, profile
from recette.play.drivers.choosing import driver_for
from recette.play.drivers.driver import Driver, Request
from recette.play.drivers.simulated import SimulatedDriver
from recette.play.drivers.terminal import Terminal
from recette.play.formats import Plan, without_uncarried, without_unsayable
from recette.play.heap import settled_heap
from recette.play.leisure import used_for
from recette.play.permitted import permitted
from recette.play.run import Run
from recette.play.side_by_side import Play, play_all
from recette.play.silences import Silences
from recette.play.target import Deadlines, Target
from recette.report.audience import NOBODY, Audience
from recette.sandbox.broker.acts import ACT_KINDS
from recette.sandbox.editor import Misbehaviour, Order, ReferenceEditor
from recette.sandbox.hub import BrokerKind, Sandbox
from recette.sandbox.settings import hub_settings
from recette.sandbox.temper import Temper
from recette.scenario.model import Casting, Role, Scenario


class NothingToPlayError(ValueError):
    """No scenario fits what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a campaign at home may vary."""

    broker: BrokerKind = "embedded"
    misbehaviour: Misbehaviour | None = None
    temper: Temper | None = None
    """How long the reference editors take."""
    deadlines: Deadlines | None = None
    """Those of home where None."""
    schemas: SchemaSet | None = None
    strict: tuple[str, ...] = ()
    vhost: str | None = None
    """Only this vHost."""
    role: Role | None = None
    """Only the reference editor of this role."""
    hub: str = DEFAULT
    """The profile of the hub at home."""
    format: Literal["json", "xml"] = "json"
    """What the editor and the partners send and get."""
    jobs: int = 1
    """How many scenarios are played side by side."""
    terminal: Terminal | None = None
    """Where an operator sits, if there is one."""
    cahiers: tuple[CahierFacts, ...] = ()
    """What the scenarios were taken from, to be journaled."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the command line asked for, to be journaled."""
    resumes: Interrupted | None = None
    """The run that was cut off and goes on."""
    dispatchers: int = 1
    """How many share each vHost of the hub at home."""
    allow_harmful: bool = False
    """Whether scenarios that could harm a live service are played on a hub that others use."""


def play_at_home(
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Play against the reference editors on a sandbox. Raises NothingToPlayError, RuntimeError (one sentence)."""
    targets = [
        replace(target, format=options.format)
        for target in home_targets(options.deadlines or _home_deadlines(options))
        if options.vhost in {None, target.vhost.name}
        and options.role in {None, target.role}
        and (options.schemas is None or options.schemas.generation == target.vhost.generation)
    ]
    plan = [(target, castings(target, scenarios)) for target in targets]
    plan = [(target, cast) for target, cast in plan if cast]
    if options.format == "xml":
        plan, unsaid = without_unsayable(plan)
        not_loaded = (*not_loaded, *unsaid)
    plan, uncarried = without_uncarried(plan, profile(options.hub))
    not_loaded = (*not_loaded, *uncarried)
    if not plan:
        why = uncarried[0].reason if uncarried else "voyez recette list."
        raise NothingToPlayError(f"Aucun scénario choisi ne se joue sur les vHosts du bac-à-sable : {why}")
    with settled_heap():
        return asyncio.run(_at_home(plan, tuple(not_loaded), journal, options, audience))


def _home_deadlines(options: Options) -> Deadlines:
    return FAULTY_DEADLINES if options.misbehaviour is not None else HOME_DEADLINES


def play_on_target(
    target: Target,
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Play against an editor on a real vHost. Raises NothingToPlayError, ProductionError and HubError."""
    cast, unwanted = permitted(target, castings(target, scenarios), allow_harmful=options.allow_harmful)
    not_loaded = (*not_loaded, *unwanted)
    if target.format == "xml":
        kept, unsaid = without_unsayable([(target, cast)])
        cast = kept[0][1] if kept else []
        not_loaded = (*not_loaded, *unsaid)
    kept, uncarried = without_uncarried([(target, cast)], profile(target.hub))
    cast = kept[0][1] if kept else []
    not_loaded = (*not_loaded, *uncarried)
    if not cast:
        raise NothingToPlayError(
            f"Aucun scénario choisi ne convient à un éditeur {target.role} sur {target.vhost.name} "
            "avec les partenaires de la cible" + ("" if not unwanted else " et sans --allow-harmful") + "."
        )
    return asyncio.run(_on_target(target, cast, tuple(not_loaded), journal, options, audience))


def castings(target: Target, scenarios: Iterable[Scenario]) -> list[Casting]:
    """Every play of the scenarios that the target allows."""
    return [
        casting
        for scenario in scenarios
        if scenario.perimeter == target.vhost.perimeter
        for actor in scenario.testable
        if (casting := target.casting(scenario, actor)) is not None
    ]


async def _at_home(
    plan: list[tuple[Target, list[Casting]]],
    not_loaded: tuple[NotLoaded, ...],
    path: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    header = _header(plan, options, observed=True)
    plan = _left(plan, header, options)

    async def play(writer: JournalWriter) -> float:
        return await _play_plan(plan, writer, options) if plan else 0.0

    return await _judged(play, header, not_loaded, path, options, audience)


async def _judged(
    play: Callable[[JournalWriter], Awaitable[float]],
    header: RunStarted,
    not_loaded: tuple[NotLoaded, ...],
    path: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    """What is played into a journal, judged along the way; `play` returns the seconds of its silences."""
    with _journal(path, audience, options) as writer:
        _begin(writer, header, not_loaded, options)
        with LiveJudge(path, audience.judged) as live:
            with used_for(live.turn):
                waited = await play(writer)
            writer.close(waited=waited)
            return live.judgement()


async def _play_plan(
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


@contextmanager
def _journal(path: Path, audience: Audience, options: Options) -> Iterator[JournalWriter]:
    """A journal that is left without its footer when the run is cut off."""
    writer = JournalWriter(path, after=options.resumes)
    writer.listen(audience.saw)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise


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


async def _on_target(
    target: Target,
    cast: list[Casting],
    not_loaded: tuple[NotLoaded, ...],
    path: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    header = _header([(target, cast)], options, observed=False)
    left = _left([(target, cast)], header, options)
    cast = left[0][1] if left else []

    async def play(writer: JournalWriter) -> float:
        return await _play_cast(target, cast, writer, options)

    return await _judged(play, header, not_loaded, path, options, audience)


async def _play_cast(target: Target, cast: list[Casting], writer: JournalWriter, options: Options) -> float:
    """Play the scenarios on a target; returns the seconds of its silences."""
    driver = driver_for(target, options.terminal)
    silences = Silences()
    async with driver.ready():
        writer.listen(driver.saw)
        run = Run(uuid.uuid4().hex[:12], target, writer, driver, silences, observed=False)
        try:
            await run.open()
            await play_all([(run, casting) for casting in cast], options.jobs)
            await run.settle()
            return silences.seconds
        finally:
            await run.close()


def _header(plan: Plan, options: Options, *, observed: bool) -> RunStarted:
    targets = [target for target, _ in plan]
    first = targets[0]
    names = tuple(casting.name for _, cast in plan for casting in cast)
    return RunStarted(
        run=uuid.uuid4().hex[:12],
        recette=__version__,
        target=first.name,
        targets=tuple(target.facts for target in targets),
        deadlines=_deadlines(first),
        models=options.schemas.to_json() if options.schemas else {"source": BUILTIN},
        hub=options.hub if observed else first.hub,
        hub_observed=observed,
        strict=options.strict,
        jobs=options.jobs,
        plays=len(names),
        certificates=tuple(one for target in targets for one in target.certificates),
        plan=names,
        asked=options.asked,
        environment={"python": platform.python_version(), "système": platform.platform(terse=True)},
        identity=first.identity,
        cahiers=options.cahiers,
    )


def _deadlines(target: Target) -> dict[str, float]:
    """The target's, and what an operator gets beyond them."""
    found = target.deadlines.as_mapping()
    return {**found, "patience": target.driver.patience} if target.driver.kind == "operator" else found


def _left(plan: Plan, header: RunStarted, options: Options) -> Plan:
    """The whole plan; of a run that goes on, what is still to be played. Raises CannotResumeError."""
    if options.resumes is None:
        return plan
    options.resumes.check_same(header)
    remaining = set(options.resumes.remaining)
    left = [(target, [one for one in cast if one.name in remaining]) for target, cast in plan]
    return [(target, cast) for target, cast in left if cast]


def _begin(
    writer: JournalWriter, header: RunStarted, not_loaded: tuple[NotLoaded, ...], options: Options
) -> None:
    if options.resumes is not None:
        resumed = options.resumes
        writer.write(RunResumed(remaining=resumed.remaining, dropped=resumed.dropped))
        return
    writer.write(header)
    for one in not_loaded:
        writer.write(one)
