"""The garbage collector is spared what lives as long as the run, and looks less often at what does not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 50_000
"""New objects between two looks; a play has some hundreds, nearly all of which go by themselves."""


@contextmanager
def heap_of_a_command() -> Iterator[None]:
    """A process that is one command, and ends with it: looked through seldom, and not at all as it goes."""
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    try:
        yield
    finally:
        gc.freeze()


@contextmanager
def settled_heap() -> Iterator[None]:
    """Scenarios, models and schemas are there to stay: looking through them for garbage, again and again, finds none.

    A process that has frozen its heap by itself, as one does that plays many campaigns, keeps it so.
    """
    usual = gc.get_threshold()
    ours = not gc.get_freeze_count()
    if ours:
        gc.collect()
        gc.freeze()
    gc.set_threshold(YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        if ours:
            gc.unfreeze()
