"""A free observation as it goes on: each message and each finding once, when it is first there."""

from __future__ import annotations

from collections.abc import Iterator

from recette.journal.capture_events import CaptureStarted
from recette.judge.captured import Case, Seen
from recette.judge.observing import Observed
from recette.judge.verdicts import Finding
from recette.report.dossiers import described, finding_told
from recette.report.text import safe
from recette.wording.values import plain


class Unfolding:
    """Knows what it has told."""

    def __init__(self) -> None:
        self._messages: set[tuple[str, str | bytes]] = set()
        self._findings: set[tuple[str, str, str, str | bytes]] = set()

    def lines(self, observed: Observed, header: CaptureStarted) -> Iterator[str]:
        """What is new, in the order in which it passed."""
        everything = [(one, case.case) for case in observed.cases for one in case.case.messages]
        for one, case in sorted(everything, key=lambda each: each[0].number):
            if _identity(one) not in self._messages:
                self._messages.add(_identity(one))
                yield safe(plain(f"{described(one, header)}{_about(one, case)}.", 400))
        for told in observed.cases:
            messages = {one.number: one for one in told.case.messages}
            for client, found in told.findings:
                key = (client, found.rule, found.explanation, _shown_by(found, messages))
                if key not in self._findings:
                    self._findings.add(key)
                    yield from finding_told(client, found, told.case, header)


def _identity(one: Seen) -> tuple[str, str | bytes]:
    return one.event.sent_by, one.message.distribution_id or one.event.body


def _shown_by(found: Finding, messages: dict[int, Seen]) -> str | bytes:
    one = messages.get(found.event)
    return _identity(one)[1] if one is not None else ""


def _about(one: Seen, case: Case) -> str:
    """What an answer answers, else the case."""
    about = next(
        (
            each
            for each in case.messages
            if one.message.reference_id and each.message.distribution_id == one.message.reference_id
        ),
        None,
    )
    if about is not None:
        return f", à propos de [{about.number}]"
    return f", dossier {case.name}" if case.name else ""
