"""What a client meets on a hub with mutual TLS and EXTERNAL, and the one sentence it gets."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recette.hub import handshake
from recette.hub.address import AddressError, BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.tls import TlsFiles, client_tls
from recette.sandbox.authority import Authority, Issued, Period
from recette.sandbox.broker import EmbeddedBroker
from tests.served_hub import EDITOR, PARTNER, VHOST, TlsHub, served

NOW = datetime.now(UTC)
PAST = Period(NOW - timedelta(days=3), NOW - timedelta(days=1))
FUTURE = Period(NOW + timedelta(days=1), NOW + timedelta(days=3))


async def refused(address: BrokerAddress) -> str:
    with pytest.raises(HubError) as caught:
        await HubConnection.open(address, name="test")
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    """An authority that the hub does not know."""
    return Authority.create(tmp_path / "elsewhere")


async def test_the_certificate_is_the_login(tls_hub: TlsHub) -> None:
    for host in ("127.0.0.1", "localhost"):
        address = tls_hub.address(host=host)
        async with await HubConnection.open(address, name="test") as hub:
            assert (await hub.inspect(f"{EDITOR}.message")).messages == 0
    assert "EXTERNAL" in await refused(tls_hub.address(tls_hub.authority.client("fr.health.inconnu")))


async def test_a_wrong_client_certificate(tls_hub: TlsHub, elsewhere: Authority) -> None:
    foreign = await refused(tls_hub.address(elsewhere.client(EDITOR)))
    missing = await refused(tls_hub.address(anonymous=True))
    if tls_hub.broker == "rabbitmq":
        assert "ne connaît pas l'autorité du certificat client" in foreign
        assert "n'a pas reçu de certificat client" in missing
    else:  # asyncio drops the alert
        assert f"refuse sans doute le certificat de « {EDITOR} »" in foreign
        assert "attend sans doute un certificat client" in missing


async def test_a_vhost_that_is_not_there(tls_hub: TlsHub) -> None:
    assert "Le vHost « 15-15_v2.0 » est inconnu" in await refused(tls_hub.address(vhost="15-15_v2.0"))


async def test_a_server_of_an_unknown_authority(tls_hub: TlsHub, elsewhere: Authority) -> None:
    own = tls_hub.certificates[EDITOR]
    tls = client_tls(TlsFiles(elsewhere.file, own.certificate, own.key))
    address = BrokerAddress("127.0.0.1", tls_hub.port, VHOST, EDITOR, tls=tls, external=True)
    assert "autorité connue de la cible" in await refused(address)


async def test_own_dates_are_told_before_anything_is_sent(elsewhere: Authority) -> None:
    for period, said in ((PAST, "a expiré le"), (FUTURE, "n'est valable qu'à partir du")):
        issued = elsewhere.client(EDITOR, period)
        tls = client_tls(TlsFiles(elsewhere.file, issued.certificate, issued.key))
        text = await refused(BrokerAddress("127.0.0.1", 1, VHOST, EDITOR, tls=tls, external=True))
        assert f"« {EDITOR} » {said}" in text


@pytest.mark.parametrize(
    ("hosts", "period", "said"),
    [
        (("hub.exemple.fr",), Period.from_now(), "n'est pas au nom de cet hôte"),
        (("127.0.0.1",), PAST, "a expiré"),
        (("127.0.0.1",), FUTURE, "n'est pas encore valable"),
    ],
)
async def test_a_servers_certificate_is_always_checked(
    elsewhere: Authority, hosts: tuple[str, ...], period: Period, said: str
) -> None:
    context = elsewhere.server_context(elsewhere.server(hosts, period))
    broker = await EmbeddedBroker.start({}, tls=context)
    issued = elsewhere.client(EDITOR)
    files = TlsFiles(elsewhere.file, issued.certificate, issued.key)
    address = BrokerAddress("127.0.0.1", broker.port, VHOST, EDITOR, tls=client_tls(files), external=True)
    assert said in await refused(address)
    await broker.stop()


async def test_tls_to_a_port_without_it_and_the_reverse(tls_hub: TlsHub) -> None:
    plain = BrokerAddress("127.0.0.1", tls_hub.port, VHOST, EDITOR)
    assert "sans répondre" in await refused(plain)
    broker = await EmbeddedBroker.start({})
    address = BrokerAddress("127.0.0.1", broker.port, VHOST, EDITOR, tls=tls_hub.address().tls, external=True)
    assert "ne parle pas TLS" in await refused(address)
    without = BrokerAddress("127.0.0.1", broker.port, VHOST, EDITOR, external=True)
    assert "ne propose pas l'authentification par certificat" in await refused(without)
    await broker.stop()


async def test_a_port_that_accepts_and_stays_silent(
    elsewhere: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handshake, "TIMEOUT", 0.2)
    silence = asyncio.Event()

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silence.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = BrokerAddress(
        "127.0.0.1", port, VHOST, EDITOR, tls=client_tls(TlsFiles(elsewhere.file)), external=True
    )
    with pytest.raises(HubError, match="accepte la connexion et ne répond rien à TLS"):
        await handshake.shake_hands(address)
    silence.set()
    server.close()


async def test_a_name_that_is_not_there(elsewhere: Authority) -> None:
    address = BrokerAddress("nulle-part.invalid", 5671, VHOST, EDITOR)
    assert "inconnu du DNS" in await refused(address)


async def test_verification_can_be_off_on_the_loopback_alone(elsewhere: Authority) -> None:
    broker = await EmbeddedBroker.start(
        {"vhosts": [{"name": VHOST}], "users": [{"name": EDITOR}], "permissions": [
            {"vhost": VHOST, "user": EDITOR, "configure": "", "write": "", "read": ""}
        ]},
        tls=elsewhere.server_context(elsewhere.server(("hub.exemple.fr",))),
    )  # fmt: skip
    issued = elsewhere.client(EDITOR)
    tls = client_tls(TlsFiles(None, issued.certificate, issued.key, verify=False))
    address = BrokerAddress("127.0.0.1", broker.port, VHOST, EDITOR, tls=tls, external=True)
    await (await HubConnection.open(address, name="test")).close()
    await broker.stop()
    with pytest.raises(AddressError, match="doit être vérifié"):
        BrokerAddress("hub.exemple.fr", 5671, VHOST, EDITOR, tls=tls, external=True)


def test_only_tls_1_2_and_later(tls_hub: TlsHub) -> None:
    tls = tls_hub.address().tls
    assert tls is not None
    assert tls.context.minimum_version.name == "TLSv1_2"
    assert tls.verifies


def test_partners_have_their_own(tls_hub: TlsHub) -> None:
    issued: Issued = tls_hub.certificates[PARTNER]
    assert issued.key.stat().st_mode & 0o777 == 0o600
    tls = tls_hub.address(user=PARTNER).tls
    assert tls is not None
    assert tls.certificate is not None
    assert tls.certificate.subject == PARTNER


def test_a_client_id_that_no_certificate_can_carry(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="CN d'un certificat"),
        served("embedded", Authority.create(tmp_path), ("../serveur",)),
    ):
        pass
