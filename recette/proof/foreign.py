"""What lies in a run's folder without belonging to it."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path


def foreign(folder: Path, own: Collection[str]) -> tuple[str, ...]:
    """Paths below `folder`, in order, of what is none of `own`; links are foreign: what they show may change."""
    found = []
    for place, folders, names in os.walk(folder):
        links = [one for one in folders if os.path.islink(os.path.join(place, one))]  # noqa: PTH114, PTH118 - os.walk
        for name in [*names, *links]:
            path = Path(place, name)
            shown = path.relative_to(folder).as_posix()
            if shown not in own or path.is_symlink():
                found.append(shown)
    return tuple(sorted(found))
