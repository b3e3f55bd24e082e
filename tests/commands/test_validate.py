"""`recette validate` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.generations import edition_named
from recette.messages.dictionary.models import model
from recette.messages.reading import XML_TYPE, inner

VHOST = ["--vhost", "15-15_v2.1"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["validate", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_thousands_of_files_in_one_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = example_message(model("RS-SR", 3), "maximal")
    for number in range(1000):
        (tmp_path / f"{number:04}.json").write_bytes(serialise(whole))
        (tmp_path / f"{number:04}.xml").write_bytes(serialise(whole, XML_TYPE, 3))
    (tmp_path / "lisez-moi.txt").write_text("ni l'un ni l'autre", encoding="utf-8")
    begun = time.process_time()
    assert main(["validate", str(tmp_path), *VHOST]) == 0
    assert time.process_time() - begun < 10
    assert capsys.readouterr().out.endswith("2000 fichiers : 2000 valides, 0 invalide\n")


def test_envelopes_and_contents_with_or_without_their_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = example_message(model("RS-SR", 3), "minimal")
    content = inner(whole)["resourcesStatus"]
    path = tmp_path / "m.json"
    for document in (whole, {"resourcesStatus": content}):
        path.write_text(json.dumps(document), encoding="utf-8")
        assert told(capsys, str(path), *VHOST)[0] == 0
    path.write_text(json.dumps(content), encoding="utf-8")
    assert told(capsys, str(path), *VHOST, "--model", "RS-SR")[0] == 0
    code, (report,) = told(capsys, str(path), *VHOST)
    assert code == 1
    assert "--model" in report["errors"][0]["message"]
    path.write_text(json.dumps(inner(whole)), encoding="utf-8")
    code, (report,) = told(capsys, str(path), *VHOST)
    assert code == 1
    assert "commence à « message »" in report["errors"][0]["message"]


def test_a_message_foreign_to_the_perimeter_is_valid_with_a_remark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(serialise(example_message(model("RS-URL", 3), "minimal")))
    code, (report,) = told(capsys, str(path), *VHOST)
    assert (code, report["valid"], report["errors"]) == (0, True, [])
    assert [one["rule"] for one in report["warnings"]] == ["TR-08"]
    assert main(["validate", str(path), str(path), *VHOST]) == 0
    shown = capsys.readouterr().out
    assert "[remarque]" in shown
    assert "2 valides (dont 2 avec une remarque)" in shown


@pytest.mark.parametrize(
    ("name", "place", "remarks"),
    [
        ("GEO-REQ", "15-15_v2.1", []),
        ("GEO-RES", "15-15_v2.1", []),
        ("RS-BPV", "15-15_v2.1", [("hub", "est un message du périmètre 15-15, mais")]),
        ("RS-URL", "15-15_v2.1", [("hub", "le périmètre 15-15 ne l'utilise pas, et aucune liste")]),
        ("RC-REF", "15-gps_v1.3", []),
    ],
)
def test_what_no_hub_of_today_is_known_to_carry_is_remarked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, place: str, remarks: list[tuple[str, str]]
) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(serialise(example_message(model(name, 3), "minimal")))
    code, (report,) = told(capsys, str(path), "--vhost", place)
    assert (code, report["verdict"]) == (0, "valid")
    assert len(report["warnings"]) == len(remarks)
    for one, (by, text) in zip(report["warnings"], remarks, strict=True):
        assert one["refused_by"] == by
        assert text in one["message"]


def test_no_schema_is_quoted_at_the_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, change in enumerate(({"error": {}}, {"reference": {}}, {"champ": 1}, {"messageId": None})):
        whole = example_message(model("RS-SR", 3), "maximal")
        inner(whole).update(change)  # type: ignore[attr-defined]
        (tmp_path / f"{number}.json").write_bytes(serialise(whole))
    assert main(["validate", str(tmp_path), *VHOST]) == 1
    shown = capsys.readouterr().out.replace(str(tmp_path), "")
    assert "4 invalides" in shown
    for word in ("oneOf", "schema", "is not", "valid under"):
        assert word not in shown


@pytest.mark.parametrize("layout", ["folder", "zip", "repository", "repository zip"])
def test_a_bundle_in_every_layout(
    ans: Path, tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    official = ans / "modeles-3.4.1"
    places = {"json-schema": "src/main/resources/json-schema", "xsd": "src/main/resources/xsd"}
    places["examples"] = "src/main/resources/sample/examples"
    bundle = tmp_path / ("lot.zip" if "zip" in layout else "SAMU-Hub-Modeles-3.4.1")
    files = {one: one.relative_to(official).as_posix() for one in official.rglob("*") if one.is_file()}
    if "repository" in layout:
        files = {
            one: name.replace(top, places[top], 1)
            for one, name in files.items()
            if (top := name.partition("/")[0]) in places
        }
    if "zip" in layout:
        with zipfile.ZipFile(bundle, "w") as archive:
            for one, name in files.items():
                archive.write(one, f"SAMU-Hub-Modeles-3.4.1/{name}")
    else:
        for one, name in files.items():
            (bundle / name).parent.mkdir(parents=True, exist_ok=True)
            (bundle / name).write_bytes(one.read_bytes())
    examples = str(official / "examples" / "RS-EDA")
    assert main(["validate", examples, *VHOST, "--bundle", str(bundle)]) == 0
    assert main(["models", "check", "--bundle", str(bundle), "--mutants", "1"]) == 0
    capsys.readouterr()
    bad = tmp_path / "m.xml"
    bad.write_bytes(
        serialise(example_message(model("RS-SR", 3), "minimal"), XML_TYPE, 3).replace(b"DECISION", b"DECISON")
    )
    code, (report,) = told(capsys, str(bad), *VHOST, "--bundle", str(bundle))
    assert code == 1
    assert "vouliez-vous dire DECISION" in report["errors"][0]["message"]


# Not ru_maxrss, which remembers the process that started this one.
_MEASURED = """
import os, re, sys
from pathlib import Path
from recette.cli import main
code = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())
print(code, int(peak[1]) // 1024, sum(os.times()[:4]), file=sys.stderr)
"""


def _states(count: int, form: str) -> bytes:
    whole = example_message(model("RS-RI", 3), "minimal")
    state = {"datetime": "2026-01-02T03:04:05+01:00", "status": "FAUX"}
    inner(whole)["resourcesInfo"]["resource"][0]["state"] = [state] * count
    return serialise(whole, form, 3)


def test_hostile_files_in_bounded_time_and_memory(tmp_path: Path) -> None:
    for name in ("grand.json", "grand.xml"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"<a>" if name.endswith("xml") else b'{"a": "')
            file.truncate(100_000_000)
    (tmp_path / "million.json").write_bytes(b'{"a": [' + b"1," * 1_000_000 + b"1]}")
    (tmp_path / "erreurs.json").write_bytes(_states(15_000, "application/json"))
    (tmp_path / "erreurs.xml").write_bytes(_states(15_000, XML_TYPE))
    (tmp_path / "niveaux.xml").write_bytes(b"<a>" * 10_000)
    (tmp_path / "niveaux.json").write_bytes(b"[" * 10_000)
    (tmp_path / "bombe.xml").write_bytes(b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 9_000_000 + b'">]><a>&b;</a>')
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, "validate", str(tmp_path), *VHOST],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    code, megabytes, seconds = map(float, done.stderr.split())
    assert code == 1
    assert megabytes < 300
    assert seconds < 60  # 7 on a quiet machine
    assert done.stdout.count("INVALIDE") == 1
    assert done.stdout.count("NON CONCLUANT") == 7
    for bound in ("10485760 octets", "100000 valeurs", "256 niveaux", "254 niveaux", "50 premières", "DTD"):
        assert bound in done.stdout
    assert len(done.stdout) < 50_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent.json", *VHOST], "il n'existe pas"),
        (["m.json", "--vhost", "15-15_v9"], "15-15_v2.1"),
        (["m.json", *VHOST, "--model", "RS-EDDA"], "vouliez-vous dire RS-EDA"),
        (["m.json", *VHOST, "--bundle", "absent.zip"], "ni un dossier ni un zip"),
    ],
)
def test_an_unusable_call_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.json").write_text("{}", encoding="utf-8")
    assert main(["validate", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error_to_tell(tmp_path: Path) -> None:
    for number in range(600):  # more is said of them than a pipe holds
        (tmp_path / f"{number}.json").write_bytes(b"{}")
    with subprocess.Popen(
        [sys.executable, "-m", "recette.cli", "validate", str(tmp_path), *VHOST],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert b"INVALIDE" in running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1  # what was found is told by the exit code all the same


def example(name: str, edition: str, **changed: Any) -> dict[str, Any]:
    document = example_message(model(name, edition_named(edition)), "minimal")
    return {**document, **changed}


def judged(capsys: pytest.CaptureFixture[str], path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["validate", str(path), "--json", *arguments])
    (found,) = json.loads(capsys.readouterr().out)
    return code, found


def test_a_bound_of_this_project_alone_is_inconclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = example("RS-EDA", "3.4.1")
    inside = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    inside["createCaseHealth"]["freetext"] = "x" * (11 * 1024 * 1024)
    path = tmp_path / "long.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, found = judged(capsys, path, *VHOST)
    assert (code, found["verdict"], found["valid"]) == (3, "unsure", False)
    assert [one["refused_by"] for one in found["errors"]] == ["recette"]
    del document["senderID"]
    inside["createCaseHealth"]["freetext"] = "x"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, found = judged(capsys, path, *VHOST)
    assert (code, found["verdict"]) == (1, "invalid")
    assert {one["refused_by"] for one in found["errors"]} == {"specification"}


def test_what_the_hub_alone_refuses_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = example("RS-EDA", "3.4.1")
    document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["autreContenu"] = {}
    path = tmp_path / "cle.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, found = judged(capsys, path, *VHOST)
    assert (code, found["verdict"]) == (1, "invalid")
    assert [one["refused_by"] for one in found["errors"]] == ["hub"]


def test_minus_zero_is_between_the_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "offset.json"
    for field in ("dateTimeSent", "dateTimeExpires"):
        path.write_text(
            json.dumps(example("RS-EDA", "3.4.1", **{field: "2026-01-01T10:00:00-00:00"})), encoding="utf-8"
        )
        code, found = judged(capsys, path, *VHOST)
        assert (code, found["verdict"]) == (3, "unsure")
        (error,) = found["errors"]
        assert error["path"] == f"$.{field}"
        assert "RC-DE" in error["message"]
        assert "hub" in error["message"]


@pytest.mark.parametrize(
    ("value", "verdict"), [("2072-01-01 10:00:00+01:00", "unsure"), ("2072-13-01 10:00:00+01:00", "invalid")]
)
def test_a_blank_in_the_expiry_is_between_the_sources(
    value: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "blanc.json"
    path.write_text(json.dumps(example("RS-EDA", "3.4.1", dateTimeExpires=value)), encoding="utf-8")
    code, found = judged(capsys, path, *VHOST)
    assert (code, found["verdict"]) == (3 if verdict == "unsure" else 1, verdict)
    assert ["RFC 3339" in one["message"] for one in found["errors"]] == [verdict == "unsure"]


def test_another_edition_that_the_hub_may_serve_leaves_it_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ressources.json"
    path.write_text(json.dumps(example("RC-RI", "3.4.0")), encoding="utf-8")
    on = ("--vhost", "15-nexsis_v1.9.1")
    code, found = judged(capsys, path, *on)
    assert (code, found["models"], found["verdict"]) == (3, "3.4.1", "unsure")
    assert "3.4.0" in found["accepted_by"]
    assert judged(capsys, path, *on, "--models", "3.4.0")[1]["verdict"] == "valid"
    code, found = judged(capsys, path, *on, "--models", "3.4.1")
    assert (code, found["verdict"], found["accepted_by"]) == (1, "invalid", [])
    assert judged(capsys, path, "--vhost", "15-nexsis_v1.9")[1]["verdict"] == "unsure"
    assert main(["validate", str(path), *on]) == 3
    shown = capsys.readouterr().out
    assert "NON CONCLUANT" in shown
    assert "génération 3 (3.4.1)" in shown


def test_a_vhost_that_no_table_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dossier.json"
    path.write_text(json.dumps(example("RS-EDA", "2.4.0")), encoding="utf-8")
    assert judged(capsys, path, "--vhost", "15-essai_v7", "--models", "2.4.0")[0] == 0
    assert main(["validate", str(path), "--vhost", "15-essai_v7"]) == 2
    assert "--models" in capsys.readouterr().err
