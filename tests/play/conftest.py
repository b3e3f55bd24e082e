"""A hub with a reference editor on it, in a thread of its own, as in another process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox

VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"


@dataclass
class Served:
    port: int
    hook: int
    password: str


async def _serve(ready: asyncio.Future[Served], stop: asyncio.Event) -> None:
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER])
    editor = await ReferenceEditor.start(sandbox.address(EDITOR, VHOST), EDITOR, "LRM")

    hook = await Hook.open(editor)
    ready.set_result(Served(sandbox.port, urlsplit(hook.url).port or 0, sandbox.passwords[PARTNER]))
    await stop.wait()
    await hook.close()
    await editor.close()
    await sandbox.stop()


@pytest.fixture
def served() -> Iterator[Served]:
    """The hub and the editor in a thread of their own, as in another process."""
    loop = asyncio.new_event_loop()
    stop, ready = asyncio.Event(), loop.create_future()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(ready, stop)))
    thread.start()
    waiter = asyncio.run_coroutine_threadsafe(_result(ready), loop)
    yield waiter.result(20)
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.close()


async def _result(ready: asyncio.Future[Served]) -> Served:
    return await ready
