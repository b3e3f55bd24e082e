"""The channels of one connection: each frame to its channel, each error to the channel it happened on."""

from collections.abc import Mapping

from pamqp import commands as amqp

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError
from recette.amqp.methods import Method
from recette.sandbox.broker import consuming, publishing, topology
from recette.sandbox.broker.channel import Channel, Handler
from recette.sandbox.broker.client import Client

_HANDLERS: Mapping[type, Handler] = {
    **topology.HANDLERS,
    **publishing.HANDLERS,
    **consuming.HANDLERS,
}


class Channels:
    """Those of a client whose handshake is over."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._open: dict[int, Channel] = {}
        self._closed: set[int] = set()  # closed by the broker, not confirmed by the client

    def take(self, kind: int, number: int, payload: bytes) -> None:
        """Raises AmqpError for what ends the whole connection."""
        if number in self._closed:
            self._take_on_closed(kind, number, payload)
            return
        channel = self._open.get(number)
        index = amqp.Basic.Publish.index
        try:
            if kind == frames.METHOD:
                method = methods.decode_method(payload)
                index = method.index
                self._take_method(number, channel, method)
            elif channel is None:
                raise AmqpError(504, "expected 'channel.open'")
            elif kind == frames.HEADER:
                publishing.take_header(channel, payload)
            else:
                publishing.take_body(channel, payload)
        except AmqpError as error:
            error.index = index
            if error.hard or channel is None:
                raise
            self._close(channel, error)

    def wake(self) -> None:
        """Consumers may be able to take more."""
        for channel in list(self._open.values()):
            channel.wake()

    def release(self) -> None:
        """Give back what the client held: deliveries, consumers."""
        channels, self._open = self._open, {}
        for channel in channels.values():
            channel.close()

    def _take_on_closed(self, kind: int, number: int, payload: bytes) -> None:
        if kind != frames.METHOD:
            return
        method = methods.decode_method(payload)
        if isinstance(method, amqp.Channel.Close):
            self._client.send(methods.method(number, amqp.Channel.CloseOk()))
        if isinstance(method, amqp.Channel.Close | amqp.Channel.CloseOk):
            self._closed.discard(number)

    def _take_method(self, number: int, channel: Channel | None, method: Method) -> None:
        if isinstance(method, amqp.Channel.Open):
            self._open_channel(number)
            return
        if channel is None:
            raise AmqpError(504, "expected 'channel.open'")
        if channel.incoming is not None:
            raise AmqpError(
                505, f"expected content header for class {methods.BASIC_CLASS}, got method frame instead"
            )
        if isinstance(method, amqp.Channel.Close):
            del self._open[number]
            channel.close()
            self._client.send(methods.method(number, amqp.Channel.CloseOk()))
            return
        handler = _HANDLERS.get(type(method))
        if handler is None:
            raise AmqpError(540, f"{method.name} is not served")
        answer = handler(channel, method)
        if answer is not None and not getattr(method, "nowait", False):
            self._client.send(answer if isinstance(answer, bytes) else methods.method(number, answer))

    def _open_channel(self, number: int) -> None:
        if number in self._open:
            raise AmqpError(504, "second 'channel.open' seen")
        if number > self._client.channel_max:
            raise AmqpError(504, f"channel {number} is over the maximum of {self._client.channel_max}")
        self._open[number] = Channel(self._client, number)
        self._client.send(methods.method(number, amqp.Channel.OpenOk()))

    def _close(self, channel: Channel, error: AmqpError) -> None:
        del self._open[channel.number]
        self._closed.add(channel.number)
        channel.close()
        channel.send(amqp.Channel.Close(error.code, error.text, error.index >> 16, error.index & 0xFFFF))
