"""A real browser over its debugging protocol: what it showed, logged and asked for."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

PROGRAM = shutil.which("chromium") or "chromium"


def installed() -> bool:
    return shutil.which("chromium") is not None


@dataclass
class Page:
    """One page in the browser."""

    session: aiohttp.ClientWebSocketResponse
    logged: list[str] = field(default_factory=list)
    """Console messages, uncaught errors and breaches of the content policy."""
    requested: list[str] = field(default_factory=list)
    """Addresses that the page asked for."""
    stopped: list[str] = field(default_factory=list)
    """Why requests were blocked before they left."""
    _number: int = 0
    _events: list[str] = field(default_factory=list)

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        await self.session.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            answer = await self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    async def open(
        self,
        path: Path,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        medium: str = "screen",
    ) -> None:
        await self.do(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        await self.do(
            "Emulation.setEmulatedMedia",
            media=medium,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self._events.clear()
        await self.do("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self._events:
            await self._next()

    async def value(self, expression: str) -> Any:
        """What a script of the test's own, which no policy stops, finds in the page."""
        answer = await self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def picture(self) -> bytes:
        """The whole page as PNG."""
        answer = await self.do("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(answer["data"])

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.session.receive_json(timeout=30)
        method, parameters = message.get("method", ""), message.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])
        elif method == "Network.loadingFailed":
            self.stopped.append(parameters.get("blockedReason", ""))
        elif method in {
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Log.entryAdded",
            "Audits.issueAdded",
        }:
            self.logged.append(str(parameters))
        return message


@asynccontextmanager
async def browse(profile: Path) -> AsyncIterator[Page]:
    """A headless browser with one page, closed at the end."""
    running = await asyncio.create_subprocess_exec(
        PROGRAM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(profile)},
    )
    try:
        async with asyncio.timeout(60):
            port = await _port(running)
        async with aiohttp.ClientSession() as client:
            async with client.get(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [one for one in await answer.json() if one["type"] == "page"]
            async with client.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as session:
                page = Page(session)
                for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
                    await page.do(f"{domain}.enable")
                yield page
    finally:
        if running.returncode is None:
            running.terminate()
        await running.communicate()


async def _port(running: asyncio.subprocess.Process) -> int:
    assert running.stderr is not None
    async for line in running.stderr:
        if b"DevTools listening on ws://127.0.0.1:" in line:
            return int(line.split(b"127.0.0.1:")[1].split(b"/")[0])
    raise RuntimeError("chromium ended before it listened")
