"""The console in a real browser, by keyboard: nothing logged, nothing asked of others, nothing wider than the screen.

axe-core finds nothing against WCAG 2.2 A and AA on any page, narrow or wide, light or dark.
"""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.async_api import Page

from tests.console.conftest import Opened
from tests.console.walking import AXE, holds, quiet, reach, there_is_a_browser
from tests.report.chromium import browse


@pytest.fixture(autouse=True)
def _there_is_a_browser() -> None:
    there_is_a_browser()


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
