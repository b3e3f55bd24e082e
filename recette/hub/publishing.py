"""Properties of a message as they are written, and how the library knows which message a broker returned.

The library tells returned messages by their message_id, and draws one where there is none. A hub passes a message on with
the sender's own, or none: there a header of its own tells them apart, as on the real one (fact sheet 7.9).
"""

from __future__ import annotations

from typing import Any, cast

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp import commands
from pamqp.header import ContentHeader

from recette.hub.wire import Properties

RETURN_CORRELATION = "spring_listener_return_correlation"


class _Corresponding(commands.Basic.Properties):
    """Known to the library under one message_id, and written with another or none."""

    own_id: str | None = None
    told_apart = False

    def marshal(self) -> bytes:
        if not self.told_apart:
            return super().marshal()
        known, self.message_id = self.message_id, self.own_id
        try:
            return super().marshal()
        finally:
            self.message_id = known


def written(properties: Properties) -> commands.Basic.Properties:
    """What goes over the wire: nothing that is not said, but for the library's message_id."""
    correlation = properties.headers.get(RETURN_CORRELATION)
    others = dict(properties.others)
    own_id = others.pop("message_id", None)
    found = _Corresponding(
        content_type=properties.content_type,
        expiration=properties.expiration,
        headers=dict(properties.headers) or None,
        message_id=own_id if correlation is None else str(correlation),
    )
    # After the library's own check, which a hub does not make.
    found.delivery_mode = properties.delivery_mode
    for name, value in others.items():
        setattr(found, name, value)
    found.own_id, found.told_apart = own_id, correlation is not None
    return found


def returns_by_header(channel: AbstractChannel) -> None:
    """Let a channel know the messages that come back to it by RETURN_CORRELATION too."""
    library = cast("Any", channel)
    read = library._read_content  # noqa: SLF001 - the library offers no way in before it looks at the id

    async def with_id(frame: Any, header: ContentHeader) -> DeliveredMessage:  # noqa: ANN401 - any of its frames
        message: DeliveredMessage = await read(frame, header)
        if isinstance(frame, commands.Basic.Return):
            properties = message.header.properties
            known = (properties.headers or {}).get(RETURN_CORRELATION)
            properties.message_id = str(known) if known is not None else properties.message_id
        return message

    library._read_content = with_id  # noqa: SLF001 - likewise
