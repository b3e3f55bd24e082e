"""The garbage collector is spared what lives as long as the run."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled_heap() -> Iterator[None]:
    """Scenarios, models and schemas are there to stay: looking through them for garbage, again and again, finds none."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
