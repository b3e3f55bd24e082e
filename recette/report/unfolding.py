"""A free observation as it goes on: each message and each finding once, when it is first there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recette.journal.capture_events import CaptureStarted
from recette.judge.captured import Case, Seen
from recette.judge.observing import Observed
from recette.judge.verdicts import Finding
from recette.report.dossiers import described, finding_told, numbered
from recette.report.text import safe
from recette.wording.values import plain


class Unfolding:
    """Knows what it has told."""

    def __init__(self) -> None:
        self._messages: set[tuple[str, str | bytes]] = set()
        self._findings: set[tuple[str, str, str, str | bytes]] = set()

    def lines(self, observed: Observed, header: CaptureStarted) -> Iterator[str]:
        """What is new, in the order in which it passed."""
        everything = [
            (one, case.case.name, ids)
            for case in observed.cases
            for ids in [_first_by_id(case.case)]
            for one in case.case.messages
        ]
        for one, name, ids in sorted(everything, key=lambda each: each[0].number):
            if _identity(one) not in self._messages:
                self._messages.add(_identity(one))
                yield safe(plain(f"{described(one, header)}{_about(one, name, ids)}.", 400))
        for told in observed.cases:
            messages = numbered(told.case)
            for client, found in told.findings:
                key = (client, found.rule, found.explanation, _shown_by(found, messages))
                if key not in self._findings:
                    self._findings.add(key)
                    yield from finding_told(client, found, messages, header)


def _identity(one: Seen) -> tuple[str, str | bytes]:
    return one.event.sent_by, one.message.distribution_id or one.event.body


def _shown_by(found: Finding, messages: dict[int, Seen]) -> str | bytes:
    one = messages.get(found.event)
    return _identity(one)[1] if one is not None else ""


def _first_by_id(case: Case) -> dict[str | None, int]:
    """The number of the first message of each distributionID."""
    return {one.message.distribution_id: one.number for one in reversed(case.messages)}


def _about(one: Seen, name: str, ids: Mapping[str | None, int]) -> str:
    """What an answer answers, else the case of that name."""
    about = ids.get(one.message.reference_id) if one.message.reference_id else None
    if about is not None:
        return f", à propos de [{about}]"
    return f", dossier {name}" if name else ""
