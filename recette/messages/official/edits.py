"""Changes to the lines of the dictionary's files, gathered first and written at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from recette.messages.dictionary.generations import Edition, spelled

_MARK = re.compile(r"\s+@\S+$")
_PLAIN_CODE = re.compile(r'[^\s"@#][^\s"@]*')


class Edits:
    """What changes in the files of one folder, by file and line number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._replaced: dict[tuple[str, int], str] = {}
        self._inserted: dict[tuple[str, int], list[str]] = {}
        self._appended: dict[str, list[str]] = {}
        self._new: dict[str, str] = {}

    def text(self, file: str, number: int) -> str:
        """A line as it will be."""
        held = self._replaced.get((file, number))
        return held if held is not None else self.lines(file)[number - 1]

    def lines(self, file: str) -> list[str]:
        """The lines of a file as it is."""
        return (self._folder / file).read_text(encoding="utf-8").splitlines()

    def replace(self, file: str, number: int, text: str) -> None:
        self._replaced[file, number] = text

    def mark(self, file: str, number: int, held: Iterable[Edition]) -> None:
        """Have a line stand for these editions alone."""
        text = _MARK.sub("", self.text(file, number))
        self.replace(file, number, f"{text}  @{spelled(held)}")

    def insert(self, file: str, after: int, texts: Iterable[str]) -> None:
        """Lines behind line `after`, whose deeper lines they follow; 0 is the top."""
        self._inserted.setdefault((file, self._end(file, after)), []).extend(texts)

    def insert_right_behind(self, file: str, after: int, texts: Iterable[str]) -> None:
        """Lines behind line `after`, before whatever is below it."""
        self._inserted.setdefault((file, after), []).extend(texts)

    def append(self, file: str, texts: Iterable[str]) -> None:
        self._appended.setdefault(file, []).extend(texts)

    def create(self, file: str, texts: Iterable[str]) -> None:
        self._new[file] = "\n".join(texts) + "\n"

    def write(self) -> None:
        """Write all of them. Raises OSError."""
        files = {file for file, _ in (*self._replaced, *self._inserted)} | self._appended.keys()
        for file in files:
            found = list(self._inserted.get((file, 0), []))
            for number, line in enumerate(self.lines(file), start=1):
                found.append(self._replaced.get((file, number), line))
                found += self._inserted.get((file, number), [])
            found += self._appended.get(file, [])
            (self._folder / file).write_text("\n".join(found) + "\n", encoding="utf-8", newline="\n")
        for file, text in self._new.items():
            (self._folder / file).write_text(text, encoding="utf-8", newline="\n")

    def _end(self, file: str, number: int) -> int:
        """The last of the lines below a line, or itself."""
        lines = self.lines(file)
        if not number:
            return 0
        indent, last = _indent(lines[number - 1]), number
        for place in range(number, len(lines)):
            text = lines[place]
            if text.strip() and not text.lstrip().startswith("#") and _indent(text) <= indent:
                break
            last = place + 1 if text.strip() else last
        return last


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def code_text(code: str) -> str:
    """A code as a list writes it: in quotes where it is not one plain word."""
    return code if _PLAIN_CODE.fullmatch(code) else json.dumps(code, ensure_ascii=False)
