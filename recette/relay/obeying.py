"""A relay that does to a link what a run asks for."""

from __future__ import annotations

from recette.relay.disturbances import Disturbance
from recette.relay.relay import Relay


def obey(relay: Relay, what: str, seconds: float) -> str | None:
    """Do it; why not, in French, where it is no incident, or there is no link."""
    try:
        one = Disturbance.parse(f"{what}:{seconds}" if seconds else what)
    except ValueError as error:
        return str(error)
    if not relay.links:
        return "aucun logiciel n'est connecté à ce relais"
    relay.disturb(one)
    return None
