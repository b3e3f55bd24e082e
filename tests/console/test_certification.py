"""The whole certification of an editor that is foreign software (pika), in the browser: what the command line says of it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.campaign.planning import facts_of
from recette.console.book import Book
from recette.console.orders import Order
from recette.console.server import served
from recette.console.state import Console
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.proof.verification import verify
from recette.report.audience import Audience
from recette.report.story import Story
from recette.report.writing import write_all
from recette.sandbox.hub import Sandbox
from tests.console.test_acting import AtTerminal, Typed
from tests.console.walking import holds, press, quiet, reach, there_is_a_browser, type_in
from tests.play.conftest import EDITOR, PARTNER, VHOST, Served, operated
from tests.report.chromium import browse

SCREEN, RECEIVED, REFUSED = "ecran-dossier-recu", "15-15-partage-simple", "15-15-destinataire-inconnu"
WHY = "ce logiciel ne fait qu'acquitter"
OVER = "over"
ATTESTS = "#poste form > button:not([name])"
MARKED, DIFFERS = "Qualification › Nature de fait : Malaise (code C02.07.01)", "libellé abrégé"
_IDS = re.compile(r"fr\.health\.\w+[._][\w.-]+|[0-9a-f]{8}-[0-9a-f-]{27}")
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?|\d+([.,]\d+)? (ms|s)\b")
_LATE = "La machine de la recette a pris "
_OWN = frozenset({"run", "started", "ended", "event", "duration", "seconds"})
"""Fields that name one run and no other."""


def alike(node: Any) -> Any:
    """A results.json without ids and times, and without how late the machine was."""
    if isinstance(node, dict):
        return {name: alike(child) for name, child in node.items() if name not in _OWN}
    if isinstance(node, list):
        return [alike(one) for one in node if not (isinstance(one, str) and one.startswith(_LATE))]
    return _TIMES.sub("<t>", _IDS.sub("<id>", node)) if isinstance(node, str) else node


@asynccontextmanager
async def pika_on(sandbox: Sandbox) -> AsyncIterator[None]:
    """The editor written with pika, which acknowledges and does nothing else."""
    script = Path(__file__).parents[1] / "sandbox" / "pika_editor.py"
    login = (str(sandbox.port), VHOST, EDITOR, sandbox.passwords[EDITOR])
    pipe = asyncio.subprocess.PIPE
    editor = await asyncio.create_subprocess_exec(
        sys.executable, str(script), *login, "ack", stdin=pipe, stdout=pipe
    )
    assert editor.stdin is not None
    assert editor.stdout is not None
    try:
        assert await editor.stdout.readline() == b"ready\n"
        yield
    finally:
        editor.stdin.close()
        await editor.wait()


class Terminal(AtTerminal):
    """Who attests what the screen shows, and gives up what the software cannot do."""

    def __init__(self, target: Target) -> None:
        super().__init__(target, 9)
        self._typed = self._terminal = MarksByTyping()

    async def ask(self, request: Any) -> int:
        times = await super(AtTerminal, self).ask(request)
        for typed in ("i", WHY):
            self._typed.typed.put_nowait(typed)
        return times


class MarksByTyping(Typed):
    """Marks a value of the first message that is received, and passes over the second."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.marking = False

    def show(self, *lines: str) -> None:
        text = "\n".join(lines)
        if "Entrée : ne rien dire" in text:
            self.marking = text.strip().startswith(MARKED)
            self.typed.put_nowait("a" if self.marking else "")
        elif "v : valeur par valeur · p : passer" in text:
            self.asked += 1
            self.typed.put_nowait("v" if self.asked == 1 else "p")
        elif "commentaire obligatoire" in text and self.marking:
            self.typed.put_nowait(DIFFERS)
        else:
            super().show(*lines)


async def clicks(page: Page, console: Console, *names: str) -> str:
    """The whole certification, the desk by keyboard alone; the procès-verbal is the last thing of it. Returns its address."""
    await page.fill("#nom", "Zoé Essai")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#nom[value='Zoé Essai']")
    assert await page.is_checked("#attester")
    for name in names:
        await page.check(f"#s-{name}")
    await page.click("button:text-is('Jouer les scénarios cochés')")
    serial, received = "", 0
    while (found := await next_sheet(page, serial)) != OVER:
        if await page.query_selector("#poste .desk.do"):
            await press(page, "#poste details:has(button[value=impossible]) > summary")
            await type_in(page, "#poste input[name=commentaire]", WHY)
            await sends(page)
        elif await page.query_selector("#poste button[name=passer]"):
            received += 1
            await (marks(page) if received == 1 else sends(page, "#poste button[name=passer]"))
        elif await page.query_selector("#poste .desk.look"):
            await looks(page, console, found)
        else:
            continue  # it has just gone
        serial = found
    assert received == 2
    await page.wait_for_selector("#etat .links")
    return str(await page.get_attribute("#etat .links a:text-is('Procès-verbal (PDF)')", "href"))


async def checks_the_link(page: Page) -> None:
    """The preflight, a check a line."""
    await press(page, "nav a[href='/preparer']")
    await page.wait_for_url("**/preparer")
    await press(page, "form[action='/preparer/verifier'] button")
    await page.wait_for_selector("#verification h3:not(:text('en cours'))")
    await page.wait_for_selector("#verification td .badge.pass")
    await holds(page)


async def next_sheet(page: Page, before: str) -> str:
    """The serial of the next thing that is asked; OVER once the run is over."""
    found = await page.wait_for_function(
        """(before) => {
          const field = document.querySelector("#poste input[name=feuille]");
          if (field) return field.value !== before && field.value;
          return document.querySelector("#etat .links") && "over";
        }""",
        arg=before,
    )
    return str(await found.json_value())


async def looks(page: Page, console: Console, serial: str) -> None:
    """What the scenario has looked at, as a whole; what is typed stays while the page changes."""
    if serial == "1":
        await press(page, "#poste .values summary")
        await holds(page)
        await type_in(page, "#poste textarea", "en cours de frappe")
        await reach(page, "#poste button[name=plus]")
        await page.evaluate("document.querySelector('#poste form').dataset.before = ''")
        console.bell.ring()
        await page.wait_for_selector("#poste form:not([data-before])")
        assert await page.evaluate("document.activeElement.name") == "plus", (
            "found again where the page changed"
        )
        await sends(page)
        await page.wait_for_selector("#poste .desk.look")
        await watched_by_another(page, console)
    told = await page.inner_text("#poste .told-to")
    wrong = "Crèche des Mélèzes" in told and "accents" in told
    await choose(page, "#poste input[name=reponse]", 2 if wrong else 0)
    if wrong:
        await type_in(page, "#poste textarea", "accents perdus")
    await sends(page, ATTESTS)
    if wrong:
        await told_at_once(page)


async def watched_by_another(page: Page, console: Console) -> None:
    """Another browser sees the same run, and who acts; it acts once it has taken over, and both see that."""
    browser, address = page.context.browser, page.url.partition("#")[0]
    assert browser is not None
    async with await browser.new_context() as context:
        other = await context.new_page()
        await other.goto(f"{address.partition('/campagnes')[0]}/entrer?jeton={console.seats.token}")
        await other.fill("#nom", "Ali Test")
        await other.keyboard.press("Enter")
        await other.wait_for_selector("#nom[value='Ali Test']")
        await other.goto(address)
        assert await other.inner_text("#poste h3") == await page.inner_text("#poste h3")
        assert "Zoé Essai a la main ; vous regardez." in await other.inner_text("#qui")
        await other.click("#poste button[name=plus]")
        assert "Zoé Essai a la main : prenez-la d'abord" in await other.inner_text("main")
        await other.go_back()
        await other.click("#qui button")
        await page.wait_for_selector("#qui p:has-text('Ali Test a la main ; vous regardez.')")
        await page.click("#qui button")
        await other.wait_for_selector("#qui p:has-text('Zoé Essai a la main ; vous regardez.')")


async def told_at_once(page: Page) -> None:
    """The verdict of a step that nothing can take back, while its play goes on."""
    finding = page.locator("#passage .finding.fail").first
    await finding.wait_for()
    assert "accents perdus" in await finding.inner_text()
    assert "Attendu" in await finding.inner_text()
    step = page.locator("#passage tr", has_text="Les accents sont affichés")
    assert "NON CONFORME" in await step.inner_text()
    assert "EN COURS" in await page.inner_text("#passage table")
    assert "La campagne se joue." in await page.inner_text("#etat")


async def marks(page: Page) -> None:
    """One value of what was received; what differs is asked of a value that does."""
    await press(page, "#poste .values summary")
    await holds(page)
    value = page.locator("#poste .value", has=page.locator(f"legend:text-is('{MARKED}')"))
    assert not await value.locator(".differs").is_visible()
    name = await value.locator("input[type=radio]").first.get_attribute("name")
    await choose(page, f"#poste input[name={name}]", 1)
    await type_in(page, f"#poste input[name={name}-c]", DIFFERS)
    await choose(page, "#poste input[name=reponse]", 1)
    await sends(page, ATTESTS)


async def sends(page: Page, target: str = "") -> None:
    """Press Enter, on `target` where one is given; what is done next is done to the page that answers."""
    if target:
        await reach(page, target)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def choose(page: Page, target: str, which: int) -> None:
    """Go to a set of choices by Tab, and take the one that is so many after the first."""
    await press(page, target, "Space")
    for _ in range(which):
        await page.keyboard.press("ArrowRight")


async def test_a_foreign_editor_is_certified_by_clicking_as_from_the_command_line(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there_is_a_browser()
    cahier = tmp_path / "cahier"
    shutil.copytree(few, cahier)
    for path in cahier.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if f"id: {RECEIVED}\n" in text:
            path.write_text(text.replace("editor: [origine]", "editor: [destinataire]"), encoding="utf-8")
    book, names = Book((cahier,)), (SCREEN, RECEIVED, REFUSED)
    async with asyncio.timeout(600):
        sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER])
        monkeypatch.setenv("MDP", sandbox.passwords[PARTNER])
        target = operated(tmp_path, Served(sandbox.port, 9, sandbox.passwords[PARTNER]))
        try:
            async with pika_on(sandbox):
                console = Console(book, [target], tmp_path / "reports", tmp_path / "miens")
                async with served(console) as address, browse() as (page, seen):
                    await page.goto(address)
                    minutes = await clicks(page, console, *names)
                    await checks_the_link(page)
                    quiet(seen, address.partition("/entrer")[0])
                by_clicking, begun = console.runs.folder / minutes.split("/")[2], console.runs.going
                assert begun is not None
                at_terminal = await asyncio.to_thread(
                    typed, load_target(target), book, begun.order.names, tmp_path / "terminal"
                )
        finally:
            await sandbox.stop()
    first, second = (
        json.loads((folder / "results.json").read_text(encoding="utf-8"))
        for folder in (by_clicking, at_terminal)
    )
    assert alike(first) == alike(second)
    assert {one["id"].partition(".")[0]: one["verdict"] for one in first["scenarios"]} == {
        SCREEN: "fail",
        RECEIVED: "pass",
        REFUSED: "inconc",
    }
    remarks = [one for play in first["scenarios"] for one in play["findings"] if one["rule"] == "DA-06"]
    assert [(one["verdict"], one["step"]) for one in remarks] == [("remark", "partage")]
    assert f"{MARKED} : approché ({DIFFERS})" in remarks[0]["explanation"]
    assert minutes.endswith("/pv.pdf")
    assert (by_clicking / "pv.pdf").read_bytes().startswith(b"%PDF")
    assert verify(by_clicking).problems == []


def typed(target: Target, book: Book, names: tuple[str, ...], folder: Path) -> Path:
    """The same as `recette run --target`, by a person who types."""
    told: list[Story] = []
    chosen = book.chosen(names)
    options = Options(
        operator=Terminal,
        attest_received=True,
        asked=Order(names, Path("cible.yaml"), attest_received=True).asked(folder, None),
        cahiers=tuple(facts_of(one) for one in chosen.cahiers),
        cahier=book.scenarios,
    )
    folder.mkdir()
    audience = Audience(told=told.append)
    play_on_target(target, chosen.scenarios, (), folder / "journal.jsonl", options, audience)
    write_all(told[0], folder)
    return folder
