"""What holds of every page of the console in Debian's Chromium, whoever walks it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page

from tests.report.chromium import PROGRAM, Seen

AXE = Path(__file__).parent / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS: list[tuple[int, Literal["light", "dark"]]] = [(360, "dark"), (800, "dark"), (1440, "light")]
"""Every width and both schemes: what is too wide is so in either, and what has too little contrast at any width."""


def there_is_a_browser() -> None:
    """Skip, or fail where there must be one."""
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
        if width == 800:
            continue  # between the two, nothing is laid out otherwise than at one of them
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


async def press(page: Page, target: str, key: str = "Enter") -> None:
    """Go there by Tab, and press a key."""
    await reach(page, target)
    await page.keyboard.press(key)


async def type_in(page: Page, target: str, text: str) -> None:
    """Go there by Tab, and type; in a list of choices that chooses the one that begins so."""
    await reach(page, target)
    await page.keyboard.type(text)


def quiet(seen: Seen, base: str) -> None:
    """Nothing was logged, and nobody else was asked for anything."""
    assert seen.logged == []
    assert [one for one in seen.requested if not one.startswith(f"{base}/")] == []
