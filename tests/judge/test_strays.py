"""What belongs to no play accuses the editor, unless it is none of this campaign's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recette.judge.strays import CaseOfPlay, Stray, campaign_findings
from recette.messages.building import new_distribution_id
from recette.messages.reading import from_document
from recette.messages.vhosts import vhost
from tests.judge.journal_builder import Content, JournalBuilder, inside
from tests.scenario.exchange import EDITOR, PARTNER, document

CASE = f"{EDITOR}.DRFR15991009"
BEGUN = datetime(2026, 11, 28, 9, 59, 30, 500_000, tzinfo=UTC)
EDITION = vhost("15-15_v2.0").edition


def findings(
    name: str,
    content: dict[str, Any],
    *,
    cases: dict[str, CaseOfPlay] | None = None,
    held: bool = False,
    begun: datetime = BEGUN,
) -> list[tuple[str, str]]:
    stray = Stray(7, "15-15_v2.0", PARTNER, EDITOR, from_document(document(name, content), EDITION))
    told = list(campaign_findings([stray], cases or {}, begun, held=held))
    assert all(editor == EDITOR for editor, _ in told)
    found = [one for _, one in told]
    assert all((one.rule, one.attributed_to, one.event) == ("SC-06", "editor", 7) for one in found)
    return [(one.verdict, one.explanation) for one in found]


def test_an_update_of_a_case_that_was_never_shared() -> None:
    ((verdict, told),) = findings("RS-EDA-MAJ", {"caseId": CASE})
    assert verdict == "fail"
    assert "jamais partagé" in told


def test_an_update_before_its_case() -> None:
    ((verdict, told),) = findings(
        "RS-EDA-MAJ", {"caseId": CASE}, cases={CASE: CaseOfPlay("15-15-x.g2@origine", 8)}
    )
    assert verdict == "fail"
    assert "avant le dossier" in told
    assert "15-15-x.g2@origine" in told


@pytest.mark.parametrize("held", [False, True])
def test_a_share_that_nobody_awaited_is_a_remark_unless_held(held: bool) -> None:
    ((verdict, _),) = findings("RS-EDA", {"caseId": CASE}, held=held)
    assert verdict == ("fail" if held else "remark")


def test_an_ack_of_nothing_is_a_remark_and_one_of_an_earlier_run_is_none() -> None:
    assert [one for one, _ in findings("RC-REF", {"distributionID": f"{PARTNER}_1"})] == ["remark"]
    assert findings("RC-REF", {"distributionID": new_distribution_id(PARTNER)}) == []


def test_what_was_sent_before_the_run_accuses_nobody() -> None:
    later = datetime(2026, 11, 28, 10, tzinfo=UTC)
    assert findings("RS-EDA-MAJ", {"caseId": CASE}, begun=later + timedelta(seconds=1)) == []
    assert len(findings("RS-EDA-MAJ", {"caseId": CASE}, begun=later + timedelta(milliseconds=900))) == 1


def test_what_comes_late_of_a_case_of_this_run_accuses_nobody() -> None:
    """Once a run was cut off and goes on, nothing else tells whose it is."""
    assert findings("RS-EDA-MAJ", {"caseId": CASE}, cases={CASE: CaseOfPlay("15-15-x.g2@origine", 6)}) == []


@pytest.mark.parametrize(
    ("content", "closed", "told"),
    [
        ({}, None, []),
        ({}, "2026-11-28T09:00:00+00:00", [("CI-38", "fail")]),
        ({}, "2027-11-28T09:00:00+00:00", []),
        ({"qualification": {"details": {"status": "ACTIF"}}}, "2026-11-28T09:00:00+00:00", []),
    ],
)
def test_what_comes_once_its_play_is_over(
    content: dict[str, Any], closed: str | None, told: list[tuple[str, str]]
) -> None:
    message = from_document(document("RS-EDA-MAJ", {"caseId": CASE, **content}), EDITION)
    stray = Stray(7, "15-15_v2.0", PARTNER, EDITOR, message, "15-15-cloture.g2@origine", closed)
    found = [one for _, one in campaign_findings([stray], {}, BEGUN, held=False)]
    assert [(one.rule, one.verdict) for one in found] == told
    assert all("15-15-cloture.g2@origine" in one.explanation for one in found)


def test_a_late_update_is_found_in_its_journal() -> None:
    play = JournalBuilder("15-15-cloture.g3@origine").rest()
    update = play.last("RS-EDA-MAJ")
    play.then("15-15-ressource-acceptee.g3@origine")
    play.editor_says(update, change=lambda one: content_of(one).pop("qualification"))
    judgement = play.rest().judgement()
    assert [(one.rule, one.verdict) for one in judgement.findings] == [("CI-38", "fail")]
    assert judgement.verdict == "fail"
    assert {one.verdict for one in judgement.scenarios} == {"pass"}


def content_of(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]
