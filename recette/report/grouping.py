"""Findings told once: those of one rule with the same verdict and party are one cause, however many plays show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recette.judge.verdicts import FINDING_VERDICTS, Finding, ScenarioResult

CauseKey = tuple[str, str, str]
"""Rule, verdict and party."""


@dataclass(slots=True)
class Cause:
    """One rule broken in one or many plays."""

    rule: str
    verdict: str
    attributed_to: str
    findings: list[tuple[ScenarioResult, Finding]] = field(default_factory=list)

    @property
    def first(self) -> Finding:
        return self.findings[0][1]

    @property
    def plays(self) -> list[str]:
        """Names of the plays, each once."""
        return list(dict.fromkeys(one.id for one, _ in self.findings))

    @property
    def explanations(self) -> list[str]:
        """What is said of it, each once."""
        return list(dict.fromkeys(finding.explanation for _, finding in self.findings))


def cause_of(finding: Finding) -> CauseKey:
    """What the findings of one cause have in common."""
    return finding.rule, finding.verdict, finding.attributed_to


def causes(results: Iterable[ScenarioResult]) -> list[Cause]:
    """Every cause, worst first, then the one that most plays show."""
    found: dict[CauseKey, Cause] = {}
    for one in results:
        for finding in one.findings:
            key = cause_of(finding)
            cause = found.setdefault(key, Cause(*key))
            cause.findings.append((one, finding))
    return sorted(
        found.values(), key=lambda one: (FINDING_VERDICTS.index(one.verdict), -len(one.plays), one.rule)
    )
