"""A page in Debian's Chromium: what it logged, asked for, and what was stopped before it left."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright

PROGRAM = shutil.which("chromium")
_LIMIT = 180_000
"""Milliseconds for anything that is awaited: a machine with much else to do takes its time."""


@dataclass
class Seen:
    """What a page did beside showing itself."""

    logged: list[str] = field(default_factory=list)
    """Console messages (breaches of the content policy are among them) and uncaught errors."""
    requested: list[str] = field(default_factory=list)
    """Addresses that the page asked for."""
    stopped: list[str] = field(default_factory=list)
    """Why requests did not leave."""


@asynccontextmanager
async def browse() -> AsyncIterator[tuple[Page, Seen]]:
    """A headless browser with one page, closed at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=["--disable-dev-shm-usage"])
        try:
            page, seen = await browser.new_page(), Seen()
            page.set_default_timeout(_LIMIT)
            page.on("console", lambda one: seen.logged.append(one.text))
            page.on("pageerror", lambda one: seen.logged.append(str(one)))
            page.on("request", lambda one: seen.requested.append(one.url))
            page.on("requestfailed", lambda one: seen.stopped.append(one.failure or ""))
            yield page, seen
        finally:
            await browser.close()


async def show(page: Page, path: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> None:
    """Open a file at this width and in these colours."""
    await page.set_viewport_size({"width": width, "height": 900})
    await page.emulate_media(media="screen", color_scheme=scheme)
    await page.goto(path.as_uri())
