"""What a relay can do to a link on purpose. It breaks, holds back, delays and turns round; it never changes a message."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pamqp import commands as amqp

from recette.amqp import frames
from recette.amqp.errors import AmqpError

CUT, MID_FRAME, SILENCE, SLOW, REFUSED, RESTART, AGAIN, TURNED = (
    "coupure", "coupure-en-trame", "silence", "lenteur", "refus", "redemarrage", "deux-fois", "desordre",
)  # fmt: skip
KINDS = {
    CUT: "rompt chaque liaison",
    MID_FRAME: "rompt chaque liaison au milieu d'une trame du hub",
    SILENCE: "ne transmet plus rien, sans rompre",
    SLOW: "retarde tout d'une demi-seconde",
    REFUSED: "refuse toute nouvelle connexion",
    RESTART: "rompt chaque liaison, et refuse d'en ouvrir, comme un serveur qui redémarre",
    AGAIN: "rompt dès qu'un message est remis, avant son acquittement : le hub le remet à nouveau",
    TURNED: "remet deux messages qui se suivent dans l'autre ordre",
}
DELAY = 0.5
"""Seconds by which a slow link is late."""
SECONDS = 10.0
"""How long one lasts where nobody says."""
_LONGEST = 3600.0
_HELD = 1.0
"""Seconds that a message waits for the next one, which is to go before it."""
_HELD_BYTES = 64 * 1024 * 1024
"""Bytes of both; what is larger goes on in its order."""
_DELIVER = amqp.Basic.Deliver.index
_INDEX_SIZE = 4


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One of `KINDS`, and how long it lasts."""

    what: str
    seconds: float = SECONDS

    @classmethod
    def parse(cls, text: str) -> Disturbance:
        """`silence` or `silence:20`. Raises ValueError with one French sentence."""
        what, _, seconds = text.partition(":")
        if what not in KINDS:
            raise ValueError(f"« {what} » n'est pas un incident : {', '.join(KINDS)}.")
        try:
            lasts = float(seconds or SECONDS)
        except ValueError:
            lasts = 0.0
        if not 0 < lasts <= _LONGEST:
            raise ValueError(f"« {text} » : la durée est en secondes, de plus de 0 à {_LONGEST:g}.")
        return cls(what, lasts)


class Slow:
    """Passes everything on in its order, late for as long as it is told to be."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._until = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._loop = asyncio.get_running_loop()

    def be(self, seconds: float) -> None:
        self._until = self._loop.time() + seconds

    def __call__(self, data: bytes) -> None:
        now = self._loop.time()
        if not self._waiting and now >= self._until:
            self._write(data)
            return
        self._waiting.append((now + DELAY if now < self._until else now, data))
        if len(self._waiting) == 1:
            self._loop.call_at(self._waiting[0][0], self._next)

    def _next(self) -> None:
        _, data = self._waiting.popleft()
        self._write(data)
        if self._waiting:
            self._loop.call_at(max(self._waiting[0][0], self._loop.time()), self._next)


class Turner:
    """Turns two deliveries of one channel round, once it is armed; all else passes as it comes."""

    def __init__(self, write: Callable[[bytes], None], over: Callable[[bool], None] = lambda _: None) -> None:
        """`over` is told whether two were turned round, once it is not armed any more."""
        self._write = write
        self._over = over
        self._reader: frames.FrameReader | None = frames.FrameReader(4 * 1024 * 1024)
        self._armed = False
        self._first: _Whole | None = None
        self._second: _Whole | None = None
        self.turned = 0
        """How many pairs."""

    def arm(self) -> None:
        self._armed = True

    def disarm(self) -> None:
        """No more is turned round; what is held goes on."""
        if self._armed:
            self._let_pass()

    def __call__(self, data: bytes) -> None:
        if self._reader is None:
            self._write(data)
            return
        try:
            for kind, channel, payload in self._reader.feed(data):
                self._take(kind, channel, payload)
        except AmqpError:  # no frames: whoever reads them will say so
            self._let_pass()
            self._write(self._reader.held)
            self._reader = None

    def _take(self, kind: int, channel: int, payload: bytes) -> None:
        one = frames.frame(kind, channel, payload)
        begins = kind == frames.METHOD and int.from_bytes(payload[:_INDEX_SIZE], "big") == _DELIVER
        held = self._second or self._first
        if held is not None and held.channel == channel and not held.whole:
            held.add(kind, payload, one)
        elif self._first is None and begins and self._armed:
            self._first = _Whole(channel, one)
            asyncio.get_running_loop().call_later(_HELD, self._give_up, self._first)
        elif self._first is not None and self._second is None and begins and channel == self._first.channel:
            self._second = _Whole(channel, one)
        elif self._first is not None and channel == self._first.channel:
            self._release()
            self._write(one)
        else:
            self._write(one)
        if self._second is not None and self._second.whole:
            self._turn()
        elif sum(len(each.data) for each in (self._first, self._second) if each is not None) > _HELD_BYTES:
            self._let_pass()

    def _give_up(self, first: _Whole) -> None:
        """No other message came after it."""
        if self._first is first and self._second is None and first.whole:
            self._release()
        elif self._first is first and not first.whole:
            asyncio.get_running_loop().call_later(_HELD, self._give_up, first)

    def _let_pass(self) -> None:
        """What is held goes on as it came: there is too much of it, or nobody knows what it is, or no more is turned."""
        self._release()
        armed, self._armed = self._armed, False
        if armed:
            self._over(False)

    def _release(self) -> None:
        """What is held goes on as it came, and another pair is waited for."""
        held, self._first, self._second = (self._first, self._second), None, None
        for one in held:
            if one is not None:
                self._write(bytes(one.data))

    def _turn(self) -> None:
        self._first, self._second = self._second, self._first
        self._release()
        self._armed = False
        self.turned += 1
        self._over(True)


class _Whole:
    """A delivery with its content."""

    def __init__(self, channel: int, method: bytes) -> None:
        self.channel = channel
        self.data = bytearray(method)
        self._left: int | None = None

    @property
    def whole(self) -> bool:
        return self._left == 0

    def add(self, kind: int, payload: bytes, one: bytes) -> None:
        self.data += one
        if kind == frames.HEADER and len(payload) >= frames.CONTENT.size:
            _, _, self._left = frames.CONTENT.unpack_from(payload)
        elif kind == frames.BODY and self._left is not None:
            self._left = max(0, self._left - len(payload))
