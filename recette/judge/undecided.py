"""What only the edition decides: where nobody said which one the hub serves, it speaks against no one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace

from recette.judge.record import Record
from recette.judge.verdicts import Finding
from recette.messages.dictionary.generations import Edition

FoundAgain = Callable[[Record, Iterable[str]], Iterable[Finding]]
"""What the rules of some requirements find in a record, judged by the edition of its vHost."""


def undecided(findings: Sequence[Finding], record: Record, found_again: FoundAgain) -> list[Finding]:
    """The findings; inconclusive are those that another edition served on the vHost would not make."""
    failed = [one for one in findings if one.verdict == "fail"]
    if not failed:
        return list(findings)
    names = dict.fromkeys(one.rule for one in failed)
    served = [one for one in record.vhost.served if one != record.vhost.edition]
    by_edition = {
        one: {_place(each) for each in found_again(_judged_by(record, one), names)} for one in served
    }
    return [
        _left_open(one, record, [other for other, places in by_edition.items() if _place(one) not in places])
        if one.verdict == "fail"
        else one
        for one in findings
    ]


def _place(one: Finding) -> tuple[str, int, str, str]:
    return one.rule, one.event, one.step, one.path


def _judged_by(record: Record, edition: Edition) -> Record:
    other = copy(record)
    other.vhost = replace(record.vhost, edition=edition)
    return other


def _left_open(one: Finding, record: Record, accepting: list[Edition]) -> Finding:
    if not accepting:
        return one
    tags = ", ".join(each.tag for each in accepting)
    others = f"les éditions {tags}" if len(accepting) > 1 else f"l'édition {tags}"
    not_so = "ne le relèvent pas" if len(accepting) > 1 else "ne le relève pas"
    return replace(
        one,
        verdict="inconc",
        attributed_to="operator",
        explanation=f"{one.explanation} L'édition {record.vhost.edition.tag} des modèles en juge ainsi ; "
        f"{others}, que le hub peut servir sur {record.vhost.name}, "
        f"{not_so}, et la cible n'en nomme aucune.",
        advice="Dites dans la cible l'édition que le hub sert (models: TAG), ou avec --models, et rejouez.",
    )
