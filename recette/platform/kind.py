"""Which kind of system this is, by what it has: the rest of the room asks nothing else."""

from __future__ import annotations

import importlib.util

POSIX = importlib.util.find_spec("fcntl") is not None
"""Whether the system has POSIX's locks, terminals and process groups; otherwise it has Windows' own."""
