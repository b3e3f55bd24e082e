"""A command and all that it starts: begun as a group of its own, ended as one."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any

from recette.platform.kind import POSIX


def own_group() -> dict[str, Any]:
    """What `create_subprocess_exec` is given so that the command leads a group of its own."""
    if POSIX:
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def end_group(leader: int, *, force: bool) -> None:
    """Ask the group to end, or end it; nothing where it has ended already."""
    if POSIX:
        with suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL if force else signal.SIGTERM)
        return
    forced = ["/F"] if force else []
    command = ["taskkill", "/T", *forced, "/PID", str(leader)]
    with suppress(OSError):
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - a number and our own words
