"""What a hub sees, handed from the process that serves it to whoever asks: lines of JSON over a local connection.

Whoever connects sends `{"password": …}`, and is answered `{"observation": 2}` or nothing. Then comes one line for each
thing that the hub does, `{"saw": {<fields of HubSaw>}}`, first those that still hold (who is connected, reads, has acknowledged).
A line `{"mark": n}` from the other side comes back once all that happened before it was told, and `{"late": {"seconds": …,
"over": …}}` says that this process was held up for so long, in so many seconds before. `{"shortage": n}` is answered with the
`reason` for which the broker takes no publications, or none. A relay tells the same way, and knows of no shortage;
`{"disturb": n, "what": …, "seconds": …}` has a relay that obeys break off what goes through it, and is answered by why it did
not, if so; to whoever adds `"messages": true` to the password, also `{"handed": {…}}` for each message that was handed to the software.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, fields
from typing import Any, Self

from recette.hub.errors import HubError
from recette.hub.wire import Delivery, Properties
from recette.messages.hub_saw import GONE, HubSaw
from recette.platform.pulse import Late, pulse

VERSION = 2
_LINE = 64 << 20
"""Bytes of the longest line: a message of the hub's greatest size in base 64, with room."""
_BEHIND = 64 << 20
"""Bytes that a listener may be behind before it is dropped: it would not see what it believes to see."""
_GREETING, _ANSWER = 10.0, 10.0
"""Seconds for the password to come, and for a mark to come back."""
_STANDING_MAX = 1_000
"""Things that hold of a client which are told to whoever comes later; the same is told once."""
_ALIKE_MAX = 8
"""Of how many connections the same is kept."""
_STANDING = frozenset(
    {
        *("connected", "declared", "consuming", "consuming-unacked", "publishing", "acknowledging"),
        *("purged", "read-refused", "bind-refused"),
    }
)
"""What a client did that is told to whoever comes later while it is there: after it, another version may have come."""


class ObservationError(HubError):
    """What the hub sees cannot be had, or not any more; the text says why and what to do."""


class ObservationServer:
    """Tells whoever knows the password, on this machine alone, until `close`."""

    def __init__(self, password: str) -> None:
        self.password = password
        self._server: asyncio.Server | None = None
        self._pulse = ExitStack()
        self._listeners: set[asyncio.StreamWriter] = set()
        self._takers: set[asyncio.StreamWriter] = set()
        """Those that asked for the messages too."""
        self._standing: dict[tuple[str, str], list[HubSaw]] = {}
        """What holds of each client, by vHost and client."""
        self.disturb: Callable[[str, float], str | None] = _disobeys
        """Break off what goes through here; why not, where it does not."""
        self.shortage: Callable[[], Awaitable[str | None]] = _unknown
        """Why the broker takes no publications; None while it does, or where nobody knows. May raise HubError."""

    @classmethod
    async def open(cls, password: str, port: int = 0) -> Self:
        """Listen on `port`, or on any that is free. Raises OSError."""
        found = cls(password)
        found._server = await asyncio.start_server(found._serve, "127.0.0.1", port, limit=1 << 16)
        found._pulse.enter_context(pulse(found._late))
        return found

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def saw(self, seen: HubSaw) -> None:
        """Tell it to everyone who listens."""
        client = (seen.vhost, seen.client)
        if seen.action in _STANDING:
            standing = self._standing.setdefault(client, [])
            _keep(standing, seen)
        elif seen.action in GONE:
            standing = self._standing.get(client, [])
            standing[:] = [one for one in standing if one.connection != seen.connection]
        if self._listeners:
            self._tell(_line(seen), self._listeners)

    def _late(self, seconds: float, over: float) -> None:
        self._tell(_json({"late": {"seconds": seconds, "over": over}}), self._listeners)

    def left(self, vhost: str, client: str) -> None:
        """Its last connection is over."""
        self._standing.pop((vhost, client), None)

    def handed(self, vhost: str, delivery: Delivery) -> None:
        """Tell whoever asked for it of a message that was handed over."""
        if self._takers:
            self._tell(_handed_line(vhost, delivery), self._takers)

    def _tell(self, line: bytes, to: set[asyncio.StreamWriter]) -> None:
        for one in list(to):
            if one.transport.get_write_buffer_size() > _BEHIND:
                self._drop(one)
            else:
                one.write(line)

    async def close(self) -> None:
        self._pulse.close()
        if self._server is not None:
            self._server.close()
        for one in list(self._listeners):
            self._drop(one)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_GREETING):
                greeting = _object(await reader.readline())
            if not hmac.compare_digest(str(greeting.get("password", "")).encode(), self.password.encode()):
                return
            writer.write(_json({"observation": VERSION}))
            for standing in self._standing.values():
                writer.writelines(map(_line, standing))
            self._listeners.add(writer)
            if greeting.get("messages") is True:
                self._takers.add(writer)
            while line := await reader.readline():
                asked = _object(line)
                if "shortage" in asked:
                    with suppress(HubError):  # whoever asks is not told that there is none
                        writer.write(_json({"shortage": asked["shortage"], "reason": await self.shortage()}))
                elif "disturb" in asked:
                    why = self.disturb(str(asked.get("what")), float(asked.get("seconds", 0.0)))
                    writer.write(_json({"disturb": asked["disturb"], "reason": why}))
                else:
                    writer.write(_json({"mark": asked.get("mark")}))
        except (OSError, ValueError, TimeoutError):
            pass  # whoever is there does not speak this, or is gone
        finally:
            self._drop(writer)

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._listeners.discard(writer)
        self._takers.discard(writer)
        writer.close()


class ObservationStream:
    """What a hub sees, as it happens, until `close`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[HubSaw], None],
        lost: Callable[[ObservationError], None],
        late: Late,
        handed: Callable[[str, Delivery], None] | None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = heard
        self._lost = lost
        self._late = late
        self._handed = handed
        self._answers: dict[int, tuple[asyncio.Future[str | None], Callable[[], None] | None]] = {}
        """What is awaited, and who is told of it at once."""
        self._last = 0
        self._closing = self._over = False
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        port: int,
        password: str,
        heard: Callable[[HubSaw], None],
        lost: Callable[[ObservationError], None],
        late: Late,
        handed: Callable[[str, Delivery], None] | None = None,
    ) -> Self:
        """`heard` is told what the hub does, `lost` that no more can be heard, `late` that its machine was, `handed` by which
        vHost what was handed over.

        Raises ObservationError.
        """
        where = f"L'observation du hub (127.0.0.1:{port})"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LINE)
        except OSError as error:
            raise ObservationError(
                f"{where} ne répond pas : lancez recette sandbox, et reprenez le port qu'elle affiche."
            ) from error
        try:
            writer.write(_json({"password": password, "messages": handed is not None}))
            async with asyncio.timeout(_GREETING):
                answer = _object(await reader.readline())
        except (OSError, ValueError, TimeoutError) as error:
            writer.close()
            raise ObservationError(
                f"{where} refuse ce mot de passe, ou n'en est pas une : reprenez le port et le mot de passe que recette "
                "sandbox affiche."
            ) from error
        if answer.get("observation") != VERSION:
            writer.close()
            raise ObservationError(f"{where} est celle d'une autre version de recette : prenez la même.")
        found = cls(reader, writer, heard, lost, late, handed)
        found._reading = asyncio.create_task(found._read())
        return found

    async def caught_up(self) -> None:
        """Until all that the hub did before this call has been heard. Raises ObservationError."""
        await self._answer("mark")

    async def shortage(self) -> str | None:
        """Why the broker takes no publications, as far as the hub knows. Raises ObservationError."""
        return await self._answer("shortage")

    async def disturb(self, what: str, seconds: float, done: Callable[[], None]) -> str | None:
        """Have a relay break off what goes through it; why it did not, if so. Raises ObservationError.

        `done` is called once it has, before anything that came after it is heard.
        """
        return await self._answer("disturb", done, what=what, seconds=seconds)

    async def _answer(
        self, question: str, done: Callable[[], None] | None = None, **more: object
    ) -> str | None:
        """Others may ask meanwhile. `done` is called with the answer's place in what is heard, where it is no refusal."""
        if self._over:
            raise _cut_off()
        self._last += 1
        number = self._last
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer, done
        try:
            self._writer.write(_json({question: number, **more}))
            async with asyncio.timeout(_ANSWER):
                return await answer
        except (OSError, TimeoutError) as error:
            raise _cut_off() from error
        finally:
            self._answers.pop(number, None)

    async def close(self) -> None:
        self._closing = True
        self._writer.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        """Each line as it comes; what cannot be read is as bad as what does not come."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            while line := await self._reader.readline():
                told = _object(line)
                number = told.get("mark") or told.get("shortage") or told.get("disturb")
                if number is not None:
                    self._answered(number, told.get("reason"))
                elif "late" in told:
                    self._late(float(told["late"]["seconds"]), float(told["late"]["over"]))
                elif "handed" in told and self._handed is not None:
                    self._handed(*_delivery(told["handed"]))
                else:
                    self._heard(_seen(told["saw"]))
        self._over = True
        if not self._closing:
            for answer, _ in self._answers.values():
                if not answer.done():
                    answer.set_exception(_cut_off())
            self._lost(_cut_off())

    def _answered(self, number: int, reason: str | None) -> None:
        answer, done = self._answers.get(number, (None, None))
        if answer is not None and not answer.done():
            answer.set_result(reason)
            if done is not None and reason is None:
                done()


def _keep(standing: list[HubSaw], seen: HubSaw) -> None:
    """Beside what holds already; the same of another connection too, of the latest few."""
    alike = [place for place, one in enumerate(standing) if one == seen]
    if any(standing[place].connection == seen.connection for place in alike):
        return
    if len(alike) >= _ALIKE_MAX:
        del standing[alike[0]]
    standing.append(seen)
    del standing[:-_STANDING_MAX]


def _disobeys(what: str, _: float) -> str | None:
    return f"il n'obéit pas ({what})"


async def _unknown() -> str | None:
    return None


def _cut_off() -> ObservationError:
    return ObservationError(
        "L'observation du hub s'est interrompue : ce que le hub fait ne se voit plus, et la campagne s'arrête plutôt que de "
        "juger sans le voir."
    )


def _line(seen: HubSaw) -> bytes:
    told = asdict(seen)
    if seen.body is not None:
        told["body"] = base64.b64encode(seen.body).decode("ascii")
    return _json({"saw": {name: value for name, value in told.items() if value is not None}})


def _seen(told: dict[str, Any]) -> HubSaw:
    known = {one.name for one in fields(HubSaw)}
    values = {name: value for name, value in told.items() if name in known}
    if values.get("body") is not None:
        values["body"] = base64.b64decode(values["body"])
    return HubSaw(**{"distribution_id": None, **values})


def _handed_line(vhost: str, delivery: Delivery) -> bytes:
    """Of the headers, those that JSON can say."""
    said = delivery.properties
    return _json(
        {
            "handed": {
                "vhost": vhost,
                "queue": delivery.queue,
                "routing_key": delivery.routing_key,
                "redelivered": delivery.redelivered,
                "content_type": said.content_type,
                "delivery_mode": said.delivery_mode,
                "expiration": said.expiration,
                "headers": {key: one for key, one in said.headers.items() if isinstance(one, str | int)},
                "body": base64.b64encode(delivery.body).decode("ascii"),
            }
        }
    )


def _delivery(told: dict[str, Any]) -> tuple[str, Delivery]:
    said = Properties(told["content_type"], told["delivery_mode"], told["expiration"], told["headers"])
    body = base64.b64decode(told["body"])
    queue = str(told["queue"])
    return told["vhost"], Delivery(queue, "", told["routing_key"], told["redelivered"] is True, said, body)


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode("ascii") + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("une valeur seule")  # noqa: TRY004 - bad input, like any other line
    return found
