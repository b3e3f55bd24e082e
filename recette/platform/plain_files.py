"""Files that somebody named: plain ones only, and no more of them than was bargained for; and files of our own.

A device never ends, a FIFO never begins, and what is a file when it is looked at may be something else when it is
opened: so it is opened first, without waiting, and looked at then.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

OWNER_ALONE = 0o600
_EVERYBODY = 0o666
"""Less what the user's mask takes away."""
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0)


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading. Raises OSError, with a French reason where the machine has none."""
    descriptor = os.open(path, os.O_RDONLY | _NO_WAIT)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "c'est un dossier", str(path))
    raise OSError(errno.ENXIO, "ce n'est pas un fichier ordinaire", str(path))


def read_plain(path: Path, most: int) -> bytes:
    """The whole of a plain file of at most `most` bytes. Raises OSError, EFBIG where it is larger."""
    with open_plain(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"le fichier dépasse {most} octets", str(path))
    return content


def write_anew(path: Path, content: bytes, mode: int = _EVERYBODY) -> None:
    """Write a file of our own; a link, a pipe or a file of others that stands there under its name gives way.

    So a folder that somebody else filled leads nothing that is written into it elsewhere. Raises OSError.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
