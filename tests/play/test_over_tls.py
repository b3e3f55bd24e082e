"""A target over mutual TLS, from its file to its journal, on both brokers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.journal.events import RunStarted, Sent
from recette.journal.link_events import LinkSecured
from recette.journal.reader import read_journal
from recette.messages.reading import read
from recette.play.target_file import load_target
from recette.report.html.page import render
from recette.report.minutes.content import content
from recette.report.story import tell
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox
from tests.cahier import of_the_cahier
from tests.served_hub import EDITOR, PARTNER, VHOST, TlsHub


def test_a_run_over_tls(tls_hub: TlsHub, tmp_path: Path) -> None:
    opened: list[Hook | ReferenceEditor] = []

    async def start(sandbox: Sandbox) -> None:
        editor = await ReferenceEditor.start(sandbox.address(EDITOR, VHOST), EDITOR, "LRM")
        opened.extend((await Hook.open(editor), editor))

    async def end(_: Sandbox) -> None:
        await asyncio.gather(*(one.close() for one in opened))

    tls_hub.run(start)
    hook, issued = opened[0], tls_hub.certificates[PARTNER]
    assert isinstance(hook, Hook)
    path = tmp_path / "cible.yaml"
    path.write_text(
        f"broker: amqps://localhost:{tls_hub.port}\nvhost: {VHOST}\nformat: json\n"
        f"tls: {{authority: {tls_hub.authority.file}, certificate: {issued.certificate}, key: {issued.key}}}\n"
        f"editor: {{id: {EDITOR}, role: LRM}}\npartners: [{{id: {PARTNER}, role: LRM}}]\n"
        f"distributionStatus: Exercise\ndriver: {{kind: http, url: '{hook.url}'}}\n"
        "deadlines: {ack: 5, answer: 5, quiet: 0.2}\n",
        encoding="utf-8",
    )
    journal = tmp_path / "journal.jsonl"
    chosen = of_the_cahier("15-15-ressource-acceptee")
    try:
        judgement = play_on_target(load_target(path), chosen, (), journal, Options())
    finally:
        tls_hub.run(end)
    assert judgement.verdict == "pass"
    events = [one.event for one in read_journal(journal).entries]
    (header,) = [one for one in events if isinstance(one, RunStarted)]
    (shown,) = header.certificates
    assert (shown.client, shown.subject) == (PARTNER, PARTNER)
    (secured,) = [one for one in events if isinstance(one, LinkSecured)]
    assert (secured.vhost, secured.client, secured.version) == (VHOST, PARTNER, "TLSv1.3")
    assert secured.cipher.startswith("TLS_")
    recorded = read_journal(journal)
    shown_tls = f"TLSv1.3, {secured.cipher} ({PARTNER} sur {VHOST})"
    assert shown_tls in render(tell(recorded))
    assert ["TLS", shown_tls] in content(tell(recorded))["conditions"]
    sent = [read(one.body, one.content_type, 1) for one in events if isinstance(one, Sent)]
    assert {one.distribution_status for one in sent} == {"Exercise"}
    assert "PRIVATE KEY" not in journal.read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["amqp", "amqps"])
def test_nobody_there(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDP", "x")
    path = tmp_path / "cible.yaml"
    path.write_text(
        f"broker: {scheme}://localhost:1\nvhost: {VHOST}\neditor: {{id: {EDITOR}, role: LRM}}\n"
        f"partners: [{{id: {PARTNER}, role: LRM, password_env: MDP}}]\n"
        "driver: {kind: http, url: 'http://127.0.0.1:1/'}\n",
        encoding="utf-8",
    )
    chosen = of_the_cahier("15-15-ressource-acceptee")
    with pytest.raises(RuntimeError, match="injoignable"):
        play_on_target(load_target(path), chosen, (), tmp_path / "j.jsonl", Options())
