"""What the commands write: whatever names, identities and texts of a hub are in it, a terminal shows it and obeys nothing."""

from __future__ import annotations

import sys
from typing import TextIO

from recette.wording.values import visible_lines


def say(*parts: object, sep: str = " ", file: TextIO | None = None, flush: bool = False) -> None:
    """Write a line, or lines, as `print` does."""
    print(visible_lines(sep.join(map(str, parts))), file=file or sys.stdout, flush=flush)
