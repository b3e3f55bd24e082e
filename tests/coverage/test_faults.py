"""Each seeded fault is named by its rule, by no other that is not declared, and laid at the editor's door."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.options import Options
from recette.cli import main
from recette.coverage.fault_check import (
    FAULTLESS,
    Played,
    complaints,
    in_form,
    in_generations,
    play_faults,
    seeded,
    unjudged,
)
from recette.coverage.fault_table import console, declared, family, gaps, markdown, seen
from recette.coverage.requirement_table import NOT_BROKEN_BY_AN_EDITOR
from recette.judge.rules import HELD
from recette.sandbox.faults import FAULTS
from recette.scenario.model import Scenario
from recette.scenario.requirements import FAMILIES, OWN
from tests.cahier import cahier

ROOT = Path(__file__).parents[2]
SHOWN = "code-hors-liste"
"""A fault that is quickly played."""


@pytest.fixture(scope="module")
def scenarios() -> tuple[Scenario, ...]:
    return cahier()


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, scenarios: tuple[Scenario, ...]) -> dict[str, Played]:
    """Those that this session asks about, each played once, several at a time."""
    asked = {
        str(item.callspec.params["name"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_each_fault_is_named_by_its_rule"
    }
    return {one.name: one for one in play_faults(sorted(asked), scenarios, Options())}


@pytest.fixture(scope="module")
def shown(scenarios: tuple[Scenario, ...]) -> Played:
    """One fault as it is played."""
    (one,) = play_faults([SHOWN], scenarios, Options())
    return one


IN_XML = ("langue-malformee.g2", "sans-entete.g3", "details-incomplets.g2")


def test_faults_are_named_in_xml_too(scenarios: tuple[Scenario, ...]) -> None:
    """One cause, one finding: XSD has no words of its own where a rule names what is wrong."""
    asked = [*in_form([*IN_XML, "vide-en-null", "liste-coupee.g2"], "xml")]
    assert asked == list(IN_XML)
    for one in play_faults([*asked, "sans-entete"], scenarios, Options(format="xml")):
        expected = ["ne se joue pas : aucun scénario n'a ce jeu"] if one.name == "sans-entete" else []
        assert complaints(one) == expected, one.name


def test_a_fault_is_tried_in_every_generation_of_its_play(scenarios: tuple[Scenario, ...]) -> None:
    names = list(in_generations([FAULTLESS, "statut-qui-recule", "engagement-sans-reponse"], scenarios))
    assert names == [
        FAULTLESS,
        "statut-qui-recule",
        "statut-qui-recule.g1",
        "statut-qui-recule.g3",
        "engagement-sans-reponse",
        "engagement-sans-reponse.g3",
    ]
    assert seeded("statut-qui-recule.g3").play == "15-15-ressource-acceptee.g3@sollicite"
    assert "g2" not in seeded("demande-d-un-autre-dossier.g1").after
    (one,) = play_faults(["statut-qui-recule.g3"], scenarios, Options())
    assert complaints(one) == []
    assert one.judgement is not None
    assert [play.id for play in one.judgement.scenarios] == ["15-15-ressource-acceptee.g3@sollicite"]


@pytest.mark.parametrize("name", list(FAULTS))
def test_each_fault_is_named_by_its_rule(played: dict[str, Played], name: str) -> None:
    fault, one = FAULTS[name], played[name]
    assert complaints(one) == []
    assert set(one.found) == {fault.rule, *fault.also}
    assert one.judgement is not None
    *before, result = one.judgement.scenarios
    assert [earlier.verdict for earlier in before] == ["pass"] * bool(fault.after)
    assert {finding.attributed_to for finding in one.findings} == {"editor"}
    found = [finding for finding in one.findings if finding.rule == fault.rule]
    assert all(
        finding.explanation and finding.source and finding.advice and finding.place for finding in found
    )
    failed = any(finding.verdict == "fail" for finding in one.findings)
    cut_short = "inconc" if result.reason else "pass"
    assert one.judgement.verdict == ("fail" if failed else cut_short)
    assert one.judged_alike


def test_every_rule_has_a_fault_that_it_alone_names() -> None:
    assert list(gaps(declared())) == []
    assert NOT_BROKEN_BY_AN_EDITOR.keys() <= HELD
    for fault in FAULTS.values():
        assert fault.rule in HELD
        assert fault.also.keys() <= HELD
        assert fault.rule not in fault.also
        assert all(fault.also.values()), f"{fault.id} : une raison pour chaque règle"


def test_every_kind_of_fault_is_seeded_more_than_once() -> None:
    counts = {
        name: sum(family(fault) == name for fault in FAULTS.values()) for name in map(family, FAULTS.values())
    }
    assert set(counts) == {*(title for name, title in FAMILIES.items() if name not in OWN), "Robustesse"}
    assert min(counts.values()) >= 5, counts


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "fautes.md").read_text(encoding="utf-8")
    assert written.splitlines() == list(markdown()), "recette faults --page > docs/fautes.md"


def test_the_tests_of_what_is_not_the_editors_exist() -> None:
    for tests in NOT_BROKEN_BY_AN_EDITOR.values():
        for place in tests:
            file, _, name = place.partition("::")
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), (
                place
            )


def test_a_wrong_verdict_is_told(shown: Played) -> None:
    assert complaints(shown) == []
    assert complaints(replace(shown, name="date-en-z")) == [
        "DA-04 ne la trouve pas",
        next(
            one for one in complaints(replace(shown, name="date-en-z")) if one.startswith("DA-03 parle aussi")
        ),
    ]
    assert "AC-01 devrait parler aussi" in " ".join(complaints(replace(shown, name="lit-sans-acquitter")))
    assert complaints(replace(shown, judged_alike=False)) == [
        "le journal jugé à nouveau ne dit pas la même chose"
    ]
    assert complaints(replace(shown, judgement=None)) == ["ne se joue pas : aucun scénario n'a ce jeu"]


def test_a_wrong_attribution_is_told(shown: Played) -> None:
    assert shown.judgement is not None
    (result,) = shown.judgement.scenarios
    (finding,) = result.findings
    blamed = replace(result, findings=(finding, replace(finding, rule="HUB-01", attributed_to="partner")))
    wrong = complaints(replace(shown, judgement=replace(shown.judgement, scenarios=(blamed,))))
    assert len(wrong) == 1
    assert wrong[0].startswith("HUB-01 est attribué à « partner »")


def test_a_deadline_is_not_enough_where_the_hub_has_the_proof(shown: Played) -> None:
    assert shown.judgement is not None
    (result,) = shown.judgement.scenarios
    late = replace(result, findings=tuple(replace(one, rule="SC-01") for one in result.findings))
    silent = replace(shown, name="muet", judgement=replace(shown.judgement, scenarios=(late,)))
    assert complaints(replace(silent, hub_knew=False)) == []
    assert complaints(replace(silent, hub_knew=True)) == [
        "seule l'échéance la trouve, alors que le hub en a la preuve"
    ]


def test_the_hubs_own_side_is_heard(scenarios: tuple[Scenario, ...]) -> None:
    refused, passed = play_faults(["destinataire-inconnu", "valeur-changee"], scenarios, Options())
    assert refused.hub_knew
    assert not passed.hub_knew


def test_faultless_editors_that_are_accused_are_told(shown: Played) -> None:
    (wrong,) = complaints(replace(shown, name=FAULTLESS))
    assert "est accusé sans faute : fail DA-03" in wrong
    assert shown.judgement is not None
    stray = replace(shown.judgement, scenarios=(), unclaimed=2)
    assert complaints(replace(shown, name=FAULTLESS, judgement=stray)) == [
        "2 messages n'appartiennent à aucun scénario"
    ]


def test_a_rule_that_no_fault_reaches_is_told(shown: Played) -> None:
    found = list(gaps(seen([shown])))
    assert "EN-01 : aucune faute ne l'atteint." in found
    assert not any(one.startswith(("DA-03", "HUB-01", "PIL-01")) for one in found)
    cells = {**declared(), "DA-03": ([], [SHOWN]), "HUB-01": ([SHOWN], [])}
    assert [one.partition(" ")[0] for one in gaps(cells)] == ["DA-03", "HUB-01"]


def test_the_matrix_names_all(shown: Played) -> None:
    lines = list(console(seen([shown])))
    assert f"DA-03   ● {SHOWN}" in lines
    assert any(line.startswith("HUB-01") and "tests" in line for line in lines)
    assert max(map(len, console(declared()))) <= 110


def test_where_the_broker_does_not_tell_its_faults_are_left_out() -> None:
    assert unjudged("embedded") == ()
    assert "cle-d-un-autre" in unjudged("rabbitmq")
    assert "non-persistant" not in unjudged("rabbitmq")


def test_on_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["faults", "--check", "--json", SHOWN]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert [(one["id"], one["found"], one["attributed_to"]) for one in told["faults"]] == [
        (SHOWN, ["DA-03"], ["editor"])
    ]
    assert told["matrix"]["DA-03"] == {"alone": [SHOWN], "among": []}
    assert main(["faults", "--page"]) == 0
    assert capsys.readouterr().out.startswith("# Les fautes de référence")


def test_what_an_older_profile_has_no_play_for_is_told_and_proves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A conversion is a matter of today's hub."""
    monkeypatch.chdir(ROOT)
    assert main(["faults", "--check", "--hub", "2025-03", "n-acquitte-que-le-premier"]) == 3
    told = capsys.readouterr().out
    assert "Ne se jouent pas sous le profil 2025-03 : n-acquitte-que-le-premier." in told
    assert "0 sur 0" in told


def test_a_fault_of_json_alone_is_named_where_xml_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["faults", "--check", "--format", "xml", "liste-coupee"]) == 3
    assert "Ne se jouent pas en XML sous le profil 2026 : liste-coupee." in capsys.readouterr().out


def test_a_fault_that_is_not_found_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shown: Played
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(
        "recette.coverage.fault_check.play_faults", lambda *_: iter([replace(shown, name="date-en-z")])
    )
    assert main(["faults", "--check", "date-en-z"]) == 1
    told = capsys.readouterr().out
    assert "MANQUÉ  date-en-z" in told
    assert "DA-04 ne la trouve pas." in told
    monkeypatch.setattr("recette.coverage.fault_check.play_faults", lambda *_: iter([shown]))
    assert main(["faults", "--check", SHOWN]) == 0
    assert ": 1 sur 1," in capsys.readouterr().out.splitlines()[-1]


def test_a_fault_that_does_not_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["faults", "--check", "rien"]) == 2
    assert "n'existe pas" in capsys.readouterr().err
