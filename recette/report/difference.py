"""What is different between two judgements, play by play: better, worse, appeared, disappeared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from recette.judge.verdicts import Finding, Judgement, ScenarioResult

Trend = Literal["worse", "better", "appeared", "disappeared", "changed"]
TRENDS: tuple[Trend, ...] = ("worse", "better", "appeared", "disappeared", "changed")
FRENCH_TRENDS: dict[Trend, str] = {
    "worse": "RECUL",
    "better": "PROGRÈS",
    "appeared": "APPARU",
    "disappeared": "DISPARU",
    "changed": "AUTREMENT",
}
_BADNESS = {"pass": 0, "remark": 1, "none": 2, "inconc": 3, "fail": 4, "error": 5}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of a play that is not the same: its verdict, a step's, or a finding (`rule` is not empty)."""

    trend: Trend
    step: str
    rule: str
    path: str
    before: str
    """A verdict, or empty where it was not there."""
    after: str
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class PlayDifference:
    """One play that is not the same in both."""

    id: str
    title: str
    trend: Trend
    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def regression(self) -> bool:
        """Whether something that a release must not lose was lost: a verdict, or a play that was conformant."""
        lost = self.trend == "disappeared" and self.before == "pass"
        return lost or self.trend == "worse" or any(one.trend == "worse" for one in self.changes)


def differences(before: Judgement, after: Judgement) -> tuple[PlayDifference, ...]:
    """The plays that are not the same, and what belongs to none where that is not; worse ones first."""
    first = {one.id: one for one in before.scenarios}
    second = {one.id: one for one in after.scenarios}
    found = [_gone(one) for name, one in first.items() if name not in second]
    found += [_new(one) for name, one in second.items() if name not in first]
    for name in first.keys() & second.keys():
        one = _play(first[name], second[name])
        if one.changes or one.before != one.after:
            found.append(one)
    found += _beyond(before.beyond, after.beyond)
    return tuple(sorted(found, key=lambda one: (TRENDS.index(one.trend), one.id)))


def _beyond(before: ScenarioResult | None, after: ScenarioResult | None) -> list[PlayDifference]:
    """What belongs to no play; a run without any is conformant there."""
    known = after or before
    if known is None:
        return []
    nothing = replace(known, verdict="pass", findings=())
    one = _play(before or nothing, after or nothing)
    return [one] if one.changes else []


def _gone(one: ScenarioResult) -> PlayDifference:
    return PlayDifference(one.id, one.title, "disappeared", one.verdict, "", ())


def _new(one: ScenarioResult) -> PlayDifference:
    changes = tuple(_change(finding, "appeared") for finding in one.findings)
    return PlayDifference(one.id, one.title, "appeared", "", one.verdict, changes)


def _play(before: ScenarioResult, after: ScenarioResult) -> PlayDifference:
    changes = (*_steps(before, after), *_findings(before, after))
    trend = _trend(before.verdict, after.verdict)
    if trend == "changed":
        trends = {one.trend for one in changes}
        trend = "worse" if "worse" in trends else "better" if trends == {"better"} else "changed"
    return PlayDifference(after.id, after.title, trend, before.verdict, after.verdict, changes)


def _steps(before: ScenarioResult, after: ScenarioResult) -> Iterator[Change]:
    first = {one.id: one.verdict for one in before.steps}
    second = {one.id: one.verdict for one in after.steps}
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name, ""), second.get(name, "")
        if one == other:
            continue
        trend: Trend = "appeared" if not one else "disappeared" if not other else _trend(one, other)
        yield Change(trend, name, "", "", one, other)


def _findings(before: ScenarioResult, after: ScenarioResult) -> Iterator[Change]:
    """Findings are the same where step, rule and path are; there may be several of each."""
    first, second = (Counter(map(_key, one.findings)) for one in (before, after))
    for finding in after.findings:
        key = _key(finding)
        if first[key]:
            first[key] -= 1
            old = next(one for one in before.findings if _key(one) == key)
            if old.verdict != finding.verdict:
                trend = _trend(old.verdict, finding.verdict)
                yield _change(finding, trend, old.verdict)
        else:
            yield _change(finding, "appeared" if finding.verdict == "remark" else "worse")
    for finding in before.findings:
        key = _key(finding)
        if second[key]:
            second[key] -= 1
        else:
            yield Change(
                "better", finding.step, finding.rule, finding.path, finding.verdict, "", finding.explanation
            )


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.step, finding.rule, finding.path


def _change(finding: Finding, trend: Trend, before: str = "") -> Change:
    return Change(
        trend, finding.step, finding.rule, finding.path, before, finding.verdict, finding.explanation
    )


def _trend(before: str, after: str) -> Trend:
    if _BADNESS[before] == _BADNESS[after]:
        return "changed"
    return "worse" if _BADNESS[after] > _BADNESS[before] else "better"
