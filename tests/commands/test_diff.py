"""recette diff and recette judge: what changed from one judgement to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recette.cli import main
from tests.fuzzing import fuzzed, spoil

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A faultless run and a faulty one."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        good, bad = str(folder / "good"), str(folder / "bad")
        assert main(["run", "15-15-partage-simple", "--report", good]) == 0
        assert main(["run", "15-15-partage-simple", "--fault", "code-hors-liste", "--report", bad]) == 1
    return good, bad


def test_worse_is_1_better_is_0(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = runs
    assert main(["diff", good, bad]) == 1
    assert "RECUL     DA-03 (absent) → NON CONFORME" in capsys.readouterr().out
    assert main(["diff", bad, good]) == 0
    assert "PROGRÈS   DA-03 NON CONFORME → (absent)" in capsys.readouterr().out
    assert main(["diff", good, good]) == 0
    assert "Aucune différence" in capsys.readouterr().out


def test_json_names_rule_and_path(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *runs, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["regression"] is True
    assert [document[side]["verdict"] for side in ("before", "after")] == ["pass", "fail"]
    changes = [change for play in document["plays"] for change in play["changes"]]
    assert ("DA-03", "worse") in {(one["rule"], one["trend"]) for one in changes}


def test_what_is_no_result_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path), str(tmp_path)]) == 2
    assert "ne peut pas être lu" in capsys.readouterr().err
    for text in ("{}", "[", '{"verdict": "bon"}', "[" * 100_000):
        (tmp_path / "results.json").write_text(text)
        assert main(["diff", str(tmp_path), str(tmp_path)]) == 2
        assert "n'est pas un results.json" in capsys.readouterr().err


@fuzzed(20)
@given(data=st.data())
def test_whatever_stands_in_it_is_read_or_refused(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject
) -> None:
    spoiled = spoil(json.loads((Path(runs[0]) / "results.json").read_text(encoding="utf-8")), data)
    (tmp_path / "results.json").write_text(json.dumps(spoiled), encoding="utf-8", newline="\n")
    for command in (["diff", str(tmp_path), runs[1]], ["matrix", str(tmp_path)]):
        assert main(command) in {0, 1, 2}
        assert "défaut" not in capsys.readouterr().err


@pytest.mark.parametrize("place", [("identity",), ("judged_by",), ("judged_by", "rules")])
def test_a_value_where_a_table_belongs_is_refused(
    place: tuple[str, ...], runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads((Path(runs[0]) / "results.json").read_text(encoding="utf-8"))
    *above, last = place
    node = found
    for name in above:
        node = node[name]
    node[last] = 5
    (tmp_path / "results.json").write_text(json.dumps(found), encoding="utf-8", newline="\n")
    assert main(["diff", str(tmp_path), runs[1]]) == 2
    assert "n'est pas un results.json" in capsys.readouterr().err


def _rewritten(run: Path, change: dict[str, Any]) -> None:
    path = run / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")


def test_judging_again_says_what_changed_and_why(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = map(Path, runs)
    (tmp_path / "journal.jsonl").write_bytes((bad / "journal.jsonl").read_bytes())
    results = tmp_path / "results.json"
    results.write_bytes((bad / "results.json").read_bytes())
    assert main(["judge", str(tmp_path)]) == 1
    assert "résultat enregistré" not in capsys.readouterr().out
    recorded = json.loads((good / "results.json").read_text(encoding="utf-8"))
    rules = recorded["judged_by"]["rules"]
    results.write_text(json.dumps(recorded), encoding="utf-8")
    assert main(["judge", str(tmp_path)]) == 1
    assert "Rien de ce qui juge n'a changé" in capsys.readouterr().out
    _rewritten(tmp_path, {"judged_by": {"engine": "x", "rules": {**rules, "DA-03": "x"}}})
    assert main(["judge", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "Ce n'est pas le résultat enregistré" in shown
    assert "DA-03 : 3 constats de différence ; règle modifiée depuis." in shown
    assert main(["judge", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"][0]["trend"] == "worse"
    results.write_text("{}")
    assert main(["judge", str(tmp_path)]) == 1
    assert "n'est pas un results.json" in capsys.readouterr().err
