"""Playing one edition with a reference editor that sends in a way of its own."""

from __future__ import annotations

from collections.abc import Callable

from recette.judge.verdicts import Finding, ScenarioResult
from recette.sandbox.editor import Outgoing, ReferenceEditor

Sending = Callable[[ReferenceEditor, Outgoing], list[Outgoing]]
Play = Callable[[str, Sending], ScenarioResult]


def rules(result: ScenarioResult) -> list[tuple[str, str]]:
    return [(one.rule, one.verdict) for one in result.findings]


def only(result: ScenarioResult) -> Finding:
    (finding,) = result.findings
    return finding
