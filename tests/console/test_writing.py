"""A scenario of one's own: begun from one of the cahier, checked, completed, kept below its folder, played."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console
from recette.console.writing.completing import offered
from recette.console.writing.drafts import Draft, DraftError, Drafts
from recette.console.writing.keeping import EDITOR, PARTNER, Sides, keep_scenario
from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.models import model
from recette.messages.reading import JSON_TYPE, read
from recette.messages.vhosts import vhost
from recette.scenario.model import Scenario
from recette.scenario.selection import select
from tests.console.conftest import Opened, Visitor

SAMPLE = "15-15-ressource-refusee"
HEAD = """\
perimeter: 15-15
actors: {origine: LRM, destinataire: LRM}
steps:
"""


@pytest.fixture
async def writing(few: Path, tmp_path: Path) -> AsyncIterator[Opened]:
    folder = tmp_path / "miens"
    console = Console(Book((few, folder)), [], tmp_path / "reports", folder)
    async with served(console) as address:
        yield Opened(console, address)


async def save(one: Visitor, name: str, text: str, state: str, **fields: str) -> tuple[int, str]:
    return await one.post(f"/ecrire/{name}", {"source": text, "etat": state, "cible": "ici", **fields})


async def test_a_scenario_is_begun_changed_and_played(writing: Opened) -> None:
    drafts = writing.console.drafts
    async with writing.visitor("Zoé Essai") as one:
        _, page = await one.get("/ecrire")
        assert "Aucun encore." in page
        assert await one.post("/ecrire", {"fichier": "mien.yaml", "modele": SAMPLE}) == (
            303,
            "/ecrire/mien.yaml",
        )
        assert drafts.names() == ["mien.yaml"]
        draft = drafts.read("mien.yaml")
        assert draft.text.startswith("id: mien\n")
        assert drafts.data()
        assert all(name.startswith("donnees/mien-") and name in draft.text for name in drafts.data())
        _, page = await one.get("/ecrire/mien.yaml")
        assert "SANS ERREUR" in page
        assert f">\n{draft.text}" in page

        wrong = draft.text.replace("perimeter: 15-15", "perimeter: 15-51")
        status, told = await one.post("/ecrire/mien.yaml/verifier", {"source": wrong})
        assert status == 200
        found = json.loads(told)
        line = wrong.splitlines().index("perimeter: 15-51") + 1
        errors = [each["line"] for each in found["problems"] if each["severity"] == "error"]
        assert errors == [line]
        assert f'data-line="{line}"' in found["html"]
        assert (await save(one, "mien.yaml", wrong, draft.state))[0] == 303
        state = drafts.read("mien.yaml").state
        status, told = await save(one, "mien.yaml", wrong, state, geste="jouer")
        assert status == 400
        assert "15-51" in told
        status, told = await save(one, "mien.yaml", "perdu ?", draft.state)
        assert status == 409
        assert "a changé entre-temps" in told
        assert "perdu ?" in told
        assert drafts.read("mien.yaml").text == wrong

        title = draft.text.replace("title:", "title: Essai", 1).replace("\n", "\r\n")
        status, where = await save(one, "mien.yaml", title, state, geste="jouer")
        assert (status, where.startswith("/campagnes/")) == (303, True)
        await writing.over()
    going = writing.console.runs.going
    assert going is not None
    assert going.failure == ""
    assert {each.name.partition(".")[0] for each in going.view.plays.values()} == {"mien"}
    assert {each.result.verdict for each in going.view.plays.values() if each.result} == {"pass"}


async def test_what_leads_elsewhere_is_refused(writing: Opened, tmp_path: Path) -> None:
    folder = writing.console.drafts.folder
    (folder / "donnees").mkdir(parents=True)
    secret = tmp_path / "secret.yaml"
    secret.write_text("id: secret\n", encoding="utf-8")
    (folder / "lien.yaml").symlink_to(secret)
    async with writing.visitor("Zoé Essai") as one:
        for name in (
            "..%2Fsecret.yaml",
            "%2Fetc%2Fpasswd",
            ".cache.yaml",
            "x.yml",
            "lien.yaml",
            "absent.yaml",
        ):
            status, page = await one.get(f"/ecrire/{name}")
            assert status in {400, 404}, name
            assert "id: secret" not in page
        for name in ("../secret.yaml", "lien.yaml", "a b.yaml"):
            assert (await one.post("/ecrire", {"fichier": name, "modele": ""}))[0] == 400
        text = f"id: a\ntitle: a\n{HEAD}  - id: b\n    message: {{from: origine, to: destinataire, model: RS-EDA, data: ../secret.yaml}}\n"
        _, told = await one.post("/ecrire/a.yaml/verifier", {"source": text})
        assert "hors du cahier" in told
        assert (await one.post("/ecrire", {"fichier": "a.yaml"}, Origin="http://ailleurs"))[0] == 403
        (folder / "bidi.yaml").write_text("id: a\u202eb\n", encoding="utf-8")
        status, told = await one.get("/ecrire/bidi.yaml")
        assert status == 400
        assert "caractères" in told
    assert secret.read_text(encoding="utf-8") == "id: secret\n"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.begin("a.yaml", ())
    first = drafts.read("a.yaml")
    with pytest.raises(DraftError):
        drafts.begin("a.yaml", ())
    with pytest.raises(DraftError):
        drafts.write("a.yaml", "x", "")
    assert drafts.read("a.yaml") == first == Draft("a.yaml", first.text, first.state)
    assert drafts.keep_data("b.json", "{}") == "donnees/b.json"
    with pytest.raises(DraftError):
        drafts.keep_data("b.json", "[]")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.yaml", "b.json"]


@pytest.mark.parametrize("stem", ["123", "on", "no", "null", "0x1F", "1_0", "-"])
def test_a_name_that_yaml_reads_as_no_text_is_refused(stem: str, tmp_path: Path) -> None:
    with pytest.raises(DraftError, match="donnez un autre nom"):
        Drafts(tmp_path).begin(f"{stem}.yaml", ())
    assert not list(tmp_path.iterdir())


def with_two_folders(few: Path, folder: Path) -> tuple[Scenario, ...]:
    """A scenario whose data have one name in two folders."""
    shutil.copytree(few, folder)
    path = next(one for one in folder.rglob("*.yaml") if f"id: {SAMPLE}\n" in one.read_text(encoding="utf-8"))
    text = path.read_text(encoding="utf-8")
    first, second = sorted(set(re.findall(r"donnees/[\w-]+\.yaml", text)))[:2]
    for place, named in (("un", first), ("deux", second)):
        (path.parent / place).mkdir()
        shutil.copy(path.parent / named, path.parent / place / "a.yaml")
        text = text.replace(named, f"{place}/a.yaml")
    path.write_text(text, encoding="utf-8", newline="\n")
    return tuple(one for one in select([SAMPLE], folder).scenarios if one.id == SAMPLE)


def test_data_of_one_name_in_two_folders_are_both_copied(few: Path, tmp_path: Path) -> None:
    editions, drafts = with_two_folders(few, tmp_path / "cahier"), Drafts(tmp_path / "miens")
    drafts.begin("x.yaml", editions)
    text = drafts.read("x.yaml").text
    assert {"donnees/x-a.yaml", "donnees/x-a-2.yaml"} <= set(drafts.data())
    assert all(name in text for name in drafts.data())
    assert not {"un/a.yaml", "deux/a.yaml"} & set(re.findall(r"[\w./-]+\.yaml", text))
    assert [one for one in drafts.problems("x.yaml", text) if one.severity == "error"] == []


def test_a_copy_is_begun_with_all_its_data_or_not_at_all(few: Path, tmp_path: Path) -> None:
    editions, drafts = with_two_folders(few, tmp_path / "cahier"), Drafts(tmp_path / "miens")
    drafts.keep_data("x-a-2.yaml", "{}")
    with pytest.raises(DraftError, match="existe déjà"):
        drafts.begin("x.yaml", editions)
    assert drafts.data() == ["donnees/x-a-2.yaml"]
    assert drafts.names() == []


def test_of_two_who_write_at_once_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(tmp_path)
    drafts.begin("a.yaml", ())
    state, read, compared = drafts.read("a.yaml").state, drafts.read, Barrier(2)

    def both_read(name: str) -> Draft:
        found = read(name)
        with suppress(BrokenBarrierError):
            compared.wait(0.2)  # without a lock, both have compared before either writes
        return found

    monkeypatch.setattr(drafts, "read", both_read)

    def writes(text: str) -> bool:
        try:
            drafts.write("a.yaml", text, state)
        except DraftError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(writes, ("one", "two"))) == [False, True]


def test_a_scenario_is_kept_with_all_its_data_or_not_at_all(tmp_path: Path) -> None:
    on, drafts = vhost("15-15_v2.1"), Drafts(tmp_path)
    body = serialise(example_message(model("RS-RI", on.edition), "minimal"))
    message = read(body, JSON_TYPE, on.edition)
    clients = {message.sender_id or "": EDITOR, "fr.health.samu992": PARTNER}
    sides = Sides(on, clients, {EDITOR: "LRM", PARTNER: "LRM"})
    drafts.keep_data("x-2.json", "{}")
    with pytest.raises(DraftError, match=r"x-2\.json existe"):
        keep_scenario(drafts, "x.yaml", [message, message], sides)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["x-2.json"]
    keep_scenario(drafts, "y.yaml", [message, message], sides)
    assert {"y.yaml", "y-1.json", "y-2.json"} < {path.name for path in tmp_path.rglob("*")}


@pytest.mark.parametrize(
    ("text", "begins", "there"),
    [
        ("", 0, "perimeter"),
        ("per", 0, "perimeter"),
        ("perimeter: 15-", 11, "15-smur"),
        (f"{HEAD}  - id: a\n    mes", 4, "message"),
        (f"{HEAD}- id: a\n  message: {{from: or", 18, "origine"),
        (f"{HEAD}  - id: a\n    message:\n      model: RS-E", 13, "RS-EDA"),
        (f"{HEAD}  - id: a\n    message:\n      data: ", 12, "donnees/a.json"),
        (f"{HEAD}  - id: a\n    ack: ", 9, "false"),
        ("requirements: [AC-01, CI-", 22, "CI-03"),
        ("requirements:\n  - ", 4, "AC-01"),
        ("title: {g2: x}\nprov", 0, "proves"),
    ],
)
def test_what_can_stand_there_is_offered(text: str, begins: int, there: str) -> None:
    lines = text.split("\n")
    found, options = offered(text, len(lines), len(lines[-1]), ["donnees/a.json"])
    assert found == begins
    assert there in [one.label for one in options]


@pytest.mark.parametrize("text", ["# per", "summary: >\n  per", "id: a # per", "steps: }", "a: {b: c}}"])
def test_nothing_is_offered_in_a_text_or_a_comment(text: str) -> None:
    lines = text.split("\n")
    assert offered(text, len(lines), len(lines[-1]), [])[1] == []


def test_a_line_without_an_end_holds_up_nobody() -> None:
    endless = "- " * 400_000
    assert offered(endless, 1, len(endless), []) == (len(endless), [])
    assert "perimeter" in [one.label for one in offered(f"{endless}\nper", 2, 3, [])[1]]


def test_the_editor_is_the_one_that_its_page_names() -> None:
    folder = Path(__file__).parents[2] / "recette" / "console" / "static" / "editor"
    told = (folder / "README.md").read_text(encoding="utf-8")
    for name in ("editor.js", "entry.js"):
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() in told, name
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    assert {one["license"] for name, one in lock["packages"].items() if name} == {"MIT"}
    assert "Permission is hereby granted" in (folder / "LICENSE").read_text(encoding="utf-8")
