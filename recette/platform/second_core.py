"""Work done by a copy of this process, on another core, where the system can copy it safely; elsewhere, done here."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from recette.platform.stopping import ended_with_us, signals_end_it, signals_wait

Work = Callable[[], list[str]]
_THREADS = Path("/proc/self/task")


class SecondCore:
    """Begun when it is made, in a copy of this process if that is possible; what it returns is asked for by `result`."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._copy: tuple[int, int] | None = None
        self._with_us = ExitStack()
        self._with_us.enter_context(ended_with_us(self._end))
        self._copy = _begun(work) if _can_be_copied() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever leaves without the result wants it no more."""
        if self._copy is not None:
            pid, pipe = self._copy
            self._end()
            self._copy = None
            os.close(pipe)
            os.waitpid(pid, 0)
        self._with_us.close()

    def _end(self) -> None:
        if self._copy is not None:
            with suppress(ProcessLookupError):
                os.kill(self._copy[0], signal.SIGKILL)

    def result(self) -> list[str]:
        """What the work returned. What kept the copy from it is met here: it is done again, and raises what it raises."""
        if self._copy is None:
            return self._work()
        pid, pipe = self._copy
        with os.fdopen(pipe, "rb", closefd=False) as told:
            answer = told.read()
        os.close(pipe)
        self._copy = None
        _, status = os.waitpid(pid, 0)
        if status != 0:
            return self._work()
        found: list[str] = json.loads(answer)
        return found


def _can_be_copied() -> bool:
    """Only a process with a single thread, libraries' own included: a copy has no other, and might wait for one."""
    if not hasattr(os, "fork"):
        return False
    try:
        return len(list(_THREADS.iterdir())) == 1
    except OSError:
        return False


def _begun(work: Work) -> tuple[int, int] | None:
    """The copy, and where it writes what it returns; None where the system has no room for one."""
    reading, writing = os.pipe()
    try:
        with signals_wait():
            pid = os.fork()
            if not pid:
                signals_end_it()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if pid:
        os.close(writing)
        return pid, reading
    code = 1
    try:
        gc.freeze()  # a collection would copy every page that is shared
        os.close(reading)
        with os.fdopen(writing, "wb") as told:
            told.write(json.dumps(work()).encode())
        code = 0
    except BaseException:  # noqa: BLE001 - the process that was copied does it again, and says what is wrong
        code = 1
    finally:
        os._exit(code)
