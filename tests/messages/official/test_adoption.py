"""A new official tag becomes an edition, from its schemas alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recette.messages.dictionary.lines import PACKAGED, is_data

ROOT = Path(__file__).parents[3]
TAG = "3.9.0"
FEW = "3"
"""Mutants for each message and format: how they are compared is test_agreement's."""
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
from recette.messages.xml.names import content_namespace
found = {}
for one in editions():
    schemas = SchemaSet.builtin(one)
    found[one.tag] = {name: plain_shape(schema) for name, schema in schemas.schemas.items()}
    found[one.tag]["keys"] = sorted([use.key, use.model, use.has_header] for use in schemas.use_cases.values())
    found[one.tag]["spaces"] = {key: content_namespace(key, one) for key in schemas.use_cases}
json.dump(found, sys.stdout)
"""
Edit = tuple[str, str, str]
TEAM = (
    "message RS-EQUIPE  key teamDetails  editions 3.9.0-  header\nlabel Équipe d'essai\n\n"
    "caseId  1  id:case\nmember  1..n  object\n  name  1  string\n  role  0..1  code:operatorRole\n"
    "  matricule  0..1  match:matricule\n  since  1  datetime\n  ton  0..1  code:tonEquipe\n"
)
RELAY = (
    "message RS-RELEVE  key reliefDetails  editions 3.9.0-  header\nlabel Relève d'essai\n\n"
    "caseId  1  id:case\nton  1  code:tonReleve\n"
)
INVENTED: list[Edit] = [
    # a new message, with a pattern of its own
    ("rs-equipe.model", "", TEAM),
    # another, with codes of its own in a field of the same name
    ("rs-releve.model", "", RELAY),
    (
        "code-lists.codes",
        "\nchannel\n",
        '\ntonEquipe @3.9.0-\n    "#CALME" "pas @ dire" VIF\n\ntonReleve @3.9.0-\n    BAS HAUT\n\nchannel\n',
    ),
    ("patterns.codes", "\nage ", "\nmatricule essai\n    @3.9.0-  ^[A-Z]{2}\\d{4}$\n\nage "),
    # a message that is gone
    ("rs-url.model", "editions 2-", "editions 2-main"),
    # a renamed field
    (
        "rc-ri.model",
        "  centerName   0..1  string\n",
        "  centerName   0..1  string  @3-main\n  nomDuCentre  0..1  string  @3.9.0-\n",
    ),
    # another, in what several share
    (
        "types.model",
        "  medicalLevel  0..1  code:medicalLevel  @2-\n",
        "  medicalLevel  0..1  code:medicalLevel  @2-main\n  niveauMedical  0..1  code:medicalLevel  @3.9.0-\n",
    ),
    # other cardinalities, in a message and in what several share
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
    # another namespace, of all messages and of one
    ("generations.table", "  edition    3.9.0", "  edition    3.9.0  namespace urn:essai:neuf"),
    ("rs-rr.model", "  key resourcesResponse", "  space -|reponses@3.9.0-  key resourcesResponse"),
    # another order, which counts in XML
    (
        "rs-er.model",
        "  name         0..1  string\n  team         0..1  team\n",
        "  name  0..1  string  @2-main\n  team  0..1  team\n  name  0..1  string  @3.9.0-\n",
    ),
    # codes, a pattern, a new field
    ("code-lists.codes", "    R1 R2 R3 R4", "    R1 R2@1-main R3 R4 R5@3.9.0-"),
    ("patterns.codes", "    @3-    ^R\\d{2}$", "    @3-main    ^R\\d{2}$\n    @3.9.0-  ^R\\d{3}$"),
    ("rs-sr.model", "state ", "indicatif  0..1  integer  @3.9.0-\nstate "),
    # another key under which the envelope holds a message
    ("rs-dr.model", "key resourcesRequest", "key resourcesRequest|ressourcesDemandees@3.9.0-"),
    # a new field of the envelope
    (
        "edxl-de.model",
        "descriptor                 1",
        "motCle  0..1  string  @3.9.0-\ndescriptor                 1",
    ),
]
ANSWERS = (
    "--perimeter", "RS-EQUIPE=15-smur", "--perimeter", "RS-RELEVE=15-smur",
    "--rename", "RC-RI.resource.centerName=nomDuCentre", "--rename", "RS-ER.resource.team.medicalLevel=niveauMedical",
)  # fmt: skip


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


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the invented tag, as an agency would publish it."""
    folder = tmp_path_factory.mktemp("inventé")
    return bundle_of(by_hand(folder / "main", INVENTED), folder / "lot")


@pytest.fixture(scope="module")
def grown(bundle: Path) -> tuple[Path, str]:
    """A dictionary that adopted it, and what was said."""
    folder = copied(bundle.parent / "adopte")
    before = content(folder)
    for given, asked in ((0, "--perimeter RS-EQUIPE"), (4, "--rename RC-RI.resource.centerName")):
        done = adopt(folder, bundle, TAG, *ANSWERS[:given])
        assert done.returncode == 2
        assert asked in done.stderr
        assert content(folder) == before
    done = adopt(folder, bundle, TAG, *ANSWERS)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in bundle.parent.iterdir() if path.name.startswith(".adoption")] == []
    return folder, done.stdout


def test_an_invented_tag_is_adopted_as_it_would_be_written_by_hand(
    bundle: Path, grown: tuple[Path, str]
) -> None:
    found, wanted = shapes(grown[0]), shapes(bundle.parent / "main")
    assert found == wanted
    assert "RS-URL" in found["main"]
    assert "RS-URL" not in found[TAG]
    assert ["ressourcesDemandees", "RS-DR", True] in found[TAG]["keys"]
    assert found[TAG]["spaces"]["resourcesResponse"] == "urn:essai:neuf:reponses"
    assert "motCle" in found[TAG]["EDXL-DE"]["properties"]


def test_what_changed_is_told_and_agreed_upon(bundle: Path, grown: tuple[Path, str], tmp_path: Path) -> None:
    folder, told = grown
    for said in (
        "clé resourcesRequest -> clé ressourcesDemandees",
        "-> espace de noms reponses",
        "motCle",
        "= $.resource[*].team.medicalLevel : medicalLevel -> niveauMedical",
        "en XML, name puis team -> en XML, team puis name",
        "RS-EQUIPE",
        "RS-URL",
        "aucun désaccord",
    ):
        assert said in told
    elsewhere = tmp_path / "ailleurs"
    shutil.copytree(bundle, elsewhere)
    check = ("models", "check", "--mutants", FEW, "--bundle", str(elsewhere))
    checked = run(folder, "-m", "recette.cli", *check)
    assert checked.returncode == 0, checked.stdout
    assert f"Génération 3 ({TAG.lower()})" in checked.stdout


def test_what_was_renamed_is_spelled_so_by_whoever_asks(grown: tuple[Path, str]) -> None:
    told = run(
        grown[0],
        "-c",
        "from recette.messages.dictionary.generations import edition_named as e;"
        "from recette.messages.dictionary.spellings import spelling as s;"
        f"print(s('centerName', 'RC-RI', e('{TAG}')), s('centerName', 'RC-RI', e('main')))",
    )
    assert told.stdout.split() == ["nomDuCentre", "centerName"]


def test_a_tag_that_is_known_is_one_sentence(bundle: Path, tmp_path: Path) -> None:
    grown = copied(tmp_path / "adopte")
    done = adopt(grown, bundle, "3.4.1")
    assert done.returncode == 2
    assert "existe déjà" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["adopte"]


def test_a_dictionary_of_ones_own_is_read_by_itself_until_the_package_changes(
    grown: tuple[Path, str], tmp_path: Path
) -> None:
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
    shutil.copytree(grown[0], tmp_path / "chez-soi/recette/dictionary")
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
    """One that was skipped takes its place between those that are there."""
    grown = cut_back(tmp_path / "adopte")
    assert list(shapes(grown)) == ["1.3.0", "2.4.0", "3.3.0", "3.3.2"]
    for tag, folder, after in (
        ("3.4.1", "3.4.1", "3.3.2"),
        ("3.4.0", "3.4.0", "3.3.2"),
        ("main", "main-2026-08-07", "3.4.1"),
    ):
        done = adopt(grown, ans / f"modeles-{folder}", tag)
        assert done.returncode == 0, done.stderr
        assert f"{tag} : édition de la génération 3, après {after}." in done.stdout
    found, wanted = shapes(grown), shapes(PACKAGED)
    assert found == wanted
    assert list(found) == list(wanted)


def _renamed_id(schema: dict[str, Any]) -> None:
    schema["properties"]["identifiant"] = schema["properties"].pop("distributionID")
    schema["required"] = ["identifiant" if one == "distributionID" else one for one in schema["required"]]


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("RS-SR", lambda schema: schema["properties"]["caseId"].update(minLength=3), ["caseId", "minLength"]),
        ("EDXL-DE-full", _renamed_id, ["distributionID", "recette plus récente"]),
    ],
    ids=["a constraint", "a field of the envelope that messages are found by"],
)
def test_what_the_dictionary_cannot_say_is_named_and_nothing_is_written(
    bundle: Path, tmp_path: Path, file: str, change: Callable[[Any], None], said: list[str]
) -> None:
    shutil.copytree(bundle, tmp_path / "lot")
    path = tmp_path / "lot" / "json-schema" / f"{file}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    change(schema)
    path.write_text(json.dumps(schema), encoding="utf-8")
    grown = copied(tmp_path / "adopte")
    before = content(grown)
    done = adopt(grown, tmp_path / "lot", TAG, *ANSWERS)
    assert done.returncode == 2
    assert all(one in done.stderr for one in said), done.stderr
    assert content(grown) == before


def test_a_field_that_the_two_formats_hold_otherwise_is_named(bundle: Path, tmp_path: Path) -> None:
    """Few mutants would meet it: whatever a changed message holds is taken away once."""
    shutil.copytree(bundle, tmp_path / "lot")
    path = tmp_path / "lot" / "xsd" / "RS-EQUIPE.xsd"
    text = path.read_text(encoding="utf-8")
    since = '<xs:element name="since"' if '<xs:element name="since"' in text else '<element name="since"'
    assert since in text
    path.write_text(text.replace(since, f'{since} minOccurs="0"'), encoding="utf-8")
    grown = copied(tmp_path / "adopte")
    before = content(grown)
    done = adopt(grown, tmp_path / "lot", TAG, *ANSWERS)
    assert done.returncode == 2
    assert "RS-EQUIPE (xml)" in done.stderr
    assert content(grown) == before
