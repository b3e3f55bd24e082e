"""One console for a folder of runs: each of two would take itself for the one in which somebody acts."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from recette.platform.file_lock import lock
from recette.wording.values import plain

_NAME = ".console.lock"
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_CANNOT_WRITE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class TakenError(ValueError):
    """Another console has the folder; the text says where it answers, and what to do."""


@contextmanager
def alone(folder: Path) -> Iterator[Callable[[str], None]]:
    """Keep other consoles away from `folder` while held; what is called with this one's address writes it down.

    Where nothing can be written nobody can act, and any number may look. Raises TakenError, OSError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _NAME, _FLAGS, 0o666)
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        yield lambda _: None
        return
    with os.fdopen(descriptor, "r+b") as file:
        try:
            lock(file)
        except BlockingIOError as error:
            there = plain(file.readline(1_000).decode("utf-8", "replace").strip())
            raise TakenError(
                f"Une console a déjà {folder}{f', {there}' if there else ''} : ouvrez-la à l'adresse que dit son terminal, ou "
                "donnez un autre dossier à --reports."
            ) from error

        def tell(address: str) -> None:
            file.truncate(0)
            file.seek(0)
            file.write(f"{address}\n".encode())
            file.flush()

        yield tell
