"""What others recorded becomes a journal, whichever tool wrote it; what cannot be taken in is refused with the reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WirePublished
from recette.judge.rules import RULES
from recette.relay.captures import records
from recette.relay.recording import Recording
from tests.relay.captured import EDITOR, PARTNER, VHOST, Said, observed, rabtap, relay, rules, traced, written

NEVER = {
    name
    for name, held in RULES.items()
    if all(one.needs for one in held) and not name.startswith(("SC-", "PIL-"))
}
"""What no capture of messages shows."""


def test_a_trace_is_imported_and_its_case_told_as_a_story(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = written(tmp_path, "trace.log", traced(exchange))
    out = tmp_path / "capture"
    assert main(["capture", "import", str(trace), "--vhost", VHOST, "--out", str(out)]) == 0
    assert (out / "journal.jsonl").stat().st_mode & 0o077 == 0
    capsys.readouterr()
    code, told = observed(capsys, out)
    assert (code, told["verdict"], rules(told)) == (0, "none", set())
    (case,) = [one for one in told["cases"] if one["begun"]]
    assert f"{PARTNER} → {EDITOR} : RS-EDA" in case["story"][0]
    assert "acquitté" in case["story"][0]
    assert {one["requirement"] for one in told["not_observed"]} == NEVER
    assert {"CI-12", "DA-05", "DA-25", "TR-07", "TR-17", "ER-03", "CI-01"} <= NEVER
    assert main(["observe", str(out)]) == 0
    text = capsys.readouterr().out
    assert "── Dossier" in text
    assert ", 28/11/2026\n  [1] " in text
    assert f"{EDITOR} : aucun écart dans ce qui a été vu" in text


def _traced_by_the_plugin(folder: Path, said: tuple[Said, ...]) -> None:
    """As RabbitMQ 3.10's plugin writes it: its fields in the order of the alphabet, its own time with an offset."""
    lines = []
    for one in said:
        about = {
            "channel": 1,
            "connection": "127.0.0.1:41000 -> 127.0.0.1:5672",
            "exchange": "hubsante",
            "node": "rabbit@hub",
            "payload": base64.b64encode(one.body).decode(),
            "properties": {
                "content_type": "application/json",
                "delivery_mode": 2,
                "headers": {"n": 3},
                "timestamp": 1700000000,
            },
            "queue": "none",
            "routed_queues": ["dispatch"],
            "routing_keys": [one.sender],
            "timestamp": one.at.astimezone(timezone(timedelta(hours=1))).isoformat(timespec="milliseconds"),
            "type": "published",
            "user": one.sender,
            "vhost": VHOST,
        }
        came = {
            **about,
            "exchange": "distribution",
            "queue": one.queue,
            "routed_queues": "none",
            "type": "received",
        }
        lines += [json.dumps(about), json.dumps(came)]
    written(folder, "trace.log", "\n".join(lines) + "\n")


def _rabtap_pretty(folder: Path, said: tuple[Said, ...]) -> None:
    """What rabtap prints on its output: one indented document after the other, all of AMQP's properties in each."""
    empty = dict.fromkeys(
        ("ContentEncoding", "CorrelationID", "ReplyTo", "MessageID", "Type", "UserID", "AppID"), ""
    )
    documents = [
        {
            **rabtap(one),
            **empty,
            "Priority": 0,
            "Timestamp": "0001-01-01T00:00:00Z",
            "DeliveryTag": 1,
            "Redelivered": False,
        }
        for one in said
    ]
    written(folder, "rabtap.json", "\n".join(json.dumps(one, indent=2) for one in documents))


def _rabtap_json(folder: Path, said: tuple[Said, ...]) -> None:
    for place, one in enumerate(said):
        written(folder, f"rabtap-{place:03}.json", json.dumps(rabtap(one)))


def _rabtap_raw(folder: Path, said: tuple[Said, ...]) -> None:
    for place, one in enumerate(said):
        written(folder, f"rabtap-{place:03}.json", json.dumps(rabtap(one, body=False)))
        (folder / f"rabtap-{place:03}.dat").write_bytes(one.body)


def _envelopes(folder: Path, said: tuple[Said, ...]) -> None:
    for place, one in enumerate(said):
        (folder / f"{place:03}.json").write_bytes(one.body)


def _firehose(folder: Path, said: tuple[Said, ...]) -> None:
    for place, one in enumerate(said):
        headers = {
            "vhost": VHOST,
            "routing_keys": [one.sender],
            "properties": {"content_type": "application/json", "delivery_mode": 2},
        }
        about = {
            **rabtap(one),
            "Exchange": "amq.rabbitmq.trace",
            "RoutingKey": "publish.hubsante",
            "Headers": headers,
        }
        written(folder, f"{place:03}.json", json.dumps(about))


@pytest.mark.parametrize(
    ("write", "hidden"),
    [
        (_traced_by_the_plugin, set()),
        (_rabtap_pretty, {"AC-01"}),
        (_rabtap_json, {"AC-01"}),
        (_rabtap_raw, {"AC-01"}),
        (_firehose, {"AC-01"}),
        (_envelopes, {"AC-01", "TR-09", "TR-10", "TR-11", "TR-16"}),
    ],
)
def test_other_forms_say_the_same_and_what_they_cannot_show(
    write: Callable[[Path, tuple[Said, ...]], None],
    hidden: set[str],
    exchange: tuple[Said, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path, exchange)
    code, told = observed(capsys, tmp_path, "--vhost", VHOST)
    assert (code, rules(told)) == (0, set())
    unseen = {one["requirement"] for one in told["not_observed"]}
    assert unseen == hidden | NEVER
    assert sum(len(one["story"]) for one in told["cases"]) == len(
        [one for one in exchange if one.model != "RC-REF"]
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", "est une capture réseau (pcap)"),
        (
            b"=" * 80 + b"\n2026-11-28 20:00:00:000: Message published\n",
            "recommencez la trace au format JSON",
        ),
        (b'{"type": "published", "payload": ', "ligne 1 : ce n'est pas du JSON entier"),
        (b'{"type": "published", "vhost": "15-15_v1.5", "payload": "%%"}', "n'est pas en base 64"),
        (b"\xff\xfe\x00", "n'est ni du JSON ni du XML en UTF-8"),
        (b'{"autre": 1}', "Rien de ce qui est donné n'est un message de 15-15_v1.5"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_with_the_reason(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "capture").write_bytes(content)
    code = main(
        ["capture", "import", str(tmp_path / "capture"), "--vhost", VHOST, "--out", str(tmp_path / "d")]
    )
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_what_is_redacted_while_being_written_never_reaches_the_disk(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording(tmp_path / "relais", pytest.fail, redact=True)
    recording.tell(RelayStarted(recette="0", hub="amqp://hub", listening="amqp://ici", external=False))
    recording.tell(
        WirePublished(
            connection=1, channel=1, exchange="hubsante", routing_key=EDITOR, mandatory=True, headers={},
            content_type="application/json", delivery_mode=2, expiration=None, body=exchange[0].body, size=1,
        )
    )  # fmt: skip
    recording.close()
    path = tmp_path / "relais" / "journal.jsonl"
    written_down = path.read_bytes()
    assert b"distributionID" not in written_down
    assert EDITOR.encode() in written_down
    journal = read_journal(path)
    assert (journal.redacted, journal.defects) == (True, ())
    assert path.stat().st_mode & 0o077 == 0
    assert main(["observe", str(path), "--vhost", VHOST]) == 2
    assert "est expurgé" in capsys.readouterr().err
    trace = written(tmp_path, "trace.log", traced(exchange))
    out = tmp_path / "capture"
    assert main(["capture", "import", str(trace), "--vhost", VHOST, "--redact", "--out", str(out)]) == 0
    assert b"distributionID" not in (out / "journal.jsonl").read_bytes()
    assert main(["observe", str(out)]) == 2


def test_a_relay_s_journal_that_was_changed_is_refused(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = relay(tmp_path / "un", exchange, EDITOR)
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"delivery_mode":2', b'"delivery_mode":1', 1))
    assert main(["observe", str(folder), "--vhost", VHOST]) == 2
    assert "n'est plus celui que le relais a écrit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("run-started", "est le journal d'une campagne, que la recette a jouée : recette judge"),
        ("capture-started", "est le journal d'une capture déjà importée"),
        ("", "est vide : aucun message n'y est"),
    ],
)
def test_what_is_no_capture_is_called_by_its_name(
    kind: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b'{"n":1,"kind":"%s"}\n' % kind.encode() if kind else b"")
    other = written(tmp_path, "autre.json", "{}")
    assert main(["observe", str(tmp_path), str(other), "--vhost", VHOST]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("limit", "many"), [(601, True), (600, False)])
def test_a_trace_that_cuts_messages_is_refused(
    limit: int, many: bool, exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut messages would be held against their senders; where a limit is round, one of them is enough."""
    kept = exchange if many else (exchange[0],)
    cut = [replace(one, body=one.body[:limit]) for one in kept]
    lines = traced(cut).splitlines()
    trace = written(tmp_path, "trace.log", "\n".join(lines if many else lines[:1]))
    assert main(["observe", str(trace), "--vhost", VHOST]) == 2
    assert f"coupe les messages à {limit} octets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-28T21:00:05.123+01:00", "2026-11-28T20:00:05.123000+00:00"),
        ("2026-11-8 9:05:07:123", "2026-11-08T09:05:07.123000+00:00"),
        ("2026-11-8 9:05:07", "2026-11-08T09:05:07+00:00"),
        ("2026-11-28T20:00:05.123456789Z", "2026-11-28T20:00:05.123456+00:00"),
        ("0001-01-01T00:00:00Z", ""),
        ("hier", ""),
    ],
)
def test_the_times_of_each_tool_are_read(text: str, expected: str, exchange: tuple[Said, ...]) -> None:
    record = json.loads(traced(exchange[:1]).splitlines()[0]) | {"timestamp": text}
    found = records.traced(record, VHOST)
    assert found is not None
    assert (found.at.astimezone(UTC).isoformat() if found.at else "") == expected


def test_a_network_capture_among_other_files_is_not_passed_over(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "trace.log", traced(exchange))
    (tmp_path / "lien.pcapng").write_bytes(b"\x0a\x0d\x0d\x0a")
    assert main(["observe", str(tmp_path), "--vhost", VHOST]) == 2
    said = capsys.readouterr().err
    assert "lien.pcapng est une capture réseau" in said
    assert "recette relay" in said
