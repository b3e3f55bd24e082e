"""What may be played where: nothing on a production host, nothing harmful on a hub that others use, no link broken off
where the recette does not stand in between.
"""

from __future__ import annotations

from collections.abc import Iterable

from recette.journal.events import NotLoaded
from recette.play.target import Target
from recette.scenario.model import Casting


class ProductionError(ValueError):
    """The target is a production host; the text says what may be done there."""


def permitted(
    target: Target, cast: Iterable[Casting], *, allow_harmful: bool
) -> tuple[list[Casting], tuple[NotLoaded, ...]]:
    """What of the plays may be played, and why not the others. Raises ProductionError."""
    where = target.environment
    if where.production:
        raise ProductionError(
            f"La cible {target.name} est en {where.title} : aucun scénario n'y est joué, jamais ; "
            "recette preflight y regarde sans rien publier."
        )
    kept: list[Casting] = []
    left: list[NotLoaded] = []
    for one in cast:
        if one.scenario.disturbs and target.unbreakable:
            left.append(_left_out(target, one, target.unbreakable))
            continue
        if not one.scenario.harmful or where.sandbox or allow_harmful:
            kept.append(one)
            continue
        reason = (
            f"Ce scénario peut gêner un service où d'autres travaillent ({where.title}) : il n'est joué qu'avec "
            "--allow-harmful, en accord avec l'opérateur du hub."
        )
        left.append(_left_out(target, one, reason))
    return kept, tuple(left)


def _left_out(target: Target, one: Casting, reason: str) -> NotLoaded:
    return NotLoaded(scenario=one.name, title=one.scenario.title, reason=reason, vhost=target.vhost.name)
