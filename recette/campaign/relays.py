"""Editors under test whose relays tell what each of them does and is handed, on a hub that shows nobody anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from recette.campaign.arrivals import EditorAbsentError
from recette.hub import topology
from recette.hub.observing import ObservationStream
from recette.hub.wire import Delivery
from recette.journal.writer import JournalWriter
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from recette.play.run import Run
from recette.play.target import Target
from recette.play.witness import Witness
from recette.relay.observation import read_place

_READS = frozenset({"consuming", "consuming-unacked"})


class Relayed(Witness):
    """Sees each message as it is handed to its recipient. Use `open`."""

    def __init__(self, runs: Mapping[str, Run], origin_header: str) -> None:
        super().__init__(runs, origin_header)
        self.relays: dict[str, _Relay] = {}
        self.published: set[str] = set()
        """distributionIDs that some relay saw leave."""
        self._handed: set[tuple[str, str]] = set()
        """Who was handed what."""
        self._early: list[tuple[tuple[str, str], str, Delivery]] = []
        """Answers to what their sender's relay has not told of yet, with what they answer, and to whom they go."""

    async def look(self) -> dict[str, dict[str, int]]:
        """Whether each editor reads its messages."""
        return {
            topology.queue(client, "message"): {"consumers": int(relay.reads)}
            for client, relay in self.relays.items()
        }

    def handed(self, to: Target, vhost: str, delivery: Delivery) -> None:
        """A relay handed something to its editor."""
        recipient, _, channel = delivery.queue.rpartition(".")
        if (vhost, recipient) != (to.vhost.name, to.editor) or channel not in topology.CHANNELS:
            return
        message = read(delivery.body, delivery.properties.content_type, to.vhost.edition)
        answered = (message.sender_id or "", message.reference_id or "")
        if answered[0] in self._runs and answered[1] in self.published and answered not in self._handed:
            self._early.append((answered, recipient, delivery))
            return
        self.see(recipient, delivery)
        self._handed.add((recipient, message.distribution_id or ""))
        self._release(lambda one: one in self._handed)

    def caught_up(self) -> None:
        """Every relay told all that it saw: what is still held was answered unseen."""
        self._release(lambda _: True)

    def _release(self, due: Callable[[tuple[str, str]], bool]) -> None:
        """Each relay keeps its own order; between two, an answer may be told of before what it answers."""
        waiting, self._early = self._early, []
        for answered, recipient, delivery in waiting:
            if due(answered):
                self.see(recipient, delivery)
            else:
                self._early.append((answered, recipient, delivery))


class _Relay:
    """What one relay tells of its editor, written down as it comes."""

    def __init__(self, target: Target, run: Run, writer: JournalWriter, witness: Witness) -> None:
        self._target = target
        self._run = run
        self._writer = writer
        self._witness = witness
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

        stream = await ObservationStream.open(
            place.port,
            place.password,
            self._heard,
            self._run.fail,
            self._run.late_at("relay"),
            handed if sees is not None else None,
        )
        await stream.caught_up()
        return stream

    def _heard(self, seen: HubSaw) -> None:
        if (seen.vhost, seen.client) != (self._target.vhost.name, self._target.editor):
            return
        if isinstance(self._witness, Relayed) and seen.action == "received" and seen.distribution_id:
            self._witness.published.add(seen.distribution_id)
        if seen.recipient == topology.queue(self._target.editor, "message") and seen.action in _READS:
            self._reading.add(seen.connection)
        elif seen.action == "disconnected":
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
