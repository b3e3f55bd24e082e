"""A campaign from end to end: choose scenarios, play them at home or on a target, judge the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from recette.campaign import home_run, target_run
from recette.campaign.home import (
    FIRE_VHOST_OF_SERVICES,
    deadlines_at_home,
    disturbed_targets,
    home_targets,
    targets_across,
)
from recette.campaign.options import NothingToPlayError, Options
from recette.campaign.planning import castings, header_of, still_to_play, without_partners
from recette.campaign.recording import recorded
from recette.journal.events import NotLoaded
from recette.journal.writer import JournalWriter
from recette.judge.verdicts import Judgement
from recette.messages.json.schemas import SchemaSet
from recette.messages.profile.reader import profile
from recette.messages.vhosts import VHost, vhost
from recette.platform.heap import settled_heap
from recette.platform.stopping import run_stoppable
from recette.play.formats import Plan, playable
from recette.play.permitted import permitted
from recette.play.side_by_side import GoesOn
from recette.play.target import Target
from recette.report.audience import NOBODY, Audience
from recette.sandbox.routing import ACTIVE
from recette.scenario.model import Casting, Scenario


def play_at_home(
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Play against the reference editors on a sandbox. Raises NothingToPlayError, RuntimeError (one sentence)."""
    plan, left_out = plan_at_home(scenarios, options)
    if not plan:
        why = left_out[0].reason if left_out else "voyez recette list."
        raise NothingToPlayError(f"Aucun scénario choisi ne se joue sur les vHosts du bac-à-sable : {why}")
    with settled_heap():
        return run_stoppable(_run_at_home(plan, (*not_loaded, *left_out), journal, options, audience))


def plan_at_home(scenarios: Sequence[Scenario], options: Options) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """What is played of the scenarios on a sandbox, and why not the rest; what its vHosts do not carry comes last."""
    edition = options.schemas.edition if options.schemas is not None else None
    on = vhost(options.vhost, edition) if options.vhost is not None else None
    targets = [
        replace(
            target,
            format=options.format,
            vhost=_at_home(target.vhost, options),
            partners_vhost=target.partners_vhost and _at_home(target.partners_vhost, options),
        )
        for target in _at_home_targets(options, on)
        if options.role in {None, target.role}
        and (options.schemas is None or _judged_by(options.schemas, target))
    ]
    plan = [(target, castings(target, scenarios)) for target in targets]
    plan = [(target, cast) for target, cast in plan if cast]
    return playable(plan, lambda _: profile(options.hub))


def _at_home(here: VHost, options: Options) -> VHost:
    """The vHost with the one edition that our hub serves there: nothing is left open at home."""
    edition = options.schemas.edition if options.schemas is not None else here.edition
    return replace(here, edition=edition, served=(edition,))


def _at_home_targets(options: Options, on: VHost | None) -> list[Target]:
    deadlines = deadlines_at_home(options)
    fire = ACTIVE if options.converter is None else FIRE_VHOST_OF_SERVICES
    return [
        *home_targets(deadlines, on=on),
        *disturbed_targets(deadlines, on=on),
        *targets_across(deadlines, on=on, fire=fire),
    ]


def _judged_by(schemas: SchemaSet, target: Target) -> bool:
    """Schemas are of one generation: where the hub converts, they are not enough."""
    return target.partners_vhost is None and schemas.generation == target.vhost.generation


def play_on_target(
    target: Target,
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    journal: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Play against an editor on a real vHost. Raises NothingToPlayError, ProductionError and HubError.

    Where nothing is left but what lacks a partner, or a link that can be broken off, no hub is reached: the reports say
    what was not played, and why.
    """
    if options.converter is not None and target.home is None:
        raise NothingToPlayError(
            "--converter est pour un hub chez soi : celui de la cible convertit lui-même."
        )
    target = replace(
        target,
        left_out=frozenset(options.left_out),
        attest_received=options.attest_received,
        breakable=options.observed_by is not None and options.observed_by.obeys,
    )
    cast, left_out = plan_on_target(target, scenarios, options)
    if not cast:
        _check_told(target, scenarios, options)
    not_loaded = (*not_loaded, *left_out)
    if target.home is not None:
        schemas = options.schemas or SchemaSet.builtin(target.vhost.edition)
        options = replace(options, format=target.format, hub=target.hub, schemas=schemas)
        return run_stoppable(_run_at_home([(target, cast)], not_loaded, journal, options, audience))
    return run_stoppable(_run_on_target(target, cast, not_loaded, journal, options, audience))


def plan_on_target(
    target: Target, scenarios: Sequence[Scenario], options: Options
) -> tuple[list[Casting], tuple[NotLoaded, ...]]:
    """What is played of the scenarios against an editor, and why not the rest. Raises ProductionError."""
    cast, unwanted = permitted(target, castings(target, scenarios), allow_harmful=options.allow_harmful)
    plan, left = playable([(target, cast)], lambda one: profile(one.hub) if one.carries_by_profile else None)
    left_out = (*unwanted, *left, *without_partners(target, scenarios))
    return (plan[0][1] if plan else []), left_out


def _check_told(target: Target, scenarios: Sequence[Scenario], options: Options) -> None:
    """Raises NothingToPlayError where no report would say why nothing is played."""
    wanted = castings(target, scenarios)
    unbroken = target.unbreakable and any(one.scenario.disturbs for one in wanted)
    if unbroken or without_partners(target, scenarios):
        return
    _, unwanted = permitted(target, wanted, allow_harmful=options.allow_harmful)
    raise NothingToPlayError(
        f"Aucun scénario choisi ne convient à un éditeur {target.role} sur {target.vhost.name} "
        f"avec les partenaires de la cible{' et sans --allow-harmful' if unwanted else ''}."
    )


async def _run_at_home(
    plan: Plan, not_loaded: tuple[NotLoaded, ...], path: Path, options: Options, audience: Audience
) -> Judgement:
    header = header_of(plan, options, observed=True)
    left = still_to_play(plan, header, options)

    async def play(writer: JournalWriter, goes_on: GoesOn) -> float:
        if not any(cast for _, cast in left):
            return 0.0
        return await home_run.play_at_home(left, writer, options, audience, goes_on)

    return await recorded(play, header, not_loaded, path, options, audience)


async def _run_on_target(
    target: Target,
    cast: list[Casting],
    not_loaded: tuple[NotLoaded, ...],
    path: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    header = header_of([(target, cast)], options, observed=target.observation is not None)
    left = still_to_play([(target, cast)], header, options)

    async def play(writer: JournalWriter, goes_on: GoesOn) -> float:
        if not any(cast for _, cast in left):
            return 0.0
        return await target_run.play_on_hub(target, left[0][1], writer, options, goes_on)

    return await recorded(play, header, not_loaded, path, options, audience)
