"""`allure/` as Allure's own readers take it."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from pathlib import Path

import attr
from allure_commons.model2 import (
    TEST_CASE_PATTERN,
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from allure_commons.types import LabelType, LinkType, Severity

from recette.judge.verdicts import FRENCH, Finding, ScenarioResult, StepResult, Verdict
from recette.platform.plain_files import write_anew
from recette.report.allure.attachments import Attachments
from recette.report.allure.surroundings import CATEGORIES, attributed, properties
from recette.report.formats import report_format
from recette.report.story import Play, Story
from recette.report.text import finding_lines, safe
from recette.scenario.requirements import catalogue

STATUS: dict[Verdict, str] = {
    "pass": Status.PASSED,
    "fail": Status.FAILED,
    "error": Status.BROKEN,
    "inconc": Status.UNKNOWN,
    "none": Status.SKIPPED,
}


@report_format("allure")
def write(story: Story, folder: Path) -> list[Path]:
    """Write `allure/` into `folder`; the files that it holds then, whatever else somebody may have laid there."""
    target = folder / "allure"
    if target.is_symlink():
        target.unlink()
    target.mkdir(exist_ok=True)
    written = ["categories.json", "environment.properties"]
    for play in story.plays:
        attachments = Attachments(target, f"{story.header.run}:{play.result.id}")
        result = _result(story, play, attachments)
        # A name of the play's own instead of a random one: rendered again, it is the same file.
        result.file_pattern = TEST_CASE_PATTERN.format(prefix=attachments.uuid)
        _write_result(target, result)
        written += [result.file_pattern, *attachments.written]
    beyond = story.judgement.beyond
    if beyond is not None:
        shown = _beyond(story, beyond)
        _write_result(target, shown)
        written.append(shown.file_pattern)
    write_anew(target / "categories.json", _json(CATEGORIES).encode())
    write_anew(target / "environment.properties", properties(story).encode("ascii"))
    return [target / name for name in written]


def _write_result(target: Path, result: TestResult) -> None:
    """As Allure's own logger does, which encodes value by value and takes five times as long."""
    said = attr.asdict(result, filter=lambda _, value: value or value is False)
    write_anew(target / result.file_pattern, json.dumps(said, ensure_ascii=False).encode())


def _result(story: Story, play: Play, attachments: Attachments) -> TestResult:
    result = play.result
    start, stop = _times(story, play)
    return TestResult(
        uuid=attachments.uuid,
        historyId=_digest(f"{play.vhost}:{result.id}"),
        testCaseId=_digest(f"{play.scenario_id}@{play.actor}"),
        name=safe(f"{result.title} ({play.actor})" if play.actor else result.title),
        fullName=safe(result.id),
        description=safe(play.scenario.summary.strip() if play.scenario else result.reason),
        status=STATUS[result.verdict],
        statusDetails=_details(result.verdict, result.findings, result.reason),
        stage="finished",
        start=start,
        stop=stop,
        labels=[Label(name=name, value=safe(value)) for name, value in _labels(play)],
        links=_links(play),
        parameters=_parameters(play),
        attachments=attachments.of_play(play),
        steps=[_step(story, play, one, attachments, start) for one in result.steps],
    )


def _beyond(story: Story, result: ScenarioResult) -> TestResult:
    """What belongs to no play, as a test of its own."""
    identifier = str(uuid.UUID(hex=_digest(f"{story.header.run}:{result.id}")))
    shown = TestResult(
        uuid=identifier,
        historyId=_digest(result.id),
        testCaseId=_digest(result.id),
        name=safe(result.title),
        fullName=safe(result.id),
        status=STATUS[result.verdict],
        statusDetails=_details(result.verdict, result.findings, result.reason),
        stage="finished",
        start=_milliseconds(story.started),
        stop=_milliseconds(story.ended),
    )
    shown.file_pattern = TEST_CASE_PATTERN.format(prefix=identifier)
    return shown


def _details(verdict: Verdict, findings: tuple[Finding, ...], reason: str) -> StatusDetails:
    text = "\n\n".join("\n".join(finding_lines(one)) for one in findings)
    return StatusDetails(message=_message(verdict, findings, reason), trace=text)


def _message(verdict: Verdict, findings: tuple[Finding, ...], reason: str) -> str:
    """The verdict, whose doing it is, and the first reason; the categories go by its beginning."""
    first = next((one for one in findings if one.verdict == verdict), None)
    if first is not None:
        return safe(f"{attributed(verdict, first.attributed_to)}{first.rule} : {first.explanation}")
    return safe(f"{FRENCH[verdict]} : {reason}" if reason else FRENCH[verdict])


def _times(story: Story, play: Play) -> tuple[int, int]:
    start = _milliseconds(datetime.fromisoformat(play.started) if play.started else story.started)
    return start, start + round(play.duration * 1000)


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def _digest(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _labels(play: Play) -> list[tuple[str, str]]:
    known = catalogue()
    aimed = list(play.scenario.requirements) if play.scenario else []
    broken = sorted({finding.rule for finding in play.result.findings})
    must = any(one in known and known[one].obligation == "MUST" for one in [*aimed, *broken])
    return [
        (LabelType.PARENT_SUITE, play.perimeter or "non chargés"),
        (LabelType.SUITE, play.vhost or "non chargés"),
        (LabelType.SUB_SUITE, play.scenario_id),
        (LabelType.FEATURE, play.perimeter or "non chargés"),
        (LabelType.STORY, play.result.title),
        (LabelType.SEVERITY, (Severity.CRITICAL if must else Severity.NORMAL).value),
        *((LabelType.TAG, one) for one in dict.fromkeys([*aimed, *broken])),
        (LabelType.FRAMEWORK, "recette"),
        (LabelType.HOST, play.lifelines[0].client if play.lifelines else ""),
    ]


def _links(play: Play) -> list[Link]:
    """Into the report beside this folder: the play, and the requirements that it is about."""
    names = [
        *(play.scenario.requirements if play.scenario else ()),
        *(one.rule for one in play.result.findings),
    ]
    rules = [one for one in dict.fromkeys(names) if one in catalogue()]
    return [
        Link(type=LinkType.LINK, name="rapport de recette", url=f"../report.html#{play.anchor}"),
        *(Link(type=LinkType.TEST_CASE, name=one, url=f"../report.html#{one}") for one in rules),
    ]


def _parameters(play: Play) -> list[Parameter]:
    """The vHost tells the plays of one test case apart; who was tested does not begin a history of its own."""
    if not play.lifelines:
        return []
    return [
        Parameter(name="vHost", value=play.vhost),
        Parameter(name="éditeur", value=play.lifelines[0].client, excluded=True),
    ]


def _step(story: Story, play: Play, step: StepResult, attachments: Attachments, start: int) -> TestStepResult:
    findings = tuple(one for one in play.result.findings if one.step == step.id)
    opened = play.opened or {}
    begun = opened.get(step.id)
    later = [at for at in opened.values() if begun is not None and at > begun]
    return TestStepResult(
        name=safe(f"{step.title} ({step.action} {step.model})".replace(" )", ")")),
        status=STATUS[step.verdict],
        statusDetails=_details(step.verdict, findings, "") if findings else None,
        stage="finished",
        start=start + round((begun or 0.0) * 1000),
        stop=start + round((min(later, default=play.duration) if begun is not None else 0.0) * 1000),
        parameters=[Parameter(name="étape", value=safe(step.id))],
        attachments=attachments.of_findings(story, findings),
    )


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"
