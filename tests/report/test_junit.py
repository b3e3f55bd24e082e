"""junit.xml read back by an independent reader."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from recette.judge.verdicts import Verdict
from recette.report.junit import write
from recette.report.story import Story, tell
from tests.report.conftest import Recorded


def story_of(recorded: Recorded) -> Story:
    return tell(recorded.journal)


def read(story: Story, folder: Path) -> tuple[JUnitXml, list[TestCase]]:
    document = JUnitXml.fromfile(str(write(story, folder)))
    suites = list(document)
    assert all(isinstance(one, TestSuite) for one in suites)
    return document, [case for suite in suites for case in suite if isinstance(case, TestCase)]


def test_what_the_reader_counts_is_what_was_judged(failing: Recorded, tmp_path: Path) -> None:
    story = story_of(failing)
    document, cases = read(story, tmp_path)
    counts = story.judgement.counts
    assert document.tests == len(cases) == len(story.plays)
    assert (document.failures, document.errors, document.skipped) == (counts["fail"], 0, 0)
    document.update_statistics()  # type: ignore[no-untyped-call]
    assert (document.tests, document.failures, document.errors) == (len(cases), counts["fail"], 0)
    failed = next(one for one in cases if one.name == "15-15-partage-simple.g1@destinataire")
    (result,) = failed.result
    assert isinstance(result, Failure)
    assert result.type == "AC-01"
    assert str(result.message).startswith("NON CONFORME : AC-01, RS-EDA")
    assert "à faire" in str(result.text)
    assert "RC-REF attendu" in str(failed.system_out)


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [("fail", Failure), ("error", Error), ("none", Skipped), ("inconc", Skipped), ("pass", None)],
)
def test_each_verdict_has_its_element(
    conformant: Recorded, tmp_path: Path, verdict: Verdict, kind: type | None
) -> None:
    story = story_of(conformant)
    play = replace(story.plays[0], result=replace(story.plays[0].result, verdict=verdict, reason="parce que"))
    document, (case,) = read(replace(story, plays=(play,)), tmp_path)
    assert [type(one) for one in case.result] == ([kind] if kind else [])
    assert all("parce que" in str(one.message) for one in case.result)
    counted = (document.failures, document.errors, document.skipped)
    assert counted == (int(kind is Failure), int(kind is Error), int(kind is Skipped))


def test_hostile_text_leaves_it_readable(hostile: Recorded, tmp_path: Path) -> None:
    _, cases = read(story_of(hostile), tmp_path)
    assert any("<script>window.pwned=1</script>" in str(case.name) for case in cases)
