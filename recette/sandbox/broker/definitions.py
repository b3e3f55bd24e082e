"""A RabbitMQ definitions.json, read into what the embedded broker serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class DefinitionsError(ValueError):
    """Definitions that cannot be served; the text says which entry."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may do on one vHost: regular expressions on names, as RabbitMQ has them."""

    configure: str
    write: str
    read: str
    topic_write: Mapping[str, str]
    """By exchange, on the routing key of a publish."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Arguments for the queues whose name matches."""

    pattern: str
    priority: int
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Definitions:
    """Everything there is at start; dictionaries of the file's own lists."""

    passwords: Mapping[str, str]
    rights: Mapping[tuple[str, str], Rights]
    """By vHost and user."""
    vhosts: tuple[str, ...]
    policies: Mapping[str, tuple[Policy, ...]]
    exchanges: tuple[Mapping[str, Any], ...]
    queues: tuple[Mapping[str, Any], ...]
    bindings: tuple[Mapping[str, Any], ...]


def parse(document: Mapping[str, Any]) -> Definitions:
    """Read definitions.json (users with a `password`). Raises DefinitionsError."""
    try:
        topics: dict[tuple[str, str], dict[str, str]] = {}
        for one in document.get("topic_permissions", ()):
            topics.setdefault((one["vhost"], one["user"]), {})[one["exchange"]] = one["write"]
        rights = {
            (one["vhost"], one["user"]): Rights(
                one["configure"], one["write"], one["read"], topics.get((one["vhost"], one["user"]), {})
            )
            for one in document.get("permissions", ())
        }
        policies: dict[str, tuple[Policy, ...]] = {}
        for one in document.get("policies", ()):
            policy = Policy(one["pattern"], one.get("priority", 0), one["definition"])
            re.compile(policy.pattern)
            policies[one["vhost"]] = (*policies.get(one["vhost"], ()), policy)
        return Definitions(
            passwords={one["name"]: one.get("password", "") for one in document.get("users", ())},
            rights=rights,
            vhosts=tuple(one["name"] for one in document.get("vhosts", ())),
            policies=policies,
            exchanges=tuple(document.get("exchanges", ())),
            queues=tuple(document.get("queues", ())),
            bindings=tuple(document.get("bindings", ())),
        )
    except (KeyError, TypeError, re.error) as error:
        raise DefinitionsError(f"Les définitions du broker sont inutilisables : {error!r}.") from error
