"""A capture comes from anywhere: whatever stands in it ends in a sentence, or is judged for what it is."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.commands.capture import imported
from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Entry, Received, Sent
from recette.journal.wire_events import RelayStarted
from recette.journal.writer import JournalWriter
from recette.relay.captures import reading, relay_journal, sighting
from recette.relay.captures.sighting import CaptureError
from tests.judge.journal_builder import JournalBuilder

VHOST, EDITOR = "15-15_v1.5", "fr.health.samu991"
MESSAGE = {"distributionID": f"{EDITOR}_1", "senderID": EDITOR, "content": []}
BODY = base64.b64encode(json.dumps(MESSAGE).encode()).decode()
TRACED: dict[str, Any] = {
    "timestamp": "2026-11-28 10:00:00:123",
    "type": "published",
    "vhost": VHOST,
    "exchange": "hubsante",
    "routing_keys": [EDITOR],
    "properties": {"content_type": "application/json", "delivery_mode": 2},
    "payload": BODY,
}
RABTAP: dict[str, Any] = {
    "Exchange": "hubsante",
    "RoutingKey": EDITOR,
    "Body": BODY,
    "XRabtapReceivedTimestamp": "2026-11-28T10:00:00+01:00",
}
FIREHOSE: dict[str, Any] = {
    **RABTAP,
    "Exchange": "amq.rabbitmq.trace",
    "RoutingKey": "publish.hubsante",
    "Headers": {"vhost": VHOST, "routing_keys": [EDITOR], "properties": {}},
}
ODD: tuple[Any, ...] = (
    None, True, 5, float("nan"), "", [], {}, [1], {"a": 1}, "\ud800", 10**400, "\x1b[31m\u202e",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30 1:1:1:1",
)  # fmt: skip


def spoiled() -> list[dict[str, Any]]:
    """Each record with each odd value in each of its places."""
    found = [{**one, name: odd} for one in (TRACED, RABTAP, FIREHOSE) for name in one for odd in ODD]
    for odd in ODD:
        properties = {"content_type": odd, "delivery_mode": odd, "expiration": odd}
        received = {**TRACED, "type": "received", "queue": f"{EDITOR}.message"}
        found += [
            {**TRACED, "properties": properties},
            {**TRACED, "routing_keys": [odd]},
            {**received, "redelivered": odd},
            {**FIREHOSE, "Headers": {"routing_keys": odd, "properties": odd, "redelivered": odd}},
        ]
    return found


def records(folder: Path, *found: Any) -> Path:
    path = folder / "capture.json"
    path.write_text("\n".join(map(json.dumps, found)), encoding="utf-8", newline="\n")
    return path


def observed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(["observe", *map(str, arguments)])
    told = capsys.readouterr()
    assert "défaut" not in told.err
    assert "\x1b" not in told.out + told.err
    return code, told.out + told.err


def test_no_odd_value_is_a_defect_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = []
    for one in spoiled():
        path = records(tmp_path, one)
        with suppress(CaptureError):
            taken += [one for _ in imported([str(path)], VHOST)[1]]
    assert len(taken) > 100
    code, said = observed(capsys, records(tmp_path, *taken), "--vhost", VHOST)
    assert code == 1, said


def test_several_envelopes_in_one_file_are_several_messages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play = JournalBuilder("15-15-partage-simple.g1@origine").rest().journal()
    bodies = [json.loads(one.event.body) for one in play.entries if isinstance(one.event, Sent | Received)]
    told = []
    for text in (json.dumps(bodies), "\n".join(map(json.dumps, bodies))):
        (tmp_path / "envelopes.json").write_text(text, encoding="utf-8", newline="\n")
        code, said = observed(capsys, tmp_path / "envelopes.json", "--vhost", VHOST)
        told.append((code, said))
        assert said.count("RS-EDA") >= 1
        assert "illisible" not in said
    assert told[0] == told[1]
    bodies[0]["distributionKind"] = "Nonsense"
    code, said = observed(capsys, records(tmp_path, bodies), "--vhost", VHOST)
    assert code == 1
    assert "Nonsense" in said


@pytest.mark.parametrize("content", ['{"distributionID": "x"}', '{"content": 1}', "<a/>"])
def test_a_message_of_nobody_passes_nobody(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one").write_text(content, encoding="utf-8", newline="\n")
    code, said = observed(capsys, tmp_path / "one", "--vhost", VHOST)
    assert code == 3
    assert "NON CONCLUANT : 1 message dont rien ne dit l’émetteur" in said
    assert "aucun écart" not in said
    assert main(["observe", str(tmp_path / "one"), "--vhost", VHOST, "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "inconc"


def test_what_never_begins_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "round").symlink_to("round")
    for name in ("pipe", "zero", "round"):
        code, said = observed(capsys, tmp_path / name, "--vhost", VHOST)
        assert code == 2
        assert "ne peut pas être lu" in said


def test_many_messages_are_refused_before_they_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = records(tmp_path, *[{"content": 1}] * 21)
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(21):
        records(folder, {"content": number}).rename(folder / f"{number}.json")
    monkeypatch.setattr(sighting, "SIGHTINGS_MAX", 20)
    half = records(tmp_path, *[{"content": 1}] * 11).rename(tmp_path / "half.json")
    records(tmp_path, *[{"content": 1}] * 21)
    for sources in ([path], [folder], [half, half]):
        code, said = observed(capsys, *sources, "--vhost", VHOST)
        assert (code, said) == (2, "Plus de 20 messages : donnez-les en plusieurs fois.\n")
    monkeypatch.setattr(sighting, "_TOTAL_MAX", 100)
    code, said = observed(capsys, records(tmp_path, *[{"content": "x" * 40}] * 3), "--vhost", VHOST)
    assert (code, "Gio de messages" in said) == (2, True)
    monkeypatch.setattr(reading, "SIGHTINGS_MAX", 5)
    code, said = observed(capsys, folder, "--vhost", VHOST)
    assert (code, "contient plus de 10 fichiers" in said) == (2, True)


def test_a_relay_s_journal_has_lines_of_a_bounded_length(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_journal, "MAX_LINE", 1_000)
    (tmp_path / "journal.jsonl").write_bytes(b'{"kind":"relay-started"' + b" " * 2_000 + b"}\n")
    code, said = observed(capsys, tmp_path, "--vhost", VHOST)
    assert (code, "dépasse 1000 octets" in said) == (2, True)


@pytest.mark.parametrize("at", ["never", "2026-11-28T10:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_relay_s_journal_says_when(at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = RelayStarted(recette="0", hub="amqp://hub", listening="amqp://ici", external=False)
    line, _ = encode(Entry(1, at, 0.0, started), ORIGIN)
    (tmp_path / "journal.jsonl").write_bytes(line + b"\n")
    code, said = observed(capsys, tmp_path, "--vhost", VHOST)
    assert (code, "ne dit pas quand" in said) == (2, True)


def journal_of(folder: Path, times: Iterable[str]) -> Path:
    """A capture's journal with messages of these times."""
    journal = JournalWriter(folder / "journal.jsonl", private=True)
    journal.write(CaptureStarted(recette="0", vhost=VHOST, sources=("un", "deux")))
    for number, time in enumerate(times):
        for source, seen in enumerate(("published", "delivered")):
            body = json.dumps({**MESSAGE, "distributionID": f"{EDITOR}_{number}"}).encode()
            one = Passed(
                source=source, seen=seen, sent_by=EDITOR, recipient="fr.health.samu992", channel="message",
                time=time, known=True, body=body,
            )  # fmt: skip
            journal.write(one)
    journal.close()
    return folder


def test_times_that_no_clock_shows_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = [
        "", "never", "2026-11-28T10:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "2026-11-28T10:00:00+00:00",
    ]  # fmt: skip
    code, said = observed(capsys, journal_of(tmp_path, odd))
    assert code == 1, said
