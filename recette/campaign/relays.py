"""Editors under test whose relays tell what each of them does and is handed, on a hub that shows nobody anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from recette.campaign.arrivals import EditorAbsentError
from recette.hub import topology
from recette.hub.observing import ObservationError, ObservationStream
from recette.hub.wire import Delivery
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import GONE, READS, HubSaw
from recette.messages.reading import read
from recette.play.run import Run
from recette.play.target import Target
from recette.play.witness import Witness
from recette.relay.observation import read_place


@dataclass(slots=True)
class _Early:
    """What was handed over before its sender's relay told of what led to it."""

    sender: str
    identifier: str
    answered: tuple[str, str]
    """Whose message it acknowledges, and which one."""
    recipient: str
    delivery: Delivery
    told: bool
    """Whether its sender's relay has told all that it did before this was handed over."""


class Relayed(Witness):
    """Sees each message as it is handed to its recipient. Use `open`.

    Each relay keeps its own order, and tells what its editor was handed before it tells what that editor published
    next. So a message waits until its sender's relay has told of it: what it answers was told of before.
    """

    def __init__(self, runs: Mapping[str, Run], origin_header: str) -> None:
        super().__init__(runs, origin_header)
        self.relays: dict[str, _Relay] = {}
        self._published: set[str] = set()
        """distributionIDs that some relay saw leave."""
        self._handed: set[tuple[str, str]] = set()
        """Who was handed what."""
        self._early: list[_Early] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def look(self) -> dict[str, dict[str, int]]:
        """Whether each editor reads its messages."""
        return {
            topology.queue(client, "message"): {"consumers": int(relay.reads)}
            for client, relay in self.relays.items()
        }

    def published(self, identifier: str) -> None:
        """Its sender's relay saw it leave."""
        self._published.add(identifier)
        self._release()

    def handed(self, to: Target, vhost: str, delivery: Delivery) -> None:
        """A relay handed something to its editor."""
        recipient, _, channel = delivery.queue.rpartition(".")
        if (vhost, recipient) != (to.vhost.name, to.editor) or channel not in topology.CHANNELS:
            return
        message = read(delivery.body, delivery.properties.content_type, to.vhost.edition)
        sender, identifier = message.sender_id or "", message.distribution_id or ""
        answered = (sender, message.reference_id or "")
        told = sender not in self.relays or sender == recipient
        early = _Early(sender, identifier, answered, recipient, delivery, told)
        if not self._is_early(early):
            self._see(early)
            self._release()
            return
        self._early.append(early)
        if not told:
            asking = asyncio.create_task(self._ask(early, self.relays[sender]))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)

    async def _ask(self, early: _Early, relay: _Relay) -> None:
        """A relay that an editor passes by for one of its connections never tells what was published there."""
        with suppress(ObservationError):  # which ends the run
            await relay.caught_up()
        early.told = True
        self._release()

    def caught_up(self) -> None:
        """Every relay told all that it saw: what is still held was answered unseen."""
        waiting, self._early = self._early, []
        for one in waiting:
            self._see(one)

    def _is_early(self, one: _Early) -> bool:
        if not one.told and one.identifier not in self._published:
            return True
        sender, reference = one.answered
        return sender in self._runs and reference in self._published and one.answered not in self._handed

    def _see(self, one: _Early) -> None:
        self.see(one.recipient, one.delivery)
        self._handed.add((one.recipient, one.identifier))

    def _release(self) -> None:
        """What was waited for may let more go, which came after it."""
        while due := next((one for one in self._early if not self._is_early(one)), None):
            self._early.remove(due)
            self._see(due)


class _Relay:
    """What one relay tells of its editor, written down as it comes."""

    def __init__(self, target: Target, run: Run, writer: JournalWriter, witness: Witness) -> None:
        self._target = target
        self._run = run
        self._writer = writer
        self._witness = witness
        self._stream: ObservationStream | None = None
        self._reading: set[int | None] = set()
        """Over which connections the editor reads its messages."""

    @property
    def reads(self) -> bool:
        """Whether the editor reads its messages."""
        return bool(self._reading)

    async def open(self, folder: Path) -> ObservationStream:
        """Raises ObservationError."""
        place = read_place(folder)
        sees = self._witness.handed if isinstance(self._witness, Relayed) else None

        def handed(vhost: str, delivery: Delivery) -> None:
            assert sees is not None
            sees(self._target, vhost, delivery)

        self._stream = await ObservationStream.open(
            place.port,
            place.password,
            self._heard,
            self._run.fail,
            self._run.late_at("relay"),
            handed if sees is not None else None,
        )
        await self._stream.caught_up()
        return self._stream

    async def caught_up(self) -> None:
        """Until all that it saw before this call has been told. Raises ObservationError."""
        if self._stream is not None:
            await self._stream.caught_up()

    def _heard(self, seen: HubSaw) -> None:
        if (seen.vhost, seen.client) != (self._target.vhost.name, self._target.editor):
            return
        if isinstance(self._witness, Relayed) and seen.action == "received" and seen.distribution_id:
            self._witness.published(seen.distribution_id)
        if seen.recipient == topology.queue(self._target.editor, "message") and seen.action in READS:
            self._reading.add(seen.connection)
        elif seen.action in GONE:
            self._reading.discard(seen.connection)
        entry = self._writer.write(seen)
        self._run.hub_saw(entry.number, seen)


async def hear_relays(
    stack: AsyncExitStack, targets: Sequence[Target], witness: Witness, writer: JournalWriter
) -> None:
    """Until the stack ends; each play then waits for what the relays have to tell of it.

    Raises ObservationError, and EditorAbsentError where an editor is not there through its relay.
    """
    runs = {run.target.editor: run for run in witness.all_runs()}
    streams: list[ObservationStream] = []
    for target in targets:
        if target.relay is None:
            continue
        relay = _Relay(target, runs[target.editor], writer, witness)
        streams.append(await relay.open(target.relay))
        stack.push_async_callback(streams[-1].close)
        if not relay.reads:
            raise EditorAbsentError(
                f"{target.editor} ne lit pas sa file .message de {target.vhost.name} à travers {target.relay} : connectez ce "
                "logiciel au port de son relais, puis relancez."
            )
        if isinstance(witness, Relayed):
            witness.relays[target.editor] = relay

    async def caught_up() -> None:
        await asyncio.gather(*(one.caught_up() for one in streams))
        if isinstance(witness, Relayed):
            witness.caught_up()

    for run in runs.values():
        run.caught_up = caught_up
