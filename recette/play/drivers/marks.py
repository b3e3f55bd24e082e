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
    """The value with its label, as the sheet has it."""
    answer: Answer
    comment: str = ""


def markable(sheet: Sequence[str]) -> list[tuple[int, str]]:
    """The lines of a sheet that are values and no headings, each with its place."""
    return [(index, line.strip()) for index, line in enumerate(sheet) if " : " in line]


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
