"""A run: the partner's connections and queues, the journal, and the scenarios that are being played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.journal.events import Confirmed, HubSaw, Received, Sent, Trouble
from recette.journal.writer import JournalWriter
from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.reading import JSON_TYPE, Message, from_document, read
from recette.messages.xml_writing import NotInXmlError
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Driver
from recette.play.silences import Silences
from recette.play.target import Target
from recette.scenario.matching import Arrival, Progress, assign, assign_refusal

VALIDITY = timedelta(hours=24)


class Run:
    """What all scenarios of a run share. Use `open` before and `close` after playing."""

    def __init__(
        self,
        identifier: str,
        target: Target,
        journal: JournalWriter,
        driver: Driver,
        silences: Silences,
        *,
        observed: bool,
    ) -> None:
        self.id = identifier
        self.target = target
        self.journal = journal
        self.driver = driver
        self.observed = observed
        """Whether the hub's own side is told through `hub_saw`."""
        self.running: list[Progress] = []
        self.silences = silences
        self.unanchored = asyncio.Lock()
        """Held by the one play whose awaited message nothing but its kind can tell from another's."""
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.failure: BaseException | None = None
        self._connections: dict[str, HubConnection] = {}
        self._answered: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect each partner; all consumers are ready when this returns. Raises HubError."""
        for client, address in self.target.addresses.items():
            connection = await HubConnection.open(address, name=f"recette {self.id} {client}")
            self._connections[client] = connection
            connection.on_closed(self._lost)
            for channel in topology.CHANNELS:
                await connection.consume(topology.queue(client, channel), self._receiver(client, channel))

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._connections.values():
            await connection.close()

    def hub_saw(self, number: int, event: HubSaw) -> None:
        """The hub's own side, from the hub at home; it is in the journal already, at `number`."""
        if event.action != "refused" or event.body is None or event.vhost != self.target.vhost.name:
            return
        message = read(event.body, event.content_type or JSON_TYPE, self.target.vhost.generation)
        progress = assign_refusal(self.running, event.client, message, number)
        if progress is not None and event.client == self.target.editor:
            progress.refusals.append(Arrival(number, event.client, "message", message))
            self.wake()

    async def send(
        self,
        progress: Progress,
        step: str,
        client: str,
        to: str,
        key: str,
        content: Any,  # noqa: ANN401 - a JSON tree
        kind: str = "Report",
    ) -> str:
        """Publish a message of the partner and journal what the broker made of it; returns the outcome."""
        now = datetime.now(UTC).astimezone()
        document = envelope(
            content,
            key,
            sender=client,
            recipient=to,
            distribution_id=new_distribution_id(client),
            sent_at=now,
            expires_at=now + VALIDITY,
            kind=kind,
        )
        purpose = "ack" if kind == "Ack" else "message"
        kind_of_body = self.target.content_type(client)
        try:
            body = serialise(document, kind_of_body, self.target.vhost.generation)
        except NotInXmlError as error:
            return f"non envoyé : {error}"
        entry = self.journal.write(
            Sent(
                scenario=progress.casting.name,
                step=step,
                purpose=purpose,
                client=client,
                exchange=topology.CLIENT_EXCHANGE,
                routing_key=client,
                content_type=kind_of_body,
                delivery_mode=PERSISTENT,
                body=body,
            )
        )
        progress.publish(entry.number, step, from_document(document, self.target.vhost.generation))
        connection = self._connections[client]
        outcome = await connection.publish(
            topology.CLIENT_EXCHANGE, client, body, Properties(kind_of_body, PERSISTENT)
        )
        self.journal.write(
            Confirmed(
                scenario=progress.casting.name,
                sent=entry.number,
                status=outcome.status,
                reason=outcome.reason,
            )
        )
        return outcome.status if outcome.status == "confirmed" else f"{outcome.status} : {outcome.reason}"

    async def wait(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """Wait until `condition` holds; False when the deadline went by first."""
        if self.failure is None and not condition():
            woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiter = (condition, woken)
            self._waiters.append(waiter)
            expire = partial(_settle, woken)
            deadline.watch(expire)
            try:
                await woken
            finally:
                deadline.forget(expire)
                self._waiters.remove(waiter)
        if self.failure is not None:
            raise self.failure
        return condition()

    async def queues(self, clients: Sequence[str]) -> dict[str, dict[str, int]]:
        """Messages and consumers on the partners' queues: what may explain that nothing came."""
        found: dict[str, dict[str, int]] = {}
        for client in clients:
            for channel in ("message", "ack"):
                name = topology.queue(client, channel)
                status = await self._connections[client].inspect(name)
                found[name] = {"messages": status.messages, "consumers": status.consumers}
        return found

    def _receiver(self, client: str, channel: str) -> Callable[[Delivery], Any]:
        async def receive(delivery: Delivery) -> bool:
            try:
                self._take(client, channel, delivery)
            except BaseException as error:
                self.failure = error
                self.wake()
                raise
            return True

        return receive

    def _take(self, client: str, channel: str, delivery: Delivery) -> None:
        properties = delivery.properties
        entry = self.journal.write(
            Received(
                vhost=self.target.vhost.name,
                client=client,
                queue=delivery.queue,
                routing_key=delivery.routing_key,
                redelivered=delivery.redelivered,
                content_type=properties.content_type,
                delivery_mode=properties.delivery_mode,
                expiration=properties.expiration,
                headers=properties.headers,
                body=delivery.body,
            )
        )
        message = read(delivery.body, properties.content_type, self.target.vhost.generation)
        arrival = Arrival(entry.number, client, channel, message)
        progress = assign(self.running, arrival)
        if progress is not None:
            progress.take(arrival)
            self._acknowledge(progress, arrival)
        self.wake()

    def _acknowledge(self, progress: Progress, arrival: Arrival) -> None:
        """The partner's own RC-REF, once for each message of the editor (DST 3.3.2)."""
        message = arrival.message
        identifier = message.distribution_id
        if (
            message.model in {None, "RC-REF", "RS-ERROR"}
            or arrival.channel != "message"
            or identifier is None
        ):
            return
        step = next((name for name, match in progress.matches.items() if match.arrival is arrival), "")
        if identifier in self._answered or (step and not progress.casting.scenario.step(step).ack):
            return
        self._answered.add(identifier)
        task = asyncio.create_task(self._send_ack(progress, step, arrival.client, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_ack(self, progress: Progress, step: str, client: str, message: Message) -> None:
        content = {"distributionID": message.distribution_id}
        outcome = await self.send(
            progress, step, client, message.sender_id or "", "reference", content, "Ack"
        )
        if outcome != "confirmed":
            text = f"L'acquittement du partenaire n'a pas été accepté par le broker ({outcome})."
            self.journal.write(Trouble(where="hub", text=text, scenario=progress.casting.name, step=step))

    def _lost(self, reason: BaseException) -> None:
        if self.failure is None:
            text = f"La connexion du partenaire au hub a été coupée ({reason})."
            self.journal.write(Trouble(where="hub", text=text))

    def wake(self) -> None:
        """Something was journaled: whoever waits looks again."""
        for condition, woken in self._waiters:
            if self.failure is not None or condition():
                _settle(woken)


def _settle(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
