"""Output that outlives whoever reads it: `recette run … | head -1` loses nothing of a run, nor its exit code."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself takes as long to import as all that is here
if TYPE_CHECKING:
    from typing import Any, TextIO


class _Outliving:
    """A stream; once its reader is gone, what is written to it goes nowhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._let_go()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._let_go()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a stream has
        return getattr(self._stream, name)

    def _let_go(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class OutlivingReaders:
    """Standard output and error output, while this is held; what is said to them has left afterwards."""

    def __enter__(self) -> None:
        self._before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = map(_Outliving, self._before)

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = self._before
