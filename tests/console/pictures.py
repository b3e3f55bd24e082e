"""Pictures of the console for its documentation, light and dark: `python -m tests.console.pictures [folder] [widths…]`.

Without a folder those of docs/console.md are made anew; with one, each page as a whole at each width, to be looked at.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.async_api import Page

from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console
from recette.scenario.cahier import built_in
from tests.console.conftest import Opened
from tests.report.chromium import browse

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTH, HEIGHT = 800, 620
PAINTED = """(at) => {
  document.querySelector(at).scrollIntoView();
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))));
}"""
"""From there on, and drawn to the end: a picture that is taken at once may lack what was just scrolled to."""
PLAYED, FAULT = "15-15-ressource-refusee", "sans-acquittement"


@dataclass(frozen=True)
class Camera:
    """Where pictures go, and how wide the screens are."""

    folder: Path
    widths: Sequence[int]
    whole: bool

    async def take(self, page: Page, name: str, at: str = "body") -> None:
        """What is shown now, from the element `at` on, in both schemes and at each width."""
        for width in self.widths:
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                await page.evaluate(PAINTED, at)
                size = f"-{width}" if self.whole else ""
                await page.screenshot(
                    path=self.folder / f"console-{name}{size}-{scheme}.png", full_page=self.whole
                )


async def plays(page: Page, opened: Opened, camera: Camera) -> None:
    """What can be played, then a run whose editor acknowledges nothing."""
    await page.goto(opened.address)
    await page.fill("#filtre", "ressource")
    await camera.take(page, "jouer", "form[action='/jouer']")
    await page.select_option("#faute", FAULT)
    await page.check(f"#s-{PLAYED}")
    await page.click("button:text-is('Jouer les scénarios cochés')")
    await page.wait_for_selector("#etat .badge.fail")
    await opened.over()
    await page.reload()
    await camera.take(page, "campagne", "#passage")


async def exchanges(page: Page, opened: Opened, camera: Camera) -> None:
    """A message sent and acknowledged; what the hub saw of it."""
    await page.goto(f"{opened.base}/echanger")
    await page.select_option("#lieu", "15-15_v2.1 fr.health.samu991")
    await page.click('button:text-is("Ouvrir l\'échange")')
    await page.wait_for_selector("#json")
    await page.click("#compose summary")
    await camera.take(page, "echanger", "#t-composer")
    await page.click("button:text-is('Envoyer')")
    await page.wait_for_selector("#lignes-ack .letter")
    await page.goto(f"{opened.base}/observer")
    await page.click("#dossiers summary >> nth=0")
    await camera.take(page, "observer")


async def writes(page: Page, opened: Opened, camera: Camera) -> None:
    """A scenario with something wrong in it, and what can be typed."""
    await page.goto(f"{opened.base}/ecrire")
    await page.fill("#fichier", "mon-scenario.yaml")
    await page.click("button:text-is('Commencer')")
    await page.wait_for_selector(".cm-lint-marker-error")
    await page.click(".cm-content")
    await page.keyboard.press("Control+End")
    await page.keyboard.type("  - id: partage\natt")
    await page.wait_for_selector(".cm-tooltip-autocomplete")
    await camera.take(page, "ecrire")


async def others(page: Page, opened: Opened, camera: Camera) -> None:
    for name in ("preparer", "campagnes"):
        await page.goto(f"{opened.base}/{name}")
        await camera.take(page, name)


async def pictures(camera: Camera) -> None:
    camera.folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place:
        folder = Path(place)
        console = Console(Book((built_in(), folder / "miens")), [], folder / "reports", folder / "miens")
        await asyncio.to_thread(console.choices, None)
        async with served(console) as address, browse() as (page, _):
            opened = Opened(console, address)
            for scene in (plays, exchanges, writes, *((others,) if camera.whole else ())):
                await page.set_viewport_size({"width": camera.widths[0], "height": HEIGHT})
                await scene(page, opened, camera)


if __name__ == "__main__":
    given = sys.argv[1:]
    looked_at = (
        Camera(Path(given[0]), [int(one) for one in given[1:]] or [360, 800, 1440], whole=True)
        if given
        else None
    )
    asyncio.run(pictures(looked_at or Camera(IMAGES, [WIDTH], whole=False)))
