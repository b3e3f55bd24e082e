"""The console in a real browser, by keyboard: nothing logged, nothing asked of others, nothing wider than the screen.

axe-core finds nothing against WCAG 2.2 A and AA on any page, narrow or wide, light or dark.
"""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.async_api import Page

from tests.console.conftest import Opened
from tests.console.walking import AXE, holds, press, quiet, reach, there_is_a_browser, type_in
from tests.report.chromium import Seen, browse


@pytest.fixture(autouse=True)
def _there_is_a_browser() -> None:
    there_is_a_browser()


def test_axe_is_the_one_that_its_page_names() -> None:
    told = (AXE.parent / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() in told
    assert (AXE.parent / "LICENSE").read_text(encoding="utf-8").startswith("Mozilla Public License")


async def plays(page: Page, opened: Opened) -> None:
    """A run against an editor that acknowledges nothing, chosen, followed, and verified once it is over."""
    await holds(page)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await type_in(page, "#faute", "sans-acq")
    await type_in(page, "#filtre", "refus")
    assert await page.locator("li[data-told]:visible").count() == 2
    await press(page, "#s-15-15-ressource-refusee", "Space")
    assert await page.inner_text("[data-counts]") == "1 scénario coché."
    await type_in(page, "#filtre", "recu ecran")
    assert await page.locator("li[data-told]:visible").count() == 1
    assert await page.inner_text("[data-counts]") == "1 scénario coché, dont 1 que la recherche cache."
    await type_in(page, "#filtre", "refus")
    await page.focus("#s-15-15-ressource-refusee")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/campagnes/*")
    await page.wait_for_selector("#passage svg.seq")
    await page.wait_for_selector("#passage .awaited")
    assert re.fullmatch(r"reste \d+ s|délai écoulé", await page.inner_text("#passage .awaited .left"))
    await page.wait_for_selector("#etat .badge.fail")
    assert "À faire : " in await page.inner_text("#passage .finding")
    await opened.over()
    await holds(page)
    await press(page, "#etat a[href$=verification]")
    await page.wait_for_url("**/verification")
    assert "OUI : tout concorde" in await page.inner_text("main")
    await holds(page)
    await press(page, "nav a[href='/campagnes']")
    await page.wait_for_url("**/campagnes")
    await holds(page)


async def prepares(page: Page, seen: Seen) -> None:
    """A target that cannot be written is refused with a reason; the browser logs that, and nothing else."""
    await press(page, "nav a[href='/preparer']")
    await page.wait_for_url("**/preparer")
    await holds(page)
    await type_in(page, "#p-fichier", "../ailleurs")
    await type_in(page, "#p-editeur", "fr.health.samu991")
    await type_in(page, "#p-partenaire", "fr.health.samu992")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".notice.bad")
    assert "status of 400" in seen.logged.pop()
    await holds(page)


async def writes(page: Page, opened: Opened) -> None:
    """A scenario of one's own: completed, marked where it is wrong, kept."""
    await press(page, "nav a[href='/ecrire']")
    await page.wait_for_url("**/ecrire")
    await holds(page)
    await type_in(page, "#fichier", "mien.yaml")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".cm-lint-marker-error")
    await press(page, "#problemes a")
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
    async with page.expect_navigation():
        await press(page, "button[value=garder]")
    assert opened.console.drafts.read("mien.yaml").text == typed


async def exchanges(page: Page) -> None:
    """A message composed as JSON, as XML and field by field, sent and acknowledged; then what the hub saw of it."""
    await press(page, "nav a[href='/echanger']")
    await page.wait_for_url("**/echanger")
    await holds(page)
    await type_in(page, "#lieu", "15-15_v2.1")
    await press(page, "main form button")
    await page.wait_for_selector("#json")
    before = await page.input_value("#xml")
    await reach(page, "#json")
    await page.fill("#json", (await page.input_value("#json")).replace("DRFR", "DXFR"))
    await page.wait_for_function("(before) => document.getElementById('xml').value !== before", arg=before)
    assert "DXFR" in await page.input_value("#xml")
    await reach(page, "#xml")
    await page.fill("#xml", "<a>")
    await page.wait_for_selector("#compose .problems")
    await page.fill("#xml", before)
    await page.wait_for_selector("#compose .badge.pass")
    assert "DRFR" in await page.input_value("#json")
    await press(page, "#compose summary")
    await type_in(page, "#c-caseId", "fr.health.samu992.DRFR150002600200002")
    await page.keyboard.press("Tab")
    await page.wait_for_function("() => document.getElementById('json').value.includes('200002')")
    await type_in(page, "#s-", "Note")
    await press(page, "#s--b")
    await page.wait_for_function("() => document.getElementById('json').value.includes('medicalNoteId')")
    await page.wait_for_selector("#compose .badge.pass")
    await press(page, "form[action='/echanger/envoyer'] button[type=submit]")
    await page.wait_for_selector("#file-ack .letter")
    await holds(page)
    await press(page, "#file-ack a")
    await page.wait_for_url("**/echanger/messages/*")
    await holds(page)
    await press(page, "nav a[href='/observer']")
    await page.wait_for_url("**/observer")
    await press(page, "#dossiers summary")
    await holds(page)


async def test_every_part_is_walked_by_keyboard_alone(opened: Opened) -> None:
    async with browse() as (page, seen):
        await page.goto(opened.address)
        assert "jeton" not in page.url
        await plays(page, opened)
        await prepares(page, seen)
        await writes(page, opened)
        await exchanges(page)
        quiet(seen, opened.base)
