"""A run: the partner's connections and queues, the journal, and the scenarios that are being played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from recette.hub import topology
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome, QueueStatus
from recette.journal.events import (
    Confirmed,
    Event,
    LinkLost,
    LinkRestored,
    LinkSecured,
    Received,
    Sent,
    Trouble,
)
from recette.journal.writer import JournalError, JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, from_document, read
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Driver, OperatorLeftError
from recette.play.outbound import Outbound, Written, error, receipt
from recette.play.readers import SharedQueueError, check_alone, left_there
from recette.play.silences import Silences
from recette.play.target import Target
from recette.scenario.matching import Arrival, Deliveries, Past, Progress, assign, assign_refusal
from recette.scenario.model import PartnerAck

LEFTOVERS_STALLED = 10.0
"""Seconds without a delivery after which no more of what lay in the queues is awaited."""


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
        looker: Callable[[str], QueueStatus] | None = None,
    ) -> None:
        """`looker` tells of a queue where the hub itself can be asked; else the partners look over AMQP."""
        self.id = identifier
        self.target = target
        self.journal = journal
        self.driver = driver
        self.observed = observed
        """Whether the hub's own side is told through `hub_saw`."""
        self.running: list[Progress] = []
        self.past = Past()
        self.silences = silences
        self.unanchored = asyncio.Lock()
        """Held by the one play whose awaited message nothing but its kind can tell from another's."""
        self._looker = looker
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.failure: BaseException | None = None
        self._connections: dict[str, LastingConnection] = {}
        self._deliveries = Deliveries(observed=observed)
        self._taken = 0
        """Deliveries so far."""
        self._answered: set[str] = set()
        self._tasks: dict[asyncio.Task[None], Progress] = {}
        """The partner's answers that are under way, each with its play."""

    async def open(self) -> None:
        """Connect each partner; all consumers are ready, and what lay there is taken, when this returns.

        Raises HubError.
        """
        for client, address in self.target.addresses.items():
            self._connections[client] = await LastingConnection.open(
                address, name=f"recette {self.id} {client}", watcher=_Link(self, client)
            )
            self.note_security(client)
        read = {
            topology.queue(client, channel): (client, channel)
            for client in self._connections
            for channel in topology.CHANNELS
        }

        def look(queue: str) -> Awaitable[QueueStatus]:
            return self._connections[read[queue][0]].inspect(queue)

        try:
            left = await left_there(read, look)
            for queue, (client, channel) in read.items():
                await self._connections[client].consume(queue, self._receiver(client, channel))
            await check_alone(read, look)
        except SharedQueueError as error:
            self.fail(error)
            raise
        await self._take_leftovers(left)

    async def _take_leftovers(self, left: Mapping[str, int]) -> None:
        """Until what lay in the queues is journaled, so that no play takes it for its own.

        What expired meanwhile does not come: a while in which nothing does is the end of it.
        """
        awaited = sum(left.values())
        before = -1
        while before < self._taken < awaited:
            before = self._taken
            await self.wait(lambda: self._taken >= awaited, Deadline(LEFTOVERS_STALLED))

    async def settle(self) -> None:
        """Until everything that was begun is over. Raises what went wrong meanwhile."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.failure is not None:
            raise self.failure

    async def answered(self, progress: Progress) -> None:
        """Until the partner has said all that it has to say in that play."""
        while under_way := [task for task, of in self._tasks.items() if of is progress]:
            await asyncio.wait(under_way)

    async def close(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self._connections.values():
            await connection.close()

    def hub_saw(self, number: int, event: HubSaw) -> None:
        """The hub's own side on this run's vHost, from the hub at home; it is in the journal already, at `number`."""
        if event.action not in {"refused", "publish-refused"} or event.body is None:
            return
        message = read(event.body, event.content_type or JSON_TYPE, self.target.vhost.generation)
        progress = assign_refusal(self.running, event.client, message, number)
        if progress is not None and event.client == self.target.editor:
            progress.refusals.append(Arrival(number, event.client, "message", message))
            self.wake()

    async def publish(self, progress: Progress, step: str, written: Written) -> PublishOutcome:
        """Publish what is written and journal what the broker made of it."""
        entry = self.journal.write(
            Sent(
                scenario=progress.casting.name,
                step=step,
                purpose=written.purpose,
                client=written.client,
                exchange=topology.CLIENT_EXCHANGE,
                routing_key=written.client,
                content_type=written.content_type,
                delivery_mode=PERSISTENT,
                body=written.body,
            )
        )
        message = from_document(written.document, self.target.vhost.generation)
        progress.publish(entry.number, step, message)
        outcome = await self._connections[written.client].publish(
            topology.CLIENT_EXCHANGE,
            written.client,
            written.body,
            Properties(written.content_type, PERSISTENT),
        )
        self.journal.write(
            Confirmed(
                scenario=progress.casting.name,
                sent=entry.number,
                status=outcome.status,
                reason=outcome.reason,
            )
        )
        return outcome

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
                there = self._connections[client]
                status = self._looker(name) if self._looker is not None else await there.inspect(name)
                found[name] = {"messages": status.messages, "consumers": status.consumers}
        return found

    def _receiver(self, client: str, channel: str) -> Callable[[Delivery], Any]:
        async def receive(delivery: Delivery) -> bool:
            try:
                self._take(client, channel, delivery)
            except BaseException as error:
                self.fail(error)
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
        self._taken += 1
        if self._deliveries.repeated(delivery.queue, delivery.body, redelivered=delivery.redelivered):
            self.wake()
            return
        message = read(delivery.body, properties.content_type, self.target.vhost.generation)
        arrival = Arrival(entry.number, client, channel, message)
        progress = None if self.past.play_of(message) else assign(self.running, arrival)
        if progress is not None:
            progress.take(arrival)
            self._acknowledge(progress, arrival)
        self.wake()

    def _acknowledge(self, progress: Progress, arrival: Arrival) -> None:
        """The partner's own answer, once for each message of the editor (DST 3.3.2)."""
        message = arrival.message
        identifier = message.distribution_id
        if (
            message.model in {None, "RC-REF", "RS-ERROR"}
            or arrival.channel != "message"
            or identifier is None
        ):
            return
        step = next((name for name, match in progress.matches.items() if match.arrival is arrival), "")
        wanted = progress.casting.scenario.step(step) if step else None
        if identifier in self._answered or (wanted is not None and not wanted.ack):
            return
        self._answered.add(identifier)
        plan = wanted.partner_ack if wanted is not None else PartnerAck()
        task = asyncio.create_task(self._answer(progress, step, arrival, plan))
        self._tasks[task] = progress
        task.add_done_callback(self._task_over)

    async def _answer(self, progress: Progress, step: str, arrival: Arrival, plan: PartnerAck) -> None:
        """An RC-REF, an RS-ERROR, or both, as the scenario wants it."""
        if plan.after:
            await self.wait(lambda: False, Deadline(plan.after))
        identifier = arrival.message.distribution_id or ""
        error_id = None
        if plan.answer != "ack":
            content = error(identifier, plan.code, plan.cause)
            error_id = await self._send_answer(progress, step, arrival, "error", content)
        if plan.answer != "error":
            await self._send_answer(progress, step, arrival, "reference", receipt(identifier, error_id))

    async def _send_answer(
        self, progress: Progress, step: str, arrival: Arrival, key: str, content: dict[str, Any]
    ) -> str:
        """Returns its distributionID."""
        client = arrival.client
        outbound = Outbound(
            client,
            arrival.message.sender_id or "",
            key,
            content,
            self.target.content_type(client),
            purpose="error" if key == "error" else "ack",
        )
        written = outbound.written(self.target.vhost.generation, self.target.status)
        outcome = await self.publish(progress, step, written)
        if outcome.status not in {"confirmed", "unknown"}:
            told = f"{outcome.status} : {outcome.reason}"
            text = f"L'acquittement du partenaire n'a pas été accepté par le broker ({told})."
            self.journal.write(Trouble(where="hub", text=text, scenario=progress.casting.name, step=step))
        return written.distribution_id

    def _task_over(self, task: asyncio.Task[None]) -> None:
        """Nobody awaits it: what went wrong in it ends the run."""
        self._tasks.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.fail(error)

    def note(self, event: Event) -> None:
        """Journal what nobody waits for; a journal that cannot be written ends the run."""
        try:
            self.journal.write(event)
        except JournalError as error:
            self.fail(error)

    def note_security(self, client: str) -> None:
        """What TLS agreed on for a partner's link, where there is TLS."""
        found = self._connections[client].security
        if found is not None:
            vhost = self.target.vhost.name
            self.note(LinkSecured(vhost=vhost, client=client, version=found.version, cipher=found.cipher))

    def fail(self, error: BaseException) -> None:
        """The run cannot go on: the journal says why, as far as it can be written, and whoever waits is told."""
        if self.failure is None:
            self.failure = error
            if not isinstance(error, JournalError | OperatorLeftError):
                where = "hub" if isinstance(error, HubError) else "harness"
                self.note(Trouble(where=where, text=str(error) or type(error).__name__))
        self.wake()

    def wake(self) -> None:
        """Something was journaled: whoever waits looks again."""
        for condition, woken in self._waiters:
            if self.failure is not None or condition():
                _settle(woken)


def _settle(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class _Link:
    """Tells a run what becomes of one partner's connection."""

    def __init__(self, run: Run, client: str) -> None:
        self._run = run
        self._client = client

    def lost(self, reason: str) -> None:
        self._run.note(LinkLost(vhost=self._run.target.vhost.name, client=self._client, reason=reason))

    def failed(self, error: HubError) -> None:
        text = f"La liaison de {self._client} ne revient pas encore : {error}"
        self._run.note(Trouble(where="hub", text=text))

    def restored(self, seconds: float, attempts: int) -> None:
        vhost = self._run.target.vhost.name
        self._run.note(
            LinkRestored(vhost=vhost, client=self._client, seconds=round(seconds, 3), attempts=attempts)
        )
        self._run.note_security(self._client)

    def gone(self, error: HubError) -> None:
        self._run.fail(error)
