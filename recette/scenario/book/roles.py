"""Who plays whom in a case: the editor's role, and the sense of each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from recette.messages.roles import Role
from recette.scenario.book.model import BookCase, BookStep, Defect, Sense

_SIDES: dict[str, tuple[Role, Role]] = {
    "15-15": ("LRM", "LRM"),
    "15-smur": ("LRM", "SMUR"),
    "15-gps": ("LRM", "GPS"),
    "15-nexsis": ("LRM", "NEXSIS"),
}
"""The two ends of a perimeter (fact sheet 1.2)."""
_SENT_BY: dict[str, dict[str, Role]] = {
    "15-smur": {"RS-EDA": "LRM", "RS-ER": "LRM", "RS-BPV": "SMUR", "RPIS": "SMUR", "RS-RPIS": "SMUR"},
    "15-gps": {"GEO-REQ": "LRM", "GEO-POS": "GPS", "GEO-RES": "GPS"},
    "15-nexsis": {"RS-EDA": "LRM", "RS-EDA-MAJ": "LRM", "RC-RI": "NEXSIS"},
}
"""Messages that only one of the ends sends (fact sheet 8.5 to 8.7)."""
_OPPOSITE: dict[Sense, Sense] = {"send": "receive", "receive": "send"}
TO_THE_OBSERVATORY = frozenset({"RPIS", "RS-RPIS"})


class UndecidedError(ValueError):
    """The book does not say who plays whom, or says it in two ways; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A case with its parts given out."""

    perimeter: str
    editor: Role
    partner: Role
    steps: tuple[BookStep, ...]
    """Each with its sense."""
    defects: tuple[Defect, ...]


def given_out(case: BookCase, others: Iterable[BookCase]) -> Parts:
    """The parts of a case; `others` hold the same case for the other role of the editor. Raises UndecidedError."""
    perimeter = _perimeter(case.perimeter)
    left, right = _SIDES[perimeter]
    sent_by = _SENT_BY.get(perimeter, {})
    editor = _editor(case, left, right, sent_by)
    mirror = _mirror(case, others)
    partner = right if editor == left else left
    steps: list[BookStep] = []
    defects: list[Defect] = []
    for step in case.steps:
        right_sense = _sense(step, editor, sent_by, mirror.get(step.id))
        if right_sense != step.sense:
            told = {"send": "envoi", "receive": "réception", None: "rien"}
            text = (
                f"le sens « {told[step.sense]} » ne peut pas être : "
                f"joué comme {told[right_sense]} pour un éditeur {editor}"
            )
            defects.append(Defect("repaired", text, step.where, step.id))
        steps.append(replace(step, sense=right_sense))
    return Parts(perimeter, editor, partner, tuple(steps), tuple(defects))


def _perimeter(label: str) -> str:
    """`15-SMUR périmètre 2` is 15-smur."""
    found = [one for one in _SIDES if label.lower() == one or label.lower().startswith(f"{one} ")]
    if not found:
        known = ", ".join(_SIDES)
        raise UndecidedError(f"le périmètre « {label} » n'est pas connu ({known})")
    return found[0]


def _editor(case: BookCase, left: Role, right: Role, sent_by: dict[str, Role]) -> Role:
    """Told by the messages that only one end sends; a step with a wrong sense is outvoted."""
    if left == right:
        return left
    votes: Counter[Role] = Counter()
    for step in case.steps:
        sender = sent_by.get(step.model)
        if sender is not None and step.sense is not None:
            other = left if sender == right else right
            votes[sender if step.sense == "send" else other] += 1
    first, second = votes[left], votes[right]
    if first == second:
        raise UndecidedError(
            f"rien ne dit si l'éditeur est {left} ou {right} : les sens des étapes se contredisent ou se taisent"
        )
    return left if first > second else right


def _mirror(case: BookCase, others: Iterable[BookCase]) -> dict[str, Sense]:
    """The senses of the same steps where the editor has the other role."""
    twins = [
        one
        for one in others
        if one is not case and (one.perimeter, one.subject) == (case.perimeter, case.subject)
    ]
    if len(twins) != 1:
        return {}
    return {step.id: step.sense for step in twins[0].steps if step.sense is not None}


def _sense(step: BookStep, editor: Role, sent_by: dict[str, Role], mirrored: Sense | None) -> Sense:
    if step.model in sent_by:
        return "send" if sent_by[step.model] == editor else "receive"
    if step.sense is None:
        if mirrored is None:
            raise UndecidedError(f"l'étape {step.id} ne dit pas son sens")
        return _OPPOSITE[mirrored]
    if mirrored == step.sense:
        told = "envoyée" if step.sense == "send" else "reçue"
        raise UndecidedError(
            f"l'étape {step.id} est {told} par l'éditeur dans les deux rôles : rien ne dit lequel est le bon"
        )
    return step.sense
