"""Field tables as values, within bounds: what a peer puts into a header is no more than data.

Types as RabbitMQ reads them (its errata to AMQP 0-9-1, 4.2.1).
"""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from recette.amqp.errors import MalformedError

DEPTH_MAX = 32  # tables and arrays in one another
COUNT_MAX = 4_000  # values of one table, those within included
NAME_MAX = 255  # bytes of a short string
CALENDAR_END = 253_402_300_800  # seconds: the year 10000, which no date of ours can say

_LENGTH = struct.Struct(">I")
_DECIMAL = struct.Struct(">Bi")
_NUMBERS: Mapping[bytes, struct.Struct] = {
    b"b": struct.Struct(">b"), b"B": struct.Struct(">B"), b"s": struct.Struct(">h"), b"u": struct.Struct(">H"),
    b"I": struct.Struct(">i"), b"i": struct.Struct(">I"), b"l": struct.Struct(">q"), b"L": struct.Struct(">q"),
    b"f": struct.Struct(">f"), b"d": struct.Struct(">d"),
}  # fmt: skip


def decoded(data: bytes) -> dict[str, Any]:
    """The payload of a table: strings, bytes where they are no text, numbers, dates, lists, tables, None.

    All of them can be encoded again.

    Raises MalformedError, also for what is nested deeper than `DEPTH_MAX` or holds more than `COUNT_MAX` values.
    """
    reader = _Reader(data)
    found = reader.table(len(data), 1)
    if reader.at != len(data):
        raise MalformedError("octets after the last field")
    return found


def instant(seconds: int) -> datetime | None:
    """A timestamp as a date; None where no calendar has it."""
    return datetime.fromtimestamp(seconds, UTC) if seconds < CALENDAR_END else None


def legible(name: bytes) -> str:
    """A short string, what is no UTF-8 of it written out; still one that AMQP can say."""
    return name.decode(errors="backslashreplace").encode()[:NAME_MAX].decode(errors="ignore")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._count = 0
        self.at = 0

    def table(self, length: int, depth: int) -> dict[str, Any]:
        end = self._end(length, depth)
        fields: dict[str, Any] = {}
        while self.at < end:
            name = legible(self.octets(self.octets(1)[0]))
            fields[name] = self._value(depth + 1)
        self._ends_at(end)
        return fields

    def array(self, depth: int) -> list[Any]:
        end = self._end(self.length(), depth)
        values = []
        while self.at < end:
            values.append(self._value(depth + 1))
        self._ends_at(end)
        return values

    def _value(self, depth: int) -> Any:  # noqa: ANN401 - whatever a peer sent
        self._count += 1
        if self._count > COUNT_MAX:
            raise MalformedError(f"more than {COUNT_MAX} values")
        kind = self.octets(1)
        if kind in _NUMBERS:
            form = _NUMBERS[kind]
            return form.unpack(self.octets(form.size))[0]
        if kind not in _KINDS:
            raise MalformedError(f"no field type {kind!r}")
        return _KINDS[kind](self, depth)

    def _end(self, length: int, depth: int) -> int:
        if depth > DEPTH_MAX:
            raise MalformedError(f"nested deeper than {DEPTH_MAX}")
        if self.at + length > len(self._data):
            raise MalformedError("a field is longer than its table")
        return self.at + length

    def _ends_at(self, end: int) -> None:
        if self.at != end:
            raise MalformedError("a field is longer than its table")

    def length(self) -> int:
        length: int = _LENGTH.unpack(self.octets(4))[0]
        return length

    def octets(self, count: int) -> bytes:
        found = self._data[self.at : self.at + count]
        if len(found) != count:
            raise MalformedError("a field is cut off")
        self.at += count
        return found

    def text(self) -> str | bytearray:
        found = self.octets(self.length())
        try:
            return found.decode()
        except UnicodeDecodeError:
            return bytearray(found)

    def instant(self) -> datetime | str:
        seconds = int.from_bytes(self.octets(8), "big")
        return instant(seconds) or str(seconds)

    def decimal(self) -> Decimal:
        scale, number = _DECIMAL.unpack(self.octets(5))
        return Decimal(number).scaleb(-scale)


_KINDS: Mapping[bytes, Callable[[_Reader, int], Any]] = {
    b"t": lambda reader, _: reader.octets(1) != b"\0",
    b"D": lambda reader, _: reader.decimal(),
    b"T": lambda reader, _: reader.instant(),
    b"V": lambda _, __: None,
    b"S": lambda reader, _: reader.text(),
    b"x": lambda reader, _: bytearray(reader.octets(reader.length())),
    b"A": lambda reader, depth: reader.array(depth),
    b"F": lambda reader, depth: reader.table(reader.length(), depth),
}
