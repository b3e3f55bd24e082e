"""Whether whoever read our output has closed it, as `| head` does: there is no one to tell."""

from __future__ import annotations

import os
import select
import sys


def reader_is_gone(error: Exception) -> bool:
    """Whether `error` came of that; what is still buffered then fails nothing at exit."""
    if not isinstance(error, BrokenPipeError):
        return False
    out = sys.stdout.fileno()
    gone = _gone(out)
    if gone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return gone


def _gone(out: int) -> bool:
    """Windows cannot be asked: there, it is the one pipe that a command writes to."""
    if not hasattr(select, "poll"):
        return True
    watched = select.poll()
    watched.register(out, 0)
    return any(event & select.POLLERR for _, event in watched.poll(0))
