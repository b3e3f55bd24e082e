"""Every bound of the embedded broker, beside those of the codec; all are far above what a hub's vHost needs."""

from dataclasses import dataclass

HANDSHAKE_FRAME_MAX = 8_192  # bytes, before the client is known
CHANNEL_MAX = 2_047
HEARTBEAT = 60  # seconds, what the broker proposes
HANDSHAKE_TIMEOUT = 10.0  # seconds
LOGIN_DELAY = 1.0  # seconds before a client is told that its login is refused
CLOSE_TIMEOUT = 5.0  # seconds a client has to answer connection.close
BODY_MAX = 32 * 1024 * 1024  # bytes of one message
QUEUE_LENGTH_MAX = 100_000  # messages ready in one queue
MEMORY_MAX = 256 * 1024 * 1024  # bytes of all messages held
CONNECTIONS_MAX = 1_000
CONSUMERS_PER_CHANNEL_MAX = 1_000
OBJECTS_PER_VHOST_MAX = 20_000  # queues, exchanges and bindings, each
DEATHS_MAX = 100  # queues and reasons in one x-death: its cost grows with the square of it
ENTRY_OVERHEAD = 200  # bytes, what a message costs beside its content


@dataclass(slots=True)
class Ledger:
    """How many bytes of messages the broker holds."""

    held: int = 0
    limit: int = MEMORY_MAX

    def has_room_for(self, size: int) -> bool:
        return self.held + size <= self.limit
