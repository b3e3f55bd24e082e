"""Definitions that cannot be served are refused in one French sentence that names the record."""

from __future__ import annotations

import base64
import hashlib
import socket
from typing import Any

import pytest

from recette.sandbox.broker import DefinitionsError, EmbeddedBroker, PortTakenError

from .amqp_client import AmqpClient, Peer
from .conftest import own_definitions


@pytest.mark.parametrize(
    ("section", "record", "said"),
    [
        ("vhosts", {}, "vhosts[0] n'a pas de champ « name »"),
        ("vhosts", "own", "vhosts[0] n'est pas un objet"),
        ("vhosts", {"name": 3}, "vhosts[0], le champ « name » vaut 3"),
        ("queues", {"vhost": "own", "name": "q", "durable": "yes"}, "queues[0], le champ « durable » vaut 'yes'"),
        ("queues", {"vhost": "own", "name": "é" * 200}, "queues[0], le champ « name » dépasse 255 octets"),
        ("queues", {"vhost": "no", "name": "q"}, "le vHost « no » n'est pas défini"),
        (
            "queues", {"vhost": "own", "name": "q", "arguments": {"x-queue-type": "quorum"}},
            "file q sur own, le broker embarqué répond NOT_IMPLEMENTED - argument 'x-queue-type'",
        ),
        (
            "queues", {"vhost": "own", "name": "q", "arguments": {"x-message-ttl": -5}},
            "file q sur own, le broker embarqué répond PRECONDITION_FAILED",
        ),
        ("exchanges", {"vhost": "own", "name": "e", "type": "headers"}, "exchange e sur own"),
        ("bindings", {"vhost": "own", "source": "no", "destination": "q"}, "liaison de no vers q sur own"),
        (
            "permissions", {"vhost": "own", "user": "no", "configure": "", "write": "", "read": ""},
            "droits de no sur own, cet utilisateur n'est pas défini",
        ),
        (
            "permissions", {"vhost": "own", "user": "owner", "configure": "((", "write": "", "read": ""},
            "l'expression « (( » est invalide",
        ),
        (
            "policies", {"vhost": "own", "name": "p", "pattern": "", "definition": {"ha-mode": "all"}},
            "politique p sur own, le broker embarqué ne sert pas « ha-mode »",
        ),
        (
            "policies", {"vhost": "own", "name": "p", "pattern": "", "definition": {"message-ttl": "x"}},
            "politique p sur own",
        ),
        ("users", {"name": "u", "password_hash": "*"}, "utilisateur u, password_hash n'est pas en base64"),
    ],
)  # fmt: skip
async def test_refused(section: str, record: Any, said: str) -> None:
    base = {
        "vhosts": [{"name": "own"}],
        "users": [{"name": "owner", "password": "secret"}],
    }
    with pytest.raises(DefinitionsError) as caught:
        await EmbeddedBroker.start(base | {section: [record]})
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "secret" not in str(caught.value)


async def test_a_section_that_is_no_list() -> None:
    with pytest.raises(DefinitionsError, match="section « users » n'est pas une liste"):
        await EmbeddedBroker.start({"users": {"owner": "secret"}})


async def test_port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"ne peut pas écouter sur 127\.0\.0\.1:{port}.*--port"):
            await EmbeddedBroker.start(own_definitions(["own"]), port=port)


async def test_hashed_password() -> None:
    salt = b"\x01\x02\x03\x04"
    digest = base64.b64encode(salt + hashlib.sha256(salt + b"hashed").digest()).decode()
    rights = {"vhost": "own", "user": "u", "configure": "", "write": "", "read": ""}
    broker = await EmbeddedBroker.start({
        "vhosts": [{"name": "own"}], "users": [{"name": "u", "password_hash": digest}, {"name": "certificate"}],
        "permissions": [rights],
    })  # fmt: skip
    peer = Peer(broker.host, broker.port, "own")
    await (await AmqpClient.open(peer, "u", "hashed")).close()
    for user, password in (("u", "wrong"), ("u", ""), ("certificate", "")):
        client = await AmqpClient.connected(peer)
        await client.start(user, password)
        assert (await client.refusal(0))[0] == 403
        await client.close()
    await broker.stop()


async def test_import_while_running() -> None:
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    await broker.import_definitions(own_definitions(["more"]))
    for vhost in ("own", "more"):
        client = await AmqpClient.open(Peer(broker.host, broker.port, vhost), "editor")
        await client.published("hubsante", "editor", b"m")
        await client.close()
    await broker.stop()
