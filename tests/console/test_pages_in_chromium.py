"""The console in a real browser, by keyboard: nothing logged, nothing asked of others, nothing wider than the screen.

axe-core finds nothing against WCAG 2.2 A and AA on any page, narrow or wide, light or dark.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page

from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console
from tests.console.conftest import Opened
from tests.console.test_acting import LOOKED_AT
from tests.play.conftest import Served, operated
from tests.play.conftest import served as hub  # noqa: F401 - a fixture, asked for by this name
from tests.report.chromium import PROGRAM, Seen, browse

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS: list[tuple[int, Literal["light", "dark"]]] = [
    (360, "dark"),
    (800, "light"),
    (1440, "dark"),
    (360, "light"),
]


@pytest.fixture(autouse=True)
def _there_is_a_browser() -> None:
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium n'est pas installé, et la CI doit l'avoir")
        pytest.skip("chromium n'est pas installé")


async def holds(page: Page) -> None:
    """Whatever is shown now fits, and can be read by everybody."""
    if not await page.evaluate("!!window.axe"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    for width, scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
        if (width, scheme) in LOOKS[1:3]:
            continue
        found = await page.evaluate("(rules) => axe.run(document, { runOnly: rules })", RULES)
        wrong = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert wrong == [], (page.url, width, scheme)
        assert len(found["passes"]) > 10


async def reach(page: Page, target: str) -> None:
    """Go by Tab to what `target` names."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("(target) => document.activeElement.matches(target)", target):
            return
    pytest.fail(f"{target} ne s'atteint pas au clavier sur {page.url}")


def quiet(seen: Seen, base: str) -> None:
    """Nothing was logged, and nobody else was asked for anything."""
    assert seen.logged == []
    assert [one for one in seen.requested if not one.startswith(f"{base}/")] == []


def test_axe_is_the_one_that_its_page_names() -> None:
    told = (AXE.parent / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() in told
    assert (AXE.parent / "LICENSE").read_text(encoding="utf-8").startswith("Mozilla Public License")


async def writes(page: Page, opened: Opened) -> None:
    """A scenario of one's own: completed, marked where it is wrong, kept."""
    await page.goto(f"{opened.base}/ecrire")
    await holds(page)
    await page.fill("#fichier", "mien.yaml")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".cm-lint-marker-error")
    await page.locator("#problemes a").first.click()
    assert await page.evaluate("document.activeElement.shadowRoot.activeElement.matches('.cm-content')")
    await page.keyboard.press("Control+End")
    await page.keyboard.type("  - id: premier\n")
    await page.keyboard.type("mess")
    await page.locator(".cm-tooltip-autocomplete li", has_text="message").wait_for()
    await page.wait_for_timeout(100)  # CodeMirror takes no key for a list that it has just opened
    await holds(page)
    await page.keyboard.press("Enter")
    typed = await page.input_value("#source")
    assert typed.endswith("  - id: premier\n    message: ")
    await page.click("button:text-is('Enregistrer'):visible >> nth=0")
    await page.wait_for_load_state()
    assert opened.console.drafts.read("mien.yaml").text == typed


async def test_a_play_and_an_exchange_by_keyboard(opened: Opened) -> None:
    async with browse() as (page, seen):
        await page.goto(opened.address)
        assert "jeton" not in page.url
        await holds(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await reach(page, "#faute")
        await page.select_option("#faute", "sans-acquittement")
        await reach(page, "#filtre")
        await page.keyboard.type("refus")
        assert await page.locator("li[data-told]:visible").count() == 2
        await reach(page, "#s-15-15-ressource-refusee")
        await page.keyboard.press("Space")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/campagnes/*")
        await page.wait_for_selector("#passage svg.seq")
        await page.wait_for_selector("#passage .awaited")
        assert re.fullmatch(r"reste \d+ s|délai écoulé", await page.inner_text("#passage .awaited .left"))
        await page.wait_for_selector("#etat .badge.fail")
        assert "À faire : " in await page.inner_text("#passage .finding")
        await opened.over()
        await holds(page)
        await page.goto(f"{opened.base}/campagnes")
        await holds(page)

        await page.goto(f"{opened.base}/preparer")
        await holds(page)
        await writes(page, opened)
        await page.goto(f"{opened.base}/echanger")
        await holds(page)
        await page.select_option("#lieu", "15-15_v2.1 fr.health.samu991")
        await reach(page, "main form button")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#json")
        before = await page.input_value("#xml")
        await page.fill("#json", (await page.input_value("#json")).replace("DRFR", "DXFR"))
        await page.wait_for_function(
            "(before) => document.getElementById('xml').value !== before", arg=before
        )
        assert "DXFR" in await page.input_value("#xml")
        await page.fill("#xml", "<a>")
        await page.wait_for_selector("#compose .problems")
        await page.fill("#xml", before)
        await page.wait_for_selector("#compose .badge.pass")
        assert "DRFR" in await page.input_value("#json")
        await page.click("#compose summary")
        await page.fill("#c-caseId", "fr.health.samu992.DRFR150002600200002")
        await page.keyboard.press("Tab")
        await page.wait_for_function("() => document.getElementById('json').value.includes('200002')")
        await page.click("button:text-is('Envoyer')")
        await page.wait_for_selector("#file-ack .letter")
        await holds(page)
        await page.click("#file-ack a")
        await holds(page)
        await page.goto(f"{opened.base}/observer")
        await page.click("#dossiers summary")
        await holds(page)
        quiet(seen, opened.base)


async def test_the_operators_desk_in_the_browser(
    book: Book,
    hub: Served,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MDP", hub.password)
    console = Console(book, [operated(tmp_path, hub)], tmp_path / "reports")
    async with served(console) as address, browse() as (page, seen):
        base = address.partition("/entrer")[0]
        await page.goto(address)
        await page.fill("#nom", "Zoé Essai")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#nom[value='Zoé Essai']")
        await page.check(f"#s-{LOOKED_AT}")
        await page.click("button:text-is('Jouer les scénarios cochés')")
        await page.wait_for_selector("#poste .desk.look")
        await page.click("#poste .values summary")
        await holds(page)
        await page.fill("#poste textarea", "en cours de frappe")
        console.bell.ring()
        await page.click("#poste button[name=plus]")
        await page.wait_for_selector("#poste .desk.look")
        await page.click("#poste label:text-is('conforme') >> nth=-1")
        await page.click("#poste button:has-text('Attester, Zoé Essai')")
        await page.wait_for_function(
            "() => document.querySelector('#poste h3')?.textContent.includes('acquitté')"
        )
        quiet(seen, base)
