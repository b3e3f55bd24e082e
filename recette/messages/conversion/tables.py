"""The tables of conversions: rules by message and step, counterparts of codes. Adding a conversion is adding rows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from recette.messages.dictionary.code_lists import codes, pattern
from recette.messages.dictionary.lines import Line, blocks_of

FOLDER = Path(__file__).parent / "tables"


class Step(NamedTuple):
    """From one generation to a neighbouring one."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what is done, and its words."""

    operation: str
    words: tuple[str, ...]
    line: Line
    remark: str = ""
    """What is strange about what the hub does here."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What a code becomes, and what is strange about it."""

    code: str
    remark: str = ""


@cache
def rules() -> Mapping[tuple[str, Step], tuple[Rule, ...]]:
    """The rules of each message for each step there is. Raises DictionaryError."""
    found: dict[tuple[str, Step], tuple[Rule, ...]] = {}
    models: list[str] = []
    step: Step | None = None
    for line in (line for block in blocks_of(FOLDER / "versions.conversion") for line in block):
        first, *words = shlex.split(line.text)
        if first == "message":
            models, step = words, None
        elif first == "step":
            step = _step(line, words)
            for model in models:
                found.setdefault((model, step), ())
        elif step is None:
            raise line.error("attendu « message NOMS », puis « step DE > VERS », puis des règles")
        else:
            rule = _rule(line, first, words)
            for model in models:
                found[model, step] += (rule,)
    return found


def _rule(line: Line, operation: str, words: list[str]) -> Rule:
    at = words.index("remark") if "remark" in words else len(words)
    return Rule(operation, tuple(words[:at]), line, " ".join(words[at + 1 :]))


@cache
def counterparts(name: str, step: Step) -> Mapping[str, Counterpart]:
    """What each code of a table becomes; empty where every code stays. Raises DictionaryError."""
    found: dict[str, Counterpart] = {}
    for head, *body in blocks_of(FOLDER / "codes.conversion"):
        _, table, *ends = shlex.split(head.text)
        if table != name:
            continue
        forth = _step(head, [ends[0], ">", ends[2]]) == step
        back = ends[1] == "<>" and _step(head, [ends[2], ">", ends[0]]) == step
        for line in body if forth or back else ():
            before, after, *remark = shlex.split(line.text)
            found[before if forth else after] = Counterpart(after if forth else before, " ".join(remark))
    return found


@cache
def known_codes(name: str, generation: int) -> frozenset[str]:
    """The codes of a list of the dictionary. Raises DictionaryError."""
    return frozenset(codes(name, generation))


@cache
def known_pattern(name: str, generation: int) -> re.Pattern[str]:
    """A pattern of the dictionary. Raises DictionaryError."""
    return re.compile(pattern(name, generation))


def _step(line: Line, words: list[str]) -> Step:
    try:
        source, arrow, target = words
        if arrow != ">":
            raise ValueError(arrow)
        return Step(int(source), int(target))
    except ValueError:
        raise line.error("attendu « step DE > VERS », deux générations") from None
