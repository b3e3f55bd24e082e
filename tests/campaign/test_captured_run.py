"""Scenarios that two editors played while nobody of the recette was there, judged from what others recorded of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recette.campaign.captured_run import _told
from recette.cli import main
from recette.journal.reader import read_journal
from recette.judge.captured import Case
from recette.judge.judging import judge
from recette.messages.clients import HUB
from recette.messages.reading import read
from recette.messages.vhosts import vhost
from recette.sandbox.error_report import RefusedError, report
from tests.relay.captured import EDITOR, PARTNER, VHOST, Said, in_no_language, played, relay, traced, written

SCENARIO = "15-15-ressource-acceptee"
FIRST, SECOND = f"{SCENARIO}.g1@origine={PARTNER}", f"{SCENARIO}.g1@sollicite={EDITOR}"
Told = dict[str, Any]
Judged = Callable[..., tuple[int, Told]]


@pytest.fixture(scope="module")
def exchange() -> tuple[Said, ...]:
    return played()


@pytest.fixture
def judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judged:
    """The exit code and the results of a run on captures."""
    target = written(
        tmp_path,
        "duel.yaml",
        f"broker: home\nvhost: {VHOST}\ndeadlines: {{ack: 2, answer: 60, quiet: 1}}\neditors:\n"
        + "".join(f"  - {{id: {one}, role: LRM, driver: {{kind: none}}}}\n" for one in (EDITOR, PARTNER)),
    )

    def run(
        *sources: Path, scenarios: Iterable[str] = (SCENARIO,), more: Iterable[str] = ()
    ) -> tuple[int, Told]:
        words = ["run", *scenarios, "--target", str(target), "--captured", *map(str, sources), *more]
        code = main([*words, "--report", str(tmp_path / "r"), "--reports", "junit", "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out else {"said": said.err}

    return run


def found(told: Told) -> set[tuple[str, str, str]]:
    return {
        (one["id"].rpartition("=")[2], each["rule"], each["verdict"])
        for one in told["scenarios"]
        for each in one["findings"]
    }


def verdicts(told: Told) -> dict[str, str]:
    return {one["id"]: one["verdict"] for one in told["scenarios"]}


def case_of(exchange: Iterable[Said]) -> str:
    first = next(iter(exchange))
    return str(read(first.body, "application/json", vhost(VHOST).edition).case_id)


def again(exchange: Iterable[Said], *, later: float) -> list[Said]:
    """The same once more, of another case, with ids of its own."""
    case = case_of(exchange)
    return [
        replace(
            one,
            body=one.body.replace(case.encode(), case[:-1].encode() + b"Z").replace(b"samu992_", b"samu992_z").replace(b"samu991_", b"samu991_z"),
            at=one.at + timedelta(seconds=later),
        )
        for one in exchange
    ]  # fmt: skip


def test_two_relays_show_a_play_and_each_editor_is_judged(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    first = relay(tmp_path / "un", exchange, EDITOR)
    second = relay(tmp_path / "deux", exchange, PARTNER, ahead=3.0)
    code, told = judged(first, second)
    assert (code, verdicts(told), found(told)) == (0, {FIRST: "pass", SECOND: "pass"}, set())
    assert told["editors"][0]["client"] == EDITOR
    journal = read_journal(tmp_path / "r" / "journal.jsonl")
    assert judge(journal).verdict == "pass"
    assert any(case_of(exchange) in one for one in journal.header.captures)
    assert journal.entries[1].at.startswith("2026-11-28T20:00:0"), "by the captures' clock"
    mode = (tmp_path / "r" / "journal.jsonl").stat().st_mode
    assert not mode & 0o077, "what others recorded may be of real patients"


def test_whoever_acknowledges_nothing_is_accused_as_far_as_the_capture_goes(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [one for one in exchange if one.model != "RC-REF" or one.sender != EDITOR]
    code, told = judged(written(tmp_path, "trace.log", traced(kept)))
    assert code == 1
    assert (EDITOR, "AC-01", "fail") in found(told)
    assert {client for client, _, verdict in found(told) if verdict == "fail"} == {EDITOR}
    assert main(["watch", str(tmp_path / "r")]) == 2
    assert "d'après des captures : rien ne s'y rejoue" in capsys.readouterr().err


def test_an_ack_of_no_message_is_seen_in_the_play_that_it_came_in(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    said = list(exchange)
    place = next(at for at, one in enumerate(said) if one.model == "RC-REF" and one.sender == EDITOR)
    reference = read(said[place].body, "application/json", vhost(VHOST).edition).reference_id or ""
    said[place] = replace(said[place], body=said[place].body.replace(reference.encode(), b"fr.health.nul_1"))
    code, told = judged(written(tmp_path, "trace.log", traced(said)))
    assert code == 1
    assert (EDITOR, "AC-04", "fail") in found(told)
    assert {client for client, _, verdict in found(told) if verdict == "fail"} == {EDITOR}


def test_an_ack_that_is_late_by_one_clock_is_late(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    """And by two clocks that nobody compared, it is not."""
    acked = next(at for at, one in enumerate(exchange) if one.model == "RC-REF" and one.sender == EDITOR)
    late = [
        replace(one, at=one.at + timedelta(seconds=5)) if at >= acked else one
        for at, one in enumerate(exchange)
    ]
    code, told = judged(written(tmp_path, "trace.log", traced(late)))
    assert (code, found(told)) == (1, {(EDITOR, "AC-01", "fail")})


def test_captures_that_end_too_soon_or_show_no_deliveries_accuse_nobody(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    kept = [one for one in exchange if one.model != "RC-REF" or one.sender != EDITOR]
    left = [line for line in traced(kept).split("\n") if '"published"' in line]
    code, told = judged(written(tmp_path, "trace.log", "\n".join(left)))
    assert (code, verdicts(told)[SECOND]) == (3, "inconc")
    assert {one for one in found(told) if one[2] != "inconc"} == set()
    (tmp_path / "r").rename(tmp_path / "first")
    code, told = judged(written(tmp_path, "trace.log", traced(exchange[:1])))
    assert (code, verdicts(told)) == (3, {FIRST: "inconc", SECOND: "inconc"})


def test_whose_own_capture_ended_is_not_accused_by_a_longer_one_of_another(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    before = next(at for at, one in enumerate(exchange) if at > 1 and one.model == "RC-REF")
    assert exchange[before].sender == EDITOR
    first = relay(tmp_path / "un", exchange[:before], EDITOR)
    later = again(exchange[:1], later=90.0)
    second = relay(tmp_path / "deux", [*exchange[:before], *later], PARTNER)
    code, told = judged(first, second, more=["--case", f"{SCENARIO}={case_of(exchange)}"])
    assert (code, (EDITOR, "AC-01", "inconc") in found(told)) == (3, True)
    assert {one for one in found(told) if one[2] != "inconc"} == set()


@pytest.mark.parametrize(
    ("code", "found_of_it"), [(300, ("SC-01", "inconc")), (100, ("TR-10", "fail")), (200, ("EN-02", "fail"))]
)
def test_what_the_hub_reports_as_refused_was_not_received(
    exchange: tuple[Said, ...],
    judged: Judged,
    tmp_path: Path,
    code: int,
    found_of_it: tuple[str, str],
) -> None:
    answer = next(one for one in exchange if one.model == "RS-RR")
    at = exchange.index(answer)
    about = read(answer.body, "application/json", vhost(VHOST).edition).distribution_id
    told = report(RefusedError(code, "dit le hub", referenced=about), EDITOR, "")
    refusal = Said(HUB, f"{EDITOR}.info", json.dumps(told).encode(), answer.at)
    left = traced([answer, refusal]).split("\n")
    lines = [*traced(exchange[:at]).split("\n"), left[0], left[3], *traced(exchange[at + 2 :]).split("\n")]
    code, results = judged(written(tmp_path, "trace.log", "\n".join(lines)))
    assert found(results) == {(EDITOR, *found_of_it)}
    assert code == (1 if found_of_it[1] == "fail" else 3)


def test_a_case_whose_first_message_was_refused_and_sent_again_is_that_play(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    first = exchange[0]
    name = read(first.body, "application/json", vhost(VHOST).edition).distribution_id or ""
    wrong = replace(
        first,
        body=first.body.replace(name.encode(), f"{name}_0".encode()),
        at=first.at - timedelta(seconds=2),
    )
    told = report(RefusedError(400, "dit le hub", referenced=f"{name}_0"), PARTNER, "")
    refusal = Said(HUB, f"{PARTNER}.info", json.dumps(told).encode(), wrong.at)
    left = traced([wrong, refusal]).split("\n")
    code, results = judged(written(tmp_path, "trace.log", "\n".join([left[0], left[3], traced(exchange)])))
    assert (code, found(results)) == (1, {(PARTNER, "EN-06", "fail")})


def test_what_is_wrong_in_a_message_is_its_senders(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    said = list(exchange)
    place = next(at for at, one in enumerate(said) if one.sender == EDITOR and one.model == "RS-RR")
    said[place] = replace(said[place], body=in_no_language(said[place]))
    code, told = judged(written(tmp_path, "trace.log", traced(said)))
    assert (code, found(told)) == (1, {(EDITOR, "EN-10", "fail")})


def test_a_scenario_that_nobody_saw_is_inconclusive_and_says_so(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    trace = written(tmp_path, "trace.log", traced(exchange))
    code, told = judged(trace, scenarios=(SCENARIO, "15-15-cloture"))
    others = {name: one for name, one in verdicts(told).items() if not name.startswith(SCENARIO)}
    assert (code, set(others.values())) == (3, {"inconc"})
    assert verdicts(told)[FIRST] == "pass"
    (reason,) = {one["reason"] for one in told["scenarios"] if one["id"] in others}
    assert "Aucun dossier des captures ne commence comme ce scénario" in reason


def test_of_two_cases_that_are_as_much_of_it_somebody_says_which_counts(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    trace = written(tmp_path, "trace.log", traced([*exchange, *again(exchange, later=60.0)]))
    code, told = judged(trace)
    assert (code, "--case" in told["said"]) == (2, True)
    code, told = judged(trace, more=["--case", f"{SCENARIO}={case_of(exchange)}"])
    assert (code, verdicts(told)) == (0, {FIRST: "pass", SECOND: "pass"})


def test_a_case_that_begins_otherwise_is_that_play_only_where_somebody_says_so(
    exchange: tuple[Said, ...], judged: Judged, tmp_path: Path
) -> None:
    other = replace(exchange[0], body=exchange[0].body.replace(b'"Consciente,', b'"Inconsciente,'))
    assert other.body != exchange[0].body
    trace = written(tmp_path, "trace.log", traced([other, *exchange[1:]]))
    code, told = judged(trace)
    assert (code, set(verdicts(told).values())) == (3, {"inconc"})
    (tmp_path / "r").rename(tmp_path / "first")
    code, told = judged(trace, more=["--case", f"{SCENARIO}={case_of(exchange)}"])
    assert (code, verdicts(told)[FIRST]) == (1, "fail")


@pytest.mark.parametrize(
    ("scenarios", "more", "said"),
    [
        ((), (), "nommez les scénarios"),
        ((SCENARIO,), ("--case", "x"), "SCÉNARIO=DOSSIER"),
        ((SCENARIO,), ("--case", f"{SCENARIO}=x"), "n'est pas dans les captures"),
        ((SCENARIO,), ("--case", "autre=x"), "n'est pas un scénario qui se joue"),
    ],
)
def test_what_cannot_be_told_is_asked_for(
    exchange: tuple[Said, ...],
    judged: Judged,
    tmp_path: Path,
    scenarios: tuple[str, ...],
    more: tuple[str, ...],
    said: str,
) -> None:
    code, told = judged(written(tmp_path, "t.log", traced(exchange)), scenarios=scenarios, more=more)
    assert (code, said in told["said"]) == (2, True), told


def test_of_a_days_cases_a_few_are_named_and_the_others_counted() -> None:
    told = list(_told([], [Case(f"dossier-{number}") for number in range(1_000)]))
    assert len(told) == 21
    assert "dossier-0" in told[0]
    assert told[-1] == "d'aucun scénario choisi : 980 autres dossiers"
