"""A new official tag becomes an edition, from its schemas alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recette.messages.dictionary.lines import PACKAGED, is_data

ROOT = Path(__file__).parents[3]
TAG = "3.9.0"
FEW = "12"
"""Mutants for each message and format: each tag is checked three times here."""
_BUNDLE = """
import sys
from pathlib import Path
from recette.messages.dictionary.generations import edition_named
from recette.messages.xml.xsd import documents
from tests.bundles import write_bundle
folder, edition = Path(sys.argv[1]), edition_named(sys.argv[2])
def as_published(files):
    whole = files["EDXL-DE-full"]
    branches = whole["definitions"]["EmbeddedJsonContent"]["oneOf"]
    for branch in branches:
        one = branch["allOf"][1] if "allOf" in branch else branch
        if "allOf" in branch:
            branch["allOf"][0] = {"properties": {"message": branch["allOf"][0]}}
        one["required"] = ["message"]
        one["properties"]["message"]["required"] = list(one["properties"]["message"]["properties"])
    items = whole["properties"]["content"]["items"]["properties"]["jsonContent"]["properties"]
    items["embeddedJsonContent"] = {"$ref": "#/definitions/EmbeddedJsonContent"}
write_bundle(folder, as_published, generation=edition)
(folder / "xsd").mkdir()
for name, text in documents(edition).items():
    (folder / "xsd" / name).write_text(text, encoding="utf-8")
"""
_SHAPES = """
import json, sys
from recette.messages.dictionary.generations import editions
from recette.messages.json.schemas import SchemaSet
from recette.messages.json.shape import plain_shape
found = {}
for one in editions():
    schemas = SchemaSet.builtin(one)
    found[one.tag] = {name: plain_shape(schema) for name, schema in schemas.schemas.items()}
    found[one.tag]["keys"] = sorted([use.key, use.model, use.has_header] for use in schemas.use_cases.values())
json.dump(found, sys.stdout)
"""
Edit = tuple[str, str, str]
TEAM = (
    "message RS-EQUIPE  key teamDetails  editions 3.9.0-  header\nlabel Équipe d'essai\n\n"
    "caseId  1  id:case\nmember  1..n  object\n  name  1  string\n  role  0..1  code:operatorRole\n"
    "  matricule  0..1  match:matricule\n  since  1  datetime\n"
)
RENAMED: tuple[list[Edit], list[str]] = (
    [
        (
            "rc-ri.model",
            "  centerName   0..1  string\n",
            "  centerName   0..1  string  @3-main\n  nomDuCentre  0..1  string  @3.9.0-\n",
        )
    ],
    ["--rename", "RC-RI.resource.centerName=nomDuCentre"],
)
INVENTED: dict[str, tuple[list[Edit], list[str]]] = {
    "a new message, one that is gone, a renamed field": (
        [
            ("rs-equipe.model", "", TEAM),
            ("patterns.codes", "\nage ", "\nmatricule essai\n    @3.9.0-  ^[A-Z]{2}\\d{4}$\n\nage "),
            ("rs-url.model", "editions 2-", "editions 2-main"),
            *RENAMED[0],
        ],
        ["--perimeter", "RS-EQUIPE=15-smur", *RENAMED[1]],
    ),
    "other cardinalities, codes and patterns, another namespace": (
        [
            (
                "rc-ri.model",
                "  freetext     0..n  string",
                "  freetext     0..n  string  @3-main\n  freetext  1..4  string  @3.9.0-",
            ),
            (
                "types.model",
                "  name          0..1  string\n",
                "  name  0..1  string  @1-main\n  name  1  string  @3.9.0-\n",
            ),
            ("rs-ri.model", "caseId ", "caseId "),
            ("generations.table", "  edition    3.9.0", "  edition    3.9.0  namespace urn:essai:neuf"),
            ("code-lists.codes", "    R1 R2 R3 R4", "    R1 R2@1-main R3 R4 R5@3.9.0-"),
            ("patterns.codes", "    @3-    ^R\\d{2}$", "    @3-main    ^R\\d{2}$\n    @3.9.0-  ^R\\d{3}$"),
            ("rs-sr.model", "state ", "indicatif  0..1  integer  @3.9.0-\nstate "),
        ],
        [],
    ),
}


def run(dictionary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "RECETTE_DICTIONARY": str(dictionary)},
    )


def copied(folder: Path) -> Path:
    folder.mkdir()
    for path in PACKAGED.iterdir():
        if is_data(path):
            shutil.copy2(path, folder / path.name)
    return folder


def rewritten(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert old in text, (name, old)
    path.write_text(text.replace(old, new, 1) if old else new, encoding="utf-8")


def by_hand(folder: Path, edits: list[Edit]) -> Path:
    """The dictionary with the invented tag, as a person would write it."""
    copied(folder)
    row = "  edition    main  2026-08-07  also 3.4.1-rc.3\n"
    rewritten(folder, "generations.table", row, f"{row}  edition    {TAG}\n")
    for edit in edits:
        rewritten(folder, *edit)
    return folder


def shapes(dictionary: Path) -> dict[str, Any]:
    done = run(dictionary, "-c", _SHAPES)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bundle_of(dictionary: Path, folder: Path, tag: str = TAG) -> Path:
    done = run(dictionary, "-c", _BUNDLE, str(folder), tag)
    assert done.returncode == 0, done.stderr
    return folder


def adopt(dictionary: Path, bundle: Path, tag: str, *answers: str) -> subprocess.CompletedProcess[str]:
    arguments = ("--bundle", str(bundle), "--tag", tag, "--out", str(dictionary), "--mutants", FEW, *answers)
    return run(dictionary, "-m", "recette.cli", "models", "adopt", *arguments)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("kind", INVENTED)
def test_an_invented_tag_is_adopted_as_it_would_be_written_by_hand(tmp_path: Path, kind: str) -> None:
    edits, answers = INVENTED[kind]
    hand = by_hand(tmp_path / "main", edits)
    bundle = bundle_of(hand, tmp_path / "lot")
    grown = copied(tmp_path / "adopte")
    before = content(grown)
    for given in range(0, len(answers), 2):
        asked = adopt(grown, bundle, TAG, *answers[:given])
        assert asked.returncode == 2
        assert answers[given] in asked.stderr
        assert answers[given + 1].partition("=")[0] in asked.stderr
        assert content(grown) == before
    done = adopt(grown, bundle, TAG, *answers)
    assert done.returncode == 0, done.stderr
    assert "aucun désaccord" in done.stdout
    shutil.move(bundle, tmp_path / "ailleurs")
    found, wanted = shapes(grown), shapes(hand)
    assert found == wanted
    assert found[TAG] != found["main"]
    checked = run(
        grown,
        "-m",
        "recette.cli",
        "models",
        "check",
        "--mutants",
        FEW,
        "--bundle",
        str(tmp_path / "ailleurs"),
    )
    assert checked.returncode == 0, checked.stdout
    assert f"Génération 3 ({TAG.lower()})" in checked.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".adoption")] == []


def test_what_was_renamed_is_spelled_so_by_whoever_asks(tmp_path: Path) -> None:
    edits, answers = RENAMED
    bundle = bundle_of(by_hand(tmp_path / "main", edits), tmp_path / "lot")
    grown = copied(tmp_path / "adopte")
    assert adopt(grown, bundle, TAG, *answers).returncode == 0
    told = run(
        grown,
        "-c",
        "from recette.messages.dictionary.generations import edition_named as e;"
        "from recette.messages.dictionary.spellings import spelling as s;"
        f"print(s('centerName', 'RC-RI', e('{TAG}')), s('centerName', 'RC-RI', e('main')))",
    )
    assert told.stdout.split() == ["nomDuCentre", "centerName"]


def test_a_tag_that_is_known_or_unreadable_is_one_sentence(tmp_path: Path) -> None:
    grown = copied(tmp_path / "adopte")
    bundle = bundle_of(grown, tmp_path / "lot", "3.4.1")
    for tag, said in (("3.4.1", "existe déjà"), ("3 5", "tag officiel"), ("5", "tag officiel")):
        done = adopt(grown, bundle, tag)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_dictionary_of_ones_own_is_read_by_itself_until_the_package_changes(tmp_path: Path) -> None:
    bundle = bundle_of(by_hand(tmp_path / "main", []), tmp_path / "lot")
    env = {**os.environ, "XDG_DATA_HOME": str(tmp_path / "chez-soi")}

    def recette(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "recette.cli", "models", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=env,
        )

    assert recette("show", "RS-SR", "--models", TAG).returncode == 2
    assert recette("adopt", "--bundle", str(bundle), "--tag", TAG, "--mutants", FEW).returncode == 0
    assert recette("show", "RS-SR", "--models", TAG).returncode == 0
    (tmp_path / "chez-soi/recette/dictionary/origin.sha256").write_text("autre\n", encoding="utf-8")
    told = recette("show", "RS-SR", "--models", TAG)
    assert told.returncode == 2
    assert "refaites recette models adopt" in told.stderr


def cut_back(folder: Path) -> Path:
    """The dictionary as it was at 3.3.2, by hand."""
    copied(folder)
    table = folder / "generations.table"
    rows = [
        row
        for row in table.read_text(encoding="utf-8").splitlines()
        if row.split()[:2] not in (["edition", "3.4.0"], ["edition", "3.4.1"], ["edition", "main"])
    ]
    text = (
        "\n".join(rows).replace("3.4.1", "3.3.2").replace("3.3.2  2026-02-04", "3.3.2  2026-02-04  default")
    )
    table.write_text(text + "\n", encoding="utf-8")
    rewritten(folder, "rc-sr.model", "editions 3.3.0-3.3.2", "editions 3-")
    rewritten(
        folder,
        "code-lists.codes",
        "    SMUR@3.3.0-3.4.0,main- VECTEUR_SANTE@3.4.1 SIS AUTRE@3.3.0-3.3.2\n",
        "    SMUR SIS AUTRE\n",
    )
    kept, inside = [], False
    for line in (folder / "rc-ri.model").read_text(encoding="utf-8").splitlines():
        inside = "@3.4.0-" in line or (inside and line.startswith("    "))
        if not inside and "@3.4.1-" not in line:
            kept.append(line)
    (folder / "rc-ri.model").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return folder


def test_the_official_tags_grow_from_3_3_2(ans: Path, tmp_path: Path) -> None:
    grown = cut_back(tmp_path / "adopte")
    assert list(shapes(grown)) == ["1.3.0", "2.4.0", "3.3.0", "3.3.2"]
    for tag, folder in (("3.4.0", "3.4.0"), ("3.4.1", "3.4.1"), ("main", "main-2026-08-07")):
        done = adopt(grown, ans / f"modeles-{folder}", tag)
        assert done.returncode == 0, done.stderr
    assert shapes(grown) == shapes(PACKAGED)


def test_a_constraint_that_the_dictionary_cannot_say_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    bundle = bundle_of(by_hand(tmp_path / "main", []), tmp_path / "lot")
    path = bundle / "json-schema" / "RS-SR.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["properties"]["caseId"]["minLength"] = 3
    path.write_text(json.dumps(schema), encoding="utf-8")
    grown = copied(tmp_path / "adopte")
    before = content(grown)
    done = adopt(grown, bundle, TAG)
    assert done.returncode == 2
    assert "caseId" in done.stderr
    assert "minLength" in done.stderr
    assert content(grown) == before
