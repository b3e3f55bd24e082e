"""What others recorded is judged as far as it shows anything, and whoever strayed is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.reader import read_journal
from recette.journal.wire_events import WirePublished
from recette.messages.building import serialise
from recette.sandbox.error_report import RefusedError, report
from tests.relay.captured import (
    EDITOR,
    PARTNER,
    VHOST,
    Said,
    in_no_language,
    observed,
    relay,
    rules,
    traced,
    written,
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
    assert "acquitté 1 s après" in told["cases"][0]["story"][0]


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


@pytest.mark.parametrize("goes_on", [True, False])
def test_whose_own_source_ended_is_not_accused_by_a_longer_one_of_another(
    goes_on: bool, exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = exchange[:3]
    assert (begun[1].sender, begun[2].sender) == (EDITOR, PARTNER)
    longer = [*begun, replace(exchange[0], at=exchange[0].at + timedelta(seconds=90))]
    first = relay(tmp_path / "un", longer if goes_on else begun, EDITOR)
    second = relay(tmp_path / "deux", longer, PARTNER)
    _, told = observed(capsys, first, second, "--vhost", VHOST)
    assert ((EDITOR, "AC-01") in rules(told)) is goes_on


def test_what_is_wrong_in_the_messages_themselves_is_found(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = list(exchange)
    place = next(at for at, one in enumerate(said) if one.sender == EDITOR and one.model == "RS-RR")
    broken = in_no_language(said[place])
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


def test_a_finding_names_the_event_of_the_relay_s_journal(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [one if one.model != "RS-RR" else replace(one, body=in_no_language(one)) for one in exchange]
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


def test_breaches_are_taken_in_the_order_of_the_exchange_whichever_source_is_given_first(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the one received and answered comes after what the other sent, though his relay is read first."""
    said = [replace(one, body=in_no_language(one)) for one in exchange]
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
    assert "refusé par le hub 1 s après [2]" in told["cases"][0]["story"][0]


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
