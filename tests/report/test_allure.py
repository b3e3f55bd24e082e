"""`allure/` read back with Allure's own Python model, and the rules of its readers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from allure_commons import model2
from allure_commons.types import AttachmentType, Severity

from recette.judge.judging import judge
from recette.report.allure.results import write
from recette.report.story import tell
from recette.sandbox.faults import FAULTS
from tests.report.conftest import PAYLOAD, Recorded, Recorder

STATUSES = {getattr(model2.Status, name) for name in ("FAILED", "BROKEN", "PASSED", "SKIPPED", "UNKNOWN")}
KINDS = {one.mime_type for one in AttachmentType}


def written(recorded: Recorded) -> Path:
    files = write(tell(recorded.journal), recorded.folder)
    folder = recorded.folder / "allure"
    assert sorted(files) == sorted(folder.iterdir())
    return folder


def results(folder: Path) -> list[Any]:
    return [
        item(model2.TestResult, json.loads(one.read_text())) for one in sorted(folder.glob("*-result.json"))
    ]


def item(cls: Any, document: dict[str, Any]) -> Any:
    """Allure's own class, which takes no field that it does not know."""
    parts = {
        "steps": model2.TestStepResult,
        "attachments": model2.Attachment,
        "labels": model2.Label,
        "links": model2.Link,
        "parameters": model2.Parameter,
    }
    read: dict[str, Any] = {
        name: [item(parts[name], one) for one in value] if name in parts else value
        for name, value in document.items()
    }
    if "statusDetails" in read:
        read["statusDetails"] = model2.StatusDetails(**read["statusDetails"])
    return cls(**read)


@pytest.mark.parametrize("name", ["conformant", "failing", "hostile"])
def test_allure_reads_every_play(name: str, request: pytest.FixtureRequest) -> None:
    recorded: Recorded = request.getfixturevalue(name)
    folder = written(recorded)
    found = results(folder)
    assert len(found) == len(recorded.judgement.scenarios)
    assert len({one.uuid for one in found}) == len({one.historyId for one in found}) == len(found)
    told_apart = {(one.testCaseId, *(p.value for p in one.parameters if not p.excluded)) for one in found}
    assert len(told_apart) == len(found), "Allure 3 takes plays that it cannot tell apart for retries"
    for one in found:
        labels = {label.name: label.value for label in one.labels}
        assert labels["severity"] in {severity.value for severity in Severity}
        assert {"parentSuite", "suite", "subSuite"} <= set(labels)
        assert one.stage == "finished"
        assert 0 < one.start <= one.stop
        for part in [one, *one.steps]:
            assert part.status in STATUSES
            assert one.start <= part.start <= part.stop
            for attachment in part.attachments:
                assert attachment.type in KINDS
                assert (folder / attachment.source).stat().st_size > 0
        for link in one.links:
            assert link.url.startswith("../report.html#")


def test_verdicts_steps_and_evidence(failing: Recorded) -> None:
    folder = written(failing)
    by_name = {one.fullName: one for one in results(folder)}
    for verdict in failing.judgement.scenarios:
        expected = {"pass": "passed", "fail": "failed"}[verdict.verdict]
        assert by_name[verdict.id].status == expected
    share = by_name["15-15-partage-simple.g1@destinataire"]
    assert share.statusDetails.message.startswith("NON CONFORME, attribué à l'éditeur : AC-01 : RS-EDA")
    assert "à faire" in share.statusDetails.trace
    assert [one.status for one in share.steps] == ["failed", "failed"]
    assert "AC-01" in share.steps[0].statusDetails.message
    assert share.steps[0].stop <= share.steps[1].start
    kinds = [one.type for one in share.attachments]
    assert kinds == ["image/svg+xml", "text/plain"]
    drawing = ET.parse(folder / share.attachments[0].source).getroot()
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"AC-01", "CI-03"} <= {one.name for one in share.links}


def test_the_message_that_is_wrong_is_attached(record: Recorder) -> None:
    played = record(FAULTS["valeur-changee"].misbehaviour)
    folder = written(played)
    (step, *_) = next(one for one in results(folder) if one.status == "failed").steps
    (attachment,) = step.attachments
    assert attachment.type == "application/json"
    assert b"ailleurs" in (folder / attachment.source).read_bytes()


def test_categories_go_by_attribution_and_cannot_be_faked(failing: Recorded, hostile: Recorded) -> None:
    folder = written(failing)
    categories = json.loads((folder / "categories.json").read_text())
    assert all(set(one["matchedStatuses"]) <= STATUSES for one in categories)

    def category(result: Any) -> list[str]:
        return [
            one["name"]
            for one in categories
            if result.status in one["matchedStatuses"]
            and re.fullmatch(one.get("messageRegex", ".*"), result.statusDetails.message, re.DOTALL)
        ]

    for one in results(folder) + results(written(hostile)):
        wanted = {"failed": ["Non conforme, attribué à l'éditeur"], "skipped": ["Non joué"], "passed": []}[
            one.status
        ]
        assert category(one) == wanted


def test_the_environment_is_java_properties(hostile: Recorded) -> None:
    text = (written(hostile) / "environment.properties").read_text(encoding="ascii")
    lines = text.splitlines()
    assert any(line.startswith("vHosts = 15-15_v1.5") for line in lines)
    assert all(re.match(r"(\\.|[^ \\])+ = ", line) for line in lines)
    assert PAYLOAD.split("\u202e", maxsplit=1)[0] in text
    assert "\\u202e\\u0000\\u001b[31m" in text


def test_rendered_again_it_is_the_same(failing: Recorded) -> None:
    def files() -> dict[str, bytes]:
        return {one.name: one.read_bytes() for one in written(failing).iterdir()}

    first = files()
    again = Recorded(failing.folder, failing.journal, judge(failing.journal))
    assert written(again)
    assert files() == first
