"""One writer for a file: `flock` where the system has it, a lock on a far byte on Windows."""

from __future__ import annotations

import importlib
from typing import IO, Any

from recette.platform.kind import POSIX

_FAR = 1 << 40
"""Windows lets nobody read what is locked: so a byte is locked that no journal reaches."""


def lock(file: IO[bytes]) -> None:
    """Keep `file` for this process until it is closed. Raises BlockingIOError where another has it."""
    (_whole_file if POSIX else _far_byte)(file)


def _whole_file(file: IO[bytes]) -> None:
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _far_byte(file: IO[bytes]) -> None:
    msvcrt: Any = importlib.import_module("msvcrt")
    here = file.tell()
    file.seek(_FAR)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        raise BlockingIOError(error.errno, error.strerror) from error
    finally:
        file.seek(here)
