"""One connection to a hub's vHost: publish with confirms, consume with manual acks, look at queues."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self, cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from recette.amqp import frames
from recette.hub.address import BrokerAddress
from recette.hub.consumer import Consumer, Handler, Turn
from recette.hub.errors import (
    HubError,
    closed_without_a_word,
    connection_error,
    loss,
    own_certificate_error,
    protocol_error,
)
from recette.hub.handshake import refusal
from recette.hub.publishing import returns_by_header, written
from recette.hub.transport import GuardedConnection, Security
from recette.hub.wire import Properties, PublishOutcome, QueueStatus
from recette.wording.counting import in_seconds

CONNECT_TIMEOUT = 10.0
"""Seconds before a connection attempt counts as unanswered."""
CONFIRM_TIMEOUT = 10.0
"""Seconds before a publish that the broker neither confirms nor refuses counts as unknown."""
HEARTBEAT = 15
"""Seconds: sent twice as often, and a broker silent for three times as long is gone."""

_SMALL = 65_536
"""Bytes of a body that the socket need not have taken before the next is given to it: the confirmation is waited for."""
_AROUND_PROPERTIES = frames.OVERHEAD + frames.CONTENT.size
_NO_ROOM = 311
_BROKEN = (
    aiormq.exceptions.AMQPConnectionError,
    aio_pika.exceptions.AMQPConnectionError,
    OSError,
    RuntimeError,
)
"""What the client library raises once the connection is gone; a broker's refusal is none of them."""


class HubConnection:
    """A named connection. Topology is never declared, only looked at passively (DST 3.1).

    More than 20 methods: publishing, reading and looking share what becomes of the one link.
    """

    def __init__(self, connection: GuardedConnection, address: BrokerAddress, slowness: float = 1.0) -> None:
        self._connection = connection
        self.address = address
        self._slowness = slowness
        self._publisher: tuple[AbstractChannel, aiormq.Channel] | None = None
        """The library's channel, and the one below it."""
        self._lock = asyncio.Lock()
        self._looker: AbstractChannel | None = None
        self._looking = asyncio.Lock()
        self._closing = False
        self._over: BaseException | None = None
        """Why it ended without having been closed from here."""
        self._told: list[Callable[[BaseException], None]] = []
        self._abandoned: asyncio.Task[None] | None = None
        connection.close_callbacks.add(self._ended)

    @classmethod
    async def open(
        cls, address: BrokerAddress, *, name: str, heartbeat: int = HEARTBEAT, slowness: float = 1.0
    ) -> Self:
        """Connect as `address.user`; `name` is what the broker's operator sees. Raises HubError.

        `slowness`: how many times longer than usual the broker is given for each of its answers.
        """
        unusable = own_certificate_error(address)
        if unusable is not None:
            raise unusable
        try:
            connection = await aio_pika.connect(
                host=address.host,
                port=address.port,
                login=address.user,
                password=address.password,
                virtualhost=address.vhost,
                ssl=address.tls is not None,
                ssl_context=address.tls.context if address.tls else None,
                timeout=CONNECT_TIMEOUT * slowness,
                client_properties={"connection_name": name},
                heartbeat=str(heartbeat),
                auth="EXTERNAL" if address.external else "PLAIN",
                connection_class=GuardedConnection,
            )
        except (AMQPError, OSError, TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            known = await refusal(address) if closed_without_a_word(address, error) else None
            raise (known or connection_error(address, error)) from error
        opened = cls(connection, address, slowness)
        if not opened._confirms():
            await opened.close()
            missing = "il n'annonce pas publisher_confirms"
            raise protocol_error(f"{address.host}:{address.port}", missing)
        return opened

    def _confirms(self) -> bool:
        """Whether the broker says of itself that it confirms publications."""
        transport = self._connection.transport
        properties = transport.connection.server_properties if transport is not None else None
        capabilities = properties.get("capabilities") if isinstance(properties, dict) else None
        return isinstance(capabilities, dict) and bool(capabilities.get("publisher_confirms"))

    @property
    def _patience(self) -> float:
        """Seconds that the broker is given for an answer."""
        return CONFIRM_TIMEOUT * self._slowness

    @property
    def security(self) -> Security | None:
        """What TLS agreed on; None without it."""
        return self._connection.opening.security

    def on_blocked(self, callback: Callable[[str | None], None]) -> None:
        """Call `callback` with the broker's reason while it takes no publications, with None when it does again."""
        self._connection.opening.on_blocked(callback)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self._closing = True
        if self._abandoned is not None:
            await self._abandoned
        try:
            async with asyncio.timeout(CONFIRM_TIMEOUT):
                await self._connection.close()
        except TimeoutError:
            self._connection.opening.abort()

    def on_closed(self, callback: Callable[[BaseException], None]) -> None:
        """Call `callback` with the reason when the connection ends without having been closed from here."""
        if self._over is not None:
            callback(self._over)
        else:
            self._told.append(callback)

    def abandon(self, reason: str) -> None:
        """It is of no use any more: over at once, and closed as far as that can still be done."""
        if self._over is not None or self._closing:
            return
        self._abandoned = asyncio.create_task(self._leave())
        self._end(ConnectionError(reason))

    async def _leave(self) -> None:
        with suppress(AMQPError, aiormq.exceptions.AMQPError, OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CONFIRM_TIMEOUT):
                await self._connection.close()

    def _ended(self, _: object, reason: BaseException | None) -> None:
        self._end(reason or ConnectionError("fermée par le broker"))

    def _end(self, reason: BaseException) -> None:
        if self._closing or self._over is not None:
            return
        self._over = reason
        for callback in self._told:
            callback(reason)

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: Properties
    ) -> PublishOutcome:
        """Publish mandatory with a publisher confirm, and say what the broker made of it.

        A refusal of rights closes the channel; the next publish opens a new one.
        """
        if not _fits(routing_key):
            return PublishOutcome("returned", "312 NO_ROUTE")
        try:
            channel = self._open_channel() or await self._opened_channel()
        except (*_BROKEN, AMQPError, aiormq.exceptions.AMQPError) as error:
            self._forget_publisher()
            return PublishOutcome("unsent", loss(error))
        try:
            said = written(properties)
            if len(said.wire) > channel.connection.connection_tune.frame_max - _AROUND_PROPERTIES:
                return PublishOutcome("refused", "ses propriétés ne tiennent pas dans une trame", unfit=True)
            with _broken_if_let_go():
                await channel.basic_publish(
                    body,
                    exchange=exchange,
                    routing_key=routing_key,
                    properties=said,
                    mandatory=True,
                    timeout=self._patience,
                    wait=len(body) > _SMALL,
                )
        except PublishError as error:
            return PublishOutcome("returned", _return_reason(error))
        except DeliveryError as error:
            return PublishOutcome("refused", str(error) or "basic.nack")
        except TimeoutError:
            return PublishOutcome("unknown", f"aucune confirmation du broker en {in_seconds(self._patience)}")
        except _BROKEN as error:
            self._forget_publisher()
            return PublishOutcome("unknown", loss(error))
        except (AMQPError, aiormq.exceptions.AMQPError) as error:
            self._forget_publisher()
            return PublishOutcome("refused", str(error) or type(error).__name__, unfit=_is_unfit(error))
        except (ValueError, TypeError, struct.error, RecursionError) as error:
            return PublishOutcome("refused", f"propriétés qu'AMQP ne sait pas dire ({error})", unfit=True)
        return PublishOutcome("confirmed")

    def _forget_publisher(self) -> None:
        self._publisher = None

    def _open_channel(self) -> aiormq.Channel | None:
        """The one that publications go over, where it is open."""
        if self._publisher is None or self._publisher[0].is_closed:
            return None
        return self._publisher[1]

    async def _opened_channel(self) -> aiormq.Channel:
        """The same, opened unless another publication did so meanwhile. Raises what the client library does."""
        async with asyncio.timeout(self._patience):
            with _broken_if_let_go():
                async with self._lock:
                    channel = self._open_channel()
                    return channel if channel is not None else await self._begin_publishing()

    async def _begin_publishing(self) -> aiormq.Channel:
        opened = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        channel = cast("aiormq.Channel", await opened.get_underlay_channel())
        returns_by_header(channel)
        self._publisher = (opened, channel)
        return channel

    async def consume(
        self, queue: str, handler: Handler, *, prefetch: int = 50, turn: Turn | None = None
    ) -> Callable[[], Awaitable[None]]:
        """Consume `queue` with manual acks; returns once the broker has confirmed the consumer.

        A delivery is settled after `handler` has returned; if it raises, the delivery is requeued and the
        connection closed, since whatever the handler could not keep must not be lost. Returns a function
        that cancels the consumer. One delivery is handled at a time, unless `turn` says otherwise. Raises HubError.
        """
        consumer = Consumer(queue, handler, turn, prefetch, self.abandon)
        try:
            async with asyncio.timeout(self._patience):
                with _broken_if_let_go():
                    await consumer.start(await self._connection.channel(publisher_confirms=False))
        except (AMQPError, aiormq.exceptions.AMQPError, OSError) as error:
            told = error if str(error) else f"aucune réponse du broker en {in_seconds(self._patience)}"
            raise HubError(
                f"La file « {queue} » ne peut pas être lue par « {self.address.user} » ({told}) : "
                "vérifiez l'identifiant client et ses droits auprès de l'opérateur du hub."
            ) from error
        return partial(consumer.cancel, self._patience)

    async def may_read(self, queue: str) -> bool:
        """Whether this login may consume `queue`, without taking anything from it. Raises HubError.

        The broker is asked for a consumer with a priority that is no number: it looks at the rights first, and
        refuses the priority next.
        """
        try:
            async with asyncio.timeout(self._patience):
                with _broken_if_let_go():
                    await self._ask_for(queue)
        except ChannelAccessRefused:
            return False
        except ChannelPreconditionFailed:
            return True
        except (AMQPError, aiormq.exceptions.AMQPError, OSError) as error:
            raise HubError(
                f"Le broker ne dit pas si « {queue} » peut être lue par « {self.address.user} » ({error})."
            ) from error
        return True

    async def _ask_for(self, queue: str) -> None:
        channel = await self._connection.channel(publisher_confirms=False)
        try:
            await channel.set_qos(prefetch_count=1)
            asked = await channel.get_queue(queue, ensure=False)
            await asked.consume(_put_back, arguments={"x-priority": "sans objet"})
        finally:
            if not channel.is_closed:
                await channel.close()

    async def inspect(self, queue: str) -> QueueStatus:
        """Look at `queue` by a passive declaration (DST 3.1). Raises HubError when it is not there.

        A broker that does not even answer this is gone: the connection is over.
        """
        try:
            async with asyncio.timeout(self._patience):
                with _broken_if_let_go():
                    return await self._look(queue)
        except TimeoutError as error:
            self.abandon(f"aucune réponse du broker en {in_seconds(self._patience)}")
            raise HubError(f"Le broker {self.address.shown} ne répond plus.") from error
        except (AMQPError, aiormq.exceptions.AMQPError, OSError, RuntimeError) as error:
            raise HubError(
                f"La file « {queue} » n'existe pas sur {self.address.shown} ou n'est pas accessible ({error})."
            ) from error

    async def _look(self, queue: str) -> QueueStatus:
        """All looks go over one channel, which a queue that is not there closes."""
        async with self._looking:
            if self._looker is None or self._looker.is_closed:
                self._looker = await self._connection.channel(publisher_confirms=False)
            under = await self._looker.get_underlay_channel()
            try:
                declared = await under.queue_declare(queue, passive=True)
            except BaseException:
                self._looker = None
                raise
        return QueueStatus(queue, declared.message_count or 0, declared.consumer_count or 0)


@contextmanager
def _broken_if_let_go() -> Iterator[None]:
    """The client library cancels what awaits an answer when a link breaks, or ends it with an exception that says nothing;
    whoever asked was not told to stop.

    Raises ConnectionError.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise ConnectionError("la liaison s'est rompue") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise ConnectionError("la liaison s'est rompue") from error


async def _put_back(message: AbstractIncomingMessage) -> None:
    await message.reject(requeue=True)


def _fits(routing_key: str) -> bool:
    """Whether it can be said on the wire at all: a queue whose name cannot is not there."""
    try:
        return len(routing_key.encode()) <= 255
    except UnicodeEncodeError:
        return False


def _is_unfit(error: BaseException) -> bool:
    """Whether the broker closed the channel over a message: what it is (406), or no room for it."""
    return isinstance(error, ChannelPreconditionFailed) or _NO_ROOM in error.args


def _return_reason(error: PublishError) -> str:
    returned = error.message
    code = getattr(returned and returned.delivery, "reply_code", "")
    text = getattr(returned and returned.delivery, "reply_text", "")
    return f"{code} {text}".strip() or str(error)
