"""The relay: each connection of the editor gets one to the hub, and their bytes go to and fro as they come."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Self

from recette.hub.address import BrokerAddress
from recette.hub.errors import connection_error
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireDelivered, WireDisturbed
from recette.platform.entrance import Entrance
from recette.relay import disturbances
from recette.relay.disturbances import (
    AGAIN,
    REFUSED,
    RESTART,
    SILENCE,
    SLOW,
    TURNED,
    Disturbance,
    Slow,
    Turner,
)
from recette.relay.end import End, opposite
from recette.relay.login import AsItIs, Login, WithCertificate
from recette.relay.watch import Side, Watch
from recette.wording.counting import in_seconds

CONNECT_TIMEOUT = 10.0
"""Seconds in which the hub has to take a connection."""
_READ_AFTER = 0.005
"""Seconds after which bytes that have gone on are read: those that come at once go on first."""
_UNREAD_MAX = 1024 * 1024
"""Bytes after which they are read in any case."""
LINKS_MAX = 200
"""Connections at once; the oldest that has not logged in gives way to another."""
LOGIN = 30.0
"""Seconds in which a connection has to log in at the hub."""
LEAVING = 30.0
"""Seconds in which an end takes what there is for it, once the other is gone."""
_SILENCE = 2
"""Heartbeats without a word, after which a side counts as silent."""

Tell = Callable[[RunEvent], None]
Trouble = Callable[[str], None]


class Relay:
    """Listens until closed. What passes is told to `tell`, what goes wrong with the hub to `trouble`, in French."""

    def __init__(self, hub: BrokerAddress, tell: Tell, trouble: Trouble, *, turns: bool = False) -> None:
        """`turns`: whether it may be asked to turn messages round; what the hub says is then cut into frames."""
        self.hub = hub
        self.tell = tell
        self.trouble = trouble
        self.turns = turns
        self.host = ""
        self.port = 0
        self._entrance: Entrance | None = None
        self._count = 0
        self.links: set[Link] = set()
        self._refusing = 0.0
        """Until when no connection is taken."""

    @property
    def refuses(self) -> bool:
        """Whether it takes no connection now."""
        return asyncio.get_running_loop().time() < self._refusing

    def disturb(self, one: Disturbance) -> None:
        """Do it to every link there is, or to those that come."""
        if one.what in {REFUSED, RESTART}:
            self._refusing = asyncio.get_running_loop().time() + one.seconds
            self.tell(WireDisturbed(connection=0, what=one.what, seconds=one.seconds))
        for link in list(self.links):
            link.disturb(one)

    @classmethod
    async def open(
        cls, hub: BrokerAddress, tell: Tell, trouble: Trouble, *, host: str = "127.0.0.1", port: int = 0,
        tls: ssl.SSLContext | None = None, turns: bool = False,
    ) -> Self:  # fmt: skip
        """Listen on `host` (port 0: any free one), with TLS towards the editor where there is `tls`. Raises OSError."""
        relay = cls(hub, tell, trouble, turns=turns)
        relay._entrance = await Entrance.open(relay, host, port, tls)
        relay.host, relay.port = relay._entrance.address
        return relay

    async def close(self) -> None:
        """Break off every connection, and be gone."""
        if self._entrance is not None:
            await self._entrance.close()
        for link in list(self.links):
            link.cut()
        await asyncio.gather(*(link.over for link in list(self.links)))

    def room(self) -> str:
        """Why nobody else can come in; whoever has not logged in makes room."""
        if len(self.links) < LINKS_MAX:
            return ""
        idle = [one for one in self.links if one.idle]
        if not idle:
            return f"{LINKS_MAX} sont ouvertes"
        min(idle, key=lambda one: one.number).give_up("une autre connexion a pris sa place")
        return ""

    def welcome(self) -> End:
        """One more connection of an editor."""
        self._count += 1
        link = Link(self, self._count)
        self.links.add(link)
        link.over.add_done_callback(lambda _: self.links.discard(link))
        return End("editor", link)

    def turned_away(self, why: str) -> None:
        """Connections are refused, which the journal says too."""
        self.tell(WireDisturbed(connection=0, what=REFUSED, seconds=0.0))
        self.trouble(f"Le relais refuse des connexions : {why}. Voyez quel logiciel en ouvre autant.")

    def never_began(self, guest: asyncio.Protocol, error: BaseException) -> None:
        """The editor's end failed before anything was said."""
        if isinstance(guest, End):
            guest.link.failed(error)


class Link:
    """One connection of the editor with its own to the hub."""

    def __init__(self, relay: Relay, number: int) -> None:
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        hub = relay.hub
        self._login: Login = WithCertificate() if hub.external else AsItIs()
        self._watch = Watch(
            number, self._told, tls="TLS" if hub.tls else "", external=hub.user if hub.external else ""
        )
        self.number = number
        self.ends: dict[Side, End] = {}
        self._ways: dict[Side, Callable[[bytes], None]] = {}
        """How bytes get to each end."""
        self._slow: dict[Side, Slow] = {}
        self._turner: Turner | None = None
        self._broken = self._again = False
        """Whether the next bytes of the hub are cut in two; whether the link breaks at the next delivery."""
        self.hushed = False
        self.over: asyncio.Future[None] = self._loop.create_future()
        """Done once both ends are closed."""
        self._connecting: asyncio.Task[None] | None = None
        self._first: tuple[Side, str] | None = None
        """Who ended it, and how."""
        self._heard: dict[Side, float] = {}
        self._told_silent: set[Side] = set()
        self._beat: asyncio.TimerHandle | None = None
        self._unread: list[tuple[Side, bytes]] = []
        """Bytes that have gone on and are yet to be read."""
        self._unread_size = 0
        self._reading: asyncio.TimerHandle | None = None
        self._logging_in = self._loop.call_later(LOGIN, self._late)
        self._leaving: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody has logged in on it, and nobody has given it up."""
        return not self._watch.open and self._first is None

    def give_up(self, why: str) -> None:
        """Break it off; `why` goes into the journal."""
        self._first = self._first or ("editor", f"rompue par le relais : {why}")
        self.cut()

    def _late(self) -> None:
        if self.hushed:
            self._logging_in = self._loop.call_later(LOGIN, self._late)
        elif self.idle:
            self.give_up(f"personne ne s'est identifié en {in_seconds(LOGIN)}")

    def failed(self, error: BaseException) -> None:
        """The editor's end never began."""
        self._first = self._first or ("editor", str(error) or type(error).__name__)
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            for timer in (self._logging_in, self._beat, self._leaving):
                if timer is not None:
                    timer.cancel()
            self._read()
            self._wait_no_more()
            self._watch.ended(*(self._first or ("editor", "")))
            self.over.set_result(None)

    def opened(self, end: End) -> None:
        """An end has its transport."""
        self.ends[end.side] = end
        self._ways[end.side] = end.transport.write
        if end.side == "editor" and self._relay.turns:
            self._ways["editor"] = self._turner = Turner(end.transport.write, self._turned)
        if end.side == "editor":
            end.transport.pause_reading()
            if self._relay.refuses:
                end.transport.abort()
                return
            self._connecting = self._loop.create_task(self._connect())
        else:
            self.resume("editor")
            now = self._loop.time()
            self._heard = {"editor": now, "hub": now}

    def took(self, side: Side, data: bytes) -> None:
        """Bytes of one side: on to the other first, then they are read."""
        to = opposite(side)
        passed = self._login.from_editor(data) if side == "editor" else self._login.from_hub(data)
        if self._broken and side == "hub":
            self._ways[to](passed[: len(passed) // 2])
            self._broken = False
            self._loop.call_soon(self.cut)
            return
        if passed:
            self._ways[to](passed)
        self._heard[side] = self._loop.time()
        self._told_silent.discard(side)
        self._unread.append((side, passed))
        self._unread_size += len(passed)
        if self._unread_size > _UNREAD_MAX:
            self._read()
        elif self._reading is None:
            self._reading = self._loop.call_later(_READ_AFTER, self._read)

    def _read(self) -> None:
        """Read what has gone on. What goes wrong with that must never reach the link."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        pieces, self._unread, self._unread_size = self._unread, [], 0
        try:
            for side, data in pieces:
                self._watch.saw(side, data)
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._relay.trouble(
                f"Le relais ne sait plus lire une liaison ({type(error).__name__} : {error})."
            )
        if self._watch.heartbeat and self._beat is None and self._first is None:
            self._beat = self._loop.call_later(self._watch.heartbeat, self._listen)

    def lost(self, side: Side, error: BaseException | None) -> None:
        """One end is closed: the other follows once it has taken all there was, or in a while if it does not read."""
        reason = "" if error is None else str(error) or type(error).__name__
        self._first = self._first or (side, reason)
        self.ends[side].closed = True
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
        for end in self.ends.values():
            if not end.closed:
                end.transport.close()
        if all(end.closed for end in self.ends.values()):
            self._end()
        elif self._leaving is None:
            self._leaving = self._loop.call_later(LEAVING, self.cut)

    def disturb(self, one: Disturbance) -> None:
        """Do it to this link, where it is open; what passed before is told before."""
        if "hub" not in self.ends or self._first is not None:
            return
        self._read()
        if one.what in {SILENCE, SLOW}:
            self._loop.call_later(one.seconds, self._done, one)
        if one.what != REFUSED:
            self._tell_disturbed(one, over=False)
        self._begin(one)

    def _begin(self, one: Disturbance) -> None:
        match one.what:
            case disturbances.CUT | disturbances.RESTART:
                self.cut()
            case disturbances.MID_FRAME:
                self._broken = True
            case disturbances.SILENCE:
                self._hush(on=True)
            case disturbances.SLOW:
                for side in self.ends:
                    if side not in self._slow:
                        self._ways[side] = self._slow[side] = Slow(self._ways[side])
                    self._slow[side].be(one.seconds)
            case disturbances.AGAIN:
                self._again = True
                self.ends["editor"].transport.pause_reading()
                self._loop.call_later(one.seconds, self._let_go)
            case disturbances.TURNED if self._turner is not None:
                self._turner.arm()
                self._loop.call_later(one.seconds, self._turner.disarm)
            case _:
                pass

    def _done(self, one: Disturbance) -> None:
        if self._first is None:
            if one.what == SILENCE:
                self._hush(on=False)
            self._tell_disturbed(one, over=True)

    def _tell_disturbed(self, one: Disturbance, *, over: bool, in_vain: bool = False) -> None:
        what, seconds = one.what, one.seconds
        self._relay.tell(
            WireDisturbed(connection=self.number, what=what, seconds=seconds, over=over, in_vain=in_vain)
        )

    def _turned(self, done: bool) -> None:
        """Two deliveries were turned round, or there were no two."""
        self._tell_disturbed(Disturbance(TURNED), over=True, in_vain=not done)

    def _hush(self, *, on: bool) -> None:
        """Read neither end, so that nothing passes and nobody knows why."""
        self.hushed = on
        for side, end in self.ends.items():
            if on and not end.transport.is_closing():
                end.transport.pause_reading()
            elif not on:
                self.resume(side)

    def resume(self, side: Side) -> None:
        """Read that end again, where nothing speaks against it: the other takes what there is, nothing holds it back."""
        other = self.ends.get(opposite(side))
        held = self.hushed or (self._again and side == "editor")
        end = self.ends[side]
        if other is not None and not other.full and not held and not end.transport.is_closing():
            end.transport.resume_reading()

    def _let_go(self) -> None:
        """No delivery came in time, or before the link was over."""
        if self._again:
            self.listen_again()
            self._tell_disturbed(Disturbance(AGAIN), over=True, in_vain=True)

    def _wait_no_more(self) -> None:
        """What waited for messages is over with the link, which is told before its end."""
        self._let_go()
        if self._turner is not None:
            self._turner.disarm()

    def listen_again(self) -> None:
        """It breaks at no delivery any more."""
        if self._again:
            self._again = False
            self.resume("editor")

    def _told(self, event: RunEvent) -> None:
        """A delivery that has gone on while the editor is not listened to cannot have been acknowledged."""
        self._relay.tell(event)
        if self._again and isinstance(event, WireDelivered):
            self._again = False
            self._loop.call_soon(self.cut)
            for one in self._relay.links - {self}:
                one.listen_again()

    def cut(self) -> None:
        """Break off both ends."""
        for end in self.ends.values():
            end.transport.abort()

    async def _connect(self) -> None:
        hub = self._relay.hub
        context = hub.tls.context if hub.tls is not None else None
        name = hub.host if context is not None else None
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._loop.create_connection(
                    lambda: End("hub", self), hub.host, hub.port, ssl=context, server_hostname=name
                )
        except (OSError, EOFError) as error:
            told = connection_error(hub, error)
            self._relay.trouble(str(told))
            self._first = ("hub", str(told))
            self.ends["editor"].transport.abort()

    def _listen(self) -> None:
        """Whether both sides still say something, as the heartbeat wants it."""
        beat = self._watch.heartbeat
        now = self._loop.time()
        for side, heard in self._heard.items():
            if now - heard > _SILENCE * beat and side not in self._told_silent:
                self._told_silent.add(side)
                self._watch.silent(side, now - heard)
        self._beat = self._loop.call_later(beat, self._listen)
