"""Where a campaign that begins now is written."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path


def new_folder(beside: Path) -> Path:
    """Below `beside`, named after the time, and not there yet: two campaigns may begin in one second."""
    name = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(beside / one for one in itertools.chain([name], numbered) if not (beside / one).exists())
