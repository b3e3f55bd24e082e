"""What a person reads in a terminal, on one screen and without tricks."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from recette.journal.events import Entry, RunStarted, ScenarioEnded, Trouble
from recette.journal.facts import HubFacts, TargetFacts
from recette.journal.link_events import EditorReturned
from recette.judge.verdicts import FRENCH, Judgement, NotObserved, ScenarioResult
from recette.report.console import Console
from tests.report.conftest import PAYLOAD, Recorded

HUB = HubFacts(environment="sandbox", title="bac-à-sable local", broker="embedded")
HEADER = RunStarted(
    run="r",
    recette="1",
    target="cible",
    targets=(),
    deadlines={},
    models={},
    hub_observed=True,
    played_on=HUB,
    due=44,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(judgement: Judgement, stream: io.StringIO, *, verbose: bool = False) -> str:
    Console(stream, verbose=verbose).summary(judgement, HEADER)
    return stream.getvalue()


def many(recorded: Recorded, times: int) -> Judgement:
    results = [
        replace(one, id=f"{one.id}-{number}")
        for number in range(times)
        for one in recorded.judgement.scenarios
    ]
    return replace(recorded.judgement, scenarios=tuple(results))


@pytest.mark.parametrize(
    ("away", "said"), [(0.0, "lit sa file : l'incident est passé"), (2.5, "est revenu après 2,5 s")]
)
def test_whose_link_never_broke_is_not_told_to_come_back(away: float, said: str) -> None:
    stream = io.StringIO()
    with Console(stream).playing() as told:
        told.saw(Entry(1, "", 0.0, HEADER))
        event = EditorReturned(scenario="a", step="s", client="fr.health.x", seconds=away)
        told.saw(Entry(2, "", 1.0, event))
    assert f"fr.health.x {said}\n" in stream.getvalue()


def test_three_hundred_conformant_plays_fit_on_a_screen(conformant: Recorded) -> None:
    text = shown(many(conformant, 10), io.StringIO())
    assert len(text.splitlines()) < 24
    assert "CONFORME : 330 passages" in text
    assert re.search(r"15-15_v1\.5 +· +90 +· +· +· +·", text)
    assert "partage-simple" not in text


def test_a_cause_is_told_once_however_many_plays_show_it(failing: Recorded) -> None:
    judgement = many(failing, 30)
    text = shown(judgement, io.StringIO())
    assert len(text.splitlines()) < 40
    assert text.count("AC-01 —") == 1
    assert re.search(r"passages +\d{3} : .* et \d+ autres", text)
    for part in ("attendu", "reçu", "à faire", "DST 3.3.2", "partage-simple.yaml:"):
        assert part in text


def test_verbose_lists_every_play_and_every_finding(failing: Recorded) -> None:
    text = shown(failing.judgement, io.StringIO(), verbose=True)
    for one in failing.judgement.scenarios:
        assert f"{one.id} — {one.title}" in text
    assert text.count("AC-01 —") == sum(len(one.findings) for one in failing.judgement.scenarios)


@pytest.mark.parametrize("verbose", [False, True])
def test_hostile_text_does_not_steer_a_coloured_terminal(
    hostile: Recorded, verbose: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = shown(hostile.judgement, Terminal(), verbose=verbose)
    assert "<script>" in text
    assert set(re.findall("\x1b[^m]*m", text)) <= {f"\x1b[1;{n}m" for n in (31, 32, 33, 35, 36, 90)} | {
        "\x1b[0m"
    }
    assert not re.search("[\x00-\x09\x0b-\x1a\x1c-\x1f\u202e]", text)
    assert "\x1b[31m]]" not in text


def test_no_colour_where_none_is_wanted(failing: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in shown(failing.judgement, Terminal())


def started(driver: str) -> Entry:
    target = TargetFacts(vhost="v", editor="e", role="LRM", partners=("p",), format="json", driver=driver)
    event = RunStarted(
        run="r",
        recette="0",
        target="t",
        targets=(target,),
        deadlines={},
        models={},
        hub_observed=False,
        plays=2,
    )
    return Entry(1, "", 0.0, event)


def test_a_terminal_has_one_line_that_goes_when_all_is_played() -> None:
    stream = Terminal()
    with Console(stream).playing() as told:
        told.saw(started("http"))
        told.saw(Entry(2, "", 1.0, Trouble(where="hub", text=PAYLOAD)))
        told.saw(Entry(3, "", 1.0, ScenarioEnded(scenario="a", reason="arrêt")))
    text = stream.getvalue()
    assert "0/2 joués" in text
    assert text.endswith("\r\x1b[K")
    assert text.count("\n") == 1
    assert "\x1b[31m]]" not in text


def test_an_operator_at_the_terminal_gets_plain_lines() -> None:
    stream = Terminal()
    with Console(stream).playing() as told:
        told.saw(started("operator"))
        told.saw(Entry(3, "", 1.0, ScenarioEnded(scenario="a", reason="arrêt")))
    assert stream.getvalue() == "    ■ a s'arrête : arrêt\n"


def test_elsewhere_every_play_is_a_plain_line(failing: Recorded) -> None:
    stream = io.StringIO()
    with Console(stream).playing() as told:
        for entry in failing.journal.entries:
            told.saw(entry)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\r" not in text
    assert text.count("▶") == len(failing.judgement.scenarios)
    assert "pas d'acquittement en 0,2 s" in text


def test_elsewhere_a_long_campaign_tells_how_far_it_is_and_what_is_wrong(failing: Recorded) -> None:
    header, *rest = failing.journal.entries
    assert isinstance(header.event, RunStarted)
    long = replace(header, event=replace(header.event, plays=420))
    over = [Entry(9, "", 1.0, ScenarioEnded(scenario=f"p{number}", reason="")) for number in range(200)]
    stream, verbose = io.StringIO(), io.StringIO()
    for one in (Console(stream), Console(verbose, verbose=True)):
        with one.playing() as told:
            for entry in (long, *rest, *over):
                told.saw(entry)
    text = stream.getvalue()
    assert "▶" not in text
    assert text.count("/420 joués") == 2
    assert "pas d'acquittement en 0,2 s" in text
    assert verbose.getvalue().count("▶") == len(failing.judgement.scenarios)
    assert "joués" not in verbose.getvalue()


def test_a_verdict_is_told_with_its_cause_as_soon_as_it_is_there(failing: Recorded) -> None:
    stream = io.StringIO()
    with Console(stream).playing() as told:
        for one in failing.judgement.scenarios:
            told.judged(one)
    lines = stream.getvalue().splitlines()
    for one, line in zip(failing.judgement.scenarios, lines, strict=False):
        found = [finding for finding in one.findings if finding.verdict == one.verdict]
        assert line.startswith(f"  {FRENCH[one.verdict]} {one.id}")
        assert not found or found[0].explanation in line
    assert any("AC-01, étape" in line for line in lines)


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "elsewhere"])
def test_of_a_long_campaign_what_is_wrong_is_told_and_no_cause_too_often(
    failing: Recorded, stream: io.StringIO
) -> None:
    bad = next(one for one in failing.judgement.scenarios if one.verdict == "fail")
    good = replace(bad, verdict="pass", findings=())
    other = replace(bad, findings=(replace(bad.findings[0], rule="SC-01"),))
    with Console(stream).playing() as told:
        begun = started("http")
        assert isinstance(begun.event, RunStarted)
        told.saw(replace(begun, event=replace(begun.event, plays=420)))
        for number in range(10):
            told.judged(replace(bad, id=f"p{number}"))
            told.judged(replace(good, id=f"q{number}"))
        told.judged(replace(other, id="p10"))
    text = stream.getvalue()
    assert [number for number in range(11) if f"NON CONFORME p{number} : " in text] == [0, 1, 2, 10]
    assert text.count("les passages suivants de même cause sont comptés") == 1
    assert "q1" not in text
    assert ("0/420 joués · 1 non conforme" in text) == stream.isatty()


def test_an_operator_is_told_each_verdict(failing: Recorded) -> None:
    stream = Terminal()
    with Console(stream).playing() as told:
        told.saw(started("operator"))
        for one in failing.judgement.scenarios:
            told.judged(one)
    assert len(re.findall(r"CONFORME|NON CONCLUANT|ERREUR", stream.getvalue())) == len(
        failing.judgement.scenarios
    )


def test_a_value_of_several_lines_stays_below_its_name(failing: Recorded) -> None:
    (first, *rest) = failing.judgement.scenarios
    found = next(one for scenario in rest for one in scenario.findings)
    told = replace(
        first, verdict="fail", findings=(replace(found, actual="300\nNON CONFORME : tout va bien"),)
    )
    text = shown(replace(failing.judgement, scenarios=(told,)), io.StringIO())
    assert re.search(r"^ {6}reçu     300\n {15}NON CONFORME : tout va bien$", text, re.MULTILINE)


def test_a_link_that_nobody_meant_to_break_off_is_not_told_as_unobserved(conformant: Recorded) -> None:
    """Part of the cahier, none of which breaks a link off; whoever plays all of it, or meant to, is told."""
    cut = NotObserved("TR-15", "aucun passage joué n'a rompu la liaison de l'éditeur")
    judgement = replace(conformant.judgement, not_observed=(cut,))
    (first, *rest) = judgement.scenarios
    steps = tuple(replace(one, action="disturb") for one in first.steps[:1])
    meant = replace(judgement, scenarios=(replace(first, steps=steps), *rest))
    left_out = replace(judgement, scenarios=(ScenarioResult("x", "x", "none", (), (), "…"), *rest))
    assert "TR-15" not in shown(judgement, io.StringIO())
    assert "Non observé : TR-15" in shown(meant, io.StringIO())
    assert "Non observé : TR-15" in shown(left_out, io.StringIO())


def test_a_play_that_never_began_stands_with_its_vhost(conformant: Recorded) -> None:
    unplayed = ScenarioResult("x.g3@a", "x", "none", (), (), "Il manque un partenaire.", "15-15_v2.1")
    told = shown(replace(conformant.judgement, scenarios=(unplayed,)), io.StringIO())
    assert "15-15_v2.1" in told
    assert "non chargés" not in told


def test_the_hub_and_what_was_not_observed_stand_beside_the_verdict(conformant: Recorded) -> None:
    unseen = (NotObserved("TR-07", "seul le broker le voit"), NotObserved("TR-13", "seul le broker le voit"))
    told = shown(replace(conformant.judgement, not_observed=unseen), io.StringIO())
    assert "CONFORME : " in told
    assert ", sur bac-à-sable local, broker embarqué de la recette" in told
    assert re.search(r"\d+ scénarios joués sur 44 que la cible permet", told)
    assert "Non observé : TR-07, TR-13 : seul le broker le voit." in told
