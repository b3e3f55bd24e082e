"""What a person says of the values on a screen, one by one, and what it comes to as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recette.play.drivers.driver import Answer
from recette.wording.counting import counted

ORDER: tuple[Answer, ...] = ("conforme", "approche", "non-conforme")
"""Best first."""
WORDS: dict[Answer, str] = {
    "conforme": "conforme",
    "approche": "approché",
    "non-conforme": "non conforme",
    "sans-reponse": "sans réponse",
}
"""As they are said."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What was said of one value."""

    line: str
    """The value with its label and the headings above it."""
    answer: Answer
    comment: str = ""


def markable(sheet: Sequence[str]) -> list[tuple[int, str]]:
    """The values of a sheet, each with its line's place, below the headings that it stands under."""
    found: list[tuple[int, str]] = []
    above: list[tuple[int, str]] = []
    for index, line in enumerate(sheet):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if " : " in line:
            heads = [head for depth, head in above if depth < indent]
            found.append((index, " › ".join([*heads, text])))
        else:
            above = [*(one for one in above if one[0] < indent), (indent, text)]
    return found


def worst(marks: Iterable[Mark]) -> Answer:
    """The worst answer; `conforme` where nothing was marked."""
    return max((one.answer for one in marks), key=ORDER.index, default="conforme")


def in_words(marks: Sequence[Mark], comment: str = "") -> str:
    """The comment on the whole: what was written, each value that is not conformant, how many are."""
    told = [comment] if comment else []
    told += [
        f"{one.line} : {WORDS[one.answer]}{f' ({one.comment})' if one.comment else ''}"
        for one in marks
        if one.answer != "conforme"
    ]
    same = sum(one.answer == "conforme" for one in marks)
    if same:
        told.append(
            counted(same, "valeur conforme, regardée seule", "valeurs conformes, regardées une à une")
        )
    return " ; ".join(told)
