"""The hub's topology and rights as RabbitMQ definitions, for any broker (DST 3.1, fact sheet 2.2)."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
import secrets
from collections.abc import Container, Iterable, Mapping
from typing import Any

from recette.hub import topology
from recette.sandbox.transfer import exchange

DISPATCHER = "dispatcher"
FIRE_SIDE = "fr.health.fire"
"""The one client that reads what is addressed to any fire client (hub-sante-2026 2)."""
FIRE_KEY = "fr.fire.sga"
"""The routing key of all that comes from the fire side, whoever sends it."""
_ONWARD = f"|{topology.CLIENT_EXCHANGE}|transfer_.*"
DEFAULT_TTL = 86_400
"""Seconds a message waits in a client's queue before the hub reports it as dead (DST 2.2.4)."""


def is_fire(client: str) -> bool:
    """Whether a client is one of the fire services, for whom FIRE_SIDE reads where there is one."""
    return client.startswith("fr.fire.")


def new_passwords(clients: Iterable[str]) -> dict[str, str]:
    """A password drawn for each client and for the dispatcher."""
    return {name: secrets.token_urlsafe(16) for name in (*clients, DISPATCHER)}


def definitions(
    vhosts: Iterable[str],
    passwords: dict[str, str],
    *,
    ttl: float = DEFAULT_TTL,
    quorum: bool = False,
    homes: Mapping[str, Container[str]] | None = None,
) -> dict[str, Any]:
    """Definitions for the vHosts, with the three queues and the rights of each client; `ttl` in seconds.

    An empty password is for a client that logs in with a certificate. With `quorum`, queues survive a node. With
    `homes`, a client lives on its vHosts alone, and what is converted may go from each vHost to each other one.
    """
    vhosts = list(vhosts)
    clients = [name for name in passwords if name != DISPATCHER]
    document: dict[str, Any] = {
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "users": [{"name": name, "password": word, "tags": ""} for name, word in passwords.items()],
        "permissions": [],
        "topic_permissions": [],
        "exchanges": [],
        "queues": [],
        "bindings": [],
        "policies": [],
    }
    for vhost in vhosts:
        others = [one for one in vhosts if one != vhost] if homes is not None else []
        _add_hub(document, vhost, ttl, others)
        here = [one for one in clients if homes is None or vhost in homes.get(one, (vhost,))]
        fire = [one for one in clients if is_fire(one)] if FIRE_SIDE in here else []
        for client in here:
            if client not in fire:
                _add_client(document, vhost, client)
        document["bindings"] += [
            _binding(vhost, topology.DISTRIBUTION_EXCHANGE, *_fire_side(one, channel))
            for one in fire
            for channel in topology.CHANNELS
        ]
    if quorum:
        for queue in document["queues"]:
            queue["arguments"] = {"x-queue-type": "quorum"}
    return document


def stored(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The same definitions, with passwords as RabbitMQ stores them: salt and SHA-256, in base64."""
    document = copy.deepcopy(dict(wanted))
    for user in document.get("users", ()):
        password = user.pop("password", "")
        if password:
            salt = secrets.token_bytes(4)
            digest = hashlib.sha256(salt + password.encode()).digest()
            user["password_hash"] = base64.b64encode(salt + digest).decode()
        user.setdefault("password_hash", "")  # empty: no password opens it, a certificate may
        user["hashing_algorithm"] = "rabbit_password_hashing_sha256"
        user.setdefault("tags", "")
    return document


def _add_hub(document: dict[str, Any], vhost: str, ttl: float, others: list[str]) -> None:
    onward = [exchange(vhost, one) for one in others]
    document["exchanges"] += [
        {
            "vhost": vhost,
            "name": name,
            "type": kind,
            "durable": True,
            "auto_delete": False,
            "internal": False,
            "arguments": {},
        }
        for name, kind in (
            (topology.CLIENT_EXCHANGE, "topic"),
            (topology.DISTRIBUTION_EXCHANGE, "direct"),
            (topology.DEAD_LETTER_EXCHANGE, "fanout"),
            *((name, "topic") for name in onward),
        )
    ]
    document["queues"] += [
        _queue(vhost, name) for name in (topology.DISPATCH_QUEUE, topology.DEAD_LETTER_QUEUE, *onward)
    ]
    document["bindings"] += [
        _binding(vhost, topology.CLIENT_EXCHANGE, topology.DISPATCH_QUEUE, "#"),
        _binding(vhost, topology.DEAD_LETTER_EXCHANGE, topology.DEAD_LETTER_QUEUE, ""),
        *(_binding(vhost, name, name, "#") for name in onward),
    ]
    document["policies"] += [
        {
            "vhost": vhost,
            "name": name,
            "pattern": pattern,
            "apply-to": "queues",
            "priority": 0,
            "definition": {
                "message-ttl": int(ttl * 1000),
                "dead-letter-exchange": topology.DEAD_LETTER_EXCHANGE,
            },
        }
        for name, pattern in (("messages", r"^.*\.(?:ack|message)$"), ("infos", r"^.*\.info"))
    ]
    document["permissions"].append(
        {
            "vhost": vhost,
            "user": DISPATCHER,
            "configure": "^$",
            "write": f"^({topology.DISTRIBUTION_EXCHANGE}{_ONWARD if onward else ''})$",
            "read": f"^({topology.DISPATCH_QUEUE}(\\.dlq)?{'|transfer_.*' if onward else ''})$",
        }
    )


def _add_client(document: dict[str, Any], vhost: str, client: str) -> None:
    own = re.escape(client)
    signs = re.escape(FIRE_KEY) if client == FIRE_SIDE else own
    names = [topology.queue(client, channel) for channel in topology.CHANNELS]
    document["queues"] += [_queue(vhost, name) for name in names]
    document["bindings"] += [_binding(vhost, topology.DISTRIBUTION_EXCHANGE, name, name) for name in names]
    document["permissions"].append(
        {
            "vhost": vhost,
            "user": client,
            "configure": "^$",
            "write": f"^{topology.CLIENT_EXCHANGE}$",
            "read": f"^{own}\\.(message|ack|info)$",
        }
    )
    document["topic_permissions"].append(
        {
            "vhost": vhost,
            "user": client,
            "exchange": topology.CLIENT_EXCHANGE,
            "write": f"^{signs}$",
            "read": "^$",
        }
    )


def _fire_side(client: str, channel: topology.Channel) -> tuple[str, str]:
    """The queue that takes what is addressed to a fire client, and the key that it comes with."""
    return topology.queue(FIRE_SIDE, channel), topology.queue(client, channel)


def _queue(vhost: str, name: str) -> dict[str, Any]:
    return {"vhost": vhost, "name": name, "durable": True, "auto_delete": False, "arguments": {}}


def _binding(vhost: str, source: str, destination: str, key: str) -> dict[str, Any]:
    return {
        "vhost": vhost,
        "source": source,
        "destination": destination,
        "destination_type": "queue",
        "routing_key": key,
        "arguments": {},
    }
