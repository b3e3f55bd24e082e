"""One exchange: connected as one client, its three queues read, messages sent, acknowledged, refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from recette.console.exchange.letters import Letter, Letters
from recette.console.watching import Watch
from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.dictionary.models import MessageModel, model
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.messages.roles import Role
from recette.messages.vhosts import VHost
from recette.play.outbound import Outbound, Written, error, receipt
from recette.play.permitted import ProductionError
from recette.play.readers import check_alone, left_there
from recette.play.target import Status, Target
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hub import Sandbox

_RECEIPTS = frozenset({"RC-REF", "RS-ERROR"})


@dataclass(frozen=True, slots=True)
class Place:
    """Who one is, with whom one exchanges, and where."""

    name: str
    vhost: VHost
    own: str
    partner: str
    partner_role: Role
    target: Target | None = None
    """Where the hub is; a hub at home, with a reference editor as the partner, where None."""


class Bench:
    """An open exchange."""

    def __init__(self, place: Place, letters: Letters, changed: Callable[[], None]) -> None:
        self.place = place
        self.letters = letters
        self.acknowledging = True
        """Whether each message is acknowledged by itself."""
        self.news = ""
        """What was done last, or befell the link, in French."""
        self.broken = False
        """Whether that is nothing good."""
        self.watch: Watch | None = None if place.target is not None else Watch()
        """What the hub sees, where it is one at home."""
        self._changed = changed
        self._stack = AsyncExitStack()
        self._connection: LastingConnection | None = None

    @classmethod
    async def open(cls, place: Place, folder: Path, changed: Callable[[], None]) -> Bench:
        """Connect and read the three queues. Raises HubError, ProductionError."""
        if place.target is not None and place.target.environment.production:
            raise ProductionError(
                f"La cible {place.target.name} est en {place.target.environment.title} : rien n'y est publié, jamais."
            )
        name = f"{place.vhost.name}-{place.own}.jsonl"
        bench = cls(place, Letters(folder / name, place.vhost.edition), changed)
        try:
            await bench._connect()
        except BaseException:
            await bench.close()
            raise
        return bench

    async def _connect(self) -> None:
        address = await self._address()
        connection = await LastingConnection.open(
            address, name=f"recette console {self.place.own}", watcher=_Link(self)
        )
        self._stack.push_async_callback(connection.close)
        self._connection = connection
        queues = [topology.queue(self.place.own, channel) for channel in topology.CHANNELS]
        await left_there(queues, connection.inspect)
        for queue in queues:
            await connection.consume(queue, self._receive)
        await check_alone(queues, connection.inspect)

    async def _address(self) -> BrokerAddress:
        place = self.place
        if place.target is not None:
            return place.target.addresses[place.own]
        sandbox = await Sandbox.start([place.vhost.name], [place.own, place.partner], observer=self._hub_saw)
        self._stack.push_async_callback(sandbox.stop)
        editor = await ReferenceEditor.start(
            sandbox.address(place.partner, place.vhost.name), place.partner, place.partner_role
        )
        self._stack.push_async_callback(editor.close)
        return sandbox.address(place.own, place.vhost.name)

    def _hub_saw(self, saw: HubSaw) -> None:
        if self.watch is not None:
            self.watch.hub(datetime.now().astimezone(), saw)
            self._changed()

    def _went_by(self, letter: Letter) -> None:
        if self.watch is not None:
            self.watch.message(self.place.vhost.edition, letter.content_type, letter.body)
        self._changed()

    async def close(self) -> None:
        """Leave the hub."""
        await self._stack.aclose()

    async def _receive(self, delivery: Delivery) -> bool:
        """Written down, then settled; acknowledged by RC-REF where that is wanted."""
        letter = await asyncio.to_thread(
            self.letters.write,
            "received",
            delivery.queue,
            delivery.properties.content_type,
            delivery.body,
            delivery.unreadable,
        )
        self._went_by(letter)
        if self.acknowledging and letter.channel == "message":
            await self.acknowledge(letter)
        return True

    @property
    def content_type(self) -> str:
        """In what one sends."""
        return self.place.target.content_type(self.place.own) if self.place.target is not None else JSON_TYPE

    async def send(
        self,
        known: MessageModel,
        content: Any,  # noqa: ANN401 - a JSON tree
        to: str,
        *,
        xml: bool,
        exercise: bool,
    ) -> None:
        """Send a message. Raises NotInXmlError."""
        status: Status = "Exercise" if exercise else "Actual"
        kind = XML_TYPE if xml else self.content_type
        written = Outbound(self.place.own, to, known.key, content, kind).written(
            self.place.vhost.edition, status
        )
        await self._publish(written)

    async def acknowledge(self, letter: Letter) -> None:
        """Answer a message by RC-REF; of one without sender or id nothing can be said."""
        await self._answer(letter, "RC-REF", receipt(letter.message.distribution_id or ""))

    async def refuse(self, letter: Letter, code: int, cause: str) -> None:
        """Answer a message by RS-ERROR, with a code that the edition has."""
        told = error(letter.message.distribution_id or "", code, cause)
        await self._answer(letter, "RS-ERROR", told)

    async def _answer(self, letter: Letter, name: str, content: dict[str, Any]) -> None:
        sender = letter.message.sender_id
        if sender is None or letter.message.distribution_id is None or letter.message.model in _RECEIPTS:
            self.says("Ce message n'a pas d'expéditeur ou d'identifiant lisible : rien ne peut y répondre.")
            return
        key = model(name, self.place.vhost.edition).key
        outbound = Outbound(self.place.own, sender, key, content, self.content_type)
        await self._publish(outbound.written(self.place.vhost.edition))

    async def _publish(self, written: Written) -> None:
        if self._connection is None:
            raise HubError("L'échange est fermé : ouvrez-le à nouveau.")
        letter = await asyncio.to_thread(self.letters.write, "sent", "", written.content_type, written.body)
        self._went_by(letter)
        outcome = await self._connection.publish(
            topology.CLIENT_EXCHANGE,
            self.place.own,
            written.body,
            Properties(written.content_type, PERSISTENT),
        )
        if outcome.status == "confirmed":
            self.says(f"Message n° {letter.number} parti : le broker l'a pris.", broken=False)
        else:
            self.says(
                f"Message n° {letter.number} : le broker ne l'a pas pris ({outcome.status} {outcome.reason})."
            )

    def says(self, text: str, *, broken: bool = True) -> None:
        """Something was done, or befell the link."""
        self.news, self.broken = text, broken
        self._changed()


class _Link:
    """Tells an exchange what becomes of its connection."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def lost(self, reason: str) -> None:
        self._bench.says(f"La liaison avec le hub est perdue ({reason}) : reprise en cours.")

    def failed(self, error: HubError) -> None:
        self._bench.says(f"La liaison ne revient pas encore : {error}")

    def restored(self, seconds: float, attempts: int) -> None:
        self._bench.says(f"La liaison est revenue après {seconds:.0f} s, à l'essai {attempts}.", broken=False)

    def gone(self, error: HubError) -> None:
        self._bench.says(str(error))

    def blocked(self, reason: str | None) -> None:
        self._bench.says(
            f"Le broker n'accepte plus de publications ({reason})." if reason else "", broken=bool(reason)
        )
