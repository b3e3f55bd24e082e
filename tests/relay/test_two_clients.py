"""Two editors on different client libraries, each behind a relay that logs in with its certificate, on a hub with TLS."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from recette.cli import main
from recette.journal.event import RunEvent
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WireOpened, WireSettled
from recette.relay.recording import JOURNAL, Recording
from recette.relay.relay import Relay
from recette.sandbox.hub import Sandbox
from tests.relay.captured import played
from tests.sandbox.test_amqplib import modules as modules  # noqa: PLC0414 - a fixture
from tests.served_hub import EDITOR, PARTNER, VHOST, TlsHub

SANDBOX = Path(__file__).parents[1] / "sandbox"
LIMIT = 60.0


@contextmanager
def relayed(hub: TlsHub, client: str, folder: Path) -> Iterator[tuple[int, threading.Event]]:
    """A relay before one editor, with that editor's certificate: its port, and when the editor has settled a delivery."""
    recording, settled = Recording(folder, pytest.fail), threading.Event()
    recording.tell(RelayStarted(recette="0", hub="", listening="", external=True))
    opened: list[Relay] = []

    def tell(event: RunEvent) -> None:
        recording.tell(event)
        if isinstance(event, WireSettled) and event.side == "editor":
            settled.set()

    async def begin(_: Sandbox) -> None:
        opened.append(await Relay.open(hub.address(user=client, vhost=""), tell, pytest.fail))

    async def end(_: Sandbox) -> None:
        await opened[0].close()

    hub.run(begin)
    try:
        yield opened[0].port, settled
    finally:
        hub.run(end)
        recording.close()


@contextmanager
def editor(*command: str) -> Iterator[None]:
    """Another program: it says `ready`, and ends with its input."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.stdin.close()
            process.wait(LIMIT)


def logins(folder: Path) -> list[WireOpened]:
    events = (entry.event for entry in read_journal(folder / JOURNAL).entries)
    return [one for one in events if isinstance(one, WireOpened)]


def test_pika_and_amqplib_behind_a_relay_each(
    tls_hub: TlsHub, modules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the one shares the other acknowledges; both relays saw it, and nothing is held against either."""
    share, ack, *_ = played()
    assert (share.sender, share.model, ack.sender) == (PARTNER, "RS-EDA", EDITOR)
    (tmp_path / "share.json").write_bytes(share.body)
    alpha, beta = tmp_path / "alpha", tmp_path / "beta"
    with (
        relayed(tls_hub, PARTNER, alpha) as (first, sharer),
        relayed(tls_hub, EDITOR, beta) as (second, reader),
    ):
        url = f"amqp://anybody:anything@127.0.0.1:{second}/{quote(VHOST)}"
        sharing = (str(first), VHOST, PARTNER, "anything", f"share={tmp_path / 'share.json'}")
        with (
            editor("node", str(SANDBOX / "amqplib_editor.mjs"), str(modules), url, EDITOR, "ack"),
            editor(sys.executable, str(SANDBOX / "pika_editor.py"), *sharing),
        ):
            assert reader.wait(LIMIT), "the case came"
            assert sharer.wait(LIMIT), "its ack came"
    opened = [*logins(alpha), *logins(beta)]
    assert [(one.user, one.mechanism, one.tls) for one in opened] == [
        (PARTNER, "EXTERNAL", "TLS"),
        (EDITOR, "EXTERNAL", "TLS"),
    ]
    assert [one.product.partition(" ")[0] for one in opened] == ["Pika", "amqplib"]
    code = main(["observe", str(alpha), str(beta), "--vhost", VHOST, "--json"])
    said = capsys.readouterr()
    assert code == 0, said
    assert json.loads(said.out)["verdict"]
