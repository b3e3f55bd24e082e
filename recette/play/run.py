"""A run: the partner's connections and queues, the journal, and the scenarios that are being played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from recette.hub import topology
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome, QueueStatus
from recette.journal.events import Confirmed, Event, Received, Sent, Trouble, Unreadable
from recette.journal.link_events import (
    Lagged,
    LinkLost,
    LinkRestored,
    LinkSecured,
)
from recette.journal.writer import JournalError, JournalWriter
from recette.messages.hub_saw import HubSaw, made_beside, vanished
from recette.messages.probes import Probe
from recette.messages.reading import from_document
from recette.platform.pulse import Late
from recette.play.alarms import Alarms
from recette.play.answers import Answers
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Driver, OperatorLeftError
from recette.play.outbound import Written
from recette.play.prober import Prober
from recette.play.readers import SharedQueueError, check_alone, left_there
from recette.play.silences import Silences
from recette.play.target import Target
from recette.play.waiting import Waiting
from recette.scenario import arrivals
from recette.scenario.arrivals import Arrivals, Bounce, Outcome, Taken
from recette.scenario.matching import Progress
from recette.scenario.steps import Incident

REFUSALS = frozenset({"refused", "publish-refused"})
"""What the hub does to a message that it does not let through."""
LEFTOVERS_STALLED = 10.0
"""Seconds without a delivery after which no more of what lay in the queues is awaited."""

RECEIVED_MAX = 100_000
RECEIVED_BYTES_MAX = 512 * 1024 * 1024
"""Messages, and bytes of them, that a run takes of a hub: the journal keeps every one."""
DOUBTFUL_TOLD = 20
"""How many times a run says that part of a message could not be read."""


class EditorsLink(Protocol):
    """The editor's own link to its hub, where the recette stands in between."""

    @property
    def reads(self) -> bool:
        """Whether the editor reads its messages over it; not again before it has come back."""

    @property
    def away(self) -> float:
        """Seconds between the last break and its coming back."""

    @property
    def in_vain(self) -> bool:
        """Whether an incident waited for messages that did not come, and was none; or waits for them still."""

    async def disturb(self, incident: Incident, seconds: float) -> str | None:
        """Do it to every connection of the editor, for so long where it lasts; why not, where that was not done."""


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
        link: EditorsLink | None = None,
    ) -> None:
        """`looker` tells of a queue where the hub itself can be asked; else the partners look over AMQP.

        `link` is the editor's, where it can be broken off.
        """
        self.id = identifier
        self.target = target
        self.journal = journal
        self.driver = driver
        self.observed = observed
        """Whether the hub's own side is told through `hub_saw`."""
        self.arrivals = Arrivals(target.meeting.edition, observed=observed)
        self.waiting = Waiting()
        self.prober = None if observed else Prober(target, self._send_probe, self.note)
        self.answers = Answers(target, self.publish, self.waiting, self.note, self.fail)
        self.silences = silences
        self.unanchored = asyncio.Lock()
        """Held by the one play whose awaited message nothing but its kind can tell from another's."""
        self.caught_up: Callable[[], Awaitable[None]] = _at_once
        """Until what the hub did so far is journaled; at once where it is told within this process."""
        self.alarms = Alarms(target.meeting.name, self.note)
        self.link = link
        self._looker = looker
        self._connections: dict[str, LastingConnection] = {}
        self._taken = self._taken_bytes = 0
        """Deliveries so far, and what they hold."""
        self._doubtful = 0
        """Those of which something could not be read."""
        self.came_back = False
        """Whether a link of a partner's broke and came back: the broker may still count the one that broke."""

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
            topology.queue(client, channel): client
            for client in self._connections
            for channel in topology.CHANNELS
        }

        def look(queue: str) -> Awaitable[QueueStatus]:
            return self._connections[read[queue]].inspect(queue)

        try:
            left = await left_there(read, look)
            for queue, client in read.items():
                await self._connections[client].consume(queue, self._receiver(client))
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
            await self.waiting.until(lambda: self._taken >= awaited, Deadline(LEFTOVERS_STALLED))

    async def settle(self) -> None:
        """Until everything that was begun is over. Raises what went wrong meanwhile."""
        await self.answers.given()
        self.waiting.check()

    async def close(self) -> None:
        await self.alarms.close()
        await self.answers.given()
        for connection in self._connections.values():
            await connection.close()

    def hub_saw(self, number: int, event: HubSaw) -> None:
        """The hub's own side on this run's vHosts, from the hub at home; it is in the journal already, at `number`."""
        if event.body is None:
            return
        here = self.target.vhost.edition
        if made_beside(event):
            if self.arrivals.multiplied(number, event.reference_id or "", event.body, here) is not None:
                self.waiting.wake()
            return
        if event.client != self.target.editor or not (event.action in REFUSALS or vanished(event)):
            return
        edition = here if event.vhost == self.target.vhost.name else None
        bounce = Bounce(number, event.client, event.content_type, event.body, refused=True, edition=edition)
        if self.arrivals.bounce(bounce) is not None:
            self.waiting.wake()

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
        message = from_document(written.document, self.target.meeting.edition)
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

    async def _send_probe(self, one: Probe) -> PublishOutcome:
        return await self._connections[one.client].publish(
            topology.CLIENT_EXCHANGE, one.client, one.body, Properties(one.content_type, PERSISTENT)
        )

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

    def _receiver(self, client: str) -> Callable[[Delivery], Any]:
        async def receive(delivery: Delivery) -> bool:
            try:
                self.count(delivery)
                if delivery.lost:
                    self.set_aside(client, delivery)
                else:
                    self._take(client, delivery)
            except BaseException as error:
                self.fail(error)
                raise
            return True

        return receive

    def count(self, delivery: Delivery) -> None:
        """Raises HubError for a hub that floods."""
        self._taken += 1
        self._taken_bytes += len(delivery.body) + len(delivery.raw)
        if self._taken > RECEIVED_MAX or self._taken_bytes > RECEIVED_BYTES_MAX:
            raise HubError(
                f"Le hub a remis plus de {RECEIVED_MAX} messages, ou de {RECEIVED_BYTES_MAX >> 20} Mio, pendant une "
                "campagne : elle s'arrête là. Voyez avec son opérateur d'où ils viennent."
            )

    def set_aside(self, client: str, delivery: Delivery) -> None:
        """What nobody can read is kept, and settled; it is no arrival."""
        self.journal.write(
            Unreadable(
                vhost=self.target.meeting.name,
                client=client,
                queue=delivery.queue,
                routing_key=delivery.routing_key,
                reason=delivery.unreadable,
                properties=delivery.raw,
                body=delivery.body,
            )
        )
        self.waiting.wake()

    def _take(self, client: str, delivery: Delivery) -> None:
        if self.prober is not None and self.prober.take(delivery):
            self._taken += 1
            return
        outcome = self.take(client, delivery)
        if isinstance(outcome, Taken):
            self.answers.to(outcome.progress, outcome.arrival)
        self.waiting.wake()

    def take(self, client: str, delivery: Delivery, sender: str = "") -> Outcome:
        """Journal what came to `client`, and find its play; `sender` is the editor under test where there are several."""
        properties = delivery.properties
        entry = self.journal.write(
            Received(
                vhost=self.target.meeting.name,
                client=client,
                queue=delivery.queue,
                routing_key=delivery.routing_key,
                redelivered=delivery.redelivered,
                content_type=properties.content_type,
                delivery_mode=properties.delivery_mode,
                expiration=properties.expiration,
                headers=properties.headers,
                body=delivery.body,
                sender=sender,
            )
        )
        if delivery.unreadable and self._doubtful < DOUBTFUL_TOLD:
            self._doubtful += 1
            text = f"Événement n° {entry.number} : {delivery.unreadable}."
            self.note(Trouble(where="hub", text=text))
        return self.arrivals.receive(
            arrivals.Delivery(
                entry.number,
                client,
                delivery.queue,
                properties.content_type,
                delivery.body,
                delivery.redelivered,
            )
        )

    def note(self, event: Event) -> None:
        """Journal what nobody waits for; a journal that cannot be written ends the run."""
        try:
            self.journal.write(event)
        except JournalError as error:
            self.fail(error)

    def late_at(self, where: str) -> Late:
        """Who is told that a machine beside this one was late: it is journaled."""
        return lambda seconds, over: self.note(Lagged(where=where, seconds=seconds, over=over))

    def note_security(self, client: str) -> None:
        """What TLS agreed on for a partner's link, where there is TLS."""
        found = self._connections[client].security
        if found is not None:
            vhost = self.target.meeting.name
            self.note(
                LinkSecured(
                    vhost=vhost,
                    client=client,
                    version=found.version,
                    cipher=found.cipher,
                    issuer=found.issuer,
                )
            )

    def fail(self, error: BaseException) -> None:
        """The run cannot go on: the journal says why, as far as it can be written, and whoever waits is told."""
        if self.waiting.fail(error) and not isinstance(error, JournalError | OperatorLeftError):
            where = "hub" if isinstance(error, HubError) else "harness"
            self.note(Trouble(where=where, text=str(error) or type(error).__name__))


class _Link:
    """Tells a run what becomes of one partner's connection."""

    def __init__(self, run: Run, client: str) -> None:
        self._run = run
        self._client = client

    def lost(self, reason: str) -> None:
        self._run.alarms.gone(self._client)
        self._run.note(LinkLost(vhost=self._run.target.meeting.name, client=self._client, reason=reason))

    def failed(self, error: HubError) -> None:
        text = f"La liaison de {self._client} ne revient pas encore : {error}"
        self._run.note(Trouble(where="hub", text=text))

    def restored(self, seconds: float, attempts: int) -> None:
        vhost = self._run.target.meeting.name
        self._run.came_back = True
        self._run.note(
            LinkRestored(vhost=vhost, client=self._client, seconds=round(seconds, 3), attempts=attempts)
        )
        self._run.note_security(self._client)

    def gone(self, error: HubError) -> None:
        self._run.fail(error)

    def blocked(self, reason: str | None) -> None:
        self._run.alarms.told(self._client, reason)


async def _at_once() -> None:
    pass
