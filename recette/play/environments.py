"""The hub's environments, by name and by the host of their broker (fact sheet 1.3)."""

from __future__ import annotations

from dataclasses import dataclass

from recette.hub.tls import is_loopback

_DOMAIN = "esante.gouv.fr"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a target is, and what may be done there."""

    name: str
    title: str
    broker: str = ""
    """Its address, where the sources give one."""
    sandbox: bool = False
    """Nobody but the user can be disturbed: scenarios that could harm a live service may be played."""
    production: bool = False
    """No scenario is played, nothing is published."""


SANDBOX = Environment("sandbox", "bac-à-sable local", "amqp://127.0.0.1:5672", sandbox=True)
BAC_A_SABLE = Environment(
    "bac-a-sable", "bac-à-sable de l'ANS", f"amqps://messaging.bac-a-sable.hub.{_DOMAIN}:5671"
)
PRE_PROD = Environment("pre-prod", "pré-production")
INTEGRATION = Environment(
    "integration", "intégration de l'ANS", f"amqps://messaging.integration.hub.{_DOMAIN}:5671"
)
PRODUCTION = Environment("production", "production", f"amqps://messaging.hub.{_DOMAIN}:5671", production=True)
OTHER = Environment("autre", "hub tiers")
UNSAID = Environment("inconnu", "un environnement que la recette ne connaît pas", production=True)
"""A host of the hub's own domain that does not say which environment it is: no guess may play there."""
BY_NAME = {one.name: one for one in (SANDBOX, BAC_A_SABLE, PRE_PROD, INTEGRATION, PRODUCTION)}
_PRODUCTION_HOSTS = {f"messaging.hub.{_DOMAIN}", f"hub.{_DOMAIN}", f"hubsante.{_DOMAIN}"}
_MARKS = (
    ("bac-a-sable", BAC_A_SABLE),
    ("pre-prod", PRE_PROD),
    ("preprod", PRE_PROD),
    ("integration", INTEGRATION),
)


def environment_of(host: str) -> Environment | None:
    """The environment that a host belongs to; None where nothing tells."""
    name = host.rstrip(".").lower()
    if is_loopback(name):
        return SANDBOX
    if name != _DOMAIN and not name.endswith(f".{_DOMAIN}"):
        return None
    if name in _PRODUCTION_HOSTS:
        return PRODUCTION
    labels = name.removesuffix(_DOMAIN)
    return next((where for mark, where in _MARKS if mark in labels), UNSAID)
