"""Which seeded fault is named by which rule, alone or with others: as declared, and as played."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recette.coverage.fault_check import FAULTLESS, Played, complaints, seeded
from recette.coverage.requirement_table import NOT_BROKEN_BY_AN_EDITOR
from recette.judge.rules import HELD
from recette.sandbox.faults import FAULTS, SeededFault
from recette.scenario.requirements import FAMILIES, OWN, catalogue

ALONE, AMONG = "●", "○"
_ROBUSTNESS = "Robustesse"
_TIED = "\N{NO-BREAK SPACE}"
_WRAPPER = textwrap.TextWrapper(
    110, subsequent_indent=" " * 8, break_on_hyphens=False, break_long_words=False
)
Cells = Mapping[str, tuple[list[str], list[str]]]
"""By rule: the faults that it alone names, and those that others name too."""


def family(fault: SeededFault) -> str:
    if fault.play.startswith("robustesse-"):
        return _ROBUSTNESS
    name = fault.rule.partition("-")[0]
    return FAMILIES["CI" if name in OWN else name]


def declared() -> Cells:
    return _cells({fault.id: (fault.rule, *fault.also) for fault in FAULTS.values()})


def seen(played: Iterable[Played]) -> Cells:
    return _cells({one.name: one.found for one in played if one.name != FAULTLESS})


def _cells(rules: Mapping[str, tuple[str, ...]]) -> Cells:
    cells: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in catalogue() if name in HELD}
    for fault, names in rules.items():
        for name in names:
            cells[name][len(names) > 1].append(fault)
    return cells


def gaps(cells: Cells) -> Iterator[str]:
    """Rules that no fault reaches, or that no fault has for its only cause, in French."""
    for rule, (alone, among) in cells.items():
        if rule in NOT_BROKEN_BY_AN_EDITOR:
            if alone or among:
                yield f"{rule} est dite hors d'atteinte d'un éditeur, et {(alone + among)[0]} l'atteint."
        elif not alone and not among:
            yield f"{rule} : aucune faute ne l'atteint."
        elif not alone:
            yield f"{rule} : aucune faute qu'elle soit seule à nommer."


def console(cells: Cells) -> Iterator[str]:
    yield f"Règle × faute ({ALONE} la règle est seule à la nommer, {AMONG} d'autres la nomment aussi)"
    for rule, (alone, among) in cells.items():
        if rule in NOT_BROKEN_BY_AN_EDITOR:
            tests = ", ".join(NOT_BROKEN_BY_AN_EDITOR[rule])
            line = f"aucun éditeur n'y peut rien ; tests : {tests}"
        else:
            line = "  ".join(
                [*(f"{ALONE}{_TIED}{one}" for one in alone), *(f"{AMONG}{_TIED}{one}" for one in among)]
            )
        for wrapped in _WRAPPER.wrap(f"{rule:<8}{line}"):
            yield wrapped.replace(_TIED, " ")


def to_json(played: Iterable[Played]) -> dict[str, Any]:
    every = list(played)
    cells = seen(every)
    return {
        "faults": [_told(one) for one in every if one.name != FAULTLESS],
        "faultless": next((_faultless(one) for one in every if one.name == FAULTLESS), None),
        "matrix": {rule: {"alone": alone, "among": among} for rule, (alone, among) in cells.items()},
        "not_the_editors": {rule: list(tests) for rule, tests in NOT_BROKEN_BY_AN_EDITOR.items()},
    }


def _faultless(one: Played) -> dict[str, Any]:
    plays = len(one.judgement.scenarios) if one.judgement else 0
    return {"plays": plays, "seconds": round(one.seconds, 2), "complaints": complaints(one)}


def _told(one: Played) -> dict[str, Any]:
    fault = seeded(one.name)
    return {
        "id": fault.id,
        "title": fault.title,
        "family": family(fault),
        "rule": fault.rule,
        "also": dict(fault.also),
        "play": fault.play,
        "format": fault.format,
        "verdict": one.judgement.verdict if one.judgement else "none",
        "found": list(one.found),
        "attributed_to": sorted({finding.attributed_to for finding in one.findings}),
        "seconds": round(one.seconds, 2),
        "complaints": complaints(one),
    }


def markdown() -> Iterator[str]:
    """The page docs/fautes.md, from what is declared."""
    families = [*(title for name, title in FAMILIES.items() if name not in OWN), _ROBUSTNESS]
    counts = {name: sum(family(one) == name for one in FAULTS.values()) for name in families}
    yield "# Les fautes de référence, et la règle qui nomme chacune"
    yield ""
    yield (
        "Page engendrée par `recette faults --page` : ne la corrigez pas à la main. Chaque faute est celle d'un éditeur de "
        "référence qui a tort d'une seule manière. `recette faults --check` les joue toutes, et les éditeurs sans faute sur "
        "tout le cahier ; il échoue dès qu'une faute n'est pas trouvée, qu'une autre règle parle sans que ce soit dit ici, "
        "qu'un constat n'est pas attribué à l'éditeur, ou qu'une règle n'est atteinte par aucune faute."
    )
    yield ""
    yield f"{len(FAULTS)} fautes : {', '.join(f'{name.lower()} {count}' for name, count in counts.items())}."
    yield ""
    yield "## Règle × faute"
    yield ""
    yield f"| règle | ce qu'elle tient | {ALONE} seule à nommer | {AMONG} nomme avec d'autres |"
    yield "|---|---|---|---|"
    for rule, (alone, among) in declared().items():
        if rule not in NOT_BROKEN_BY_AN_EDITOR:
            yield f"| {rule} | {catalogue()[rule].text} | {_listed(alone)} | {_listed(among)} |"
    yield from _not_by_faults()
    for name in families:
        yield from _section(name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in names) or "–"


def _not_by_faults() -> Iterator[str]:
    yield ""
    yield "## Ce qu'aucune faute n'éprouve"
    yield ""
    for rule, tests in NOT_BROKEN_BY_AN_EDITOR.items():
        text = catalogue()[rule].text
        yield f"- {rule} ({text}) n'est jamais de l'éditeur ; ses tests : {_listed(tests)}."


def _section(name: str) -> Iterator[str]:
    yield ""
    yield f"## {name}"
    yield ""
    yield "| faute | ce que fait l'éditeur | règle | jeu | règles qui parlent aussi, et pourquoi |"
    yield "|---|---|---|---|---|"
    for fault in FAULTS.values():
        if family(fault) == name:
            also = " ; ".join(f"{rule} : {why}" for rule, why in fault.also.items()) or "–"
            form = "" if fault.format == "json" else ", XML"
            yield f"| `{fault.id}` | {fault.title} | {fault.rule} | {_before(fault)}{fault.play}{form} | {also} |"


def _before(fault: SeededFault) -> str:
    return f"{fault.after}, puis " if fault.after else ""
