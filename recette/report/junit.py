"""junit.xml: `fail` is a failure, `error` an error, `none` and `inconc` are skipped with their reason."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from recette.judge.verdicts import FRENCH, Judgement, ScenarioResult
from recette.report.text import finding_lines

# What XML 1.0 cannot carry; messages come from software under test.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(judgement: Judgement, folder: Path) -> Path:
    """Write `junit.xml` into `folder`: one test case for each play of a scenario."""
    counts = judgement.counts
    suite = ET.Element(
        "testsuite",
        name="recette",
        tests=str(len(judgement.scenarios)),
        failures=str(counts["fail"]),
        errors=str(counts["error"]),
        skipped=str(counts["none"] + counts["inconc"]),
    )
    for one in judgement.scenarios:
        _add(suite, one)
    path = folder / "junit.xml"
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _add(suite: ET.Element, one: ScenarioResult) -> None:
    case = ET.SubElement(suite, "testcase", classname="recette", name=_clean(one.id))
    kind = {"fail": "failure", "error": "error", "none": "skipped", "inconc": "skipped"}.get(one.verdict)
    if kind is not None:
        first = next(
            (finding.explanation for finding in one.findings if finding.verdict != "remark"), one.reason
        )
        element = ET.SubElement(case, kind, message=_clean(f"{FRENCH[one.verdict]} : {first}"))
        element.text = _clean("\n\n".join("\n".join(finding_lines(finding)) for finding in one.findings))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
