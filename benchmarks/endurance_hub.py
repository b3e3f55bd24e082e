"""The hub's side of `endurance.py`: a process of its own, which serves and does what it is told by a line."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from recette.hub.address import BrokerAddress
from recette.messages.hub_saw import HubSaw
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.definitions import DISPATCHER, definitions, new_passwords
from recette.sandbox.hub import start_dispatchers
from recette.sandbox.rabbitmq import RabbitMqNode
from tests.sandbox.node_control import start_app, stop_app

VHOST = "15-15_v1.5"
A, B, HOSTILE = (f"fr.health.samu99{number}" for number in (1, 2, 3))
DISPATCHERS = 2
"""As `--dispatchers 2`: while one waits for the broker to have stored a sender's message, another sender's goes on."""


class Unmoved:
    """Who watches a link and needs to know nothing of it."""

    def lost(self, reason: str) -> None: ...
    def failed(self, error: BaseException) -> None: ...
    def restored(self, seconds: float, attempts: int) -> None: ...
    def gone(self, error: BaseException) -> None: ...
    def blocked(self, reason: str | None) -> None: ...


async def hub(kind: str) -> None:
    """The hub's process: serves, and does what it is told by a line."""
    words = new_passwords([A, B, HOSTILE])
    wanted = definitions([VHOST], words, quorum=kind == "rabbitmq")
    engine: Any = await (EmbeddedBroker.start(wanted) if kind == "embedded" else RabbitMqNode.start(wanted))
    seen: Counter[str] = Counter()

    def observe(saw: HubSaw) -> None:
        if saw.client in {A, B}:
            seen[saw.action] += 1

    said = await _lines()
    print(json.dumps({"port": engine.port, "passwords": words}), flush=True)
    port = int(await anext(said))
    address = BrokerAddress("127.0.0.1", port, VHOST, DISPATCHER, words[DISPATCHER])
    begin = partial(start_dispatchers, [address], DISPATCHERS, observe, watcher=Unmoved())
    serving = await begin()
    print("serving", flush=True)
    async for word in said:
        if word == "dispatcher":
            await asyncio.gather(*(one.close() for one in serving))
            serving = await begin()
        elif word in {"alarm", "calm"}:
            await _alarm(engine, on=word == "alarm")
        elif word == "node":
            await stop_app(engine)
            await start_app(engine)
        print(json.dumps({"resident": _resident(), "seen": seen}), flush=True)
    await asyncio.gather(*(one.close() for one in serving))
    await engine.stop()


async def _alarm(engine: EmbeddedBroker | RabbitMqNode, *, on: bool) -> None:
    if isinstance(engine, EmbeddedBroker):
        engine.alarm("low on memory" if on else None)
        return
    memory = "{resource_limit, memory, node()}"
    act = f"set_alarm({{{memory}, []}})" if on else f"clear_alarm({memory})"
    await engine.evaluate(f"rabbit_alarm:{act}.")


async def _lines() -> AsyncIterator[str]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )

    async def each() -> AsyncIterator[str]:
        while line := await reader.readline():
            yield line.decode().strip()

    return each()


def _resident() -> float:
    """Megabytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


@asynccontextmanager
async def hub_process(kind: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, kind, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


class Hub:
    """What the hub's process is asked, one question at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()

    async def ask(self, word: str) -> Any:  # noqa: ANN401 - a JSON tree
        async with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(f"{word}\n".encode())
            return await self.heard()

    async def heard(self) -> Any:  # noqa: ANN401 - likewise
        assert self._process.stdout is not None
        line = (await self._process.stdout.readline()).decode()
        return json.loads(line) if line.startswith("{") else line.strip()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(hub(sys.argv[1]))
