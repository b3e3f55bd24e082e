"""Paths as they are written down: as seen from where the program was started, not from the root of its machine."""

from __future__ import annotations

import os
from pathlib import Path, PurePath


def from_here(path: PurePath | str) -> str:
    """An absolute path as seen from the working folder; a relative one as it is. On another drive, its name alone."""
    text = str(path)
    if not os.path.isabs(text):  # noqa: PTH117 - a hub's name is asked about too
        return text
    try:
        return os.path.relpath(text)
    except ValueError:
        return PurePath(text).name


def way_back(folder: Path) -> str:
    """From `folder` up to the working folder, where that lies above it; empty elsewhere, as it would name folders."""
    up = Path(os.path.relpath(Path.cwd(), folder.absolute()))
    return up.as_posix() if set(up.parts) <= {".."} else ""
