"""One connection to a hub's vHost: publish with confirms, consume with manual acks, look at queues."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, DeliveryMode
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError

from recette.hub.address import BrokerAddress
from recette.hub.errors import HubError, closed_without_a_word, connection_error, own_certificate_error
from recette.hub.handshake import refusal
from recette.hub.wire import Delivery, Properties, PublishOutcome, QueueStatus

CONNECT_TIMEOUT = 10.0
"""Seconds before a connection attempt counts as unanswered."""
CONFIRM_TIMEOUT = 10.0
"""Seconds before a publish that the broker neither confirms nor refuses counts as unknown."""

Settle = bool
"""What a handler returns: True to ack the delivery, False to reject it without requeue."""
Handler = Callable[[Delivery], Awaitable[Settle]]


class HubConnection:
    """A named connection. Topology is never declared, only looked at passively (DST 3.1)."""

    def __init__(self, connection: AbstractConnection, address: BrokerAddress) -> None:
        self._connection = connection
        self.address = address
        self._publisher: AbstractChannel | None = None
        self._exchanges: dict[str, aio_pika.abc.AbstractExchange] = {}
        self._lock = asyncio.Lock()
        self._closing = False

    @classmethod
    async def open(cls, address: BrokerAddress, *, name: str) -> Self:
        """Connect as `address.user`; `name` is what the broker's operator sees. Raises HubError."""
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
                timeout=CONNECT_TIMEOUT,
                client_properties={"connection_name": name},
                auth="EXTERNAL" if address.external else "PLAIN",
            )
        except (AMQPError, OSError, TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            known = await refusal(address) if closed_without_a_word(address, error) else None
            raise (known or connection_error(address, error)) from error
        return cls(connection, address)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        self._closing = True
        await self._connection.close()

    def on_closed(self, callback: Callable[[BaseException], None]) -> None:
        """Call `callback` with the reason when the connection ends without having been closed from here."""

        def ended(_: object, reason: BaseException | None) -> None:
            if not self._closing:
                callback(reason or ConnectionError("fermée par le broker"))

        self._connection.close_callbacks.add(ended)

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: Properties
    ) -> PublishOutcome:
        """Publish mandatory with a publisher confirm, and say what the broker made of it.

        A refusal of rights closes the channel; the next publish opens a new one.
        """
        message = aio_pika.Message(
            body,
            content_type=properties.content_type,
            delivery_mode=DeliveryMode(properties.delivery_mode) if properties.delivery_mode else None,
            headers=dict(properties.headers),
        )
        if properties.expiration is not None:
            message.expiration = int(properties.expiration) / 1000
        try:
            target = await self._exchange(exchange)
            await target.publish(message, routing_key=routing_key, mandatory=True, timeout=CONFIRM_TIMEOUT)
        except PublishError as error:
            return PublishOutcome("returned", _return_reason(error))
        except DeliveryError as error:
            return PublishOutcome("refused", str(error) or "basic.nack")
        except TimeoutError:
            return PublishOutcome("unknown", f"aucune confirmation du broker en {CONFIRM_TIMEOUT:g} s")
        except (AMQPError, aiormq.exceptions.AMQPError) as error:
            self._publisher = None
            self._exchanges.clear()
            return PublishOutcome("refused", str(error) or type(error).__name__)
        except (OSError, RuntimeError) as error:
            self._publisher = None
            self._exchanges.clear()
            return PublishOutcome("unknown", f"connexion perdue : {error}")
        return PublishOutcome("confirmed")

    async def _exchange(self, name: str) -> aio_pika.abc.AbstractExchange:
        async with self._lock:
            if self._publisher is None or self._publisher.is_closed:
                self._publisher = await self._connection.channel(
                    publisher_confirms=True, on_return_raises=True
                )
                self._exchanges.clear()
            if name not in self._exchanges:
                self._exchanges[name] = await self._publisher.get_exchange(name, ensure=False)
            return self._exchanges[name]

    async def consume(
        self, queue: str, handler: Handler, *, prefetch: int = 50
    ) -> Callable[[], Awaitable[None]]:
        """Consume `queue` with manual acks; returns once the broker has confirmed the consumer.

        A delivery is settled after `handler` has returned; if it raises, the delivery is requeued and the
        connection closed, since whatever the handler could not keep must not be lost. Returns a function
        that cancels the consumer. Raises HubError.
        """
        try:
            channel = await self._connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=prefetch)
            declared = await channel.get_queue(queue, ensure=True)

            in_order = asyncio.Lock()

            async def settle(message: AbstractIncomingMessage) -> None:
                try:
                    async with in_order:
                        keep = await handler(_delivery(queue, message))
                except BaseException:
                    await message.reject(requeue=True)
                    await channel.close()
                    raise
                if keep:
                    await message.ack()
                else:
                    await message.reject(requeue=False)

            tag = await declared.consume(settle)
        except (AMQPError, aiormq.exceptions.AMQPError, OSError) as error:
            raise HubError(
                f"La file « {queue} » ne peut pas être lue par « {self.address.user} » ({error}) : "
                "vérifiez l'identifiant client et ses droits auprès de l'opérateur du hub."
            ) from error

        async def cancel() -> None:
            if not channel.is_closed:
                await declared.cancel(tag)
                await channel.close()

        return cancel

    async def inspect(self, queue: str) -> QueueStatus:
        """Look at `queue` by a passive declaration (DST 3.1). Raises HubError when it is not there."""
        try:
            channel = await self._connection.channel(publisher_confirms=False)
            try:
                declared = await channel.declare_queue(queue, passive=True)
                result = declared.declaration_result
                return QueueStatus(queue, result.message_count or 0, result.consumer_count or 0)
            finally:
                if not channel.is_closed:
                    await channel.close()
        except (AMQPError, aiormq.exceptions.AMQPError, OSError) as error:
            raise HubError(
                f"La file « {queue} » n'existe pas sur {self.address.shown} ou n'est pas accessible ({error})."
            ) from error


def _delivery(queue: str, message: AbstractIncomingMessage) -> Delivery:
    expiration = message.expiration
    return Delivery(
        queue=queue,
        exchange=message.exchange or "",
        routing_key=message.routing_key or "",
        redelivered=bool(message.redelivered),
        properties=Properties(
            content_type=message.content_type,
            delivery_mode=int(message.delivery_mode) if message.delivery_mode is not None else None,
            expiration=None if expiration is None else str(expiration),
            headers=dict(message.headers or {}),
        ),
        body=message.body,
    )


def _return_reason(error: PublishError) -> str:
    returned = error.message
    code = getattr(returned and returned.delivery, "reply_code", "")
    text = getattr(returned and returned.delivery, "reply_text", "")
    return f"{code} {text}".strip() or str(error)
