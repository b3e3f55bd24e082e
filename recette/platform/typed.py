"""Names as they are typed at a shell: in a command that a person is advised to copy."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from recette.platform.kind import POSIX


def typed(name: str | Path) -> str:
    """One argument of a command, quoted where this system's shell would take it apart."""
    return shlex.quote(str(name)) if POSIX else subprocess.list2cmdline([str(name)])
