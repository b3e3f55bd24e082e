"""Findings as lines of text, the same everywhere."""

from __future__ import annotations

from recette.journal.events import RunStarted
from recette.journal.facts import CahierFacts
from recette.judge.verdicts import FRENCH, Finding
from recette.wording.counting import in_seconds
from recette.wording.values import visible_lines

PARTIES = {
    "editor": "l'éditeur",
    "hub": "le hub",
    "partner": "le partenaire",
    "operator": "l'opérateur",
    "harness": "la recette",
}


def safe(text: str) -> str:
    """Text that cannot steer a terminal or turn a line around, its own lines kept: most of it comes from software."""
    return visible_lines(text)


def returned(away: float) -> str:
    """What an editor does once what disturbed its link is over, `away` for so many seconds; 0 for a link that never broke."""
    return f"est revenu après {in_seconds(away)}" if away else "lit sa file : l'incident est passé"


def moment(value: float) -> str:
    """How long after something began, as exactly as it matters."""
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s".replace(".", ",")


def _set_in(value: str) -> str:
    """A value of several lines, which stays below its own name."""
    return value.replace("\n", f"\n{' ' * 13}")


def finding_lines(finding: Finding, whose: str = "") -> list[str]:
    """One readable block: what, where, expected, actual, rule and source, what to do.

    `whose`: whom it is about and what shows it, where that is no event of a run's journal.
    """
    whose = whose or f"{PARTIES[finding.attributed_to]} (événement {finding.event} du journal)"
    lines = [f"{FRENCH[finding.verdict]} {finding.rule} — {finding.explanation}"]
    rows = (
        ("étape", f"{finding.step} ({finding.place})" if finding.step else finding.place),
        ("message", finding.path),
        ("attendu", finding.expected),
        ("reçu", finding.actual),
        ("règle", f"{finding.rule}, {finding.source}"),
        ("à qui", whose),
        ("à faire", finding.advice),
    )
    return [
        safe(line) for line in lines + [f"    {name:<8} {_set_in(value)}" for name, value in rows if value]
    ]


def models_text(header: RunStarted) -> str:
    """With what the messages were judged: whose schemas, and the editions by their official tags."""
    own = "schemas" not in header.models
    source = "dictionnaire de la recette" if own else f"lot officiel {header.models.get('source', '')}"
    tags = ", ".join(dict.fromkeys(header.editions.values()))
    return f"{source}, édition {tags}" if tags else source


def hub_profile_text(header: RunStarted) -> str:
    """The profile that the hub was taken for."""
    return header.hub if header.hub_named else f"{header.hub}, que la cible ne nomme pas"


def cahier_text(cahier: CahierFacts) -> str:
    """A collection of scenarios, by name, version and digest."""
    return f"{' '.join(filter(None, (cahier.name, cahier.version)))} (SHA-256 {cahier.sha256})"
