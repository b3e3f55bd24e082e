"""Field tables and message properties as raw bytes.

A client's headers are forwarded as they came: decoding and encoding them again would narrow their types. Only the top
level is walked, by lengths, so that the cost is linear and nesting has no depth.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from recette.amqp.errors import MalformedError

_FIXED = {
    b"t": 1, b"b": 1, b"B": 1, b"s": 2, b"u": 2, b"I": 4, b"i": 4, b"l": 8, b"L": 8,
    b"f": 4, b"d": 8, b"D": 5, b"T": 8, b"V": 0,
}  # fmt: skip
_SIZED = (b"S", b"x", b"A", b"F")
_LENGTH = struct.Struct(">I")

SHORT, TABLE, OCTET, TIMESTAMP = "short", "table", "octet", "timestamp"
# The properties of class basic, in the order of their flags, from bit 15 down (AMQP 0-9-1, 4.2.6.1).
PROPERTIES = (
    ("content_type", SHORT), ("content_encoding", SHORT), ("headers", TABLE), ("delivery_mode", OCTET),
    ("priority", OCTET), ("correlation_id", SHORT), ("reply_to", SHORT), ("expiration", SHORT),
    ("message_id", SHORT), ("timestamp", TIMESTAMP), ("type", SHORT), ("user_id", SHORT), ("app_id", SHORT),
    ("cluster_id", SHORT),
)  # fmt: skip
_LAST_FLAGS = 0b11  # bits 1 and 0: one unused, one that announces more flags


def split_values(data: bytes) -> list[bytes]:
    """Values of an array's payload, each with its type octet."""
    values, offset = [], 0
    while offset < len(data):
        end = _value_end(data, offset)
        values.append(data[offset:end])
        offset = end
    return values


def split_table(data: bytes) -> dict[bytes, bytes]:
    """Fields of a table's payload: name to value, each value with its type octet."""
    fields, offset = {}, 0
    while offset < len(data):
        start = offset + 1
        offset = start + data[offset]
        name = data[start:offset]
        if not name or offset > len(data):
            raise MalformedError("a field has no name")
        end = _value_end(data, offset)
        fields[name] = data[offset:end]
        offset = end
    return fields


def _value_end(data: bytes, offset: int) -> int:
    kind = data[offset : offset + 1]
    if kind in _FIXED:
        end = offset + 1 + _FIXED[kind]
    elif kind in _SIZED and offset + 5 <= len(data):
        end = offset + 5 + _LENGTH.unpack_from(data, offset + 1)[0]
    else:
        raise MalformedError(f"no field value at octet {offset}")
    if end > len(data):
        raise MalformedError("a field is longer than its table")
    return end


def payload(value: bytes) -> bytes:
    """What a sized value (string, array, table) holds."""
    return value[5:]


def sized(kind: bytes, data: bytes) -> bytes:
    return kind + _LENGTH.pack(len(data)) + data


def long_string(text: str) -> bytes:
    return sized(b"S", text.encode())


def long_integer(number: int) -> bytes:
    return b"l" + struct.pack(">q", number)


def timestamp(seconds: int) -> bytes:
    return b"T" + struct.pack(">Q", seconds)


def array(values: list[bytes]) -> bytes:
    return sized(b"A", b"".join(values))


def joined(fields: Mapping[bytes, bytes]) -> bytes:
    """Payload of a table; names sorted, as RabbitMQ does."""
    return b"".join(bytes((len(name),)) + name + fields[name] for name in sorted(fields))


@dataclass(frozen=True, slots=True)
class Properties:
    """Property list of a content header, split: name to raw value (a table with its length)."""

    values: Mapping[str, bytes]

    @classmethod
    def parse(cls, data: bytes) -> "Properties":
        """Raises MalformedError, also for a header table whose top level is broken."""
        if len(data) < 2:
            raise MalformedError("property flags are missing")
        flags = data[0] << 8 | data[1]
        if flags & _LAST_FLAGS:
            raise MalformedError("unknown property flags")
        values, offset, bit = {}, 2, 0x8000
        for name, kind in PROPERTIES:
            if flags & bit:
                end = _property_end(data, offset, kind)
                values[name] = data[offset:end]
                offset = end
            bit >>= 1
        if offset != len(data):
            raise MalformedError("octets after the last property")
        if "headers" in values:
            split_table(values["headers"][4:])
        return cls(values)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return None if value is None else value[1:].decode(errors="replace")

    def is_text(self) -> bool:
        """Whether all its short strings are UTF-8."""
        try:
            for name, kind in PROPERTIES:
                if kind is SHORT and name in self.values:
                    self.values[name].decode()
        except UnicodeDecodeError:
            return False
        return True

    def headers(self) -> dict[bytes, bytes]:
        return split_table(self.values["headers"][4:]) if "headers" in self.values else {}

    def encoded(self) -> bytes:
        flags, bit, values = 0, 0x8000, []
        for name, _ in PROPERTIES:
            if name in self.values:
                flags |= bit
                values.append(self.values[name])
            bit >>= 1
        return b"".join((flags.to_bytes(2, "big"), *values))


def _property_end(data: bytes, offset: int, kind: str) -> int:
    if kind is OCTET:
        end = offset + 1
    elif kind is TIMESTAMP:
        end = offset + 8
    elif kind is SHORT:
        end = offset + 1 + (data[offset] if offset < len(data) else 0)
    elif offset + 4 <= len(data):
        end = offset + 4 + _LENGTH.unpack_from(data, offset)[0]
    else:
        raise MalformedError("a property is cut off")
    if end > len(data):
        raise MalformedError("a property is cut off")
    return end
