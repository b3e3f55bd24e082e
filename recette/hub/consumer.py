"""One consumer: manual acks, one delivery at a time unless asked otherwise, and no more at once than it asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

import aio_pika
import aiormq
from aio_pika.abc import AbstractChannel
from aiormq.abc import AbstractChannel as UnderChannel
from aiormq.abc import DeliveredMessage

from recette.hub.reading import delivery
from recette.hub.wire import Delivery

Settle = bool | None
"""What a handler returns: True to ack the delivery, False to reject it without requeue, None to leave it unsettled,
so that it goes back to its queue when the consumer ends."""
Handler = Callable[[Delivery], Awaitable[Settle]]
Turn = Callable[[Delivery], AbstractAsyncContextManager[None]]
"""What is entered before a delivery is handled; it is asked for in the order of the deliveries."""


class Consumer:
    """Reads one queue on a channel of its own; `lost` is told why it ended without having been cancelled."""

    def __init__(
        self, queue: str, handler: Handler, turn: Turn | None, prefetch: int, lost: Callable[[str], None]
    ) -> None:
        in_order = asyncio.Lock()
        self._queue = queue
        self._handler = handler
        self._turn: Turn = turn or (lambda _: in_order)
        self._prefetch = prefetch
        self._lost = lost
        self._held = 0
        """Deliveries that are not settled."""
        self._cancelled = False
        self._channel: AbstractChannel
        self._under: UnderChannel
        self._tag = ""

    async def start(self, channel: AbstractChannel) -> None:
        """Returns once the broker has confirmed the consumer. Raises what the client library does."""
        self._channel = channel
        await channel.set_qos(prefetch_count=self._prefetch)
        self._under = await channel.get_underlay_channel()
        await self._under.queue_declare(self._queue, passive=True)
        confirmed = await self._under.basic_consume(self._queue, self._take)
        self._tag = confirmed.consumer_tag or ""
        self._under.on_consumer_cancel_callbacks.add(
            lambda _: self._lost(f"le broker ne sert plus {self._queue}")
        )
        channel.close_callbacks.add(self._closed)

    async def cancel(self, within: float) -> None:
        """Leave the queue; what is not settled goes back to it. A broker that does not answer is not awaited."""
        self._cancelled = True
        if not self._channel.is_closed:
            with suppress(TimeoutError, aio_pika.exceptions.AMQPError, aiormq.exceptions.AMQPError):
                async with asyncio.timeout(within):
                    await self._under.basic_cancel(self._tag)
                    await self._channel.close()

    def _closed(self, _: object, reason: BaseException | None) -> None:
        if not self._cancelled:
            self._lost(f"le broker a fermé la lecture de {self._queue} ({reason})")

    async def _take(self, message: DeliveredMessage) -> None:
        if self._held >= self._prefetch:
            self._lost(f"le broker remet plus de {self._prefetch} messages sans attendre d'acquittement")
            return
        self._held += 1
        tag = message.delivery_tag or 0
        try:
            keep = await self._handled(delivery(self._queue, message))
        except BaseException:
            await self._under.basic_reject(tag, requeue=True)
            await self._channel.close()
            raise
        if keep is None:
            return
        self._held -= 1
        if keep:
            await self._under.basic_ack(tag, wait=False)  # it leaves before whatever is said after it
        else:
            await self._under.basic_reject(tag, requeue=False)

    async def _handled(self, one: Delivery) -> Settle:
        async with self._turn(one):
            return await self._handler(one)
