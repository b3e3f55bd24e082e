"""A generation that no one published, by the table and marks alone: the cahier and reference editors speak it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recette.messages.dictionary.lines import PACKAGED

ROOT = Path(__file__).parents[2]
GENERATION = """
generation 4
  namespace  urn:essai:quatre
  edition    4.0.0
"""
VHOSTS = """
vhost 15-15_v9.0    4.0.0
vhost 15-smur_v9.0  4.0.0
"""
NEW_MESSAGE = """message RS-EQUIPE  key teamDetails  editions 4-  header
label Équipe engagée (message d'essai)

caseId      1     id:case
resourceId  1     id:resource
member      1..n  object
  name      1     string
  role      0..1  code:operatorRole
"""
SCENARIO = """
id: essai-equipe
title: La tablette dit son équipe
perimeter: 15-smur
summary: Un message que seule une génération d'essai connaît.
requirements: [AC-01]
actors: {regulation: LRM, tablette: SMUR}
editor: [regulation, tablette]
case: regulation
identifiers:
  patientUn: {kind: patient, by: regulation}
  noteUne: {kind: medicalNote, by: regulation}
  vecteur: {kind: resource, by: tablette}
steps:
  - id: dossier
    title: Le dossier est partagé
    message: {from: regulation, to: tablette, model: RS-EDA, data: donnees/dossier.yaml}
    ignore: [$.createCaseHealth.senderCaseId]
  - id: equipe
    title: L'équipe est dite
    message:
      from: tablette
      to: regulation
      model: RS-EQUIPE
      data: {caseId: "${caseId}", resourceId: "${vecteur}", member: [{name: Personne fictive, role: MEDECIN}]}
"""


def rewritten(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, (name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's dictionary with a generation 4: marks and the table, no code."""
    folder = tmp_path_factory.mktemp("essai") / "dictionary"
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    rewritten(folder, "generations.table", "\n# vHosts, with", f"{GENERATION}{VHOSTS}\n# vHosts, with")
    rewritten(folder, "generations.table", "used 15-smur    ", "used 15-smur    RS-EQUIPE ")
    (folder / "rs-equipe.model").write_text(NEW_MESSAGE, encoding="utf-8")
    rewritten(folder, "rs-url.model", "editions 2-", "editions 2-3")
    rewritten(
        folder,
        "rs-sr.model",
        "state         1     state               @2-",
        "state         1     state               @2-\nindicatif     0..1  string              @4-",
    )
    rewritten(folder, "code-lists.codes", "ETAPE2 TRANSP3", "ETAPE2@1-3 TRANSP3")
    return folder


def recette(dictionary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recette.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "RECETTE_DICTIONARY": str(dictionary)},
    )


def played(dictionary: Path, report: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = recette(dictionary, "run", *arguments, "--report", str(report))
    assert (report / "results.json").is_file(), done.stderr
    return done.returncode, json.loads((report / "results.json").read_text(encoding="utf-8")), done.stdout


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_cahier_is_played_in_a_made_up_generation(dictionary: Path, tmp_path: Path, form: str) -> None:
    folder = tmp_path / "scenarios"
    (folder / "donnees").mkdir(parents=True)
    (folder / "equipe.yaml").write_text(SCENARIO, encoding="utf-8")
    shutil.copy(ROOT / "scenarios/15-smur/donnees/dossier.yaml", folder / "donnees/dossier.yaml")
    arguments = (str(folder), "scenarios/15-smur/engagement-du-smur.yaml", "--format", form)
    code, results, told = played(dictionary, tmp_path / "rapport", *arguments, "--vhost", "15-smur_v9.0")
    assert code == 0, told
    assert {one["id"] for one in results["scenarios"] if one["verdict"] == "pass"} >= {
        "essai-equipe.g4@regulation",
        "essai-equipe.g4@tablette",
        "15-smur-engagement-du-smur.g4@tablette",
    }
    journal = (tmp_path / "rapport" / "journal.jsonl").read_text(encoding="utf-8")
    assert ("urn:essai:quatre:teamDetails" in journal) == (form == "xml")


def test_a_message_that_is_gone_is_played_only_before(dictionary: Path, tmp_path: Path) -> None:
    listed = recette(dictionary, "list", "--json").stdout
    spoken = {one["id"]: one["generations"] for one in json.loads(listed)}
    assert spoken["15-smur-documents-du-patient"] == [2, 3]
    assert spoken["15-15-cloture"] == [1, 2, 3, 4]


def test_messages_are_judged_by_its_marks(dictionary: Path, tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "resourcesStatus": {
            "caseId": "fr.health.samu000.essai",
            "resourceId": "fr.health.samu000.resource.1",
            "state": {"datetime": "2026-01-01T10:00:00+01:00", "status": "ETAPE2"},
        }
    }
    path = tmp_path / "statut.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert recette(dictionary, "validate", str(path), "--vhost", "15-smur_v1.7").returncode == 0
    done = recette(dictionary, "validate", str(path), "--vhost", "15-smur_v9.0", "--json")
    (found,) = json.loads(done.stdout)
    assert {one["path"].rpartition(".")[2] for one in found["errors"]} == {"status"}
    content["resourcesStatus"]["indicatif"] = "Essai 1"
    content["resourcesStatus"]["state"]["status"] = "RETOUR"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert recette(dictionary, "validate", str(path), "--vhost", "15-smur_v9.0").returncode == 0
    assert recette(dictionary, "validate", str(path), "--vhost", "15-smur_v1.7").returncode == 1
