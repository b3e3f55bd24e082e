"""A campaign between editors that are all under test: who plays what, and what cannot be played so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from recette.campaign.face_to_face_run import Meetings, play_before_witness, play_face_to_face
from recette.campaign.home import deadlines_at_home, home_editors
from recette.campaign.options import NothingToPlayError, Options
from recette.campaign.planning import elsewhere, header_of, still_to_play
from recette.campaign.recording import recorded
from recette.journal.events import NotLoaded
from recette.journal.writer import JournalWriter
from recette.judge.verdicts import Judgement
from recette.messages.profile.reader import profile
from recette.platform.stopping import run_stoppable
from recette.play.face_to_face import Cast, casts, only_played
from recette.play.formats import Plan, playable
from recette.play.permitted import permitted
from recette.play.side_by_side import GoesOn
from recette.play.target import Target
from recette.report.audience import NOBODY, Audience
from recette.scenario.model import Scenario

_SHARED = frozenset({"pilot", "level"})
"""What of a target's identity is not one editor's alone."""


def play_editors(
    targets: Sequence[Target],
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Software of others, face to face on a hub at home. Raises NothingToPlayError and EditorAbsentError."""
    first = targets[0]
    options = replace(options, format=first.format, hub=first.hub)
    left_out = frozenset(options.left_out)
    targets = [replace(one, left_out=left_out) for one in targets]
    cast = [one for scenario in scenarios for one in casts(targets, scenario)]
    return _played([(targets, cast)], scenarios, not_loaded, journal, options, audience)


def play_reference_editors(
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Reference editors, face to face, each scenario once. The one that is to misbehave has the part that the options say,
    in every scenario that has it for its role. Raises NothingToPlayError.
    """
    meetings = []
    for some in home_editors(deadlines_at_home(options)):
        if options.vhost not in {None, some[0].vhost.name}:
            continue
        targets = [replace(one, format=options.format) for one in some]
        if options.misbehaviour is not None:
            tested = next(
                (one.actors[_part(one, options)] for one in scenarios if _is_on(targets[0], one)), None
            )
            targets.sort(key=lambda one: one.role != tested)
        cast = [one for scenario in scenarios for one in _once(targets, scenario, options)]
        here = {client for one in cast for casting in one for client in casting.clients.values()}
        meetings.append(([one for one in targets if one.editor in here] or targets, cast))
    return _played(meetings, scenarios, not_loaded, journal, options, audience)


def _once(targets: Sequence[Target], scenario: Scenario, options: Options) -> list[Cast]:
    """The first way to cast a scenario that gives a misbehaving editor, which is the first, its part."""
    found = casts(targets, scenario)
    if options.misbehaviour is not None:
        part, faulty = _part(scenario, options), targets[0].editor
        found = (one for one in found if one[0].clients[part] == faulty)
    first = next(found, None)
    return [] if first is None else [first]


def _part(scenario: Scenario, options: Options) -> str:
    return options.part if options.part in scenario.testable else scenario.testable[0]


def _is_on(target: Target, scenario: Scenario) -> bool:
    on = target.vhost
    return (scenario.perimeter, scenario.generation) == (on.perimeter, on.generation)


def _played(
    meetings: Meetings,
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    kept, left = _playable(meetings, options)
    not_loaded = (*not_loaded, *left, *_not_between(meetings, scenarios))
    if not kept:
        why = not_loaded[0].reason if not_loaded else "voyez recette list."
        raise NothingToPlayError(f"Aucun scénario choisi ne se joue entre ces éditeurs : {why}")
    return run_stoppable(_run(kept, tuple(not_loaded), journal, options, audience))


def _playable(meetings: Meetings, options: Options) -> tuple[Meetings, tuple[NotLoaded, ...]]:
    """What can be played, and why not the rest: a play that one of its editors cannot have, nobody has."""
    kept: list[tuple[Sequence[Target], Sequence[Cast]]] = []
    left: list[NotLoaded] = []
    for targets, cast in meetings:
        plan: Plan = []
        for target in targets:
            mine = [casting for one in cast for casting in one if casting.editor_client == target.editor]
            may, unwanted = permitted(target, mine, allow_harmful=options.allow_harmful)
            plan.append((target, may))
            left += unwanted
        plan, why_not = playable(plan, lambda _: profile(options.hub))
        left += why_not
        names = {casting.name for _, some in plan for casting in some}
        shared = [one for one in cast if all(casting.name in names for casting in one)]
        if shared:
            kept.append((targets, shared))
    return kept, tuple(left)


def _not_between(meetings: Meetings, scenarios: Iterable[Scenario]) -> Iterable[NotLoaded]:
    """The scenarios of these vHosts that need the harness as a partner."""
    here = {(some[0].vhost.perimeter, some[0].vhost.generation): some[0].vhost.name for some, _ in meetings}
    roles = {one.role for some, _ in meetings for one in some}
    for scenario in scenarios:
        reason = only_played(scenario)
        fits = (scenario.perimeter, scenario.generation) in here and roles.issuperset(
            scenario.actors.values()
        )
        if reason and fits:
            yield NotLoaded(
                scenario=scenario.edition,
                title=scenario.title,
                reason=f"{reason} Jouez-le avec une cible à un seul éditeur.",
                vhost=here[scenario.perimeter, scenario.generation],
            )


async def _run(
    meetings: Meetings, not_loaded: tuple[NotLoaded, ...], path: Path, options: Options, audience: Audience
) -> Judgement:
    plan: Plan = [
        (target, [casting for one in cast for casting in one if casting.editor_client == target.editor])
        for targets, cast in meetings
        for target in targets
    ]
    header = header_of(plan, options, observed=not elsewhere(plan[0][0]))
    shared = {name: value for name, value in header.identity.items() if name in _SHARED}
    products = {
        target.editor: {name: value for name, value in target.identity.items() if name not in _SHARED}
        for target, _ in plan
    }
    relayed = all(target.relay is not None for target, _ in plan)
    header = replace(
        header, face_to_face=True, identity=shared, products=products, probes=False, relay_observed=relayed
    )
    names = {casting.name for _, some in still_to_play(plan, header, options) for casting in some}
    left = [
        (targets, [one for one in cast if any(casting.name in names for casting in one)])
        for targets, cast in meetings
    ]

    async def play(writer: JournalWriter, goes_on: GoesOn) -> float:
        if not names:
            return 0.0
        if elsewhere(left[0][0][0]):
            return await play_before_witness(*left[0], writer, options, goes_on)
        return await play_face_to_face(left, writer, options, audience, goes_on)

    return await recorded(play, header, not_loaded, path, options, audience)
