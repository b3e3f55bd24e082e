"""Frames: what the bytes of a connection are cut into (AMQP 0-9-1, 4.2.3)."""

import struct
from collections.abc import Iterator

from recette.amqp.errors import AmqpError

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
HEAD = struct.Struct(">BHI")  # kind, channel, payload size
END = b"\xce"
OVERHEAD = HEAD.size + len(END)
HEARTBEAT_FRAME = HEAD.pack(HEARTBEAT, 0, 0) + END
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
CONTENT = struct.Struct(">HHQ")  # class, weight, body size: how a content header begins
FRAME_MAX = 131_072  # bytes, what both ends propose
FRAME_MIN = 4_096  # bytes, the protocol's own minimum

Frame = tuple[int, int, bytes]
"""Kind, channel, payload."""


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return HEAD.pack(kind, channel, len(payload)) + payload + END


def content(channel: int, method: bytes, properties: bytes, body: bytes, frame_max: int) -> bytes:
    """A method, its content header, its body in as many frames as the other end's frame size asks for."""
    header = CONTENT.pack(60, 0, len(body)) + properties
    parts = [frame(METHOD, channel, method), frame(HEADER, channel, header)]
    step = frame_max - OVERHEAD
    parts += [frame(BODY, channel, body[at : at + step]) for at in range(0, len(body), step)]
    return b"".join(parts)


class FrameReader:
    """Cuts what comes in, however it was split on the way, and holds no more than one frame that is not whole."""

    def __init__(self, frame_max: int) -> None:
        self.frame_max = frame_max
        """Bytes, head and end included; may change from one frame to the next."""
        self._held = b""

    @property
    def held(self) -> bytes:
        """What is not read yet; after an error, all that no frame was made of."""
        return self._held

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Frames that are now whole. Raises AmqpError 501 for one that is too long, or does not end."""
        data = self._held + data if self._held else data
        at = 0
        try:
            while len(data) - at >= HEAD.size:
                kind, channel, size = HEAD.unpack_from(data, at)
                if size > self.frame_max - OVERHEAD:
                    raise AmqpError(501, f"frame of {size} octets, the maximum is {self.frame_max}")
                start = at + HEAD.size
                end = start + size
                if end >= len(data):
                    break
                if data[end] != END[0]:
                    raise AmqpError(501, f"frame of type {kind} does not end with octet 206")
                at = end + 1
                yield kind, channel, data[start:end]
        finally:
            self._held = data[at:]
