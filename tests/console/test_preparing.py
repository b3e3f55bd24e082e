"""A link is checked from the page; a target is written by form, never over another file, never with a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console
from recette.play.target_file import load_target
from recette.scenario.cahier import built_in
from tests.console.conftest import Opened
from tests.play.conftest import Served, operated
from tests.play.conftest import served as hub  # noqa: F401 - a fixture, asked for by this name

FORM = {
    "fichier": "essai.yaml",
    "environnement": "sandbox",
    "broker": "amqp://127.0.0.1:5672",
    "vhost": "15-15_v2.1",
    "editeur": "fr.health.samu991",
    "role": "LRM",
    "partenaire": "fr.health.samu992",
    "role-partenaire": "LRM",
    "format": "json",
    "pilote": "operator",
}


def held(name: str) -> bytes:
    return Path(name).read_bytes()


def written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.y*ml"))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECETTE_SANDBOX_PASSWORD", "x")


async def test_a_link_is_checked_a_line_each(
    book: Book,
    hub: Served,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MDP", hub.password)
    target = operated(tmp_path, hub)
    console = Console(book, [target], tmp_path / "reports")
    async with served(console) as address, Opened(console, address).visitor("Zoé Essai") as one:
        _, page = await one.get("/preparer")
        assert "Seront publiés, tous « Exercise »" in page
        async with one.session.get(f"{one.base}/preparer/flux") as stream:
            assert (await one.post("/preparer/verifier", {"cible": next(iter(console.targets))}))[0] == 303
            seen = ""
            async for line in stream.content:
                seen += line.decode()
                if any(told in seen for told in ("GO : le lien", "NO-GO : corrigez", "NON CONCLUANT : ce")):
                    break
        _, page = await one.get("/preparer")
        for check in ("nom du broker", "trois files", "aller-retour"):
            assert check in page
        assert (await one.post("/preparer/verifier", {"cible": "ailleurs"}))[0] == 400
    assert "La vérification est en cours." in seen


async def test_a_target_is_written_checked_and_can_be_chosen(opened: Opened) -> None:
    async with opened.visitor() as one:
        status, page = await one.post("/preparer/cible", FORM)
        assert status == 200
        assert "se lit sans défaut" in page
        assert load_target(Path("essai.yaml")).editor == "fr.health.samu991"
        _, page = await one.get("/?cible=essai.yaml")
        assert "fr.health.samu992" in page
        before = held("essai.yaml")
        status, page = await one.post("/preparer/cible", FORM | {"editeur": "fr.health.autre"})
        assert status == 400
        assert "existe déjà" in page
        assert held("essai.yaml") == before
        lacking = FORM | {"fichier": "b.yaml", "environnement": "bac-a-sable", "broker": ""}
        status, page = await one.post("/preparer/cible", lacking)
        assert "il y reste à faire" in page
        assert "b.yaml" not in opened.console.targets


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"fichier": "../essai.yaml"}, "nom de fichier"),
        ({"fichier": "/tmp/essai.yaml"}, "nom de fichier"),
        ({"fichier": "essai.py"}, "nom de fichier"),
        ({"pilote": "command"}, "n'est pas une réponse"),
        ({"environnement": "x\nbroker: y"}, "n'est pas une réponse"),
        ({"role": "<b>"}, "n'est pas une réponse"),
        ({"vhost": "x: {y"}, "est inconnu"),
        ({"editeur": "a\nb"}, "sans espace"),
        ({"partenaire": ""}, "sans espace"),
        ({"broker": "http://x"}, "amqps://hôte"),
    ],
)
async def test_what_cannot_be_a_target_is_not_written(
    opened: Opened, changed: dict[str, str], told: str, tmp_path: Path
) -> None:
    async with opened.visitor() as one:
        status, page = await one.post("/preparer/cible", FORM | changed)
    assert status == 400
    assert told in page
    assert written(tmp_path) == []


def test_a_folder_of_ones_own_with_nothing_but_data_stops_nobody_from_choosing(tmp_path: Path) -> None:
    """A message that was kept as test data is all that is there at first."""
    (tmp_path / "donnees").mkdir()
    (tmp_path / "donnees" / "garde.yaml").write_text("caseId: x\n", encoding="utf-8", newline="\n")
    first = built_in() / "conversion"
    chosen = Book((first, tmp_path)).chosen(("conversion-affaire-avec-un-samu",))
    assert {one.id for one in chosen.scenarios} == {"conversion-affaire-avec-un-samu"}
