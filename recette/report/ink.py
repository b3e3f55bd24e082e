"""Verdicts in colour, where colour is wanted; everything else is made harmless."""

from __future__ import annotations

import os
from typing import TextIO

from recette.judge.verdicts import FRENCH
from recette.report.text import safe

_COLOURS = {"error": "35", "fail": "31", "inconc": "33", "pass": "32", "none": "90", "remark": "36"}


class Ink:
    """Writes lines to `stream`; plain where it is no terminal or NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._coloured = stream.isatty() and not os.environ.get("NO_COLOR")

    def line(self, text: str = "", *, verdict: str = "", indent: str = "") -> None:
        """One line, which begins with a verdict where one is given."""
        word = FRENCH[verdict] if verdict else ""
        shown = f"\033[1;{_COLOURS[verdict]}m{word}\033[0m" if word and self._coloured else word
        gap = " " if word and text else ""
        print(f"{indent}{shown}{gap}{safe(text)}", file=self.stream, flush=True)
