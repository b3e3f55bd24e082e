"""Which scenarios are played on which target, and what the journal says of it beforehand."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from recette import __version__
from recette.campaign.options import Options
from recette.journal.events import NotLoaded, RunStarted
from recette.journal.facts import CahierFacts
from recette.messages.json.schemas import BUILTIN
from recette.messages.vhosts import VHost, recorded
from recette.platform.places import from_here
from recette.play.formats import Plan
from recette.play.target import Target
from recette.scenario.cahier import Cahier
from recette.scenario.model import Casting, Scenario


def castings(target: Target, scenarios: Iterable[Scenario]) -> list[Casting]:
    """Every play of the scenarios that the target allows."""
    return [
        casting
        for scenario in scenarios
        if scenario.perimeter == target.vhost.perimeter and target.disturbed in {None, scenario.disturbs}
        for actor in scenario.testable
        if (casting := target.casting(scenario, actor)) is not None
    ]


def _allowed(target: Target, scenario: Scenario) -> bool:
    return scenario.perimeter == target.vhost.perimeter and any(
        target.clients(scenario, actor) is not None for actor in scenario.testable
    )


def facts_of(cahier: Cahier) -> CahierFacts:
    """What the journal's header says of it."""
    return CahierFacts(name=cahier.name, version=cahier.version, sha256=cahier.sha256)


def without_partners(target: Target, scenarios: Iterable[Scenario]) -> tuple[NotLoaded, ...]:
    """The plays that the editor could have, were there partners enough for them."""
    return tuple(
        NotLoaded(
            scenario=f"{scenario.edition}@{actor}",
            title=scenario.title,
            reason=reason,
            vhost=target.vhost.name,
        )
        for scenario in scenarios
        if scenario.perimeter == target.vhost.perimeter
        for actor in scenario.testable
        if (reason := target.lacks(scenario, actor))
    )


def elsewhere(target: Target) -> bool:
    """Whether its hub is one of others, and not yet to be started at home."""
    return bool(target.addresses) or target.relay is not None


def header_of(plan: Plan, options: Options, *, observed: bool) -> RunStarted:
    targets = [target for target, _ in plan]
    first = targets[0]
    there = elsewhere(first)
    names = tuple(casting.name for _, cast in plan for casting in cast)
    return RunStarted(
        run=uuid.uuid4().hex[:12],
        recette=__version__,
        target=from_here(first.name),
        targets=tuple(target.facts for target in targets),
        deadlines=_deadlines(first),
        models=_models(options, [vhost for one in targets for vhost in (one.vhost, one.meeting)]),
        hub=first.hub if there else options.hub,
        hub_named=first.hub_named or not there,
        hub_observed=observed,
        relay_observed=options.observed_by is not None,
        probes=not observed,
        strict=options.strict,
        left_out=options.left_out,
        jobs=options.jobs,
        plays=len(names),
        certificates=tuple(one for target in targets for one in target.certificates),
        plan=names,
        cahiers=options.cahiers,
        asked=options.asked,
        environment={"python": platform.python_version(), "système": platform.platform(terse=True)},
        identity=first.identity,
        fault=options.fault,
        played_on=first.place if there else replace(first.place, broker=options.broker),
        due=len({one.id for target in targets for one in options.cahier if _allowed(target, one)}),
    )


def _models(options: Options, vhosts: list[VHost]) -> dict[str, Any]:
    """Which editions judge; the schemas themselves where they are not the dictionary's."""
    schemas = options.schemas
    own = schemas is None or schemas.source == BUILTIN
    return {**({"source": BUILTIN} if own or schemas is None else schemas.to_json()), **recorded(vhosts)}


def _deadlines(target: Target) -> dict[str, float]:
    """The target's, and what an operator gets beyond them."""
    found = target.deadlines.as_mapping()
    return {**found, "patience": target.driver.patience} if target.driver.kind == "operator" else found


def still_to_play(plan: Plan, header: RunStarted, options: Options) -> Plan:
    """The whole plan; of a run that goes on, what is still to be played. Raises CannotResumeError."""
    if options.resumes is None:
        return plan
    options.resumes.check_same(header)
    remaining = set(options.resumes.remaining)
    left = [(target, [one for one in cast if one.name in remaining]) for target, cast in plan]
    return [(target, cast) for target, cast in left if cast]
