"""A play without a hub: its progress, and what arrives, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.models import model
from recette.messages.reading import from_document
from recette.scenario.arrivals import Arrivals, Delivery, Outcome
from recette.scenario.matching import Arrival, Progress
from recette.scenario.model import Casting
from tests.cahier import cahier

EDITOR, PARTNER = "fr.health.samu991", "fr.health.samu992"
NOW = "2026-11-28T10:00:00+01:00"
_SCENARIOS = cahier()
_numbers = count(1)


def progress(edition: str, actor: str, **values: str) -> Progress:
    """A play of that edition, with `actor` under test, whose values are known so far."""
    scenario = next(one for one in _SCENARIOS if one.edition == edition)
    clients = {name: EDITOR if name == actor else PARTNER for name in scenario.actors}
    return Progress(Casting(scenario, actor, clients), values)


def document(
    name: str, content: Mapping[str, Any], sender: str = EDITOR, to: str = PARTNER
) -> dict[str, Any]:
    now = datetime(2026, 11, 28, 10, tzinfo=UTC)
    return envelope(
        content,
        model(name, 2).key,
        sender=sender,
        recipient=to,
        distribution_id=new_distribution_id(sender),
        sent_at=now,
        expires_at=now + timedelta(days=1),
    )


def arrival(name: str, content: Mapping[str, Any]) -> Arrival:
    """A message of the editor, on the partner's `.message`."""
    return Arrival(next(_numbers), PARTNER, "message", from_document(document(name, content), 2))


def receive(arrivals: Arrivals, name: str, content: Mapping[str, Any], **of_delivery: Any) -> Outcome:
    """The same, as the broker delivers it."""
    body = of_delivery.pop("body", None) or serialise(document(name, content))
    given = {"redelivered": False, **of_delivery}
    return arrivals.receive(
        Delivery(next(_numbers), PARTNER, f"{PARTNER}.message", "application/json", body, **given)
    )
