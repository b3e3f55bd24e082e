"""What the operator has before them, and what they click: written in the run's thread, read in the console's."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from recette.play.deadline import Deadline

Kind = Literal["do", "look", "wait"]
Act = Literal["done", "again", "more", "impossible", "why", "attest", "pass"]


@dataclass(frozen=True, slots=True)
class Click:
    """What the operator did, and what they wrote with it."""

    act: Act
    answer: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be done, looked at or waited for, as a person reads it."""

    kind: Kind
    scenario: str
    step: str
    title: str
    told: str
    """The instruction, the question, or what is awaited."""
    until: float
    """When its time is up, in seconds since 1970."""
    data: tuple[str, ...] = ()
    """What to enter, or what was sent and is to be found on the screen; a value a line, indented."""
    facts: tuple[tuple[str, str], ...] = ()
    again: bool = False
    """Whether the request may be made again, and given up."""
    optional: bool = False
    """Whether nothing has to be said of what is looked at."""
    said_done: bool = False
    why: tuple[str, ...] = ()
    """What may explain that nothing comes, once it was asked."""
    serial: int = 0
    """Another one for each sheet: a click on an old one does nothing."""


class Desk:
    """One sheet at a time, and who hears of the clicks on it."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called, from whatever thread, when there is something else to see."""
        self._changed = changed
        self._lock = threading.Lock()
        self._sheet: Sheet | None = None
        self._serial = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hears: Callable[[Click], None] | None = None

    @property
    def sheet(self) -> Sheet | None:
        """What lies there."""
        return self._sheet

    def lay(self, sheet: Sheet, hears: Callable[[Click], None]) -> None:
        """Put a sheet there; `hears` is called in the loop that this is called in."""
        with self._lock:
            self._serial += 1
            self._sheet = replace(sheet, serial=self._serial)
            self._loop, self._hears = asyncio.get_running_loop(), hears
        self._changed()

    def amend(self, **changes: object) -> None:
        """The same sheet, with something else on it."""
        with self._lock:
            if self._sheet is None:
                return
            self._sheet = replace(self._sheet, **changes)  # type: ignore[arg-type]
        self._changed()

    def clear(self) -> None:
        """Nothing is to be done."""
        with self._lock:
            self._sheet, self._hears = None, None
        self._changed()

    def click(self, serial: int, click: Click) -> bool:
        """Hand on a click; False where the sheet it was on is not there any more."""
        with self._lock:
            if (
                self._sheet is None
                or self._sheet.serial != serial
                or self._loop is None
                or self._loop.is_closed()
            ):
                return False
            self._loop.call_soon_threadsafe(self._heard, serial, click)
            return True

    def _heard(self, serial: int, click: Click) -> None:
        hears = self._hears
        if hears is not None and self._sheet is not None and self._sheet.serial == serial:
            hears(click)


def until(deadline: Deadline) -> float:
    """When it is over, in seconds since 1970."""
    return time.time() + deadline.left
