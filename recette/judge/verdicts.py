"""The five verdicts and how they roll up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["error", "fail", "inconc", "pass", "none"]
VERDICTS: tuple[Verdict, ...] = ("error", "fail", "inconc", "pass", "none")
"""Worst first."""
FRENCH: dict[str, str] = {
    "error": "ERREUR",
    "fail": "NON CONFORME",
    "inconc": "NON CONCLUANT",
    "pass": "CONFORME",
    "none": "NON JOUÉ",
    "remark": "REMARQUE",
}
COUNTED: dict[str, tuple[str, str]] = {
    "error": ("en erreur", "en erreur"),
    "fail": ("non conforme", "non conformes"),
    "inconc": ("non concluant", "non concluants"),
    "pass": ("conforme", "conformes"),
    "none": ("non joué", "non joués"),
}
"""How one, and how many, are counted."""
FINDING_VERDICTS = ("error", "fail", "inconc", "remark")
"""What a finding may be, worst first."""
BEYOND = "campagne"
"""What stands where a play has its id, for what belongs to no play."""
Party = Literal["editor", "hub", "partner", "operator", "harness"]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The roll-up; of nothing it is `none`."""
    return min(verdicts, key=VERDICTS.index, default="none")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: what, where, whose, and what to do about it."""

    rule: str
    verdict: Literal["error", "fail", "inconc", "remark"]
    attributed_to: Party
    step: str
    path: str
    expected: str
    actual: str
    explanation: str
    source: str
    advice: str
    event: int
    """Number of the journal event that shows it."""
    place: str
    """The scenario's `file:line`."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step's verdict; findings name their step."""

    id: str
    title: str
    action: str
    model: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One play of a scenario."""

    id: str
    title: str
    verdict: Verdict
    steps: tuple[StepResult, ...]
    findings: tuple[Finding, ...]
    reason: str = ""
    """Why it was not played, or ended early."""
    vhost: str = ""
    client: str = ""
    """Client id of the editor under test; empty for one that never began, as is the vHost where the file did not load."""


@dataclass(frozen=True, slots=True)
class NotObserved:
    """A requirement that nothing in a run could show."""

    requirement: str
    because: str
    """In French, to follow a colon."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A whole run, judged."""

    verdict: Verdict
    scenarios: tuple[ScenarioResult, ...]
    unclaimed: int
    """Messages that belong to no scenario."""
    notes: tuple[str, ...]
    """What is to be known of the run as a whole: defects of the journal, trouble with the hub."""
    not_observed: tuple[NotObserved, ...] = ()
    proven_by_passage: tuple[str, ...] = ()
    """Requirements that a hub which refuses the contrary proves by passing the editor's messages on."""
    findings: tuple[Finding, ...] = ()
    """What belongs to no play."""
    whose: tuple[str, ...] = ()
    """Client id of the editor that each of these is about."""
    cut: bool = False
    """Whether the run did not come to its end, or a play of it never began."""

    def beyond_of(self, client: str) -> tuple[Finding, ...]:
        """What belongs to no play, and is this editor's."""
        return tuple(one for one, editor in zip(self.findings, self.whose, strict=True) if editor == client)

    @property
    def beyond(self) -> ScenarioResult | None:
        """What belongs to no play, told as a play is; None where there is nothing of the kind."""
        if not self.findings:
            return None
        verdict: Verdict = worst(one.verdict for one in self.findings if one.verdict != "remark")
        title = "Hors des passages : ce que l'éditeur a envoyé et qu'aucun n'attendait"
        return ScenarioResult(BEYOND, title, "pass" if verdict == "none" else verdict, (), self.findings)

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        """Every play, then what belongs to none."""
        return self.scenarios if self.beyond is None else (*self.scenarios, self.beyond)

    def unobserved(self, finding: Finding) -> bool:
        """Whether a finding says no more than that nothing could show what it is about."""
        names = {one.requirement for one in self.not_observed}
        return finding.verdict == "inconc" and finding.attributed_to == "harness" and finding.rule in names

    @property
    def counts(self) -> dict[str, int]:
        """Scenarios by verdict, and remarks."""
        found: dict[str, int] = {
            name: sum(one.verdict == name for one in self.scenarios) for name in VERDICTS
        }
        everything = (*self.findings, *(f for one in self.scenarios for f in one.findings))
        found["remarks"] = sum(one.verdict == "remark" for one in everything)
        return found
