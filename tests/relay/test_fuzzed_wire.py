"""Frames of any kind, before and behind a relay: all of them pass, and what they say is journaled without a failure."""

from __future__ import annotations

import os
import struct
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from recette.amqp import frames
from recette.amqp.errors import AmqpError
from recette.journal.event import RunEvent
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WireOpened
from recette.relay.acts import Acts
from recette.relay.disturbances import Turner
from recette.relay.recording import Recording
from recette.relay.watch import Watch

SESSIONS = int(os.environ.get("RECETTE_FUZZ", "60"))
FIELDS = {
    b"t": b"\1", b"b": b"\x80", b"B": b"\xff", b"s": b"\x80\0", b"u": b"\xff\xff", b"I": b"\x80\0\0\0", b"l": b"\x80" + b"\0" * 7,
    b"L": b"\xff" * 8, b"f": struct.pack(">f", float("nan")), b"d": struct.pack(">d", float("inf")), b"D": b"\xff\x7f\xff\xff\xff",
    b"T": b"\xff" * 8, b"V": b"", b"z": b"",
}  # fmt: skip
METHODS = [
    0x000A000A, 0x000A000B, 0x000A001F, 0x000A0028, 0x000A0029, 0x000A0032, 0x000A003C, 0x0014000A, 0x00140028, 0x0028000A,
    0x0032000A, 0x003C0014, 0x003C0015, 0x003C0028, 0x003C0032, 0x003C003C, 0x003C0046, 0x003C0047, 0x003C0050, 0x003C005A,
    0x003C006E, 0x003C0078,
]  # fmt: skip
DELIVER = struct.pack(">I", 0x003C003C)
NOISE = 9
"""Octets of what is no frame, as a rule."""
LONGEST_FRAME = 4 * 1024 * 1024
START_OK = struct.pack(">II", 0x000A000B, 0) + b"\5PLAIN" + struct.pack(">I", 8) + b"\0user\0pw\2fr"
OPEN = struct.pack(">I", 0x000A0028) + b"\x0b/15-15_v1.5\0\0"
OPEN_OK = struct.pack(">I", 0x000A0029) + b"\0"


def short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def long(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def table(chance: Random, depth: int = 0) -> bytes:
    found = b""
    for _ in range(chance.randint(0, 4)):
        kind = chance.choice([*FIELDS, b"S", b"x", b"F", b"A"])
        value = FIELDS.get(kind)
        if kind == b"F":
            value = table(chance, depth + 1) if depth < 6 else long(b"")
        elif kind == b"A":
            value = long(
                b"".join(
                    b"F" + table(chance, depth + 1) for _ in range(chance.randint(0, 2) if depth < 5 else 0)
                )
            )
        elif value is None:
            value = long(chance.choice([b"", b"\xff\xfe", b"x" * 100, b"\x1b[31m\n"]))
        name = chance.choice([b"a", b"product", b"no_ack", b"\xff\xfe", b"k" * 255, b""])
        found += short(name) + kind + value
    return long(found)


def method(chance: Random) -> bytes:
    name = short(chance.choice([b"queue", b"\xff", b"fr.health.samu991.message"]))
    said = chance.choice(
        [
            chance.randbytes(chance.randint(0, 40)),
            b"\0\0" + name * chance.randint(0, 4) + chance.randbytes(1) + table(chance),
            table(chance) + START_OK[8:],
            struct.pack(">QB", chance.randint(0, 5), chance.randint(0, 3)),
            b"\3tag" + struct.pack(">QB", chance.randint(0, 5), 0) + b"\0" + name,
        ]
    )
    return struct.pack(">I", chance.choice(METHODS)) + said


def piece(chance: Random) -> bytes:
    """One frame, as a rule; noise, now and then."""
    kind = chance.choices([frames.METHOD, frames.HEADER, frames.BODY, 0, 256], [55, 20, 15, 5, 1])[0]
    channel = chance.choice([0, 1, 1, 2])
    if kind == 256:
        return chance.randbytes(NOISE)
    if kind == frames.METHOD:
        return frames.frame(kind, channel, method(chance))
    if kind == frames.HEADER:
        flags = chance.choice([0, 0x8000, 0xFFFF, 0x2000, 1])
        said = struct.pack(">H", flags) + chance.choice(
            [b"", table(chance), short(b"application/json") + table(chance)]
        )
        size = chance.choice([0, 3, 3, 10, 2**63])
        return frames.frame(kind, channel, frames.CONTENT.pack(60, 0, size) + said)
    return frames.frame(kind or chance.randint(0, 255), channel, chance.randbytes(chance.randint(0, 6)))


@pytest.mark.parametrize("part", range(4))
def test_whatever_passes_is_journaled(part: int, tmp_path: Path) -> None:
    chance = Random(part)
    troubles: list[str] = []
    recording, acts, told = Recording(tmp_path, troubles.append), Acts(), list[RunEvent]()
    recording.tell(RelayStarted(recette="0", hub="amqp://hub", listening="amqp://ici", external=False))

    def tell(event: RunEvent) -> None:
        recording.tell(event)
        told.append(event)
        assert all(seen.action for seen in acts.of(event))

    for number in range(SESSIONS // 4):
        watch = Watch(number, tell)
        watch.saw("editor", frames.PROTOCOL_HEADER)
        if chance.random() < 0.8:
            for side, payload in (("editor", START_OK), ("editor", OPEN), ("hub", OPEN_OK)):
                watch.saw(side, frames.frame(frames.METHOD, 0, payload))  # type: ignore[arg-type]
        for _ in range(chance.randint(1, 40)):
            watch.saw(chance.choice(["editor", "hub"]), piece(chance))
        watch.ended("editor", "x")
    recording.close()
    assert not troubles
    assert any(isinstance(one, WireOpened) and one.user == "user" for one in told)
    journal = read_journal(tmp_path / "journal.jsonl")
    assert (journal.defects, len(journal.entries)) == ((), recording.kept + 1)


def ended(turner: Turner) -> None:
    """No frame at all comes, even after the head of the longest one that noise can announce: what is held goes on."""
    turner(b"\xff" * 9)
    turner(b"\xff" * LONGEST_FRAME)


def handed_over(chance: Random) -> list[bytes]:
    """A delivery in its frames, or anything else."""
    if chance.random() < 0.5:
        return [piece(chance)]
    channel, size = chance.choice([1, 2]), chance.choice([0, 3])
    body = [frames.frame(frames.BODY, channel, b"x" * size)] if size else []
    header = frames.frame(frames.HEADER, channel, frames.CONTENT.pack(60, 0, size) + b"\0\0")
    delivered = frames.frame(frames.METHOD, channel, DELIVER + chance.randbytes(8))
    return [delivered, header, *body]


def by_channel(found: list[frames.Frame]) -> dict[int, list[frames.Frame]]:
    return {channel: [one for one in found if one[1] == channel] for _, channel, _ in found}


async def test_whatever_is_not_turned_round_arrives_as_it_came() -> None:
    chance = Random(5)
    for _ in range(SESSIONS):
        pieces, written = [piece(chance) for _ in range(20)], bytearray()
        turner = Turner(written.extend)
        for one in pieces:
            at = chance.randint(0, len(one))
            turner(one[:at])
            turner(one[at:])
        ended(turner)
        assert written.startswith(b"".join(pieces))


async def test_whatever_is_turned_round_arrives() -> None:
    chance = Random(6)
    turned = 0
    for _ in range(SESSIONS):
        sent, got = list[frames.Frame](), list[frames.Frame]()
        written = bytearray()
        turner = Turner(written.extend)
        for frame in [one for _ in range(20) for one in handed_over(chance) if len(one) != NOISE]:
            sent += frames.FrameReader(LONGEST_FRAME).feed(frame)
            if chance.random() < 0.3:
                turner.arm()
            turner(frame)
        ended(turner)
        with suppress(AmqpError):
            for one in frames.FrameReader(LONGEST_FRAME).feed(bytes(written)):
                got.append(one)
        assert Counter(got) == Counter(sent)
        if not turner.turned:
            assert by_channel(got) == by_channel(sent)
        turned += turner.turned
    assert turned
