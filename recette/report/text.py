"""Findings as lines of text, the same everywhere."""

from __future__ import annotations

import re

from recette.judge.verdicts import FRENCH, Finding

PARTIES = {
    "editor": "l'éditeur",
    "hub": "le hub",
    "partner": "le partenaire",
    "operator": "l'opérateur",
    "harness": "la recette",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def safe(text: str) -> str:
    """Text that cannot steer a terminal: messages come from software under test."""
    return _CONTROL.sub("\ufffd", text)


def finding_lines(finding: Finding) -> list[str]:
    """One readable block: what, where, expected, actual, rule and source, what to do."""
    lines = [f"{FRENCH[finding.verdict]} {finding.rule} — {finding.explanation}"]
    rows = (
        ("étape", f"{finding.step} ({finding.place})" if finding.step else finding.place),
        ("message", finding.path),
        ("attendu", finding.expected),
        ("reçu", finding.actual),
        ("règle", f"{finding.rule}, {finding.source}"),
        ("à qui", f"{PARTIES[finding.attributed_to]} (événement {finding.event} du journal)"),
        ("à faire", finding.advice),
    )
    return [safe(line) for line in lines + [f"    {name:<8} {value}" for name, value in rows if value]]
