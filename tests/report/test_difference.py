"""Two judgements compared: each change has its trend, and only what got worse counts as a regression."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from recette.judge.rules import RULES
from recette.judge.verdicts import Finding, Judgement, ScenarioResult, StepResult, Verdict
from recette.report import difference_text
from recette.report.difference import Trend, differences
from recette.report.provenance import Provenance, here
from recette.report.recorded import Recorded

Told = Literal["error", "fail", "inconc", "remark"]


def finding(rule: str = "DA-03", verdict: Told = "fail", path: str = "$.a") -> Finding:
    return Finding(
        rule,
        verdict,
        "editor",
        "envoi",
        path,
        "1",
        "2",
        "Ce n'est pas ça.",
        "source",
        "à faire",
        7,
        "s.yaml:3",
    )


def play(verdict: Verdict, *findings: Finding, name: str = "s@a", step: Verdict = "pass") -> ScenarioResult:
    return ScenarioResult(
        name, "Titre", verdict, (StepResult("envoi", "Envoi", "send", "RS-EDA", step),), findings
    )


def judgement(*plays: ScenarioResult) -> Judgement:
    return Judgement("pass", plays, 0, ())


@pytest.mark.parametrize(
    ("before", "after", "trend", "regression"),
    [
        ((play("pass"),), (play("fail"),), "worse", True),
        ((play("fail"),), (play("pass"),), "better", False),
        ((play("pass"),), (play("none"),), "worse", True),
        ((play("pass"),), (), "disappeared", True),
        ((play("fail"),), (), "disappeared", False),
        ((), (play("pass"),), "appeared", False),
        ((), (play("fail", finding()),), "appeared", False),
        ((play("fail", finding()),), (play("fail"),), "better", False),
        ((play("fail"),), (play("fail", finding()),), "worse", True),
        ((play("fail", finding()),), (play("fail", finding(), finding()),), "worse", True),
        ((play("fail", finding()),), (play("fail", finding(path="$.b")),), "worse", True),
        ((play("pass"),), (play("pass", finding(verdict="remark")),), "changed", False),
        ((play("pass", finding(verdict="remark")),), (play("fail", finding()),), "worse", True),
        ((play("fail", step="fail"),), (play("fail", step="none"),), "better", False),
    ],
)
def test_each_change_has_its_trend(
    before: tuple[ScenarioResult, ...],
    after: tuple[ScenarioResult, ...],
    trend: Trend,
    regression: bool,
) -> None:
    (found,) = differences(judgement(*before), judgement(*after))
    assert found.trend == trend
    assert found.regression is regression


@pytest.mark.parametrize(
    ("before", "after", "trend", "regression"),
    [
        ((), ("fail",), "worse", True),
        (("fail",), (), "better", False),
        (("remark",), ("fail",), "worse", True),
        ((), ("remark",), "changed", False),
        (("fail",), ("fail", "fail"), "worse", True),
    ],
)
def test_what_belongs_to_no_play_counts(
    before: tuple[Told, ...], after: tuple[Told, ...], trend: Trend, regression: bool
) -> None:
    first, second = (
        replace(judgement(play("pass")), findings=tuple(finding("SC-06", one) for one in told))
        for told in (before, after)
    )
    (found,) = differences(first, second)
    assert (found.id, found.trend, found.regression) == ("campagne", trend, regression)
    summary = difference_text.summary((found,))
    assert summary.startswith("Hors des passages")
    assert "passage différent" not in summary
    assert differences(first, first) == differences(second, second) == ()


def test_the_same_is_no_difference() -> None:
    one = judgement(play("fail", finding(), finding("TR-08")))
    other = judgement(play("fail", replace(finding("TR-08"), event=12), replace(finding(), actual="3")))
    assert differences(one, other) == ()
    assert difference_text.summary(()).startswith("Aucune différence")


def test_worse_plays_come_first_and_read_as_sentences() -> None:
    before = judgement(play("fail", finding(), name="b@x"), play("pass", name="a@x"))
    after = judgement(play("pass", name="b@x"), play("fail", finding(), name="a@x", step="fail"))
    found = differences(before, after)
    assert [one.id for one in found] == ["a@x", "b@x"]
    shown = list(difference_text.lines(found))
    assert shown[0] == "RECUL     a@x — Titre : CONFORME → NON CONFORME"
    assert shown[1] == "    RECUL     étape envoi : CONFORME → NON CONFORME"
    assert shown[2].startswith("    RECUL     DA-03 (absent) → NON CONFORME (envoi $.a)")
    assert difference_text.summary(found) == "2 passages différents : 1 en recul, 1 en progrès."


def test_the_cause_is_told_rule_by_rule() -> None:
    found = differences(judgement(play("pass")), judgement(play("fail", finding())))
    now = here()
    others = {name: digest for name, digest in now.rules.items() if name != "DA-03"}

    def told(recorded: Provenance) -> str:
        return "\n".join(difference_text.causes(found, recorded, now))

    assert "modifiée depuis" in told(Provenance({**others, "DA-03": "autre"}, "autre"))
    assert "nouvelle depuis" in told(Provenance(others, "autre"))
    assert "dictionnaire" in told(Provenance(now.rules, "autre"))
    assert "Rien de ce qui juge n'a changé" in told(now)


def test_a_rule_that_several_sections_hold_is_digested_with_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = next(name for name, rules in RULES.items() if len(rules) > 1)
    monkeypatch.setattr("recette.report.provenance.RULES", {**RULES, name: RULES[name][:1]})
    without = here.__wrapped__().rules
    assert without[name] != here().rules[name]
    assert without["DA-03"] == here().rules["DA-03"]


def test_a_rule_s_digest_is_its_own() -> None:
    digests = here().rules
    assert len(set(digests.values())) == len(digests)
    assert here().changed_rules(Provenance({**digests, "AC-01": "x"}, "")) == {"AC-01"}


def test_two_products_or_two_hubs_are_said_to_be_so() -> None:
    one = Recorded(
        Path("a/results.json"),
        "0.1.0",
        "a",
        {"product": "Horizon", "version": "12"},
        "15-15_v1.5",
        "cible.yaml",
        "2026-11-24T10:00:00+00:00",
        "2026-11-24T10:05:00+00:00",
        judgement(play("pass")),
        Provenance({}, ""),
        hub="bac-à-sable local",
    )
    later = replace(one, identity={"product": "Horizon", "version": "13"})
    assert list(difference_text.not_the_same(one, later)) == []
    other = replace(later, identity={"product": "Zénith"}, hub="intégration de l'ANS")
    told = " ".join(difference_text.not_the_same(one, other))
    assert "ne sont pas les mêmes logiciels (Horizon 12 ; Zénith)" in told
    assert "ne sont pas les mêmes hubs (bac-à-sable local ; intégration de l'ANS)" in told
