"""What a hub's report says of a message that a relay had seen leave: a refusal, as the hub's own side would tell it."""

from __future__ import annotations

from recette.journal.wire_events import WireDelivered, WirePublished
from recette.messages.clients import HUB
from recette.messages.extracting import extracted_id
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, Message, read
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.relay.recent import Recent

BURIED = 500
"""It had been passed on, and was not read in time, or was rejected: no refusal."""
_KEPT, _KEPT_BYTES = 2_000, 64 * 1024 * 1024
"""Publications that are remembered, and bytes of them: a report comes at once."""


class Reports:
    """Publications of the editor, until the hub reports on them."""

    def __init__(self) -> None:
        self._sent: Recent[tuple[str, str], WirePublished] = Recent(_KEPT, _KEPT_BYTES)
        """By vHost and distributionID."""

    def published(self, name: str, event: WirePublished) -> None:
        """The editor published on a vHost; what was not kept whole is not judged."""
        identifier = extracted_id(event.body)
        if identifier is None or event.size != len(event.body):
            return
        self._sent.put((name, identifier), event, event.size)

    def refused(self, name: str, event: WireDelivered) -> HubSaw | None:
        """The refusal that the hub reports to the editor; None for anything else."""
        if not event.queue.endswith(".info"):
            return None
        try:
            report = read(event.body, event.content_type, vhost(name).edition)
        except UnknownVHostError:
            return None
        code = report.error_code
        if report.model != "RS-ERROR" or report.sender_id != HUB or code in {None, BURIED}:
            return None
        found = ((one, self._sent.get((name, one))) for one in named_by(report))
        identifier, published = next((one for one in found if one[1] is not None), ("", None))
        if published is None:
            return None
        return HubSaw(
            vhost=name,
            action="refused",
            client=published.routing_key,
            distribution_id=identifier,
            recipient=event.queue,
            content_type=published.content_type or JSON_TYPE,
            delivery_mode=published.delivery_mode,
            code=code,
            reason=str((report.content or {}).get("errorCause", "")),
            body=published.body,
        )


def named_by(report: Message) -> list[str]:
    """The ids by which a report may name its message: the hub does not always find the one (fact sheet 7.1, 7.2)."""
    source = (report.content or {}).get("sourceMessage")
    told = source.get("distributionID") if isinstance(source, dict) else None
    return [one for one in (report.reference_id, told) if isinstance(one, str)]
