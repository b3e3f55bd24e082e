"""The official book, whichever file it comes in, becomes scenarios; nothing of it is lost in silence."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.cli import main
from recette.journal.events import Received
from recette.journal.reader import read_journal
from recette.messages.json.schemas import SchemaSet
from recette.scenario.book.examples import Examples
from recette.scenario.book.importing import Imported, ImportedCase, imported, read_book
from recette.scenario.book.model import BookError
from tests.scenario.book.smur_book import CASE, ELSEWHERE, STEPS, write_book

TABLET, REGULATION = "15-smur-cas-fictif-ans-lrm-editeur-smur", "15-smur-cas-fictif-editeur-lrm-ans-smur"


def converted(cahier: Path) -> Imported:
    examples = Examples.of_bundle(cahier.parent.parent)
    return imported(read_book(cahier), SchemaSet.builtin(3), examples)


@pytest.fixture
def smur(tmp_path: Path) -> Path:
    return write_book(tmp_path / "lot")


def as_json(cahier: Path) -> Path:
    """The same book as the official converter would write it."""
    book = read_book(cahier)
    senses = {"send": "Envoi", "receive": "Réception"}
    categories = [
        {
            "categoryLabel": "15-SMUR",
            "testCases": [
                {
                    "label": case.label,
                    "description": case.description,
                    "steps": [
                        {
                            "id": step.id,
                            "type": step.sense,
                            "label": f"{senses[step.sense or 'send']} {step.model}",
                            "description": step.description,
                            "file": step.file,
                            "model": step.model,
                            "ignoredProperties": list(step.ignored),
                            **({"idOverrideProperties": list(step.overridden)} if step.overridden else {}),
                        }
                        for step in case.steps
                    ],
                }
                for case in book.cases
            ],
        }
    ]
    path = cahier.with_name("test_cases.json")
    path.write_text(json.dumps(categories, ensure_ascii=False), encoding="utf-8")
    return path


def texts(case: ImportedCase, outcome: str) -> list[str]:
    return [one.of_step for one in (*case.omitted, *case.defects) if one.outcome == outcome]


def test_a_workbook_of_another_perimeter(smur: Path) -> None:
    found = converted(smur)
    tablet, regulation = found.cases
    assert (tablet.id, regulation.id) == (TABLET, REGULATION)
    assert tablet.scenario is not None
    assert regulation.scenario is not None
    assert tablet.scenario.actors == {"editeur": "SMUR", "partenaire": "LRM", "observatoire": "ORU"}
    assert tablet.scenario.testable == ("editeur",)
    assert regulation.scenario.actors == {"editeur": "LRM", "partenaire": "SMUR", "observatoire": "ORU"}
    assert regulation.scenario.testable == ("editeur", "observatoire")
    assert [step.sender for step in tablet.scenario.messages] == [
        *("partenaire", "partenaire", "editeur", "editeur", "partenaire", "editeur", "editeur")
    ]
    assert tablet.scenario.message("07").recipient == "observatoire"
    assert [one.text for one in found.defects] == [
        "ce n'est pas un cas (aucune ligne « Pas de test ») : laissée de côté",
        "il dit « 2.0 / 15-smur_v1.6 » (génération 2), le lot est de la génération 3 : celle du lot est retenue",
    ]


def test_every_defect_is_named_and_what_has_one_reading_is_repaired(smur: Path) -> None:
    tablet, regulation = converted(smur).cases
    repaired, reported = "\n".join(texts(tablet, "repaired")), "\n".join(texts(tablet, "reported"))
    for said in (
        "étape 01 : le sens « envoi » ne peut pas être",
        "medicalNote[0].operator.medicalNoteId est lu $.createCaseHealth.medicalNote[0].medicalNoteId",
        "patient[0]patientId est lu $.createCaseHealth.patient[0].patientId",
        "medicalNote[..].operator.Role est lu $.createCaseHealth.medicalNote[*].operator.role",
        "étape 05 : l'exemple RS-EDA-MAJ Fictif.05.json s'écrit RS-EDA-MAJ_Fictif.05.json",
        f"étape 05 : l'exemple porte le dossier {ELSEWHERE}, les autres étapes {CASE}",
        "$.createCaseHealth.owner est lu $.createCaseHealthUpdate.owner",
        "étape 06 : l'exemple rs-bpv_fictif.06.json s'écrit RS-BPV_Fictif.06.json",
    ):
        assert said in repaired
    assert "medicalNote[3].freetext ne désigne rien dans l'exemple" in reported
    assert "$.createCaseHealth.inconnu n'existe pas dans RS-EDA" in reported
    assert texts(tablet, "omitted") == [
        "étape 08 : l'exemple RS-URL/RS-URL_Fictif.08.json n'est pas dans le lot"
    ]
    assert "ne peut pas être" not in "\n".join(texts(regulation, "repaired"))
    assert tablet.steps == len(STEPS) == tablet.written + len(tablet.omitted)
    assert tablet.scenario is not None
    assert "Étape non reprise : étape 08" in tablet.scenario.summary


def test_identifiers_become_variables_and_the_rest_is_compared(smur: Path) -> None:
    regulation = converted(smur).cases[1].scenario
    assert regulation is not None
    (share,) = regulation.message("01").contents
    assert share.data["caseId"] == "${caseId}"
    assert share.data["owner"] == "${editeur}"
    assert share.data["patient"] == [{"patientId": "${patient1}"}]
    assert share.data["location"] == {"freetext": "Lieu d'exercice $ {fictif}"}
    assert share.ignore == (
        "$.createCaseHealth.medicalNote[0].medicalNoteId",
        "$.createCaseHealth.patient[0].patientId",
        "$.createCaseHealth.medicalNote[*].operator.role",
    )
    made = {one.name: (one.kind, one.by) for one in regulation.identifiers}
    assert made == {
        "patient1": ("patient", "editeur"),
        "medicalNote1": ("medicalNote", "editeur"),
        "resource1": ("resource", "partenaire"),
        "report1": ("report", "partenaire"),
    }
    assert regulation.message("04").contents[0].data["resourceId"] == "${resource1}"
    update = regulation.message("05").contents[0].data
    assert (update["caseId"], update["owner"]) == ("${caseId}", "${partenaire}")


def test_workbook_and_data_give_the_same_files(smur: Path) -> None:
    of_sheets, of_data = converted(smur), converted(as_json(smur))
    assert [dict(one.files) for one in of_sheets.cases] == [dict(one.files) for one in of_data.cases]
    assert of_sheets.cases[0].files


def test_the_imported_book_plays_in_every_role(smur: Path, tmp_path: Path) -> None:
    scenarios = [one.scenario for one in converted(smur).cases if one.scenario]
    judgement = play_at_home(scenarios, (), tmp_path / "journal.jsonl", Options(jobs=8))
    assert sorted(one.id for one in judgement.scenarios) == [
        f"{TABLET}.g3@editeur",
        f"{REGULATION}.g3@editeur",
        f"{REGULATION}.g3@observatoire",
    ]
    assert judgement.verdict == "pass", judgement


def without_first_example(bundle: Path) -> None:
    (bundle / "examples/RS-EDA/RS-EDA_Fictif.01.json").unlink()


def without_engagement(bundle: Path) -> None:
    (bundle / "examples/RS-RI/RS-RI_Fictif.03.json").unlink()


def unreadable_example(bundle: Path) -> None:
    (bundle / "examples/RS-ER/RS-ER_Fictif.02.json").write_text("{", encoding="utf-8")


def half_a_character(bundle: Path) -> None:
    (bundle / "examples/RS-ER/RS-ER_Fictif.02.json").write_text('{"a": "\\ud800"}', encoding="utf-8")


def invalid_example(bundle: Path) -> None:
    path = bundle / "examples/RS-BPV/RS-BPV_Fictif.06.json"
    path.write_text(path.read_text(encoding="utf-8").replace("MEDECIN", "SORCIER"), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "written", "said"),
    [
        (without_first_example, 0, "sa première étape ne peut pas être écrite"),
        (without_engagement, 5, "étape 04 : le resourceId qu'elle reprend est celui d'une étape non reprise"),
        (unreadable_example, 6, "étape 02 : l'exemple RS-ER/RS-ER_Fictif.02.json n'est pas lisible"),
        (half_a_character, 6, "étape 02 : l'exemple RS-ER/RS-ER_Fictif.02.json n'est pas lisible"),
        (invalid_example, 0, "SORCIER"),
    ],
)
def test_what_cannot_be_written_says_why(
    smur: Path, spoil: Callable[[Path], None], written: int, said: str
) -> None:
    spoil(smur.parent.parent)
    for case in converted(smur).cases:
        assert case.written == written
        assert said in case.reason + "\n".join(texts(case, "omitted"))
        assert case.scenario is not None or not case.files


def document(smur: Path) -> tuple[Path, list[Any]]:
    path = as_json(smur)
    return path, json.loads(path.read_text(encoding="utf-8"))


def test_a_sense_that_nothing_decides_leaves_the_case_out(smur: Path) -> None:
    path, book = document(smur)
    for case in book[0]["testCases"]:
        case["steps"][3]["type"] = "send"
    path.write_text(json.dumps(book), encoding="utf-8")
    for case in converted(path).cases:
        assert case.scenario is None
        assert "étape 04 est envoyée par l'éditeur dans les deux rôles" in case.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"categoryLabel": "15-LUNE"}, "périmètre « 15-LUNE »"),
        ({"testCases": [{"label": "Vide", "description": "", "steps": []}]}, "rien ne dit si l'éditeur"),
    ],
)
def test_a_case_without_its_parts_says_so(smur: Path, change: dict[str, Any], said: str) -> None:
    path, book = document(smur)
    book[0].update(change)
    path.write_text(json.dumps(book), encoding="utf-8")
    assert all(said in case.reason for case in converted(path).cases)


def test_a_missing_sense_is_that_of_the_other_role_inverted_and_numbers_are_unique(smur: Path) -> None:
    path, book = document(smur)
    book[0]["testCases"][0]["steps"][3]["type"] = "?"
    book[0]["testCases"][0]["steps"][5]["id"] = "04"
    path.write_text(json.dumps(book), encoding="utf-8")
    tablet = converted(path).cases[0].scenario
    assert tablet is not None
    assert tablet.message("04").sender == "editeur"
    assert tablet.message("04-bis").contents[0].model == "RS-BPV"


def test_a_sheet_says_where_it_contradicts_itself(smur: Path) -> None:
    workbook = load_workbook(smur)
    sheet = workbook["Fictif R1"]
    sheet["B16"], sheet["C16"] = "Editeur", "ANS"  # step 02, which is a reception
    end = sheet.max_row
    assert sheet.cell(end, 1).value == "End"
    sheet.cell(end + 1, 1, "09")
    workbook.save(smur)
    said = [str(one) for one in read_book(smur).defects]
    assert any("« Réception » contredit l'expéditeur" in one and "ligne 16" in one for one in said)
    assert any("1 ligne après « End »" in one and f"ligne {end + 1}" in one for one in said)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("c.json", b"{", "lisible"),
        ("c.json", b'[{"categoryLabel": "15-15", "testCases": [{"label": "x"}]}]', "steps"),
        ("c.json", b"[" * 100_000, "niveaux"),
        ("c.json", b'[{"categoryLabel": "15-15", "testCases": [{"label": 3, "steps": []}]}]', "un texte"),
        ("c.xlsx", b"PK", "classeur xlsx"),
        ("c.xlsx", b"", "classeur xlsx"),
    ],
)
def test_a_book_that_is_none_is_told_in_one_sentence(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(BookError, match=said) as caught:
        read_book(path)
    assert "\n" not in str(caught.value)


def test_a_text_of_the_book_cannot_act_on_a_terminal(smur: Path) -> None:
    path, book = document(smur)
    book[0]["testCases"][0]["label"] = "Cas \x1b[2Jfictif - R"
    path.write_text(json.dumps(book), encoding="utf-8")
    assert "\\u001b[2Jfictif" in converted(path).cases[0].title


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (60 * 1024 * 1024))
    path = tmp_path / "c.xlsx"
    path.write_bytes(packed.getvalue())
    with pytest.raises(BookError, match="décompressé"):
        read_book(path)


def official(ans: Path, tag: str, file: str = "test_cases.15-15.json") -> Path:
    path = ans / f"modeles-{tag}" / "cahier" / file
    if not path.is_file():
        pytest.skip(f"le cahier officiel n'est pas là ({path})")
    return path


def test_the_command_writes_files_that_lint_clean_and_play(
    ans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "cahier")
    assert main(["import", str(official(ans, "1.3.0")), "--out", out]) == 1
    said = capsys.readouterr().out
    assert "10 cas : 4 écrits, 6 non écrits ; 62 étapes : 30 écrites, 32 non écrites." in said
    assert said.count("OMIS") == 32
    assert main(["lint", out]) == 0
    assert "aucune erreur." in capsys.readouterr().out  # nor a warning
    assert main(["run", out, "--report", str(tmp_path / "vert")]) == 0
    fault = ["--fault", "autre-demande", "--report", str(tmp_path / "rouge")]
    assert main(["run", out, *fault]) == 1
    results = json.loads((tmp_path / "rouge" / "results.json").read_text(encoding="utf-8"))
    rules = {one["rule"] for scenario in results["scenarios"] for one in scenario["findings"]}
    assert rules == {"CI-15"}
    capsys.readouterr()
    assert main(["import", str(official(ans, "1.3.0")), "--out", out]) == 2
    assert "n'est pas un dossier vide" in capsys.readouterr().err


def test_the_official_workbook_and_its_data_are_the_same_book(
    ans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trees = []
    for number, file in enumerate(("test_cases.15-15.json", "test-cases-15-15.xlsx")):
        out = tmp_path / str(number)
        assert main(["import", str(official(ans, "3.4.1", file)), "--out", str(out), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["counts"]["steps"] == report["counts"]["steps_written"] == 62
        trees.append({p.relative_to(out): p.read_text(encoding="utf-8") for p in out.rglob("*.yaml")})
    assert trees[0] == trees[1]
    mixed = [
        case
        for case in report["cases"]
        if any("l'exemple porte le dossier" in one["text"] for one in case["defects"])
    ]
    assert [case["title"].split(" -")[0] for case in mixed] == ["Lola HALIMI", "Lola HALIMI"]


@pytest.mark.parametrize(("tag", "plays"), [("1.3.0", 4), ("3.4.1", 10)])
def test_the_official_cahier_plays_in_both_roles_under_the_cases_of_the_run(
    ans: Path, tmp_path: Path, tag: str, plays: int
) -> None:
    bundle = official(ans, tag).parent.parent
    schemas = SchemaSet.from_bundle(bundle)
    found = imported(read_book(official(ans, tag)), schemas, Examples.of_bundle(bundle))
    scenarios = [one.scenario for one in found.cases if one.scenario is not None]
    journal = tmp_path / "journal.jsonl"
    judgement = play_at_home(scenarios, (), journal, Options(schemas=schemas, jobs=8))
    assert judgement.verdict == "pass", judgement
    assert judgement.counts["pass"] == plays
    bodies = [one.event.body for one in read_journal(journal).entries if isinstance(one.event, Received)]
    cases = {one.split(b'"caseId":"')[1].split(b'"')[0] for one in bodies if b'"caseId"' in one}
    assert cases
    assert not any(name in case for case in cases for name in (b"samu770", b"samu950", b"samu800", b"sis044"))


def test_a_run_of_the_bundle_names_what_it_cannot_play(
    ans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = official(ans, "3.4.1").parent.parent
    bundle = tmp_path / "lot"
    shutil.copytree(source / "json-schema", bundle / "json-schema", copy_function=shutil.copyfile)
    write_book(bundle)
    assert main(["run", "--bundle", str(bundle), "--report", str(tmp_path / "r")]) == 0
    said = capsys.readouterr().out
    assert f"NON JOUÉ {TABLET} (étape omise) : étape 08 : l'exemple RS-URL/RS-URL_Fictif.08.json" in said
