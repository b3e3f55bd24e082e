"""`recette relay` as a user starts and ends it."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import stat
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from recette.cli import main
from recette.commands.relay import hub_address
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.tls import TlsFiles, client_tls
from recette.hub.wire import Properties
from recette.journal.event import RunEvent
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WireBlocked, WireClosed, WireOpened, WirePublished
from recette.journal.writer import JournalLostError, JournalWriter
from recette.relay.recording import Recording
from recette.sandbox.authority import Authority
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import NodeTls
from tests.sandbox.broker.conftest import own_definitions
from tests.session_node import Lodger

from .conftest import LIMIT, with_aio_pika


@asynccontextmanager
async def relaying(report: Path, *options: str) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """The command in a process of its own; its port."""
    words = ["-m", "recette.cli", "relay", "--port", "0", "--report", str(report), *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), LIMIT)).decode()
        if "Relais prêt" not in line:
            pytest.fail(line + (await process.stderr.read()).decode())
        yield int(line.partition("://")[2].partition(",")[0].rpartition(":")[2]), process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), LIMIT)


async def test_it_relays_until_it_is_stopped(broker: EmbeddedBroker, tmp_path: Path) -> None:
    report = tmp_path / "relais"
    async with relaying(report, "--hub", f"amqp://127.0.0.1:{broker.port}") as (port, process):
        await with_aio_pika(port)
    assert process.returncode == 0
    journal = read_journal(report / "journal.jsonl")
    assert journal.complete
    assert not journal.defects
    kinds = [type(entry.event) for entry in journal.entries]
    assert kinds[0] is RelayStarted
    assert {WireOpened, WirePublished, WireClosed} <= set(kinds)
    assert stat.S_IMODE((report / "journal.jsonl").stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux bounds the files of another process")
async def test_a_link_outlives_a_disk_that_is_full(broker: EmbeddedBroker, tmp_path: Path) -> None:
    """Nothing more is noted, which is said and is no success; what passes is the same."""
    report = tmp_path / "relais"
    async with relaying(report, "--hub", f"amqp://127.0.0.1:{broker.port}") as (port, process):
        room = (report / "journal.jsonl").stat().st_size + 1_000
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, room))
        for _ in range(2):
            await with_aio_pika(port)
        process.send_signal(signal.SIGINT)
        said = (await asyncio.wait_for(process.communicate(), LIMIT))[1].decode()
    assert process.returncode == 3
    assert said.count("ne note plus rien") == 1
    journal = read_journal(report / "journal.jsonl")
    assert not journal.complete
    assert len(journal.entries) > 0


async def test_a_second_interruption_costs_no_journal(tmp_path: Path) -> None:
    async with relaying(tmp_path / "relais", "--hub", "amqp://127.0.0.1:1") as (_, process):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), LIMIT)
    assert read_journal(tmp_path / "relais" / "journal.jsonl").complete
    assert not (tmp_path / "relais" / "observation.json").exists()


@pytest.fixture(params=["embedded", "rabbitmq"])
async def secured(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[int, Authority]]:
    """A broker that takes certificates alone."""
    authority = Authority.create(tmp_path / "tls")
    definitions, server = own_definitions(["own"]), authority.server()
    found: EmbeddedBroker | Lodger
    if request.param == "embedded":
        found = await EmbeddedBroker.start(definitions, tls=authority.server_context(server))
    else:
        tls = NodeTls(authority.file, server.certificate, server.key)
        found = await Lodger.start(request.getfixturevalue("rabbitmq_node"), definitions, tls)
    yield found.port, authority
    await found.stop()


async def test_tls_on_both_sides_and_the_editors_certificate(
    secured: tuple[int, Authority], tmp_path: Path
) -> None:
    """The software logs in as anybody; to the hub it is whom the certificate names."""
    port, authority = secured
    own, server = authority.client("owner"), authority.server()
    options = (
        "--hub", f"amqps://127.0.0.1:{port}", "--authority", str(authority.file), "--certificate", str(own.certificate),
        "--key", str(own.key), "--tls", str(server.certificate), str(server.key),
    )  # fmt: skip
    trusted = client_tls(TlsFiles(authority=authority.file))
    async with relaying(tmp_path / "relais", *options) as (to_relay, _):
        address = BrokerAddress("127.0.0.1", to_relay, "own", "anybody", "anything", tls=trusted)
        async with await HubConnection.open(address, name="editor") as connection:
            assert (await connection.publish("hubsante", "k", b"x", Properties())).status == "confirmed"
        with pytest.raises(HubError, match="vHost"):
            await HubConnection.open(
                BrokerAddress("127.0.0.1", to_relay, "other", "a", "b", tls=trusted), name="editor"
            )
    events = [entry.event for entry in read_journal(tmp_path / "relais" / "journal.jsonl").entries]
    opened = next(one for one in events if isinstance(one, WireOpened))
    assert (opened.user, opened.mechanism, opened.tls) == ("owner", "EXTERNAL", "TLS")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--hub", "amqp://me:secret@127.0.0.1"], "enlevez le compte"),
        (["--hub", "amqp://127.0.0.1", "--certificate", "x.pem"], "amqps://"),
        (["--hub", "http://127.0.0.1"], "adresse de broker"),
        (["--hub", "amqp://127.0.0.1", "--tls", "no.pem", "no.key"], "certificat de serveur"),
    ],
)
def test_options_that_cannot_be_used(
    options: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["relay", "--port", "0", "--report", str(tmp_path / "r"), *options]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "secret" not in said


def test_a_target_says_where_the_hub_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MDP", "secret")
    text = (
        "broker: BROKER\nvhost: 15-15_v1.5\neditor: {id: fr.health.samu991, role: LRM}\n"
        "partners: [{id: fr.health.samu992, role: LRM, password_env: MDP}]\n"
    )
    plain, home = tmp_path / "cible.yaml", tmp_path / "maison.yaml"
    plain.write_text(text.replace("BROKER", "amqp://127.0.0.1:5999"), encoding="utf-8")
    home.write_text(text.replace("BROKER", "home").replace(", password_env: MDP", ""), encoding="utf-8")
    given = Namespace(target=str(plain), hub=None, certificate=None, key=None, authority=None)
    found = hub_address(given)
    assert (found.place, found.vhost, found.external) == ("amqp://127.0.0.1:5999", "", False)
    assert main(["relay", "--target", str(home), "--report", str(tmp_path / "r")]) == 2
    assert "broker: home" in capsys.readouterr().err
    words = ["relay", "--target", str(plain), "--key", "k.pem", "--report", str(tmp_path / "r")]
    assert main(words) == 2
    assert "ôtez --certificate" in capsys.readouterr().err


def test_a_certificate_is_for_this_machine_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authority = Authority.create(tmp_path / "tls")
    own = authority.client("owner")
    options = ["--hub", "amqps://hub.test", "--certificate", str(own.certificate), "--key", str(own.key)]
    assert main(["relay", "--host", "0.0.0.0", "--report", str(tmp_path / "r"), *options]) == 2
    assert "enlevez --host" in capsys.readouterr().err


def test_a_full_disk_is_said_once_and_the_relay_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    recording = Recording(tmp_path, said.append)
    recording.tell(WireBlocked(connection=1, blocked=True))

    def full(_: JournalWriter, __: RunEvent) -> None:
        raise JournalLostError("Le journal ne peut plus être écrit (plus de place).")

    monkeypatch.setattr(JournalWriter, "write", full)
    for _ in range(3):
        recording.tell(WireBlocked(connection=1, blocked=False))
    recording.close()
    assert (recording.kept, recording.lost) == (1, 3)
    (text,) = said
    assert "transmet toujours" in text
    assert not read_journal(tmp_path / "journal.jsonl").complete


def test_a_folder_that_has_a_journal_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").write_text("kept", encoding="utf-8")
    arguments = ["relay", "--hub", "amqp://127.0.0.1", "--report", str(tmp_path)]
    assert main(arguments) == 2
    assert "journal.jsonl" in capsys.readouterr().err
    assert (tmp_path / "journal.jsonl").read_text(encoding="utf-8") == "kept"


def test_a_relay_that_cannot_listen_leaves_its_folder_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["relay", "--hub", "amqp://127.0.0.1:5", "--report", str(tmp_path / "r")]
        assert main([*words, "--port", str(taken.getsockname()[1])]) == 2
    assert "choisissez un autre --port" in capsys.readouterr().err
    assert list((tmp_path / "r").iterdir()) == []
