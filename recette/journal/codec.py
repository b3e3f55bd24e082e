"""One journal entry as one line of JSON, chained to the line before by SHA-256.

    {"n":…,"at":…,"ms":…,"kind":…,<open fields>, "private":{<private fields>}, "salt":"<32 hex>", "hash":"<64 hex>"}

The hash covers the hash of the line before and this line with its private fields and their salt replaced by their
commitment, `, "sealed":"<SHA-256 of salt and private fields>"`. So a line whose private fields were taken out keeps its
hash, and the salt keeps small values from being guessed. Private fields that all say nothing are left out from the
start. Only the parts are set off by a space, which the JSON written here never has outside a string: nothing in a
message can look like one.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
import operator
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from recette.journal.compiled import reading
from recette.journal.events import EVENT_TYPES, Entry, Event
from recette.journal.kinds import checks_of, fields_of, kind_of
from recette.platform.random_bytes import random_bytes

ORIGIN = "0" * 64
"""What the first line is chained to."""
_PRIVATE, _SALT, _SEALED, _HASH = b', "private":', b', "salt":"', b', "sealed":"', b', "hash":"'
_EXACT = b'{"exact":true,'
"""How a part begins that orjson could not write, and must not read: it would round long numbers."""
_HASH_LENGTH = len(_HASH) + 64 + 2
_SALT_LENGTH = len(_SALT) + 32 + 1
_SEALED_LENGTH = len(_SEALED) + 64 + 1


class JournalLineError(ValueError):
    """A line that is no journal entry; the text says why, in French."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line taken apart, nothing decoded: what is open, the commitment to the rest, and the hash it claims."""

    open: bytes
    sealed: bytes
    """`, "sealed":"…"` as the hash covers it; empty where the event has no private fields."""
    salt: bytes
    """Empty where there are no private fields, or where they were taken out."""
    claimed: str

    def hash_after(self, previous: str) -> str:
        return _digest(previous, self.open + self.sealed)


def encode(entry: Entry, previous: str) -> tuple[bytes, str]:
    """The line (UTF-8, without line feed) and its hash."""
    event = entry.event
    cls = type(event)
    part = _OPEN[cls]
    open_part = _told(part, part.read(event, entry.number, entry.at, round(entry.elapsed, 3)))[:-1]
    if cls not in _HIDDEN or _HIDDEN[cls].values(event) == _NOTHING[cls]:
        digest = _digest(previous, open_part)
        return b'%b%b%b"}' % (open_part, _HASH, digest.encode("ascii")), digest
    hidden = _HIDDEN[cls]
    private = _told(hidden, hidden.read(event))
    salt = random_bytes().hex().encode("ascii")
    digest = _digest(previous, open_part + _commitment(salt, private))
    parts = (open_part, _PRIVATE, private, _SALT, salt, _HASH, digest.encode("ascii"))
    return b'%b%b%b%b%b"%b%b"}' % parts, digest


def take_apart(line: bytes) -> Line:
    """What the chain needs of a line. Raises JournalLineError where it has not the shape of one."""
    rest, seal = line[:-_HASH_LENGTH], line[-_HASH_LENGTH:]
    if not (seal.startswith(_HASH) and seal.endswith(b'"}')):
        raise JournalLineError("cette ligne n'a pas la forme d'un événement de journal")
    claimed = seal[len(_HASH) : -2].decode("ascii", "replace")
    start = rest.find(_PRIVATE)
    if start < 0:
        at = len(rest) - _SEALED_LENGTH
        sealed = rest[at:] if at > 0 and rest.startswith(_SEALED, at) else b""
        return Line(rest[: len(rest) - len(sealed)], sealed, b"", claimed)
    private, tail = rest[start + len(_PRIVATE) : -_SALT_LENGTH], rest[-_SALT_LENGTH:]
    if not (tail.startswith(_SALT) and tail.endswith(b'"')):
        raise JournalLineError("le sel de cette ligne a été changé")
    salt = tail[len(_SALT) : -1]
    return Line(rest[:start], _commitment(salt, private), salt, claimed)


def redacted(line: bytes) -> bytes:
    """The same line without its private fields; its hash still holds. Raises JournalLineError."""
    parts = take_apart(line)
    return b'%b%b%b%b"}' % (parts.open, parts.sealed, _HASH, parts.claimed.encode("ascii"))


def laid_open(line: bytes) -> list[str]:
    """Fields that are private now and stand open in a line of an older version. Raises JournalLineError."""
    cls = type(decode(line).event)
    if cls not in _HIDDEN:
        return []
    record = _from_json(line)
    return [name for name, coded, _ in _HIDDEN[cls].readers if name in record or coded in record]


def decode(line: bytes) -> Entry:
    """Read one line back. Raises JournalLineError."""
    try:
        record = _from_json(line)
        cls = EVENT_TYPES[record["kind"]]
        values = _values(_OPEN[cls], record)
        sealed = "sealed" in record
        if sealed:
            values |= _BLANK[cls]
        if cls in _HIDDEN:  # what is private now may be open in an older journal
            values |= _values(_HIDDEN[cls], record) | _values(_HIDDEN[cls], record.get("private", {}))
        checks = _CHECKS[cls]
        for name, value in values.items():
            if not checks[name](value) and not (sealed and value is None):
                raise TypeError("une valeur d'une autre sorte")
        number, at, elapsed = record["n"], record["at"], float(record["ms"])
        if not (type(number) is int and isinstance(at, str) and math.isfinite(elapsed)):
            raise TypeError("une valeur d'une autre sorte")
        return Entry(number, at, elapsed, cls(**values), sealed)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise JournalLineError("cette ligne n'est pas un événement de journal") from error


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("utf-8", "surrogatepass")


def _reader(hint: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - an annotation
    """What makes of JSON the value that a field holds; None where it is that value already."""
    kind = kind_of(hint)
    if kind is tuple:
        row = _row(typing.get_args(hint)[0])
        return tuple if row is None else lambda value: tuple(map(row, value))
    return _bytes if kind is bytes else _row(kind)


def _row(kind: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - an annotation
    """What makes a dataclass of its fields, lists of which are tuples; None for whatever is none."""
    if not dataclasses.is_dataclass(kind):
        return None
    make = typing.cast("Callable[..., Any]", kind)
    listed = [name for name, hint in fields_of(typing.cast("type", kind)).items() if kind_of(hint) is tuple]

    def read(value: Any) -> Any:  # noqa: ANN401 - a JSON tree
        if value is None:
            return None
        return make(**{**value, **{name: tuple(value[name]) for name in listed if name in value}})

    return read


@dataclass(frozen=True, slots=True)
class _Part:
    """Some fields of an event type, with what reads them all at once, from an event and from JSON."""

    read: Callable[..., dict[str, Any]]
    """Of an event, beside the values that stand in each line."""
    values: Callable[[Event], tuple[Any, ...]]
    readers: tuple[tuple[str, str, Callable[[Any], Any] | None], ...]
    """Name, name of the same in base 64, reader."""
    coded: tuple[str, ...]
    """Those whose value may be bytes."""


def _part(hints: Mapping[str, Any], *first: str, ahead: tuple[str, ...] = ()) -> _Part:
    names = (*first, *hints)
    values = operator.attrgetter(*names) if len(names) > 1 else _one(names[0])
    readers = tuple((name, f"{name}64", _reader(hint)) for name, hint in hints.items())
    coded = tuple(name for name, hint in hints.items() if kind_of(hint) is bytes)
    return _Part(reading(ahead, names), values, readers, coded)


def _may_be_none(hint: Any) -> bool:  # noqa: ANN401 - an annotation
    return type(None) in typing.get_args(hint)


def _one(name: str) -> Callable[[Event], tuple[Any, ...]]:
    """An attrgetter of one name gives no tuple."""
    return lambda event: (getattr(event, name),)


_IN_EACH = ("n", "at", "ms")
"""What each line begins with: number, time, milliseconds since the beginning."""
_CHECKS = {cls: checks_of(cls) for cls in EVENT_TYPES.values()}
_HINTS = {cls: fields_of(cls) for cls in EVENT_TYPES.values()}
_PRIVATE_HINTS = {
    cls: {name: hint for name, hint in hints.items() if name in cls.private} for cls, hints in _HINTS.items()
}
_OPEN = {
    cls: _part(
        {name: hint for name, hint in hints.items() if name not in cls.private}, "kind", ahead=_IN_EACH
    )
    for cls, hints in _HINTS.items()
}
_HIDDEN = {cls: _part(hints) for cls, hints in _PRIVATE_HINTS.items() if hints}
_NOTHING = {
    cls: tuple(one.default for one in dataclasses.fields(cls) if one.name in cls.private) for cls in _HIDDEN
}
"""Private fields that say nothing, which their line does without; one that has no default always says something."""
_BLANKS: dict[Any, object] = {bytes: b"", str: "", Mapping: {}, tuple: ()}
_BLANK = {
    cls: {name: None if _may_be_none(hint) else _BLANKS.get(kind_of(hint)) for name, hint in hints.items()}
    for cls, hints in _PRIVATE_HINTS.items()
}
"""What stands for private fields that were taken out."""


def _told(part: _Part, record: dict[str, Any]) -> bytes:
    """What was read of an event, as JSON."""
    for name in part.coded:
        if record[name] is not None:
            _put_bytes(record, name, record[name])
    return _as_json(record)


def _put_bytes(record: dict[str, Any], name: str, value: bytes) -> None:
    try:
        record[name] = value.decode("utf-8")
    except UnicodeDecodeError:
        del record[name]
        record[f"{name}64"] = base64.b64encode(value).decode("ascii")


def _values(part: _Part, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a part that are there."""
    values = {}
    for name, coded, reader in part.readers:
        if name in record:
            value = record[name]
            values[name] = value if reader is None else reader(value)
        elif coded in record:
            values[name] = base64.b64decode(record[coded])
    return values


def _from_json(line: bytes) -> dict[str, Any]:
    exact = _EXACT in line
    record = json.loads(line.decode("utf-8", "surrogatepass")) if exact else orjson.loads(line)
    if not isinstance(record, dict):
        raise TypeError("une valeur seule")
    return record


def _as_json(record: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:  # half a character, or a number beyond 64 bits: rare, and what was seen must be kept
        exact = {"exact": True, **record}
        text = json.dumps(exact, ensure_ascii=False, separators=(",", ":"), default=_plain)
        return text.encode("utf-8", "surrogatepass")


def _commitment(salt: bytes, private: bytes) -> bytes:
    return b'%b%b"' % (_SEALED, hashlib.sha256(salt + private).hexdigest().encode("ascii"))


def _digest(previous: str, line: bytes) -> str:
    return hashlib.sha256(previous.encode("ascii", "replace") + line).hexdigest()


def _plain(value: object) -> object:
    """Header values of AMQP that JSON has no word for."""
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
