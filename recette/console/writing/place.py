"""Where in a scenario one types: the keys above the cursor, told by alignment, since what is being typed is no YAML yet."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"""["']?([\w.$-]+)["']?\s*:(?:\s+|$)""")
_COMMENT = re.compile(r"(^|\s)#.*$")
_LONGEST = 2_000
"""Characters of a line that are looked at: nobody types where it is longer."""
ITEM = "[]"
"""Stands in a path for an element of a list."""
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A key is typed, below `path`, or the value of its last step."""

    path: Path
    typed: str
    """Up to the cursor, since the key or the value began."""
    of_value: bool


def place_at(text: str, line: int, column: int) -> Place | None:
    """The place of a cursor (line from 1, column from 0); None within a comment or a text of several lines."""
    lines = text.split("\n")[:line]
    if not lines or column > _LONGEST:
        return None
    lines[-1] = lines[-1][:column]
    levels = _Levels()
    for one in lines[:-1]:
        levels.take(_COMMENT.sub("", one[:_LONGEST]))
    return levels.cursor(lines[-1]) if not _COMMENT.search(lines[-1]) else None


class _Levels:
    """The steps above, each with the column that it stands in."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, str]] = []
        self._text_below: int | None = None
        """The column of a key whose text goes over several lines, while it does."""

    def take(self, line: str) -> None:
        if not line.strip():
            return
        indent = len(line) - len(line.lstrip(" "))
        if self._text_below is not None:
            if indent > self._text_below:
                return
            self._text_below = None
        indent, rest = self._items(indent, line.strip())
        found = _KEY.match(rest)
        if found is not None:
            self._key(indent, found[1])
            if rest[found.end() :].strip()[:1] in {">", "|"}:
                self._text_below = indent

    def cursor(self, line: str) -> Place | None:
        indent = len(line) - len(line.lstrip(" "))
        if self._text_below is not None and indent > self._text_below:
            return None
        indent, rest = self._items(indent, line.lstrip(" "))
        found = _KEY.match(rest)
        if found is None:
            if rest.startswith(("{", "[")):
                return _in_flow(self.path, rest)
            self._leave(indent)
            return Place(
                self.path, rest, of_value=bool(self._steps) and self._steps[-1][1] == ITEM and not rest
            )
        self._key(indent, found[1])
        value = rest[found.end() :]
        return (
            _in_flow(self.path, value)
            if value.startswith(("{", "["))
            else Place(self.path, value, of_value=True)
        )

    @property
    def path(self) -> Path:
        return tuple(step for _, step in self._steps)

    def _items(self, indent: int, rest: str) -> tuple[int, str]:
        """The dashes that a line begins with."""
        while rest == "-" or rest.startswith("- "):
            while self._steps and (self._steps[-1][0] > indent or self._steps[-1] == (indent, ITEM)):
                self._steps.pop()
            self._steps.append((indent, ITEM))
            after = rest[1:].lstrip(" ")
            indent += len(rest) - len(after)
            rest = after
        return indent, rest

    def _key(self, indent: int, name: str) -> None:
        self._leave(indent)
        self._steps.append((indent, name))

    def _leave(self, indent: int) -> None:
        while self._steps and self._steps[-1][0] >= indent:
            self._steps.pop()


def _in_flow(path: Path, text: str) -> Place | None:
    """The place within `{…}` and `[…]` on one line."""
    steps: list[list[str]] = []
    typed, value = "", False
    for letter in text:
        if letter in "{[":
            steps.append([ITEM] if letter == "[" else [])
            typed, value = "", letter == "["
        elif letter in "}]":
            if not steps:
                return None
            steps.pop()
            typed, value = "", False
        elif letter == ":" and steps and steps[-1] != [ITEM] and not value:
            steps[-1] = [typed.strip(" \"'")]
            typed, value = "", True
        elif letter == "," and steps:
            steps[-1] = steps[-1] if steps[-1] == [ITEM] else []
            typed, value = "", steps[-1] == [ITEM]
        else:
            typed += letter
    if not steps:
        return None
    return Place((*path, *(step for level in steps for step in level)), typed.lstrip(" "), of_value=value)
