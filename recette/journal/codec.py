"""One journal entry as one line of JSON, chained to the line before by SHA-256.

A line ends in `,"hash":"<64 hex>"}`; the hash covers the hash of the line before and this line up to there.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import operator
from collections.abc import Mapping
from typing import Any

import orjson

from recette.journal.events import EVENT_TYPES, Entry, Event

ORIGIN = "0" * 64
"""What the first line is chained to."""
_SEAL = b',"hash":"'
_SEAL_LENGTH = len(_SEAL) + 64 + 2


class JournalLineError(ValueError):
    """A line that is no journal entry; the text says why, in French."""


def encode(entry: Entry, previous: str) -> tuple[bytes, str]:
    """The line (UTF-8, without line feed) and its hash."""
    record: dict[str, Any] = {
        "n": entry.number,
        "at": entry.at,
        "ms": round(entry.elapsed, 3),
    }
    names, values = _READ[type(entry.event)]
    for name, value in zip(names, values(entry.event), strict=True):
        if isinstance(value, bytes):
            _put_bytes(record, name, value)
        else:
            record[name] = value
    open_line = _as_json(record)[:-1]
    digest = _digest(previous, open_line)
    return b'%b%b%b"}' % (open_line, _SEAL, digest.encode("ascii")), digest


def seal_of(line: bytes, previous: str) -> tuple[bool, str]:
    """Whether `line` is what was written after the line with hash `previous`, and the hash it claims."""
    seal = line[-_SEAL_LENGTH:]
    claimed = seal[len(_SEAL) : -2].decode("ascii", "replace")
    intact = seal.startswith(_SEAL) and _digest(previous, line[:-_SEAL_LENGTH]) == claimed
    return intact, claimed


def decode(line: bytes) -> Entry:
    """Read one line back. Raises JournalLineError."""
    try:
        record = json.loads(line)
        cls = EVENT_TYPES[record["kind"]]
        values = {name: _value(cls, name, record) for name in _FIELDS[cls] if _present(name, record)}
        return Entry(int(record["n"]), str(record["at"]), float(record["ms"]), cls(**values))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalLineError(f"cette ligne n'est pas un événement de journal ({error})") from error


_FIELDS = {cls: tuple(field.name for field in dataclasses.fields(cls)) for cls in EVENT_TYPES.values()}
_READ = {cls: (("kind", *names), operator.attrgetter("kind", *names)) for cls, names in _FIELDS.items()}
_TUPLES = {
    cls: frozenset(field.name for field in dataclasses.fields(cls) if str(field.type).startswith("tuple"))
    for cls in EVENT_TYPES.values()
}


def _put_bytes(record: dict[str, Any], name: str, value: bytes) -> None:
    try:
        record[name] = value.decode("utf-8")
    except UnicodeDecodeError:
        record[f"{name}64"] = base64.b64encode(value).decode("ascii")


def _present(name: str, record: Mapping[str, Any]) -> bool:
    return name in record or f"{name}64" in record


def _value(cls: type[Event], name: str, record: Mapping[str, Any]) -> object:
    if f"{name}64" in record:
        return base64.b64decode(record[f"{name}64"])
    value = record[name]
    if name == "body" and isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return tuple(value) if name in _TUPLES[cls] else value


def _as_json(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:  # half a character, or a number beyond 64 bits: rare, and what was seen must be kept
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=_plain)
        return text.encode("utf-8", "surrogatepass")


def _digest(previous: str, line: bytes) -> str:
    return hashlib.sha256(previous.encode("ascii", "replace") + line).hexdigest()


def _plain(value: object) -> object:
    """Header values of AMQP that JSON has no word for."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
