"""The command line as a user meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recette import __version__
from recette.cli import main
from recette.scenario.selection import scenario_files

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_a_run_passes_and_leaves_its_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "15-15-partage-simple.g1", "--report", str(tmp_path)]) == 0
    assert "CONFORME" in capsys.readouterr().out
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["verdict"] == "pass"
    assert [one["id"] for one in results["scenarios"]] == [
        "15-15-partage-simple.g1@origine",
        "15-15-partage-simple.g1@destinataire",
    ]
    assert results["scenarios"][0]["steps"][0] == {
        "id": "partage",
        "title": "Le SAMU d'origine partage le dossier",
        "action": "send",
        "model": "RS-EDA",
        "verdict": "pass",
    }
    assert len(list((tmp_path / "allure").glob("*-result.json"))) == 2
    assert ET.parse(tmp_path / "junit.xml").getroot().attrib["tests"] == "2"
    assert main(["judge", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == results


def test_a_wanted_refusal_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "15-15-destinataire-inconnu", "--verbose", "--report", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "le hub a refusé RS-EDA (501), son rapport est parti sur fr.health.samu991.info" in shown


def test_a_failing_run_says_where_what_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", "15-15-partage-simple.g1", "--fault", "code-hors-liste", "--report", str(tmp_path)]
    assert main(arguments) == 1
    shown = capsys.readouterr().out
    for part in (
        "DA-03",
        "partage-simple.yaml:",
        "createCaseHealth.perimeter",
        "AMUU",
        "attendu",
        "à faire",
        "schéma",
    ):
        assert part in shown
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("1", "0")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "inconnu"], 2, "n'existe pas"),
        (["run", "absent.yaml"], 2, "n'existe pas"),
        (["run", "--target", "absent.yaml"], 2, "illisible"),
        (["run", "--vhost", "15-15_v9"], 2, "15-15_v1.5"),
        (["run", "--fault", "rien"], 2, "faute"),
        (["run", "--strict", "ZZ-99"], 2, "règle"),
        (["run", "--bundle", "scenarios"], 2, "schémas officiels"),
        (["validate", "absent.json", "--vhost", "15-15_v1.5"], 2, "ne peut pas être lu"),
        (["judge", "absent"], 2, "ne peut pas être lu"),
    ],
)
def test_user_errors_are_one_sentence(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown


def test_an_unreachable_broker_is_never_the_editors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", "secret")
    target = tmp_path / "cible.yaml"
    target.write_text(
        "broker: amqp://127.0.0.1:1\nvhost: 15-15_v1.5\neditor: {id: fr.health.samu991, role: LRM}\n"
        "partners: [{id: fr.health.samu992, role: LRM, password_env: MDP}]\n"
        "driver: {kind: http, url: 'http://127.0.0.1:1/'}\n",
        encoding="utf-8",
    )
    assert main(["run", "--target", str(target), "--report", str(tmp_path / "r")]) == 3
    shown = capsys.readouterr().err
    assert "injoignable (connexion refusée) : vérifiez l'adresse" in shown
    assert "secret" not in shown + (tmp_path / "r" / "journal.jsonl").read_text(encoding="utf-8")


def test_the_package_is_the_command() -> None:
    asked = subprocess.run([sys.executable, "-m", "recette", "--help"], capture_output=True, encoding="utf-8")

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("usage : recette commande")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"recette {__version__}\n"


def test_lint_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "faux.yaml"
    bad.write_text("id: x\ntitle: [", encoding="utf-8")
    assert main(["lint", str(bad)]) == 1
    assert re.match(re.escape(os.path.relpath(bad)) + r":\d+:\d+: YAML illisible", capsys.readouterr().out)
    assert main(["lint", "scenarios"]) == 0


def test_validate_json_is_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.json"
    file.write_text('{"resourcesStatus": {"caseId": "fr.health.samu991.D1"}}', encoding="utf-8")
    assert main(["validate", str(file), "--vhost", "15-15_v1.5", "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["valid"], report["model"], report["vhost"]) == (False, "RS-SR", "15-15_v1.5")
    assert {"layer", "path", "rule", "message", "expected", "actual"} <= report["errors"][0].keys()
    assert {one["path"] for one in report["errors"]} == {
        "$.resourcesStatus.resourceId",
        "$.resourcesStatus.datetime",
        "$.resourcesStatus.status",
    }


def test_list_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(scenario_files(ROOT / "scenarios")) >= 14
    assert main(["faults"]) == 0
    assert "sans-acquittement" in capsys.readouterr().out


def test_pytest_plays_the_scenarios_with_the_same_verdicts() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",  # as where only the package is installed, without what its own tests need
        "scenarios/15-15/partage-simple.yaml",
    ]
    good = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert good.returncode == 0, good.stdout
    assert "6 passed" in good.stdout
    bad = subprocess.run(
        [*command, "--fault", "valeur-changee"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert bad.returncode == 1
    assert "DA-05" in bad.stdout


def test_ctrl_c_twice_leaves_a_readable_journal_that_is_never_conformant(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recette.cli", "run", "15-15-ressource-acceptee", "--fault", "muet"]
    with subprocess.Popen(
        [*command, "--report", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while "@sollicite" not in running.stdout.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 3
        error = running.stderr.read()
    assert error.startswith("Interrompu")
    assert f"recette run --resume {tmp_path}" in error
    assert error.count("\n") <= 2
    assert main(["judge", str(tmp_path)]) == 3


def test_allure_sees_the_steps_and_the_findings_of_a_pytest_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--alluredir", str(tmp_path)]
    subprocess.run(
        [
            *command,
            "--fault",
            "valeur-changee",
            "scenarios/15-15/partage-simple.yaml",
            "-k",
            "g1 and origine",
        ],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
    )
    (path,) = tmp_path.glob("*-result.json")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["status"] == "failed"
    assert [one["status"] for one in result["steps"]] == ["failed", "passed"]
    (attachment,) = result["attachments"]
    assert "DA-05" in (tmp_path / attachment["source"]).read_text(encoding="utf-8")
