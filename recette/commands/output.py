"""Standard output that outlives whoever reads it: `recette run … | head -1` loses nothing of a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


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


@contextmanager
def outliving_its_reader() -> Iterator[None]:
    """Standard output, while this is held."""
    stream = sys.stdout
    sys.stdout = cast("TextIO", _Outliving(stream))
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout = stream
