"""Waits until software that is being worked on was stopped and answers again: at its hook, or in its queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

from recette.hub import topology
from recette.hub.backoff import Backoff
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.play.target import Target

PAUSES = Backoff(first=0.05, ceiling=0.5)
"""Between two looks."""
_BLOCK = 65_536


class NobodyTellsError(ValueError):
    """Nothing tells when the software comes back; the text says why."""


async def come_back(target: Target) -> None:
    """Return once the software went away and is there again; at once when it is not there and then comes.

    Raises NobodyTellsError where that shows neither at an http driver nor in the editor's queue.
    """
    if target.driver.kind == "http":
        await hook_again(target.driver.url)
        return
    address = next(iter(target.addresses.values()), None)
    if address is None:
        raise NobodyTellsError(
            "la cible n'a ni pilote http, ni partenaire qui regarderait la file de votre logiciel"
        )
    try:
        connection = await HubConnection.open(address, name="recette watch")
    except HubError as error:
        raise NobodyTellsError(str(error)) from error
    async with connection:
        queue = topology.queue(target.editor, "message")

        async def readers() -> int:
            return (await connection.inspect(queue)).consumers

        await readers_again(readers)


async def hook_again(url: str) -> None:
    """The software holds a connection as long as it runs. One that it closes for want of use comes back at once."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    held = await _connected(host, port)
    while held is not None:
        reader, writer = held
        with suppress(OSError):
            while await reader.read(_BLOCK):
                pass
        writer.close()
        held = await _connected(host, port)
    for pause in PAUSES.delays():
        there = await _connected(host, port)
        if there is not None:
            there[1].close()
            return
        await asyncio.sleep(pause)


async def readers_again(readers: Callable[[], Awaitable[int]]) -> None:
    """`readers` tells how many read the queue. Raises NobodyTellsError where the hub does not say."""
    try:
        for present in (True, False):
            for pause in PAUSES.delays():
                if bool(await readers()) != present:
                    break
                await asyncio.sleep(pause)
    except HubError as error:
        raise NobodyTellsError(str(error)) from error


async def _connected(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        return await asyncio.open_connection(host, port)
    except OSError:
        return None
