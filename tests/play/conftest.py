"""A hub with a reference editor on it, as in another process; targets for it; a person who plays against it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox
from tests.play.person import Person

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


def target_file(folder: Path, served: Served, hook: str = "/agir") -> Path:
    path = folder / "cible.yaml"
    path.write_text(
        f"broker: amqp://127.0.0.1:{served.port}\n"
        f"vhost: {VHOST}\n"
        f"editor: {{id: {EDITOR}, role: LRM}}\n"
        f"partners:\n  - {{id: {PARTNER}, role: LRM, password_env: MDP}}\n"
        f"driver: {{kind: http, url: 'http://127.0.0.1:{served.hook}{hook}'}}\n"
        "deadlines: {ack: 5, answer: 5, quiet: 0.2}\n",
        encoding="utf-8",
    )
    return path


Starts = Callable[..., Person]


def operated(folder: Path, served: Served, driver: str = "{kind: operator, patience: 60}") -> Path:
    path = target_file(folder, served)
    text = path.read_text(encoding="utf-8").replace("answer: 5", "answer: 1").replace("ack: 5", "ack: 2")
    lines = [f"driver: {driver}" if line.startswith("driver:") else line for line in text.splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def starts(served: Served, tmp_path: Path, scenarios_folder: Path) -> Iterator[Starts]:
    started: list[Person] = []

    def start(
        *scenarios: str, driver: str = "{kind: operator, patience: 60}", resume: bool = False
    ) -> Person:
        target = operated(tmp_path, served, driver)
        folder = tmp_path / "rapport"
        begins = ("--target", str(target), "--report", str(folder))
        person = Person(
            folder,
            served.hook,
            *("run", *scenarios, *(("--resume", str(folder)) if resume else begins)),
            MDP=served.password,
            RECETTE_SCENARIOS=str(scenarios_folder),
        )
        started.append(person)
        return person

    yield start
    for person in started:
        person.goes()


def findings(folder: Path) -> list[tuple[str, str, str]]:
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [
        (one["rule"], one["verdict"], one["attributed_to"])
        for scenario in document["scenarios"]
        for one in scenario["findings"]
    ]
