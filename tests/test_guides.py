"""What the guides tell to type exists, with its options; what they link to is there."""

from __future__ import annotations

import re
from functools import cache
from io import StringIO
from pathlib import Path

import pytest

from recette.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TYPED = re.compile(r"`recette ([^`]+)`|^(?: {4}|[A-Z_]+=\S+ )*recette (.+)$", re.MULTILINE)
WITH_PARTS = {"models", "capture"}
"""Commands whose first word is another command."""


def typed(page: Path) -> list[list[str]]:
    """The command lines of a page, word by word; one that runs over lines by a backslash is one."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (one[1] or one[2] for one in TYPED.finditer(text))
    return [words for line in lines if (words := re.split(r"\s+", line.split("#")[0].strip()))]


@cache
def options(*command: str) -> frozenset[str]:
    """Those that the command tells of."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", said := StringIO())
        with pytest.raises(SystemExit):
            main([*command, "--help"])
    return frozenset(re.findall(r"--[a-z-]+", said.getvalue()))


def test_what_is_to_be_typed_is_there() -> None:
    found = [(page.name, words) for page in PAGES for words in typed(page) if words[0] in COMMANDS]
    assert len(found) > 100
    for page, words in found:
        in_parts = words[0] in WITH_PARTS and words[1:] and words[1].isalpha()
        asked = {one for one in words if re.fullmatch(r"--[a-z-]+", one)}
        unknown = asked - options(*words[: 2 if in_parts else 1])
        assert not unknown, f"{page} : recette {' '.join(words)}"


def test_what_is_linked_to_is_there() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert ":" in link or (page.parent / link).exists(), f"{page.name} : {link}"
