"""The client at the other end of a connection: who it is, what it can take, what goes out to it."""

import asyncio

from pamqp import commands as amqp

from recette.amqp import methods
from recette.amqp.frames import FRAME_MAX
from recette.sandbox.broker import limits
from recette.sandbox.broker.acts import Act, ActKind
from recette.sandbox.broker.state import State
from recette.sandbox.broker.vhost import VHost


class Client:
    """`vhost` is there once the handshake is over."""

    vhost: VHost

    def __init__(self, state: State, transport: asyncio.Transport) -> None:
        self.state = state
        self.transport = transport
        self.user = ""
        state.connections += 1
        self.number = state.connections
        self.has_published = False
        self.acknowledged: set[str] = set()  # the queues of which it has acknowledged a delivery
        self.takes_cancel = False  # it understands a basic.cancel from the broker
        self.takes_blocked = False  # it understands a connection.blocked
        self.blocked = False  # it has published under an alarm, and is not listened to until its end
        self.congested = False  # it does not read what it is sent
        self.frame_max = FRAME_MAX
        self.channel_max = limits.CHANNEL_MAX
        self._loop = asyncio.get_running_loop()
        self.last_out = self._loop.time()
        self._out: list[bytes] = []

    def send(self, data: bytes) -> None:
        """Goes out with everything else that this turn of the loop has for the client."""
        if not self._out:
            self.state.unsent.append(self._flush)
        self._out.append(data)

    def _flush(self) -> None:
        data, self._out = b"".join(self._out), []
        if not self.transport.is_closing():
            self.last_out = self._loop.time()
            self.transport.write(data)

    def tell(self, kind: ActKind, name: str = "", detail: str = "", body: bytes = b"") -> None:
        """Let whoever observes the broker know what the client does."""
        self.state.observe(Act(kind, self.vhost.name, self.user, name, detail, body, self.number))

    def acknowledges(self, queue: str) -> None:
        """It acknowledges a delivery of a queue: told once."""
        if queue not in self.acknowledged:
            self.acknowledged.add(queue)
            self.tell("acknowledging", queue)

    def publishes(self) -> None:
        """It is about to: under an alarm that is the last that is heard of it, as with RabbitMQ. Told once."""
        if not self.has_published:
            self.has_published = True
            self.tell("publishing")
        if self.state.alarm is None or self.blocked:
            return
        self.blocked = True
        self.transport.pause_reading()
        if self.takes_blocked:
            self.send(methods.method(0, amqp.Connection.Blocked(self.state.alarm)))

    def unblock(self) -> None:
        """The alarm is over."""
        if not self.blocked:
            return
        self.blocked = False
        if self.takes_blocked:
            self.send(methods.method(0, amqp.Connection.Unblocked()))
        if not self.congested:
            self.transport.resume_reading()

    def release(self) -> None:
        """Delete the queues that were its own alone."""
        for queue in [queue for queue in self.vhost.queues.values() if queue.owner is self]:
            self.vhost.delete_queue(queue)
