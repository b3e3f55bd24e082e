"""What the agency's own dispatcher did with messages (`hub-cases`), and playing them on the dispatcher at home."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiormq
from aiormq.abc import DeliveredMessage
from pamqp.commands import Basic

from recette.hub import topology
from recette.messages.building import envelope, serialise
from recette.messages.clients import HUB
from recette.messages.reading import JSON_TYPE, XML_TYPE, inner, read
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings

FOLDER = Path(__file__).parents[3] / "shared" / "hub-cases"
GENERATIONS = (1, 2, 3)
VHOSTS = {1: "15-15_v1.5", 2: "15-15_v2.0", 3: "15-15_v2.1"}
USER = "corpus"
"""Publishes for every client, as a broker's operator may."""
PREFERS_XML = "fr.health.samuX"
CLIENTS = (
    "fr.health.samuA",
    "fr.health.samuB",
    "fr.health.samuS",
    PREFERS_XML,
    "fr.fire.nexsis.sdisZ",
    "fr.cisu.sdisY",
)
LAST = "fr.health.samuS"
MARKER = b"samuS_end-of-case"
"""In the message that follows each case: once it has come, the hub is done with the case."""
FIRE_REPORTS = "fr.health.fire.info"
"""Where the reports on `partage-affaire` go; a client of that name would read for the whole fire side."""
CLOCK_MARGIN = 2000
"""Milliseconds by which an expiration may differ: it is counted in whole seconds, from another moment."""
WINDOW = 20.0
"""Seconds in which a message that is to expire has to be reported."""
DONE = 60.0
"""Seconds in which the hub has to be done with a case, on a machine that is busy."""
PASSED_ON = (
    "content_encoding",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "message_id",
    "timestamp",
    "message_type",
    "app_id",
    "cluster_id",
)
_NAMES = {"type": "message_type"}
_RECIPIENT = re.compile(rb'explicitAddressValue(?:": "([^"]*)"|>([^<]*)<)')
_CLOCK = re.compile(rb"@@(Z?)NOW([+-]\d+)@@")


@dataclass(frozen=True)
class Case:
    """One message, and what then arrived at the clients."""

    id: str
    name: str
    key: str
    properties: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: bytes
    rejected: bool
    real: tuple[Mapping[str, Any], ...]

    @property
    def without_converter(self) -> bool:
        """The real one needed its converter, and dropped what it could not convert."""
        if self.name.startswith("cisu/"):
            return True
        said = _RECIPIENT.search(self.body)
        recipient = (said[1] or said[2] or b"") if said else b""
        outside = not recipient.startswith(b"fr.health") or not self.key.startswith("fr.health")
        return not self.real and outside and b"createCase" in self.body

    @property
    def to_expire(self) -> bool:
        """Reported as dead without having been read."""
        dead = any(one.get("report", {}).get("code") == 500 for one in self.real)
        return dead and not self.rejected


@dataclass(frozen=True)
class Arrival:
    """What came to a queue."""

    queue: str
    properties: Basic.Properties
    body: bytes


def load(folder: Path, generation: int) -> list[Case]:
    """The cases of a generation that say something without a converter."""
    text = (folder / f"g{generation}.jsonl").read_text("utf-8")
    cases = [_case(json.loads(line)) for line in text.splitlines()]
    return [case for case in cases if not case.without_converter]


def _case(line: dict[str, Any]) -> Case:
    body = line["body"]
    data = base64.b64decode(body["base64"]) if "base64" in body else body["text"].encode("utf-8")
    return Case(
        line["id"],
        line["name"],
        line["key"],
        line["props"],
        line["headers"],
        data,
        line["action"] == "reject",
        tuple(line["real"]),
    )


async def play(
    cases: Iterable[Case], generation: int, profile: str
) -> list[tuple[Case, tuple[Arrival, ...]]]:
    """Each case with what arrived for it: one after the other, and those that have to expire meanwhile, on hubs of their own."""

    async def apart(case: Case) -> tuple[Case, tuple[Arrival, ...]]:
        async with _hub(generation, profile, reads=[one["queue"] for one in case.real]) as hub:
            return case, await hub.play(case)

    async def together(cases: Iterable[Case]) -> list[tuple[Case, tuple[Arrival, ...]]]:
        async with _hub(generation, profile) as hub:
            return [(case, await hub.play(case)) for case in cases]

    many = list(cases)
    async with asyncio.TaskGroup() as group:
        expiring = [group.create_task(apart(case)) for case in many if case.to_expire]
        found = await together(case for case in many if not case.to_expire)
    return [*found, *(one.result() for one in expiring)]


class _AsSaid(Basic.Properties):
    """Written without the message_id that the library draws."""

    own_id: str | None = None

    def marshal(self) -> bytes:
        self.message_id = self.own_id
        return super().marshal()


class _Hub:
    """A hub at home with a reader on the queues; what the dispatcher is done with is known from it."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._got: list[Arrival] = []
        self._rejects = False
        self._settled = asyncio.Event()
        self._came = asyncio.Event()
        self._sender = ""

    async def read(self, queue: str) -> None:
        async def take(message: DeliveredMessage) -> None:
            assert message.delivery_tag is not None
            properties = message.header.properties
            assert isinstance(properties, Basic.Properties)
            if MARKER in message.body:
                await self._channel.basic_ack(message.delivery_tag)
                self._settled.set()
                return
            self._got.append(Arrival(queue, properties, message.body))
            self._came.set()
            if self._rejects and not queue.startswith(self._sender):
                await self._channel.basic_reject(message.delivery_tag, requeue=False)
            else:
                await self._channel.basic_ack(message.delivery_tag)

        await self._channel.basic_consume(queue, take)

    async def play(self, case: Case) -> tuple[Arrival, ...]:
        self._got, self._rejects, self._sender = [], case.rejected, case.key
        self._settled.clear()
        await self._publish(case.key, case.body, case.properties, case.headers)
        if case.to_expire or case.rejected:
            expected = len(case.real)
            with suppress(TimeoutError):  # what is missing then is a difference
                async with asyncio.timeout(WINDOW):
                    while len(self._got) < expected:
                        self._came.clear()
                        await self._came.wait()
        else:
            await self._publish(LAST, _marker(), {"content_type": JSON_TYPE, "delivery_mode": 2}, {})
            async with asyncio.timeout(DONE):
                await self._settled.wait()
        return tuple(self._got)

    async def _publish(
        self, key: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any]
    ) -> None:
        named = {_NAMES.get(name, name): value for name, value in properties.items()}
        if "timestamp" in named:
            named["timestamp"] = datetime.fromtimestamp(named["timestamp"], UTC)
        if "user_id" in named:
            named["user_id"] = USER
        said = _AsSaid(headers=dict(headers) or None)
        for name, value in named.items():
            setattr(said, name, value)
        said.own_id = named.get("message_id")
        await self._channel.basic_publish(
            _at(body), exchange=topology.CLIENT_EXCHANGE, routing_key=key, properties=said
        )


@asynccontextmanager
async def _hub(generation: int, profile: str, reads: Iterable[str] | None = None) -> AsyncIterator[_Hub]:
    """A hub whose queues are all read, or those of `reads` alone."""
    vhost = VHOSTS[generation]
    sandbox = await Sandbox.start([vhost], CLIENTS, settings=hub_settings(profile, xml_clients={PREFERS_XML}))
    try:
        await sandbox.add(_operator(vhost))
        connection = await aiormq.connect(f"amqp://{USER}:{USER}@127.0.0.1:{sandbox.port}/{vhost}")
        try:
            hub = _Hub(await connection.channel(publisher_confirms=False))
            all_queues = [topology.queue(one, channel) for one in CLIENTS for channel in topology.CHANNELS]
            for queue in reads or [*all_queues, FIRE_REPORTS]:
                await hub.read(queue)
            yield hub
        finally:
            await connection.close()
    finally:
        await sandbox.stop()


def _operator(vhost: str) -> dict[str, Any]:
    rights = {"vhost": vhost, "user": USER, "configure": "^$", "write": ".*", "read": ".*"}
    user = {"name": USER, "password": USER, "tags": ""}
    queue = {"vhost": vhost, "name": FIRE_REPORTS, "durable": True, "auto_delete": False, "arguments": {}}
    binding = {
        "vhost": vhost,
        "source": topology.DISTRIBUTION_EXCHANGE,
        "destination": FIRE_REPORTS,
        "destination_type": "queue",
        "routing_key": FIRE_REPORTS,
        "arguments": {},
    }
    return {"users": [user], "permissions": [rights], "queues": [queue], "bindings": [binding]}


def _marker() -> bytes:
    now = datetime.now(UTC)
    made = envelope(
        {"distributionID": "x"},
        "reference",
        sender=LAST,
        recipient=LAST,
        distribution_id=f"fr.health.{MARKER.decode()}",
        sent_at=now,
        expires_at=now + timedelta(days=2),
        kind="Ack",
    )
    return serialise(made)


def _at(body: bytes) -> bytes:
    """The body with the dates it has from now on."""
    if b"NOW" not in body:
        return body

    def date(found: re.Match[bytes]) -> bytes:
        moment = datetime.now(UTC) + timedelta(seconds=int(found[2]))
        text = moment.isoformat(timespec="seconds")
        return (text.replace("+00:00", "Z") if found[1] else text).encode()

    return _CLOCK.sub(date, body)


def differences(case: Case, got: Iterable[Arrival]) -> list[str]:
    """What arrived otherwise than at the real one's clients."""
    real = sorted((_expected(one) for one in case.real), key=str)
    here = sorted((_seen(one) for one in got), key=str)
    if len(real) != len(here):
        return [f"real {[_short(one) for one in real]}, here {[_short(one) for one in here]}"]
    return [
        f"{name}: real {one.get(name)!r}, here {other.get(name)!r}"
        for one, other in zip(real, here, strict=True)
        for name in sorted(one.keys() | other.keys())
        if not _agree(name, one.get(name), other.get(name))
    ]


def _agree(name: str, real: Any, here: Any) -> bool:
    if name == "expiration" and real and here:
        return abs(int(real) - int(here)) <= CLOCK_MARGIN
    return bool(real == here)


def _short(one: Mapping[str, Any]) -> str:
    return f"{one['queue']} {one.get('code', '')}".strip()


def _expected(one: Mapping[str, Any]) -> dict[str, Any]:
    report = one.get("report", {})
    rest = {_NAMES.get(name, name): value for name, value in one.items() if name != "report"}
    return {**rest, **report}


def _seen(one: Arrival) -> dict[str, Any]:
    properties = one.properties
    found: dict[str, Any] = {"queue": one.queue, "content_type": properties.content_type}
    for name in (*PASSED_ON, "expiration"):
        value = getattr(properties, name)
        if value not in {None, ""}:
            found[name] = int(value.timestamp()) if isinstance(value, datetime) else value
    if properties.content_type == XML_TYPE:
        document: Any = read(one.body, XML_TYPE, 3).document
    else:
        document = json.loads(one.body.decode("utf-8", "replace"))
    if document["senderID"] == HUB:
        content = inner(document)["error"]
        code = content["errorCode"]
        found |= {
            "code": int(code["statusCode"]),
            "string": code["statusString"],
            "referencedDistributionID": content["referencedDistributionID"],
            "form": "xml" if properties.content_type == XML_TYPE else "json",
            "sourceMessage": "sourceMessage" in content,
        }
    return found
