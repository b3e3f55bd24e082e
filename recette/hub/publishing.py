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
from recette.platform.random_bytes import random_bytes

RETURN_CORRELATION = "spring_listener_return_correlation"


class Written(commands.Basic.Properties):
    """As they go over the wire, written once; the library may know the message under another message_id."""

    wire: bytes = b""

    def marshal(self) -> bytes:
        return self.wire


def written(properties: Properties) -> Written:
    """What goes over the wire: nothing that is not said, but for a message_id by which to know what comes back.

    Raises ValueError, TypeError, struct.error and RecursionError for what AMQP cannot say.
    """
    correlation = properties.headers.get(RETURN_CORRELATION)
    others = dict(properties.others)
    own_id = others.pop("message_id", None)
    found = Written(
        content_type=properties.content_type,
        expiration=properties.expiration,
        headers=dict(properties.headers) or None,
        message_id=own_id or random_bytes().hex() if correlation is None else own_id,
    )
    # After the library's own check, which a hub does not make.
    found.delivery_mode = properties.delivery_mode
    for name, value in others.items():
        setattr(found, name, value)
    found.wire = commands.Basic.Properties.marshal(found)
    if correlation is not None:
        found.message_id = str(correlation)
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
