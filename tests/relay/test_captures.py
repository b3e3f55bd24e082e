"""What others recorded becomes a journal, and is judged as far as it shows anything."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.commands.capture import as_one
from recette.journal.capture_events import Passed
from recette.journal.events import Received, Sent
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WireDelivered, WireOpened, WirePublished
from recette.journal.writer import JournalWriter
from recette.judge.observing import observe
from recette.judge.rules import RULES
from recette.messages.building import serialise
from recette.messages.reading import read
from recette.messages.vhosts import vhost
from recette.relay.captures import records
from recette.relay.captures.reading import read_capture
from recette.relay.captures.relay_journal import RelayJournal
from recette.relay.recording import Recording
from recette.report.unfolding import Unfolding
from recette.sandbox.error_report import RefusedError, report
from tests.judge.journal_builder import JournalBuilder

PLAY, VHOST = "15-15-ressource-acceptee.g1@sollicite", "15-15_v1.5"
EDITOR, PARTNER = "fr.health.samu991", "fr.health.samu992"
NEVER = {
    name
    for name, held in RULES.items()
    if all(one.needs for one in held) and not name.startswith(("SC-", "PIL-"))
}
"""What no capture of messages shows."""
BEGUN = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A message of the exchange."""

    sender: str
    queue: str
    body: bytes
    at: datetime
    delivery_mode: int = 2

    @property
    def model(self) -> str | None:
        return read(self.body, "application/json", vhost(VHOST).edition).model


@pytest.fixture(scope="module")
def exchange() -> tuple[Said, ...]:
    """A play as it should go, as it passed on the hub: one message a second."""
    events = [entry.event for entry in JournalBuilder(PLAY).rest().journal().entries]
    told = []
    for event in events:
        if isinstance(event, Sent):
            channel = "ack" if event.purpose == "ack" else "message"
            told.append((event.client, f"{EDITOR}.{channel}", event.body))
        elif isinstance(event, Received):
            told.append((EDITOR, event.queue, event.body))
    return tuple(
        Said(sender, queue, body, BEGUN + timedelta(seconds=second))
        for second, (sender, queue, body) in enumerate(told)
    )


def traced(said: Iterable[Said], *, name: str = VHOST) -> str:
    """RabbitMQ's tracing plugin, JSON form: each message leaves, and arrives."""
    lines = []
    for one in said:
        about = {
            "node": "rabbit@hub",
            "vhost": name,
            "properties": {"content_type": "application/json", "delivery_mode": one.delivery_mode},
            "payload": base64.b64encode(one.body).decode(),
        }
        left = {"type": "published", "exchange": "hubsante", "queue": "none", "routing_keys": [one.sender]}
        came = {
            "type": "received",
            "exchange": "distribution",
            "queue": one.queue,
            "routing_keys": [one.queue],
        }
        for told, later in ((left, 0.0), (came, 0.05)):
            at = one.at + timedelta(seconds=later)
            lines.append(json.dumps({"timestamp": f"{at:%Y-%m-%d %H:%M:%S}:{at:%f}"[:23], **told, **about}))
    return "\n".join(lines)


def rabtap(one: Said, *, body: bool = True) -> dict[str, Any]:
    return {
        "Headers": {},
        "ContentType": "application/json",
        "DeliveryMode": 2,
        "Expiration": "",
        "Exchange": "hubsante",
        "RoutingKey": one.sender,
        "XRabtapReceivedTimestamp": one.at.isoformat().replace("+00:00", ".123456789Z"),
        **({"Body": base64.b64encode(one.body).decode()} if body else {}),
    }


def relay(folder: Path, said: Iterable[Said], of: str, *, ahead: float = 0.0) -> Path:
    """The journal of the relay before one editor, whose clock is `ahead`."""
    journal = JournalWriter(folder / "journal.jsonl")
    journal.write(
        RelayStarted(recette="0", hub="amqp://hub:5672", listening="amqp://127.0.0.1:1", external=False)
    )
    opened = {"mechanism": "PLAIN", "product": "essai", "tls": "", "heartbeat": 0}
    journal.write(WireOpened(connection=1, user=of, vhost=f"/{VHOST}", **opened))  # type: ignore[arg-type]
    plain = {"content_type": "application/json", "delivery_mode": 2, "expiration": None, "headers": {}}
    for one in said:
        wire: dict[str, Any] = {
            **plain,
            "connection": 1,
            "channel": 1,
            "body": one.body,
            "size": len(one.body),
        }
        if one.sender == of:
            event: WirePublished | WireDelivered = WirePublished(
                exchange="hubsante", routing_key=of, mandatory=True, **wire
            )
        elif one.queue.startswith(f"{of}."):
            event = WireDelivered(tag=1, queue=one.queue, routing_key=one.queue, redelivered=False, **wire)
        else:
            continue
        clock = one.at + timedelta(seconds=ahead + (0.05 if isinstance(event, WireDelivered) else 0.0))
        journal._clock = lambda clock=clock: clock.isoformat()  # type: ignore[misc]
        journal.write(event)
    journal.close()
    return folder


def observed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main(["observe", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def rules(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["editor"], one["rule"]) for case in told["cases"] for one in case["findings"]}


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / name


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


def test_two_relays_are_one_exchange_and_their_clocks_are_compared(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = relay(tmp_path / "un", exchange, EDITOR)
    second = relay(tmp_path / "deux", exchange, PARTNER, ahead=3.0)
    code, told = observed(capsys, first, second, "--vhost", VHOST)
    assert (code, rules(told)) == (0, set())
    ((clock),) = told["clocks"]
    assert (clock["source"], clock["exact"]) == (1, True)
    assert clock["ahead"] == pytest.approx(3.0, abs=0.01)
    assert sum(len(one["story"]) for one in told["cases"]) == len(
        [one for one in exchange if one.model != "RC-REF"]
    )
    assert "acquitté 1,0 s après" in told["cases"][0]["story"][0]


def test_whoever_does_not_acknowledge_is_named_and_nobody_else(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once the capture goes on for longer than an acknowledgment may take."""
    kept = [one for one in exchange if one.model != "RC-REF" or one.sender != EDITOR]
    trace = written(tmp_path, "trace.log", traced(kept))
    code, told = observed(capsys, trace, "--vhost", VHOST, "--ack", "2")
    assert (code, rules(told)) == (1, {(EDITOR, "AC-01")})
    code, told = observed(capsys, trace, "--vhost", VHOST, "--ack", "600")
    assert (code, rules(told)) == (0, set())


def test_what_is_wrong_in_the_messages_themselves_is_found(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = list(exchange)
    place = next(at for at, one in enumerate(said) if one.sender == EDITOR and one.model == "RS-RR")
    broken = said[place].body.replace(b'"language":"fr-FR"', b'"language":"fran\\u00e7ais"')
    assert broken != said[place].body
    said[place] = replace(said[place], body=broken, delivery_mode=1)
    trace = written(tmp_path, "trace.log", traced(said))
    code, told = observed(capsys, trace, "--vhost", VHOST)
    assert (code, rules(told)) == (1, {(EDITOR, "EN-10"), (EDITOR, "TR-10")})
    assert (told["editors"][EDITOR], told["editors"][PARTNER]) == ("fail", "none")


def test_of_a_case_that_began_before_only_the_form_is_judged(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engaged = next(at for at, one in enumerate(exchange) if one.model == "RS-RI")
    trace = written(tmp_path, "trace.log", traced(exchange[engaged:]))
    code, told = observed(capsys, trace, "--vhost", VHOST)
    assert (code, rules(told)) == (0, set())
    assert not any(one["begun"] for one in told["cases"])


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


def test_a_finding_names_the_event_of_the_relay_s_journal(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [one if one.model != "RS-RR" else replace(one, body=_in_no_language(one)) for one in exchange]
    folder = relay(tmp_path / "un", said, EDITOR)
    _, told = observed(capsys, folder, "--vhost", VHOST)
    ((case, finding),) = [(case, one) for case in told["cases"] for one in case["findings"]]
    assert any(line.startswith(f"[{finding['event']}] ") and "RS-RR" in line for line in case["story"])
    (number,) = [
        entry.number
        for entry in read_journal(folder / "journal.jsonl").entries
        if isinstance(entry.event, WirePublished) and b"fran\\u00e7ais" in entry.event.body
    ]
    assert finding["seen_in"] == [f"événement {number} de {folder}"]
    assert (finding["step"], finding["place"]) == ("", "")


def _in_no_language(one: Said) -> bytes:
    return one.body.replace(b'"language":"fr-FR"', b'"language":"fran\\u00e7ais"')


def test_breaches_are_taken_in_the_order_of_the_exchange_whichever_source_is_given_first(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the one received and answered comes after what the other sent, though his relay is read first."""
    said = [replace(one, body=_in_no_language(one)) for one in exchange]
    first = relay(tmp_path / "un", said, EDITOR)
    second = relay(tmp_path / "deux", said, PARTNER)
    _, told = observed(capsys, first, second, "--vhost", VHOST)
    _, turned = observed(capsys, second, first, "--vhost", VHOST)
    stories, others = ([line for case in one["cases"] for line in case["story"]] for one in (told, turned))
    assert stories == others
    numbers = [int(line[1 : line.index("]")]) for line in stories]
    assert numbers == sorted(numbers)
    assert rules(told) == rules(turned)


def test_what_is_said_of_each_message_is_told_once(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [replace(one, delivery_mode=1) if one.sender == EDITOR else one for one in exchange]
    trace = written(tmp_path, "trace.log", traced(said))
    assert main(["observe", str(trace), "--vhost", VHOST]) == 1
    text = capsys.readouterr().out
    mine = [one for one in said if one.sender == EDITOR]
    assert text.count("s'écarte de « Publie des messages persistants »") == len({one.model for one in mine})
    assert f"TR-10 — {EDITOR}, encore : [" in text
    assert f" ; TR-10 ×{len(mine)})" in text
    assert "parce que" not in text


def test_the_hub_is_no_editor(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = exchange[0]
    name = json.loads(refused.body)["distributionID"]
    error = RefusedError(100, "non persistent", referenced=name)
    body = serialise(report(error, refused.sender, "distributionID_could_not_be_extracted"))
    said = Said("fr.health.hub", f"{refused.sender}.info", body, refused.at + timedelta(seconds=1))
    trace = written(tmp_path, "trace.log", traced([refused, said]))
    _, told = observed(capsys, trace, "--vhost", VHOST)
    assert list(told["editors"]) == [refused.sender]
    assert "refusé par le hub 1,0 s après [2]" in told["cases"][0]["story"][0]


def test_a_case_that_was_made_days_ago_may_be_shared_today(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a scenario it is made during the play; between two vendors nobody knows."""
    shares = [one for one in exchange if one.model == "RS-EDA"]
    old = re.compile(rb'"creation":"\d{4}-\d\d-\d\d')
    aged = [replace(one, body=old.sub(b'"creation":"2026-01-02', one.body)) for one in shares]
    assert aged != shares
    trace = written(tmp_path, "trace.log", traced(aged))
    code, told = observed(capsys, trace, "--vhost", VHOST)
    assert (code, rules(told)) == (0, set())


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


def test_a_relay_is_followed_until_it_ends_and_each_thing_is_told_once(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [replace(one, body=_in_no_language(one)) if one.model == "RS-RR" else one for one in exchange]
    folder = relay(tmp_path / "un", said, EDITOR)
    code, told = observed(capsys, folder, "--vhost", VHOST)
    assert main(["observe", str(folder), "--vhost", VHOST, "--follow"]) == code == 1
    text = capsys.readouterr().out
    lines = [line for line in text.splitlines() if line.startswith("[")]
    assert [int(line[1 : line.index("]")]) for line in lines] == list(range(1, len(said) + 1))
    assert sum(", à propos de [" in line for line in lines) == sum(one.model == "RC-REF" for one in said)
    assert text.count(f" {told['cases'][0]['findings'][0]['rule']} — ") == 1
    assert f"{EDITOR} : NON CONFORME" in text
    assert observed(capsys, folder, "--vhost", VHOST, "--follow")[1] == told


def test_a_journal_that_grows_is_read_on_wherever_it_was_left(
    exchange: tuple[Said, ...], tmp_path: Path
) -> None:
    whole = (relay(tmp_path / "un", exchange, EDITOR) / "journal.jsonl").read_bytes()
    journal = RelayJournal(tmp_path / "grows", VHOST)
    for end in (*range(0, len(whole), 997), len(whole)):
        (tmp_path / "grows").write_bytes(whole[:end])
        journal.read_on()
    assert not journal.read_on()
    assert journal.ended
    assert tuple(journal.found) == read_capture(tmp_path / "un", VHOST).sightings


def test_what_is_missing_is_told_once_it_is_overdue_though_nothing_more_came(
    exchange: tuple[Said, ...], tmp_path: Path
) -> None:
    first = next(at for at, one in enumerate(exchange) if one.sender == PARTNER and one.model != "RC-REF")
    folder = relay(tmp_path / "un", [exchange[first]], EDITOR)
    captures = [read_capture(folder, VHOST)]
    header, passed = as_one([str(folder)], captures, vhost(VHOST))
    came = exchange[first].at + timedelta(seconds=0.05)
    unfolding = Unfolding()

    def told(later: float) -> list[str]:
        seen = observe(header, [*passed, *_heard(passed)], 10.0, came + timedelta(seconds=later))
        return [line for line in unfolding.lines(seen, header) if " AC-01 " in line]

    assert told(5) == []
    assert len(told(11)) == 1
    assert told(12) == []


def _heard(passed: list[Passed]) -> list[Passed]:
    """Something that the editor published: its relay sees all that it publishes."""
    return [replace(passed[0], seen="published", sent_by=EDITOR, recipient=PARTNER, body=b"{}")]


def test_what_is_no_running_relay_is_not_followed(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = written(tmp_path, "trace.log", traced(exchange))
    assert main(["observe", str(trace), "--vhost", VHOST, "--follow"]) == 2
    assert "n'est pas le dossier d'un relais" in capsys.readouterr().err
    assert main(["observe", str(trace), "--vhost", VHOST, "--for", "3"]) == 2
    assert "--for va avec --follow" in capsys.readouterr().err


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
