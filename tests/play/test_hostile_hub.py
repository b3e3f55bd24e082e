"""A hub that lies: the run ends within its deadlines, says that it proves nothing, and names the hub."""

from __future__ import annotations

import asyncio
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames
from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.hub import connection, lasting
from recette.hub.errors import HubError
from recette.journal.events import Trouble, Unreadable
from recette.journal.link_events import LinkBlocked, LinkLost
from recette.journal.reader import Journal, read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play import run
from recette.play.target_file import load_target
from recette.report.audience import Audience
from recette.scenario.selection import select
from tests.hub.false_hub import FalseHub, Script, false_hub, headers

JSON = b"\x80\x00\x10application/json"
LIMIT = 60.0
"""Seconds; the deadlines of the plays are one or two each."""
QUEUES = 3
"""Those of a partner: the hub shows what it is once all are read."""


@contextmanager
def elsewhere(script: Script, **options: Any) -> Iterator[int]:
    """A false hub in a thread of its own; its port."""
    loop = asyncio.new_event_loop()
    stop, port = asyncio.Event(), loop.create_future()

    async def serve() -> None:
        async with false_hub(script, consume=QUEUES, **options) as (address, _):
            port.set_result(address.port)
            await stop.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()

    async def known() -> int:
        found: int = await port
        return found

    try:
        yield asyncio.run_coroutine_threadsafe(known(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def played(
    script: Script, folder: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> tuple[Judgement, Journal]:
    monkeypatch.setattr(connection, "CONFIRM_TIMEOUT", 0.5)
    monkeypatch.setattr(lasting, "PATIENCE", 1.0)
    monkeypatch.setenv("MDP", "secret")
    path, journal = folder / "cible.yaml", folder / "journal.jsonl"
    with elsewhere(script, **options) as port:
        path.write_text(
            f"broker: amqp://127.0.0.1:{port}\nvhost: 15-15_v1.5\neditor: {{id: fr.health.samu991, role: LRM}}\n"
            "partners:\n  - {id: fr.health.samu992, role: LRM, password_env: MDP}\n"
            "driver: {kind: command, command: ['true']}\ndeadlines: {ack: 1, answer: 1, quiet: 0.2}\n",
            encoding="utf-8",
        )
        scenarios = select(["15-15-partage-simple"], scenarios_folder).scenarios
        try:
            result = play_on_target(load_target(path), scenarios, (), journal, Options(), Audience())
        except HubError:
            result = judge(read_journal(journal))
    return result, read_journal(journal)


def of(journal: Journal, kind: type) -> list[Any]:
    return [entry.event for entry in journal.entries if isinstance(entry.event, kind)]


def accused(result: Judgement) -> set[str]:
    return {one.attributed_to for play in result.scenarios for one in play.findings}


ILLEGIBLE = (
    b"\x80\x00\x02\xff\xff",
    headers(b"\x01aA\x00\x00\x00\x01?"),
    b"\x00\x40" + struct.pack(">Q", 2**63),
)


async def nothing_legible(hub: FalseHub) -> None:
    for tag, properties in enumerate(cycle(ILLEGIBLE), 1):
        hub.deliver(properties, b"{}", tag=tag)
        await hub.settled.get()


async def body_of_a_gigabyte(hub: FalseHub) -> None:
    hub.deliver(JSON, b"x" * 1_000, announced=10**9)


async def frame_of_a_gigabyte(hub: FalseHub) -> None:
    hub.writer.write(frames.HEAD.pack(frames.BODY, 1, 10**9))


async def blocks(hub: FalseHub) -> None:
    hub.send(0, amqp.Connection.Blocked("low on disk"))


async def is_silent(_: FalseHub) -> None:
    pass


HUBS: dict[str, tuple[Script, dict[str, Any], type]] = {
    "illegible": (nothing_legible, {}, Unreadable),
    "frame": (frame_of_a_gigabyte, {}, LinkLost),
    "blocked": (blocks, {"silent": True}, LinkBlocked),
}


@pytest.mark.parametrize("kind", HUBS)
def test_it_proves_nothing_and_the_hub_is_named(
    kind: str, tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, options, event = HUBS[kind]
    result, journal = played(script, tmp_path, scenarios_folder, monkeypatch, **options)
    assert result.verdict == "inconc"
    assert of(journal, event)
    assert accused(result) <= {"hub"}  # none where the run could not even begin


@pytest.mark.parametrize("script", [body_of_a_gigabyte, is_silent])
def test_it_ends_within_its_deadlines(
    script: Script, tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = time.monotonic()
    result, journal = played(script, tmp_path, scenarios_folder, monkeypatch, silent=True)
    assert time.monotonic() - begun < LIMIT
    assert result.verdict == "inconc"
    assert "editor" not in accused(result)
    assert journal.complete


def test_a_flood_ends_the_run_at_a_bound_that_is_named(
    tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RECEIVED_MAX", 2_000)

    async def flood(hub: FalseHub) -> None:
        tag = 0
        while True:
            tag += 1
            hub.deliver(JSON, b'{"flood": true}', tag=tag)
            if tag > 40:
                await hub.settled.get()
            await hub.writer.drain()

    result, journal = played(flood, tmp_path, scenarios_folder, monkeypatch)
    assert result.verdict in {"inconc", "none"}
    (told,) = [one for one in of(journal, Trouble) if "2000 messages" in one.text]
    assert told.where == "hub"
    assert len(journal.entries) < 2_200
