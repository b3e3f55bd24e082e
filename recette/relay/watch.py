"""What the bytes of one connection say: read after they have gone on, and whatever they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Literal

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError
from recette.amqp.methods import Method, Publish
from recette.hub.reading import read_properties
from recette.hub.wire import Properties
from recette.journal.event import RunEvent
from recette.journal.wire_events import (
    WireAsked,
    WireBlocked,
    WireClosed,
    WireDelivered,
    WireOpened,
    WirePublished,
    WirePurged,
    WireRefused,
    WireReturned,
    WireSettled,
    WireSilent,
    WireUnparsed,
)
from recette.relay.contents import BODY_KEPT, Content
from recette.relay.in_turn import InTurn
from recette.relay.recent import Recent
from recette.wording.counting import counted

Side = Literal["editor", "hub"]
FRAME_MAX = 4 * 1024 * 1024
"""Bytes of a frame that is read; beyond, bytes are kept and not understood."""
PENDING_MAX = 2 * BODY_KEPT
"""Bytes of messages of one connection whose end is still to come; of one beyond, its size alone is kept."""
_CONSUMERS = 10_000
"""Consumers of a connection whose queue is remembered."""
_ASKED: tuple[type[Frame], ...] = (
    amqp.Exchange.Declare, amqp.Exchange.Delete, amqp.Queue.Declare, amqp.Queue.Bind, amqp.Queue.Unbind,
    amqp.Queue.Purge, amqp.Queue.Delete, amqp.Basic.Qos, amqp.Basic.Consume, amqp.Basic.Cancel, amqp.Basic.Get,
    amqp.Basic.Recover, amqp.Confirm.Select, amqp.Tx.Select, amqp.Channel.Open, amqp.Channel.Flow,
)  # fmt: skip
_EARLY_MAX = 1_000
"""Events that wait for their vHost to be opened."""
_NAMED = ("queue", "exchange")
_LEFT_OUT = {*_NAMED, "ticket", "nowait"}


_read_properties = partial(read_properties, others=False)
_known_properties = lru_cache(maxsize=256)(_read_properties)
"""A client says the same of most of its messages."""
_ALIKE = 256
"""Bytes of properties that are remembered."""


class Watch:
    """One connection. `tell` takes each event; `external` is the user whose certificate logs in, where the relay does."""

    def __init__(
        self, number: int, tell: Callable[[RunEvent], None], *, tls: str = "", external: str = ""
    ) -> None:
        self._number = number
        self._pass_on = tell
        self._tls = tls
        self._user, self._mechanism = external, "EXTERNAL" if external else ""
        self._product = ""
        self._heartbeat = 0
        self._vhost = ""
        self._readers: dict[Side, frames.FrameReader | None] = {
            "editor": frames.FrameReader(FRAME_MAX), "hub": frames.FrameReader(FRAME_MAX)
        }  # fmt: skip
        self._greeting = len(frames.PROTOCOL_HEADER)
        """Octets of the editor's greeting that are still to come."""
        self._contents: dict[tuple[Side, int], Content] = {}
        self._queues: Recent[tuple[int, str], str] = Recent(_CONSUMERS)
        """By channel and consumer, the queue it reads."""
        self._polls = InTurn()
        """The queues of `basic.get` that the hub is still to answer."""
        self._asked: deque[tuple[int, str, str]] = deque(maxlen=_CONSUMERS)
        """Channel, tag (empty where the hub gives it) and queue of the consumers that it has yet to confirm, as asked."""
        self._purges = InTurn()
        """The queues that the hub is still to say to have emptied."""
        self._early: list[RunEvent] | None = None
        """What the editor said before the hub had opened its vHost; None once it has, or refused to."""
        self._closing: Side | None = None
        """Who said `connection.close`."""
        self._over = False
        self.open = False
        """Whether the hub has let the editor in."""
        self._pending = 0
        """Bytes of messages that are not whole yet."""

    def _tell(self, event: RunEvent) -> None:
        """What the editor says before its vHost is open is told after it: so does the hub take it."""
        early = self._early
        if early is None:
            self._pass_on(event)
        elif isinstance(event, WireOpened | WireClosed | WireRefused) or len(early) == _EARLY_MAX:
            self._early = None
            opened = isinstance(event, WireOpened)
            for one in (event, *early) if opened else (*early, event):
                self._pass_on(one)
        else:
            early.append(event)

    def saw(self, side: Side, data: bytes) -> None:
        """Bytes that have gone on. Never raises for what they hold."""
        reader = self._readers[side]
        if side == "editor" and self._greeting:
            skipped = min(self._greeting, len(data))
            self._greeting -= skipped
            data = data[skipped:]
        if reader is None:
            self._unparsed(side, "suite d'octets illisibles", data)
            return
        try:
            for kind, channel, payload in reader.feed(data):
                self._frame(side, kind, channel, payload)
        except AmqpError as error:
            self._readers[side] = None
            self._unparsed(side, error.text, data)

    def ended(self, side: Side, reason: str) -> None:
        """The connection is over; `side` ended it."""
        if not self._over:
            self._over = True
            clean = self._closing is not None
            self._tell(
                WireClosed(
                    connection=self._number,
                    side=self._closing or side,
                    clean=clean,
                    reason="" if clean else reason,
                )
            )

    def silent(self, side: Side, seconds: float) -> None:
        self._tell(WireSilent(connection=self._number, side=side, seconds=round(seconds, 1)))

    @property
    def heartbeat(self) -> int:
        """Seconds that both ends agreed on; 0 until they have, or where there is none."""
        return self._heartbeat if self._vhost else 0

    def _unparsed(self, side: Side, reason: str, data: bytes) -> None:
        """Of the editor's login nothing is kept: its password may be among what cannot be read."""
        if side == "editor" and not self.open:
            reason = f"{reason} ({counted(len(data), 'octet')} avant la fin de l'identification, non gardés)"
            data = b""
        self._tell(WireUnparsed(connection=self._number, side=side, reason=reason, data=data))

    def _frame(self, side: Side, kind: int, channel: int, payload: bytes) -> None:
        if kind == frames.METHOD:
            try:
                self._method(side, channel, methods.decode_method(payload))
            except AmqpError as error:
                self._unparsed(side, error.text, payload)
        elif kind in (frames.HEADER, frames.BODY):
            self._content(side, kind, channel, payload)
        elif kind != frames.HEARTBEAT:
            self._unparsed(side, f"trame de type {kind}", payload)

    def _content(self, side: Side, kind: int, channel: int, payload: bytes) -> None:
        content = self._contents.get((side, channel))
        short = kind == frames.HEADER and len(payload) < frames.CONTENT.size
        if content is None or short or (kind == frames.BODY) is (content.properties is None):
            self._begin(side, channel, None)
            self._unparsed(side, "contenu sans méthode qui l'annonce", payload)
            return
        before = len(content.body)
        whole = content.header(payload) if kind == frames.HEADER else content.part(payload)
        self._pending += len(content.body) - before
        if whole:
            self._message(side, channel, content)
            self._begin(side, channel, None)
        elif self._pending > PENDING_MAX:
            self._pending -= len(content.body)
            content.forget()

    def _begin(self, side: Side, channel: int, content: Content | None) -> None:
        """What comes on that channel from now on; what was not whole never will be."""
        before = self._contents.pop((side, channel), None)
        self._pending -= len(before.body) if before is not None else 0
        if content is not None:
            self._contents[side, channel] = content

    def _message(self, side: Side, channel: int, content: Content) -> None:
        raw, method = content.properties or b"", content.method
        properties, why = _known_properties(raw) if len(raw) <= _ALIKE else _read_properties(raw)
        if why:
            self._unparsed(side, why, raw)
        said = _said(properties or Properties())
        body: dict[str, Any] = {"body": bytes(content.body), "size": content.size}
        if isinstance(method, Publish):
            self._tell(
                WirePublished(
                    connection=self._number,
                    channel=channel,
                    exchange=method.exchange,
                    mandatory=method.mandatory,
                    routing_key=method.routing_key,
                    **said,
                    **body,
                )
            )
        elif isinstance(method, amqp.Basic.Return):
            self._tell(
                WireReturned(
                    connection=self._number,
                    channel=channel,
                    code=method.reply_code or 0,
                    text=method.reply_text or "",
                    exchange=method.exchange or "",
                    routing_key=method.routing_key or "",
                )
            )
        elif isinstance(method, amqp.Basic.Deliver | amqp.Basic.GetOk):
            fetched = isinstance(method, amqp.Basic.GetOk)
            self._tell(
                WireDelivered(
                    connection=self._number,
                    channel=channel,
                    tag=method.delivery_tag or 0,
                    queue=content.polled if fetched else self._queue_of(channel, method),
                    routing_key=method.routing_key or "",
                    redelivered=bool(method.redelivered),
                    **said,
                    **body,
                )
            )

    def _queue_of(self, channel: int, method: Any) -> str:  # noqa: ANN401 - a basic.deliver
        return self._queues.get((channel, method.consumer_tag or "")) or ""

    def _method(self, side: Side, channel: int, method: Method) -> None:
        match method:
            case Publish() | amqp.Basic.Deliver() | amqp.Basic.Return():
                self._begin(side, channel, Content(method))
            case amqp.Basic.GetOk():
                self._begin(side, channel, Content(method, polled=self._polls.answered(channel)))
            case amqp.Basic.GetEmpty():
                self._polls.answered(channel)
            case amqp.Basic.Ack() | amqp.Basic.Nack() | amqp.Basic.Reject():
                self._settled(side, channel, method)
            case amqp.Channel.Close():
                self._refused(side, channel, method)
            case amqp.Connection.Close():
                self._closing = side
                self._refused(side, channel, method)
            case amqp.Basic.ConsumeOk():
                self._confirmed(channel, method.consumer_tag or "")
            case amqp.Queue.PurgeOk():
                self._purged(channel, self._purges.answered(channel), method.message_count or 0)
            case Frame() if isinstance(method, _ASKED):
                self._asks(channel, method)
            case _:
                self._connection(method)

    def _connection(self, method: Method) -> None:
        match method:
            case amqp.Connection.StartOk():
                self._product = _product(method)
                if not self._mechanism:
                    self._mechanism = method.mechanism or ""
                    self._user = _user(method)
            case amqp.Connection.TuneOk():
                self._heartbeat = method.heartbeat or 0
            case amqp.Connection.Open():
                self._vhost = method.virtual_host or ""
                self._early = []
            case amqp.Connection.OpenOk():
                self.open = True
                self._tell(
                    WireOpened(
                        connection=self._number,
                        user=self._user,
                        vhost=self._vhost,
                        mechanism=self._mechanism,
                        product=self._product,
                        tls=self._tls,
                        heartbeat=self._heartbeat,
                    )
                )
            case amqp.Connection.Blocked():
                self._tell(WireBlocked(connection=self._number, blocked=True, reason=method.reason or ""))
            case amqp.Connection.Unblocked():
                self._tell(WireBlocked(connection=self._number, blocked=False))
            case _:
                pass  # an answer: what it answers is in the journal

    def _settled(self, side: Side, channel: int, method: Any) -> None:  # noqa: ANN401 - one of three
        self._tell(
            WireSettled(
                connection=self._number,
                channel=channel,
                side=side,
                how=type(method).__name__.lower(),
                tag=method.delivery_tag or 0,
                multiple=bool(getattr(method, "multiple", False)),
                requeue=bool(getattr(method, "requeue", False)),
            )
        )

    def _refused(self, side: Side, channel: int, method: amqp.Channel.Close | amqp.Connection.Close) -> None:
        code = method.reply_code or 0
        if code in (0, 200):
            return  # no error: one that is done
        index = (method.class_id or 0) << 16 | (method.method_id or 0)
        self._tell(
            WireRefused(
                connection=self._number,
                channel=channel,
                side=side,
                code=code,
                text=method.reply_text or "",
                method=_name(index),
            )
        )

    def _confirmed(self, channel: int, tag: str) -> None:
        """The hub took a consumer: the one that asked for that tag, or the first that left it to the hub."""
        for wanted in (tag, ""):
            found = next((one for one in self._asked if one[:2] == (channel, wanted)), None)
            if found is not None:
                self._asked.remove(found)
                self._queues.put((channel, tag), found[2])
                return

    def _asks(self, channel: int, method: Frame) -> None:
        name = next((str(getattr(method, one)) for one in _NAMED if getattr(method, one, "")), "")
        if isinstance(method, amqp.Basic.Consume):
            if not method.nowait:
                self._asked.append((channel, method.consumer_tag or "", name))
            if method.consumer_tag:
                self._queues.put((channel, method.consumer_tag), name)
        elif isinstance(method, amqp.Basic.Get):
            self._polls.ask(channel, name)
        elif isinstance(method, amqp.Channel.Open) and self._asked:  # what was asked on it before is refused
            self._asked = deque((one for one in self._asked if one[0] != channel), maxlen=_CONSUMERS)
        arguments = {key: value for key, value in dict(method).items() if value and key not in _LEFT_OUT}
        self._tell(
            WireAsked(
                connection=self._number,
                channel=channel,
                method=_name(method.index),
                name=name,
                arguments=arguments,
            )
        )
        if isinstance(method, amqp.Queue.Purge) and method.nowait:
            self._purged(channel, name, None)
        elif isinstance(method, amqp.Queue.Purge):
            self._purges.ask(channel, name)
        elif isinstance(method, amqp.Channel.Open):
            self._purges.forget(channel)
            self._polls.forget(channel)

    def _purged(self, channel: int, name: str, messages: int | None) -> None:
        self._tell(WirePurged(connection=self._number, channel=channel, name=name, messages=messages))


def _name(index: int) -> str:
    """A method as AMQP writes it; empty for none."""
    return str(amqp.INDEX_MAPPING[index]().name).lower() if index in amqp.INDEX_MAPPING else ""


def _said(properties: Properties) -> dict[str, Any]:
    return {
        "content_type": properties.content_type,
        "delivery_mode": properties.delivery_mode,
        "expiration": properties.expiration,
        "headers": properties.headers,
    }


def _user(method: amqp.Connection.StartOk) -> str:
    """Who logs in by PLAIN; empty for what has not its three parts, any of which may be the password."""
    said: Any = method.response or ""
    told = said.decode("utf-8", "replace") if isinstance(said, bytes | bytearray) else str(said)
    parts = told.split("\0")
    return parts[1] if method.mechanism == "PLAIN" and len(parts) == len(("as", "user", "password")) else ""


def _product(start: amqp.Connection.StartOk) -> str:
    said = start.client_properties or {}
    return " ".join(str(said[name]) for name in ("product", "version") if said.get(name))[:200]
