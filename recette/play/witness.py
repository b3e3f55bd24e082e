"""Several editors under test on one hub: what each sends another is seen on the way.

Either from a queue that mirrors theirs and takes all that is addressed to them, in the hub's order, or as it is handed to
each, by the relay before it. What is seen is journaled twice over: as what came from the one, and as what the other was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import Delivery, QueueStatus
from recette.journal.events import Confirmed, Sent, Trouble
from recette.journal.link_events import LinkLost, LinkRestored
from recette.messages.reading import Message, read
from recette.play.run import Run
from recette.scenario.arrivals import Outcome, Repeated, Taken
from recette.scenario.matching import Progress

_PURPOSES = {"RC-REF": "ack", "RS-ERROR": "error"}


class Witness:
    """Takes what the editors of `runs`, by client id, send each other."""

    def __init__(self, runs: Mapping[str, Run], origin_header: str) -> None:
        """`origin_header` is where the hub writes whose a message is."""
        self._runs = runs
        self._origin = origin_header
        self.playing: dict[str, Progress] = {}
        """The play that is on, as each editor is judged on it."""

    async def look(self) -> dict[str, dict[str, int]]:
        """What the witness reads from, for whoever wants to know why nothing comes. Raises HubError."""
        raise NotImplementedError

    def all_runs(self) -> tuple[Run, ...]:
        return tuple(self._runs.values())

    def see(self, recipient: str, delivery: Delivery) -> None:
        """A message on its way to `recipient`. Raises HubError for a hub that floods, and JournalError."""
        run = self._runs.get(recipient)
        if run is None:
            return  # of a witness that is shown more than these editors
        try:
            run.count(delivery)
            seen = replace(delivery, queue=delivery.routing_key)
            if delivery.lost:
                run.set_aside(recipient, seen)
            else:
                self._take(recipient, seen)
        except BaseException as error:
            for one in self.all_runs():
                one.fail(error)
            raise
        for one in self.all_runs():
            one.waiting.wake()

    def _take(self, recipient: str, delivery: Delivery) -> None:
        edition = self._runs[recipient].target.vhost.edition
        message = read(delivery.body, delivery.properties.content_type, edition)
        origin: Any = delivery.properties.headers.get(self._origin)
        sender = origin if isinstance(origin, str) else message.sender_id or ""
        if sender not in self._runs or sender == recipient:
            return  # the hub's own reports, and what comes from whom nobody tests
        outcome = self._runs[sender].take(recipient, delivery, sender)
        progress = self.playing.get(recipient)
        if progress is not None and not isinstance(outcome, Repeated):
            self._hand_over(progress, sender, delivery, message, outcome)

    def _hand_over(
        self, progress: Progress, sender: str, delivery: Delivery, message: Message, outcome: Outcome
    ) -> None:
        """To the one whom it reached: it is what a partner sent."""
        journal = self._runs[sender].journal
        step = _step(outcome, progress)
        name = progress.casting.name
        entry = journal.write(
            Sent(
                scenario=name,
                step=step,
                purpose=_PURPOSES.get(message.model or "", "message"),
                client=sender,
                exchange=topology.CLIENT_EXCHANGE,
                routing_key=sender,
                content_type=delivery.properties.content_type,
                delivery_mode=delivery.properties.delivery_mode,
                body=delivery.body,
            )
        )
        progress.publish(entry.number, step, message)
        journal.write(Confirmed(scenario=name, sent=entry.number, status="confirmed"))


def _step(outcome: Outcome, progress: Progress) -> str:
    """In which step of the recipient's play something came; empty where it belongs to none of its steps."""
    if not isinstance(outcome, Taken) or outcome.progress.casting.play != progress.casting.play:
        return ""
    answered = outcome.progress.published.get(outcome.arrival.message.reference_id or "")
    if answered is not None:
        return answered.step
    name = outcome.progress.step_of(outcome.arrival)
    return name if any(step.id == name for step in progress.casting.messages) else ""


class Mirror(Witness):
    """Reads a queue that mirrors those of the editors. Use `open` and `close`."""

    _connection: LastingConnection
    _queue: str

    async def open(self, address: BrokerAddress) -> None:
        """Read the queue `.message` of whom `address` logs in. Raises HubError."""
        self._queue = topology.queue(address.user, "message")
        self._connection = await LastingConnection.open(address, name="recette témoin", watcher=_Link(self))
        await self._connection.consume(self._queue, self._receive)

    async def close(self) -> None:
        await self._connection.close()

    async def look(self) -> dict[str, dict[str, int]]:
        status: QueueStatus = await self._connection.inspect(self._queue)
        return {status.name: {"messages": status.messages, "consumers": status.consumers}}

    async def _receive(self, delivery: Delivery) -> bool:
        self.see(delivery.routing_key.rpartition(".")[0], delivery)
        return True


class _Link:
    """While the mirror is away nobody is heard."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def lost(self, reason: str) -> None:
        for run in self._witness.all_runs():
            vhost, client = run.target.vhost.name, run.target.editor
            run.note(LinkLost(vhost=vhost, client=client, reason=reason))

    def failed(self, error: HubError) -> None:
        self._witness.all_runs()[0].note(
            Trouble(where="hub", text=f"La liaison du témoin ne revient pas encore : {error}")
        )

    def restored(self, seconds: float, attempts: int) -> None:
        for run in self._witness.all_runs():
            vhost, client = run.target.vhost.name, run.target.editor
            run.note(LinkRestored(vhost=vhost, client=client, seconds=round(seconds, 3), attempts=attempts))

    def gone(self, error: HubError) -> None:
        for run in self._witness.all_runs():
            run.fail(error)

    def blocked(self, reason: str | None) -> None:
        """It publishes nothing."""
