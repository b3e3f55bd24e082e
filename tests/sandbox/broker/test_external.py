"""Mutual TLS and SASL EXTERNAL (DST 3.1): the user is the CN of the client's certificate, on both brokers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.tls import TlsFiles, client_tls
from recette.hub.wire import Properties
from recette.sandbox.authority import Authority
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import NodeTls
from tests.session_node import Lodger

from .conftest import own_definitions


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "tls")


@pytest.fixture(params=["embedded", "rabbitmq"])
async def port(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[int]:
    definitions, server = own_definitions(["own"]), authority.server()
    broker: EmbeddedBroker | Lodger
    if request.param == "embedded":
        broker = await EmbeddedBroker.start(definitions, tls=authority.server_context(server))
    else:
        tls = NodeTls(authority.file, server.certificate, server.key)
        broker = await Lodger.start(request.getfixturevalue("rabbitmq_node"), definitions, tls)
    yield broker.port
    await broker.stop()


async def test_certificates_as_logins(port: int, authority: Authority) -> None:
    issued = authority.client("editor")
    editor = client_tls(TlsFiles(authority.file, issued.certificate, issued.key))
    address = BrokerAddress("127.0.0.1", port, "own", "editor", tls=editor, external=True)
    async with await HubConnection.open(address, name="test") as hub:
        assert (await hub.publish("hubsante", "editor", b"m", Properties())).status == "confirmed"
        assert (await hub.publish("hubsante", "other", b"m", Properties())).status == "refused"
    with pytest.raises(HubError):
        await HubConnection.open(
            BrokerAddress("127.0.0.1", port, "own", "editor", "wrong", tls=editor), name="test"
        )
    plain = BrokerAddress("127.0.0.1", port, "own", "owner", "secret", tls=editor)
    async with await HubConnection.open(plain, name="test") as hub:
        assert (await hub.publish("hubsante", "any", b"m", Properties())).status == "confirmed"
