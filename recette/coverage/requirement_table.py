"""Which requirement is proven by which rule, exercised by which scenarios, and broken by which seeded faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recette.judge.rules import HELD
from recette.sandbox.faults import FAULTS
from recette.scenario.model import Scenario
from recette.scenario.requirements import FAMILIES, OBLIGATIONS, OWN, Requirement, catalogue
from recette.scenario.steps import AttestStep
from recette.wording.counting import counted

OBSERVERS = {"P": "le partenaire", "H": "l'opérateur du hub", "S": "une personne devant l'écran"}
NOT_BROKEN_BY_AN_EDITOR: Mapping[str, tuple[str, ...]] = {
    "HUB-01": (
        "tests/judge/rules/test_play.py::test_what_the_hub_refuses_of_the_partner_is_never_the_editors",
    ),
    "PIL-01": (
        "tests/play/test_http_target.py::test_a_driver_that_fails_is_never_the_editors_fault",
        "tests/play/test_operator.py::test_what_cannot_be_done_says_why",
    ),
}
"""Rules that no fault of an editor reaches (about the hub, the driver), and their tests."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement, and all that there is about it."""

    requirement: Requirement
    rule: bool
    scenarios: tuple[str, ...]
    """Ids of those that name it."""
    faults: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What it lacks, in French; nothing where it says why it is not tested."""
        one = self.requirement
        if one.not_tested:
            return ("une raison ou une règle, pas les deux",) if self.rule else ()
        faultless = one.id in NOT_BROKEN_BY_AN_EDITOR
        lacks = {
            "une règle": not self.rule,
            "un scénario": not self.scenarios and not one.own,
            "une faute": not self.faults and not faultless,
        }
        return tuple(name for name, lacking in lacks.items() if lacking)

    def to_json(self) -> dict[str, Any]:
        one = self.requirement
        return {
            "id": one.id,
            "level": one.obligation,
            "text": one.text,
            "source": one.source,
            "observed_by": list(one.observed_by),
            "since": one.since,
            "rule": one.id if self.rule else None,
            "scenarios": list(self.scenarios),
            "faults": list(self.faults),
            "because": one.because or None,
            "not_tested": one.not_tested or None,
            "missing": list(self.missing),
        }


def requirement_table(scenarios: Iterable[Scenario]) -> tuple[Row, ...]:
    """Every requirement, in the order of the catalogue."""
    named: dict[str, dict[str, None]] = {}
    for scenario in scenarios:
        attested = [step.requirement for step in scenario.steps if isinstance(step, AttestStep)]
        for name in (*scenario.requirements, *attested):
            named.setdefault(name, {})[scenario.id] = None
    broken: dict[str, list[str]] = {}
    for fault in FAULTS.values():
        broken.setdefault(fault.rule, []).append(fault.id)
    return tuple(
        Row(one, one.id in HELD, tuple(named.get(one.id, ())), tuple(broken.get(one.id, ())))
        for one in catalogue().values()
    )


def console(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each requirement, then what is not tested and what is missing."""
    every = list(rows)
    for row in every:
        one = row.requirement
        state = "règle" if row.rule else "non testée" if one.not_tested else "SANS RÈGLE"
        counts = f"{counted(len(row.scenarios), 'scénario'):<13}{counted(len(row.faults), 'faute'):<10}"
        yield f"{one.id:<7} {OBLIGATIONS[one.obligation]:<12} {one.observed_by:<2} {state:<11} {counts}{one.text}"
    yield ""
    for row in every:
        if row.requirement.not_tested:
            yield f"{row.requirement.id} non testée : {row.requirement.not_tested}."
        if row.missing:
            yield f"{row.requirement.id} : il manque {', '.join(row.missing)}."
    yield summary(every)


def summary(rows: Iterable[Row]) -> str:
    reference = [row for row in rows if not row.requirement.own]
    tested = sum(row.rule for row in reference)
    reasons = sum(bool(row.requirement.not_tested) for row in reference)
    return (
        f"{len(reference)} exigences : {tested} éprouvées par une règle, {reasons} non testées et pourquoi."
    )


def markdown(rows: Iterable[Row], files: Mapping[str, str]) -> Iterator[str]:
    """The page docs/exigences.md; `files` has the place of each scenario, by id, as seen from the page."""
    every = list(rows)
    yield "# Les exigences, et ce qui les éprouve"
    yield ""
    yield (
        "Page engendrée par `recette list --matrix --markdown` : ne la corrigez pas à la main. Chaque règle porte le nom "
        "de l'exigence qu'elle éprouve ; chaque faute est celle d'un éditeur volontairement fautif, que cette règle "
        "nomme. Une exigence OBLIGATOIRE non tenue rend l'éditeur non conforme ; une RECOMMANDÉE est une remarque."
    )
    yield ""
    observers = " ; ".join(f"{letter}, {who}" for letter, who in OBSERVERS.items())
    yield (
        f"Qui l'observe : {observers}. Ce que l'opérateur du hub observe n'est jugé que sur le hub de la recette ; ce "
        "qu'une personne voit est attesté pas à pas, et sans réponse n'est jamais conforme."
    )
    yield ""
    yield (
        "« DST » renvoie à la version 1.2 (septembre 2023) et à ses avis N1.1 et N1.2, qui ont été lus. Les versions 1.3 et 1.4 "
        "sont publiées, celle-là avec des règles de conversion : elles n'ont pas pu être lues ici, et la 1.4 est à relire avant "
        "de se fonder sur un numéro de paragraphe."
    )
    yield ""
    yield summary(every)
    for family, title in FAMILIES.items():
        if family in OWN:
            continue
        yield from _section(title, [row for row in every if row.requirement.family == family], files)
    yield from _section("Propres à la recette", [row for row in every if row.requirement.own], files)
    yield from _remarks(every)
    yield from _untested(every)


def _section(title: str, rows: list[Row], files: Mapping[str, str]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield "| exigence | niveau | qui | texte | source | règle | scénarios | fautes |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        one = row.requirement
        rule = one.id if row.rule else "non testée"
        scenarios = ", ".join(f"[{name}]({files[name]})" for name in row.scenarios)
        faults = ", ".join(f"`{name}`" for name in row.faults)
        obligation = OBLIGATIONS[one.obligation].upper()
        since = f" (depuis la génération {one.since})" if one.since > 1 else ""
        cells = (
            one.id,
            obligation,
            one.observed_by,
            f"{one.text}{since}",
            one.source,
            rule,
            scenarios or "–",
            faults or "–",
        )
        yield f"| {' | '.join(cells)} |"


def _remarks(rows: list[Row]) -> Iterator[str]:
    yield ""
    yield "## Ce qui n'est qu'une remarque, ou ne prouve rien, et pourquoi"
    yield ""
    yield (
        "Le constat le répète. D'une exigence OBLIGATOIRE, seule la partie qui ne s'impose pas est une remarque ; `--strict` "
        "la tient pour obligatoire."
    )
    yield ""
    for row in rows:
        one = row.requirement
        if one.because:
            yield f"- {one.id}, {OBLIGATIONS[one.obligation]} : {one.because}."


def _untested(rows: list[Row]) -> Iterator[str]:
    yield ""
    yield "## Non testées"
    yield ""
    for row in rows:
        if row.requirement.not_tested:
            yield f"- {row.requirement.id}, {row.requirement.text[0].lower()}{row.requirement.text[1:]} : {row.requirement.not_tested}."
