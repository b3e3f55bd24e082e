"""What lint finds beyond loading: at its own line, an error or a warning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.cli import main
from recette.messages.json.schemas import SchemaSet
from recette.scenario.lint import check_editions
from recette.scenario.loader import load_file
from recette.scenario.problems import Problem

SCENARIO = """\
id: essai
title: Essai
perimeter: 15-15
generations: [2, 3]
actors: {a: LRM, b: LRM, c: LRM}
editor: b
case: a
identifiers:
  demande: {kind: request, by: a}
  vehicule: {kind: resource, by: b}
variables: {motif: Exercice fictif}
steps:
  - id: demande
    send: {from: a, to: b, model: RS-DR, data: donnees/demande.yaml}
  - id: reponse
    expect: {from: b, to: a, model: RS-RR, data: {requestId: "${demande}", response: {answer: ACCEPTEE}}}
    capture: {decision: $.resourcesResponse.response.answer}
  - id: engagement
    prompt: Engagez, la réponse étant ${decision}.
    expect:
      from: b
      to: a
      model: RS-RI
      data: {resource: [{resourceId: "${vehicule}", vehicleType: SMUR.VLM, name: "${motif}"}]}
    identity: {$.resourcesInfo.resource: name}
"""
DATA = """\
caseId: ${caseId}
request:
  requestId: ${demande}
  datetime: ${now}
  purpose: SMUR
  freetext: Fictif
"""


def written(tmp_path: Path, scenario: str = SCENARIO, data: str = DATA) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(scenario, encoding="utf-8")
    (tmp_path / "donnees").mkdir(exist_ok=True)
    (tmp_path / "donnees" / "demande.yaml").write_text(data, encoding="utf-8")
    return path


def found(tmp_path: Path, scenario: str = SCENARIO, data: str = DATA) -> list[Problem]:
    return check_editions(load_file(written(tmp_path, scenario, data)))


def test_a_sound_scenario_has_nothing(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("purpose: SMUR", "purpose: SMURF", "donnees/demande.yaml:5:3", "SMURF"),
        ("requestId: ${demande}", "requestId: ${vehicule}", "donnees/demande.yaml:3:3", "génération 3"),
        ("  purpose: SMUR\n", "", "donnees/demande.yaml:2:1", "purpose"),
        ("  freetext: Fictif", "  texte: Fictif", "donnees/demande.yaml:6:3", "texte"),
    ],
)
def test_data_that_the_vhost_would_refuse_is_shown_in_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, place: str, said: str
) -> None:
    assert old in DATA
    monkeypatch.chdir(tmp_path)  # files are named as seen from here
    problems = found(tmp_path, data=DATA.replace(old, new))
    hits = [one for one in problems if str(one).startswith(f"{place}: ") and said in one.text]
    assert len(hits) == 1, problems
    assert hits[0].severity == "error"
    assert "étape demande" in hits[0].text


ERRORS = [
    ("perimeter: 15-15", "perimeter: 15-16", "3:1", "15-15, 15-smur"),
    ("answer: ACCEPTEE", "answer: PEUT-ETRE", "16:87", "PEUT-ETRE"),
    ("{$.resourcesInfo.resource: name}", "{$.resourcesInfo.resources: name}", "25:16", "n'existe pas"),
    ("{$.resourcesInfo.resource: name}", "{$.resourcesInfo.caseId: name}", "25:16", "aucune liste"),
    ("{$.resourcesInfo.resource: name}", "{$.resourcesInfo.resource: nom}", "25:16", "« nom »"),
    ("  - id: reponse\n", "  - id: reponse\n    refused: 501\n    ack: {after: 1s}\n", "17:5", "refuser"),
    ("expect: {from: b, to: a,", "expect: {from: b, to: a, unknown: true,", "16:5", "« unknown »"),
    (
        "  - id: reponse\n",
        "  - id: encore\n    dates: instant\n    send: {from: a, to: b, again: demande}\n  - id: reponse\n",
        "16:5",
        "again",
    ),
    (
        "    send: {from: a,",
        "    times: 3\n    capture: {decision2: distributionID}\n    send: {from: a,",
        "15:5",
        "autant que d'envois",
    ),
]
WARNINGS = [
    ("  vehicule: {", "  second: {kind: resource, by: b}\n  vehicule: {", "10:3", "« second »"),
    ("{motif: Exercice fictif}", "{motif: Fictif, autre: Rien}", "11:28", "« autre »"),
    ("la réponse étant ${decision}", "bien", "17:15", "« decision »"),
    ("answer: ACCEPTEE", "freetext: Oui", "17:15", "rien n'oblige"),
    ("  - id: reponse\n", "  - id: reponse\n    times: 1\n", "16:5", "qu'un partenaire envoie"),
    ("    send: {from: a,", "    prompt: Lisez.\n    send: {from: a,", "14:5", "l'éditeur testé envoie"),
    ("    send: {from: a,", "    ack: {after: 1s}\n    send: {from: a,", "14:5", "n'envoie pas ici"),
    (
        "  - id: reponse\n",
        "  - id: rien\n    nothing: {from: c}\n    ask: false\n  - id: reponse\n",
        "17:5",
        "d'un silence",
    ),
    (
        "  - id: reponse\n",
        "  - id: entre-eux\n    send: {from: a, to: c, again: demande}\n  - id: reponse\n".replace(
            "again: demande",
            'model: RS-SR, data: {caseId: "${caseId}", resourceId: "${vehicule}", '
            'state: {datetime: "${now}", status: DEPART}}',
        ),
        "15:5",
        "jamais jouée",
    ),
    (
        (
            'model: RS-RR, data: {requestId: "${demande}", response: {answer: ACCEPTEE}}}\n'
            "    capture: {decision: $.resourcesResponse.response.answer}"
        ),
        "model: RS-URL, data: {}}\n    capture: {decision: distributionID}",
        "15:5",
        "RS-URL n'est pas un message",
    ),
]


CASES = [*(("error", *one) for one in ERRORS), *(("warning", *one) for one in WARNINGS)]


@pytest.mark.parametrize(("severity", "old", "new", "place", "said"), CASES)
def test_each_problem_points(
    tmp_path: Path, severity: str, old: str, new: str, place: str, said: str
) -> None:
    assert old in SCENARIO
    problems = found(tmp_path, SCENARIO.replace(old, new, 1))
    hits = [one for one in problems if said in one.text]
    assert [f"{one.line}:{one.column}" for one in hits] == [place], list(map(str, problems))
    assert {one.severity for one in hits} == {severity}
    assert ("avertissement" in str(hits[0])) == (severity == "warning")


def test_what_one_generation_uses_is_used(tmp_path: Path) -> None:
    text = SCENARIO.replace('name: "${motif}"', 'name: {g2: "${motif}", g3: Autre}')
    assert found(tmp_path, text) == []


def test_what_only_the_editor_sends_may_be_told_in_part_but_not_what_a_partner_sends(tmp_path: Path) -> None:
    both = (
        SCENARIO.replace("editor: b", "editor: [a, b]")
        .replace("expect:", "message:")
        .replace("send:", "message:")
    )
    texts = [one.text for one in found(tmp_path, both)]
    assert any("caseId" in text and "étape reponse" in text for text in texts)


def test_content_that_is_wrong_on_purpose_is_not_held_against_it(tmp_path: Path) -> None:
    text = SCENARIO.replace("  - id: demande\n", "  - id: demande\n    refused: 300\n")
    assert found(tmp_path, text, DATA.replace("SMUR", "SMURF")) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, SCENARIO.replace("la réponse étant ${decision}", "bien")))
    assert main(["lint", path]) == 0
    said = capsys.readouterr().out
    assert f"{Path(path).name}:17:15: avertissement : " in said
    assert "1 scénario, aucune erreur, 1 avertissement." in said
    written(tmp_path, data=DATA.replace("purpose: SMUR", "purpose: SMURF"))
    assert main(["lint", path, path, "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert len(problems) == 1
    assert (problems[0]["line"], problems[0]["column"], problems[0]["severity"]) == (5, 3, "error")
    assert problems[0]["file"].endswith("donnees/demande.yaml")


def test_the_models_of_a_bundle_judge_the_data_of_their_generation(
    ans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "lot"
    bundle.mkdir()
    for one in (ans / "modeles-3.4.1" / "json-schema").iterdir():
        target = bundle / "json-schema" / one.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(one.read_text(encoding="utf-8").replace('"SMUR"', '"AUTRE-CODE"'), encoding="utf-8")
    assert SchemaSet.from_bundle(bundle).generation == 3
    assert main(["lint", str(written(tmp_path))]) == 0
    capsys.readouterr()
    assert main(["lint", str(written(tmp_path)), "--bundle", str(bundle)]) == 1
    said = capsys.readouterr().out
    assert "donnees/demande.yaml:5:3: " in said
    assert "(génération 3)" in said
