"""The hub's topology and rights as RabbitMQ definitions, for any broker (DST 3.1, fact sheet 2.2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Any

from recette.hub import topology

DISPATCHER = "dispatcher"
DEFAULT_TTL = 86_400
"""Seconds a message waits in a client's queue before the hub reports it as dead (DST 2.2.4)."""


def new_passwords(clients: Iterable[str]) -> dict[str, str]:
    """A password drawn for each client and for the dispatcher."""
    return {name: secrets.token_urlsafe(16) for name in (*clients, DISPATCHER)}


def definitions(
    vhosts: Iterable[str], passwords: dict[str, str], *, ttl: float = DEFAULT_TTL
) -> dict[str, Any]:
    """Definitions for the vHosts, with the three queues and the rights of each client; `ttl` in seconds."""
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
