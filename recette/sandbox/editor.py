"""A reference editor: software that follows the protocol from its own state, never from a scenario.

What a person would type reaches it as an `Order`; identifiers, dates and references it makes or knows itself.
"""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.lasting import ATTEMPTS, LastingConnection, Watcher
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import model
from recette.messages.error_codes import error_codes
from recette.messages.reading import JSON_TYPE, Message, from_document, read
from recette.messages.roles import Role
from recette.messages.vhosts import vhost
from recette.sandbox.case_file import CaseFile, Identifiers
from recette.sandbox.completion import bears_case, completed
from recette.sandbox.display import Display
from recette.sandbox.park import Park
from recette.sandbox.standing import AT_HOME
from recette.sandbox.temper import Temper

VALIDITY = timedelta(hours=24)
_INVALID, _OUT_OF_SEQUENCE = 300, 702  # codes of an RS-ERROR; the second in editions that know it
OPENING = frozenset({"RS-EDA", "RC-EDA"})
"""Messages that need no case that was shared before."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person at the editor's screen wants: send this message, with this data, to that partner."""

    model: str
    to: str
    case_id: str | None
    data: Mapping[str, Any]


@dataclass(slots=True)
class Outgoing:
    """A message about to leave; a seeded fault may change any of it."""

    document: dict[str, Any]
    model: str
    routing_key: str
    edition: Edition
    content_type: str | None = JSON_TYPE
    delivery_mode: int | None = PERSISTENT
    expiration: str | None = None
    body: bytes | None = None
    """Set instead of the document when the bytes themselves are wrong."""

    @property
    def message(self) -> dict[str, Any]:
        """The `message` object inside the envelope."""
        found: dict[str, Any] = self.document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        return found

    @property
    def content(self) -> Any:  # noqa: ANN401 - the JSON under the use-case key
        return self.message[next(key for key in reversed(self.message))]

    def twin(self) -> Outgoing:
        return copy.deepcopy(self)


Fault = Callable[["ReferenceEditor", Outgoing], list[Outgoing]]
StartFault = Callable[["ReferenceEditor", BrokerAddress], Awaitable[Callable[[], Awaitable[None]]]]
"""What a faulty editor does at the broker besides; returns how it is ended."""
ReceiptFault = Callable[["ReferenceEditor", Message], Awaitable[None]]


@dataclass(slots=True)
class Misbehaviour:
    """How a faulty editor departs from the protocol; a faultless one has none of it."""

    on_sending: Fault | None = None
    on_receipt: ReceiptFault | None = None
    reads_only: str | None = None
    """The one content type that it reads, whatever it was configured for."""
    blind: bool = False
    """The screen shows nothing of what comes on `.info`."""
    on_start: StartFault | None = None
    skips: frozenset[str] = frozenset()
    """The queues that it does not read: `message`, `ack`, `info`."""
    hides: frozenset[str] = frozenset()
    """Checks that the screen has no place for."""
    stays_away: bool = False
    """A link that broke off is gone for good."""
    overwrites: bool = False
    """What a partner says is written over what was there, without a word."""


@dataclass(slots=True)
class _Memory:
    """What the editor has stored."""

    seen: set[str] = field(default_factory=set)
    sent: dict[str, str] = field(default_factory=dict)
    """Model by distributionID of what was sent and is not acknowledged yet."""
    asked: set[str] = field(default_factory=set)
    """requestIds of the requests made."""
    delivered: set[str] = field(default_factory=set)
    undelivered: dict[str, int] = field(default_factory=dict)
    """Error code by distributionID that the hub reported."""
    cases: dict[str, CaseFile] = field(default_factory=dict)


class ReferenceEditor:
    """One editor on one vHost."""

    def __init__(
        self,
        connection: HubConnection | LastingConnection,
        client: str,
        role: Role,
        misbehaviour: Misbehaviour,
        content_type: str = JSON_TYPE,
        temper: Temper | None = None,
        edition: Edition | None = None,
    ) -> None:
        self.content_type = content_type
        self.client = client
        self.role = role
        self.address = connection.address
        """How it connects, and so on which vHost it lives."""
        self.edition = edition or vhost(connection.address.vhost).edition
        self.memory = _Memory()
        self.identifiers = Identifiers(client)
        self.park = Park(self.edition)
        self._connection = connection
        self._misbehaviour = misbehaviour
        self.display = Display(misbehaviour.hides, overwrites=misbehaviour.overwrites)
        self._stored = asyncio.Condition()
        self._temper = temper
        self._later: set[asyncio.Task[None]] = set()
        self._taking: set[asyncio.Task[bool]] = set()
        self.watcher: Watcher | None = None
        """Who is told of its link, which then comes back."""
        self.ignores: Callable[[Message], bool] = lambda _: False
        """What a faulty one takes from its queue and forgets."""
        self._endings: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    async def start(
        cls,
        address: BrokerAddress,
        client: str,
        role: Role,
        misbehaviour: Misbehaviour | None = None,
        content_type: str = JSON_TYPE,
        temper: Temper | None = None,
        watcher: Watcher | None = None,
        edition: Edition | None = None,
    ) -> Self:
        """Connect and consume the three queues; `temper` makes it slow. Raises HubError.

        It speaks `edition`, or else the one that its vHost has by default.

        With a `watcher`, who is told of it, its link comes back for as long as it takes, and what it knows stays.
        """
        name = f"{role} {client}"
        connection = (
            await HubConnection.open(address, name=name)
            if watcher is None
            else await LastingConnection.open(
                address, name=name, watcher=watcher, backoff=AT_HOME, patience=math.inf
            )
        )
        editor = cls(connection, client, role, misbehaviour or Misbehaviour(), content_type, temper, edition)
        editor.watcher = watcher
        if editor._misbehaviour.on_start is not None:
            editor._endings.append(await editor._misbehaviour.on_start(editor, address))
        for channel in [one for one in topology.CHANNELS if one not in editor._misbehaviour.skips]:
            await connection.consume(topology.queue(client, channel), editor.receive)
        return editor

    async def close(self) -> None:
        await asyncio.gather(*self._later)
        for end in self._endings:
            await end()
        await self._connection.close()
        await asyncio.gather(*self._taking, return_exceptions=True)

    async def perform(self, order: Order) -> None:
        """Do what the person asks. Raises ValueError when the editor cannot (unknown case, message not its own)."""
        known = model(order.model, self.edition)
        case = self._case(order)
        if order.model == "EMSI" and order.case_id is None and not case.shared:
            await self._share_first(case, order.to)
        content = completed(case, order.model, order.data)
        self.park.note_sent(known.name, content)
        kind = "Error" if known.name == "RS-ERROR" else "Report"
        audience = case.audience(known.name, order.to)
        case.note_sent(known.name, content, order.to)
        for to in audience:
            await self._in_time(self.send(self.outgoing(known.name, content, to, kind)))

    async def _in_time(self, act: Coroutine[Any, Any, None]) -> None:
        """Do it now; or, where the editor takes its time, later, while it goes on with other things."""
        if self._temper is None:
            await act
            return
        temper = self._temper

        async def later() -> None:
            await temper.take_time()
            await act

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _share_first(self, case: CaseFile, to: str) -> None:
        """Support is asked on an affair that nobody shared yet: it is shared before (CdR 7.1)."""
        content = completed(case, "RC-EDA", {})
        case.note_sent("RC-EDA", content, to)
        await self.send(self.outgoing("RC-EDA", content, to))

    def outgoing(self, name: str, content: Mapping[str, Any], to: str, kind: str = "Report") -> Outgoing:
        """The message around a content, ready to leave."""
        now = datetime.now(UTC).astimezone()
        document = envelope(
            content,
            model(name, self.edition).key,
            sender=self.client,
            recipient=to,
            distribution_id=new_distribution_id(self.client),
            sent_at=now,
            expires_at=now + VALIDITY,
            kind=kind,
        )
        return Outgoing(document, name, self.client, self.edition, self.content_type)

    async def send(self, outgoing: Outgoing, *, faulty: bool = True) -> None:
        """Publish; a misbehaving editor first does to the message what it is wrong about."""
        change = self._misbehaviour.on_sending if faulty else None
        for one in change(self, outgoing.twin()) if change is not None else [outgoing]:
            if one.model != "RC-REF":
                self.memory.sent[str(one.document.get("distributionID"))] = one.model
            message = from_document(one.document, self.edition)
            self.memory.asked.update(message.request_ids if one.model == "RS-DR" else ())
            self.display.note_sent(message)
            body = self._written(one)
            properties = Properties(one.content_type, one.delivery_mode, one.expiration)
            await self._publish(one.routing_key, body, properties)

    async def _publish(self, key: str, body: bytes, properties: Properties) -> None:
        """What a link that broke left unconfirmed goes out again, as it is, once the link is back."""
        for _ in range(ATTEMPTS if self.watcher is not None else 1):
            outcome = await self._connection.publish(topology.CLIENT_EXCHANGE, key, body, properties)
            if outcome.status != "unknown":
                break

    def _written(self, one: Outgoing) -> bytes:
        if one.body is not None:
            return one.body
        return serialise(one.document, self.content_type, self.edition)

    async def shows(self, what: str, seconds: float) -> bool:
        """Whether the screen comes to show within `seconds` what a check asks for. Raises ValueError for an unknown one."""
        memory = self.memory
        overall: dict[str, Callable[[], bool]] = {
            "non-remis": lambda: bool(memory.undelivered),
            "motif": lambda: any(memory.undelivered.values()),
        }
        shown = overall.get(what, lambda: self.display.shows(what))
        if self._misbehaviour.blind or self.display.hides(what):
            return False
        try:
            async with asyncio.timeout(seconds), self._stored:
                await self._stored.wait_for(shown)
        except TimeoutError:
            return False
        except (KeyError, TypeError) as error:
            raise ValueError(f"l'écran de l'éditeur de référence ne connaît pas « {what} »") from error
        return True

    async def receive(self, delivery: Delivery) -> bool:
        """Take what came in a queue; whether it was stored.

        A link that breaks meanwhile ends who waits here, not what was begun: handed over again, the message is known.
        """
        taking = asyncio.create_task(self._receive(delivery))
        self._taking.add(taking)
        taking.add_done_callback(self._taking.discard)
        return await asyncio.shield(taking)

    async def _receive(self, delivery: Delivery) -> bool:
        if self._misbehaviour.reads_only not in {None, delivery.properties.content_type}:
            return False
        message = read(delivery.body, delivery.properties.content_type, self.edition)
        if message.problems or message.distribution_id is None:
            return False
        if self.ignores(message):
            return True
        if message.model == "RC-REF":
            self.memory.delivered.add(message.reference_id or "")
            self.memory.sent.pop(message.reference_id or "", None)
            self.display.note_acknowledged(message)
        elif message.model == "RS-ERROR":
            self._note_error(message)
        elif message.distribution_id not in self.memory.seen:
            self.memory.seen.add(message.distribution_id)
            await self._take(message)
        async with self._stored:
            self._stored.notify_all()
        if self._misbehaviour.on_receipt is not None:
            await self._misbehaviour.on_receipt(self, message)
        return True

    async def _take(self, message: Message) -> None:
        """Store and acknowledge; an answer to a request that was never made is refused, with its reason."""
        if message.model == "RS-RR" and not self.memory.asked.intersection(message.request_ids):
            await self._in_time(self.refuse(message, "réponse à une demande qui n'a pas été faite"))
            return
        self._store(message)
        await self._in_time(self.acknowledge(message))
        await self._in_time(self._answer(message))

    async def refuse(self, message: Message, cause: str) -> None:
        """An RS-ERROR that says why, then the RC-REF that refuses and names it (fact sheet 6.2)."""
        code = _OUT_OF_SEQUENCE if _OUT_OF_SEQUENCE in error_codes(self.edition) else _INVALID
        to, reference = message.sender_id or "", message.distribution_id
        error = {
            "errorCode": {"statusCode": code, "statusString": error_codes(self.edition)[code]},
            "errorCause": cause,
            "referencedDistributionID": reference,
        }
        report = self.outgoing("RS-ERROR", error, to, "Error")
        await self.send(report)
        refusal = {
            "distributionID": reference,
            "refused": True,
            "errorDistributionID": report.document["distributionID"],
        }
        await self.send(self.outgoing("RC-REF", refusal, to, "Ack"))

    async def acknowledge(self, message: Message) -> None:
        """Send the RC-REF for a stored message (DST 3.3.2, 3.4.6)."""
        content = {"distributionID": message.distribution_id}
        await self.send(self.outgoing("RC-REF", content, message.sender_id or "", "Ack"))

    async def _answer(self, message: Message) -> None:
        """What software answers without a person: a GPS provider tells the details that it is asked for."""
        if self.role == "GPS" and message.model == "GEO-REQ":
            content = self.park.answer(message.resource_ids)
            await self.send(self.outgoing("GEO-RES", content, message.sender_id or ""))

    def _note_error(self, message: Message) -> None:
        code = message.error_code or 0
        reference = message.reference_id or ""
        if reference not in self.memory.sent and isinstance(
            source := (message.content or {}).get("sourceMessage"), dict
        ):
            reference = str(
                source.get("distributionID")
            )  # the hub could not extract the id (fact sheet 12.22)
        self.memory.undelivered[reference] = code
        self.display.note_report(message, reference)

    def _case(self, order: Order) -> CaseFile:
        if order.case_id is not None and order.case_id in self.memory.cases:
            return self.memory.cases[order.case_id]
        opens = order.model in OPENING or not bears_case(order.model, self.edition)
        if opens or order.case_id is not None:
            case = self._new_case(order.case_id or self.identifiers.case())
            self.memory.cases[case.case_id] = case
            return case
        raise ValueError(f"aucun dossier partagé pour envoyer {order.model}")

    def _new_case(self, case_id: str) -> CaseFile:
        return CaseFile(case_id, self.client, self.identifiers, self.edition)

    def _store(self, message: Message) -> None:
        self.display.note_received(message)
        if message.case_id is None or message.content is None:
            return
        case = self.memory.cases.get(message.case_id)
        if case is None:
            case = self.memory.cases[message.case_id] = self._new_case(message.case_id)
        case.note_received(message.model or "", message.content, message.sender_id or "")
