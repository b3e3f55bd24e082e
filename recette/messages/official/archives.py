"""Archives from outside: how much they hold is bounded as a whole, before anything of it is unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

MAX_ARCHIVE = 256 * 1024 * 1024
"""Bytes of an archive as it is."""
MAX_TOTAL = 200 * 1024 * 1024
"""Bytes of all that is read of it, unpacked."""
MAX_MEMBER = 50 * 1024 * 1024
"""Bytes of one of its files, unpacked."""
MAX_MEMBERS = 20_000
_ENTRY = b"PK\x01\x02"


class TooLargeError(ValueError):
    """An archive that is not unpacked; the text says what of it is too large."""


def open_archive(data: bytes) -> zipfile.ZipFile:
    """A zip of few enough entries. Raises TooLargeError and BadZipFile."""
    if data.count(_ENTRY) > 2 * MAX_MEMBERS:  # before zipfile makes an object of each
        raise TooLargeError(f"il a plus de {MAX_MEMBERS} entrées")
    archive = zipfile.ZipFile(io.BytesIO(data))
    if len(archive.infolist()) > MAX_MEMBERS:
        raise TooLargeError(f"il a plus de {MAX_MEMBERS} entrées")
    return archive


def check_sizes(
    archive: zipfile.ZipFile, wanted: Callable[[str], bool] = lambda _: True
) -> list[zipfile.ZipInfo]:
    """The entries that are wanted. What an entry says of its size is as much as is unpacked of it.

    Raises TooLargeError.
    """
    members = [one for one in archive.infolist() if wanted(one.filename)]
    for one in members:
        if one.file_size > MAX_MEMBER:
            raise TooLargeError(f"{one.filename[:200]} dépasse {MAX_MEMBER} octets une fois décompressé")
    if sum(one.file_size for one in members) > MAX_TOTAL:
        raise TooLargeError(f"il dépasse {MAX_TOTAL} octets une fois décompressé")
    return members
