"""The hub's topology and rights as RabbitMQ definitions, for any broker (DST 3.1, fact sheet 2.2)."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from recette.hub import topology

DISPATCHER = "dispatcher"
DEFAULT_TTL = 86_400
"""Seconds a message waits in a client's queue before the hub reports it as dead (DST 2.2.4)."""


def new_passwords(clients: Iterable[str]) -> dict[str, str]:
    """A password drawn for each client and for the dispatcher."""
    return {name: secrets.token_urlsafe(16) for name in (*clients, DISPATCHER)}


def definitions(
    vhosts: Iterable[str], passwords: dict[str, str], *, ttl: float = DEFAULT_TTL, quorum: bool = False
) -> dict[str, Any]:
    """Definitions for the vHosts, with the three queues and the rights of each client; `ttl` in seconds.

    An empty password is for a client that logs in with a certificate. With `quorum`, queues survive a node.
    """
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
        _add_hub(document, vhost, ttl)
        for client in clients:
            _add_client(document, vhost, client)
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


def _add_hub(document: dict[str, Any], vhost: str, ttl: float) -> None:
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
        )
    ]
    document["queues"] += [_queue(vhost, topology.DISPATCH_QUEUE), _queue(vhost, topology.DEAD_LETTER_QUEUE)]
    document["bindings"] += [
        _binding(vhost, topology.CLIENT_EXCHANGE, topology.DISPATCH_QUEUE, "#"),
        _binding(vhost, topology.DEAD_LETTER_EXCHANGE, topology.DEAD_LETTER_QUEUE, ""),
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
            "write": f"^{topology.DISTRIBUTION_EXCHANGE}$",
            "read": f"^{topology.DISPATCH_QUEUE}(\\.dlq)?$",
        }
    )


def _add_client(document: dict[str, Any], vhost: str, client: str) -> None:
    own = re.escape(client)
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
            "write": f"^{own}$",
            "read": "^$",
        }
    )


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
