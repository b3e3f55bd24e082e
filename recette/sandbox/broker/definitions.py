"""RabbitMQ's definitions.json, read once into frozen records.

Both brokers of the sandbox start from the same mapping. The one addition to RabbitMQ's format is the clear `password`
of a user; a user with neither `password` nor `password_hash` can only log in with a certificate (EXTERNAL).
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from recette.sandbox.broker.errors import DefinitionsError

SHORT_STRING_MAX = 255  # bytes, of any name on the wire
Arguments = Mapping[str, object]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class VHostSpec:
    name: str


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)  # base64 of 4 bytes of salt, then SHA-256 of both


@dataclass(frozen=True, slots=True)
class Permission:
    user: str
    vhost: str
    configure: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class TopicPermission:
    user: str
    vhost: str
    exchange: str
    write: str
    read: str


@dataclass(frozen=True, slots=True)
class ExchangeSpec:
    vhost: str
    name: str
    type: str
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueueSpec:
    vhost: str
    name: str
    durable: bool = True
    auto_delete: bool = False
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BindingSpec:
    vhost: str
    source: str
    destination: str
    destination_type: str = "queue"
    routing_key: str = ""
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PolicySpec:
    vhost: str
    name: str
    pattern: str
    definition: Arguments
    apply_to: str = "all"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Definitions:
    vhosts: tuple[VHostSpec, ...]
    users: tuple[User, ...]
    permissions: tuple[Permission, ...]
    topic_permissions: tuple[TopicPermission, ...]
    exchanges: tuple[ExchangeSpec, ...]
    queues: tuple[QueueSpec, ...]
    bindings: tuple[BindingSpec, ...]
    policies: tuple[PolicySpec, ...]

    def vhosts_named(self) -> set[str]:
        """The vHosts that any record is in."""
        rights = {one.vhost for one in self.permissions} | {one.vhost for one in self.topic_permissions}
        things = {one.vhost for one in self.exchanges} | {one.vhost for one in self.queues}
        return rights | things | {one.vhost for one in self.bindings} | {one.vhost for one in self.policies}


def parse(definitions: Mapping[str, object]) -> Definitions:
    """Definitions as records; what a record has beside the fields known here is left out.

    Raises DefinitionsError for a record that lacks a field or has one of the wrong type.
    """
    return Definitions(
        vhosts=tuple(_records(definitions, "vhosts", VHostSpec)),
        users=tuple(_records(definitions, "users", User)),
        permissions=tuple(_records(definitions, "permissions", Permission)),
        topic_permissions=tuple(_records(definitions, "topic_permissions", TopicPermission)),
        exchanges=tuple(_records(definitions, "exchanges", ExchangeSpec)),
        queues=tuple(_records(definitions, "queues", QueueSpec)),
        bindings=tuple(_records(definitions, "bindings", BindingSpec)),
        policies=tuple(_records(definitions, "policies", PolicySpec)),
    )


def _records(definitions: Mapping[str, object], section: str, kind: type[Record]) -> Iterator[Record]:
    values = definitions.get(section, ())
    if not isinstance(values, list | tuple):
        raise DefinitionsError(f"Définitions du broker : la section « {section} » n'est pas une liste.")
    for index, value in enumerate(values):
        where = f"{section}[{index}]"
        if not isinstance(value, Mapping):
            raise DefinitionsError(f"Définitions du broker : {where} n'est pas un objet.")
        yield _record(value, where, kind)


def _record(value: Mapping[str, object], where: str, kind: type[Record]) -> Record:
    read: dict[str, object] = {}
    for one in fields(kind):  # type: ignore[arg-type]  # every kind is a dataclass
        key = one.name.replace("apply_to", "apply-to")
        if key in value:
            read[one.name] = _checked(value[key], f"{where}, le champ « {key} »", one)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise DefinitionsError(
                f"Définitions du broker : {where} n'a pas de champ « {key} » ; ajoutez-le."
            )
    return kind(**read)


def _checked(value: object, where: str, wanted: Field[Any]) -> object:
    kind = Mapping if wanted.type is Arguments else wanted.type
    if not isinstance(kind, type) or not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DefinitionsError(
            f"Définitions du broker : {where} vaut {value!r}, ce n'est pas le type attendu."
        )
    if isinstance(value, str) and len(value.encode()) > SHORT_STRING_MAX:
        raise DefinitionsError(f"Définitions du broker : {where} dépasse {SHORT_STRING_MAX} octets.")
    return value
