"""What the hub at home refuses, told as it happens."""

from __future__ import annotations

from collections.abc import Iterator

from recette.messages.hub_saw import HubSaw
from recette.wording.values import plain

_CAUSE = 500
"""Characters of a cause."""


def refusal_lines(seen: HubSaw) -> Iterator[str]:
    """A refusal with its cause and where its report is; nothing for what was not refused."""
    message = f"un message de {seen.client} ({plain(seen.distribution_id or 'sans distributionID', 200)})"
    cause = plain(seen.reason, _CAUSE)
    match seen.action:
        case "refused":
            report = f" ; son rapport est sur {seen.recipient}" if seen.recipient else ""
            yield f"  ! {seen.vhost} : refusé ({seen.code}), {message}{report} : {cause}"
        case "dead-lettered":
            yield f"  ! {seen.vhost} : perdu dans {seen.recipient} ({seen.code}), {message} : {cause}"
        case "publish-refused":
            yield f"  ! {seen.vhost} : publication refusée par le broker, {message}, sur {seen.recipient} : {cause}"
        case _:
            return
