"""Mutual TLS and SASL EXTERNAL (DST 3.1): the user is the CN of the client's certificate, on both brokers."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.wire import Properties
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import NodeTls, RabbitMqNode

from .conftest import pool_definitions


@dataclass(frozen=True)
class Certificates:
    """PEM files in one folder: `authority.pem`, and NAME.pem with NAME.key for each of the others."""

    folder: Path

    def issue(self, name: str, usage: str) -> None:
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage={usage}\n")
        self.openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}",
        )  # fmt: skip
        self.openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile", extensions.name,
        )  # fmt: skip

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def client(self, name: str | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.folder / "authority.pem"))
        if name is not None:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH, cafile=str(self.folder / "authority.pem")
        )
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "authority.key", "-out", "authority.pem",
        "-subj", "/CN=test authority", "-days", "2", "-addext", "keyUsage=critical,keyCertSign",
    )  # fmt: skip
    made.issue("server", "serverAuth")
    for name in ("editor", "nobody"):
        made.issue(name, "clientAuth")
    return made


@pytest.fixture(params=["embedded", "rabbitmq"])
async def port(request: pytest.FixtureRequest, certificates: Certificates) -> AsyncIterator[int]:
    definitions = pool_definitions(["own"])
    broker: EmbeddedBroker | RabbitMqNode
    if request.param == "embedded":
        broker = await EmbeddedBroker.start(definitions, tls=certificates.server())
    else:
        request.getfixturevalue("rabbitmq_node")  # skips or fails where RabbitMQ is not installed
        folder = certificates.folder
        tls = NodeTls(folder / "authority.pem", folder / "server.pem", folder / "server.key")
        broker = await RabbitMqNode.start(definitions, tls=tls)
    yield broker.port
    await broker.stop()


async def test_certificates_as_logins(port: int, certificates: Certificates) -> None:
    """One test for all cases: a node with TLS takes several seconds to start."""
    editor = certificates.client("editor")
    address = BrokerAddress("127.0.0.1", port, "own", "editor", tls=editor, external=True)
    async with await HubConnection.open(address, name="test") as hub:
        assert (await hub.publish("hubsante", "editor", b"m", Properties())).status == "confirmed"
        assert (await hub.publish("hubsante", "other", b"m", Properties())).status == "refused"
    for address in (
        BrokerAddress("127.0.0.1", port, "own", "nobody", tls=certificates.client("nobody"), external=True),
        BrokerAddress("127.0.0.1", port, "own", "editor", tls=certificates.client(None), external=True),
        BrokerAddress("127.0.0.1", port, "own", "editor", "wrong", tls=editor),
    ):
        with pytest.raises(HubError):
            await HubConnection.open(address, name="test")
    plain = BrokerAddress("127.0.0.1", port, "own", "owner", "secret", tls=editor)
    async with await HubConnection.open(plain, name="test") as hub:
        assert (await hub.publish("hubsante", "any", b"m", Properties())).status == "confirmed"
