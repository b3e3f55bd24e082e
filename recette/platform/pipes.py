"""Reading from a pipe within the event loop, which on Windows knows no pipe that somebody else has made."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

from recette.platform.kind import POSIX

_BLOCK = 65_536


async def reading(source: int) -> tuple[asyncio.StreamReader, Callable[[], None]]:
    """What comes through the descriptor `source`, and what ends the reading and closes it."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    if POSIX:
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb", 0)
        )
        return reader, transport.close
    ended = threading.Event()
    threading.Thread(target=_pump, args=(source, reader, loop, ended), daemon=True).start()
    return reader, ended.set


def _pump(
    source: int, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop, ended: threading.Event
) -> None:
    """Until the last who can write has closed: a read cannot be called off, so what comes after the end is dropped."""
    try:
        while block := os.read(source, _BLOCK):
            if ended.is_set():
                return
            loop.call_soon_threadsafe(reader.feed_data, block)
        if not ended.is_set():
            loop.call_soon_threadsafe(reader.feed_eof)
    except (OSError, RuntimeError):  # the loop has ended
        return
    finally:
        os.close(source)
