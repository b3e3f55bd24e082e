"""junit.xml: `fail` is a failure, `error` an error, `none` and `inconc` are skipped with their reason."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from recette.judge.verdicts import FRENCH, VERDICTS, ScenarioResult
from recette.platform.plain_files import write_anew
from recette.report.diagram.sentences import sentences
from recette.report.formats import report_format
from recette.report.story import Play, Story
from recette.report.text import finding_lines, models_text, safe

_KINDS = {"fail": "failure", "error": "error", "none": "skipped", "inconc": "skipped"}


@report_format("junit.xml")
def write(story: Story, folder: Path) -> Path:
    """Write `junit.xml` into `folder`: a suite for each vHost, a test case for each play."""
    root = ET.Element("testsuites", {"name": "recette", **_counts(story.plays)})
    suites: dict[str, list[Play]] = {}
    for play in story.plays:
        suites.setdefault(play.vhost or "non chargés", []).append(play)
    for name, plays in suites.items():
        started = story.started.isoformat(timespec="seconds")
        suite = ET.SubElement(
            root, "testsuite", {"name": _clean(name), "timestamp": started, **_counts(plays)}
        )
        _add_properties(suite, story, name)
        for play in plays:
            _add(suite, play)
    beyond = story.judgement.beyond
    if beyond is not None:
        _add_beyond(root, beyond)
    path = folder / "junit.xml"
    write_anew(path, ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return path


def _add_properties(suite: ET.Element, story: Story, vhost: str) -> None:
    """What judged the plays of a vHost: the edition of the models and the profile of the hub."""
    header = story.header
    judged_by = {
        "models": header.editions.get(vhost, ""),
        "schemas": models_text(header),
        "hub": header.hub,
        "fault": header.fault,
    }
    properties = ET.SubElement(suite, "properties")
    for name, value in judged_by.items():
        if value:
            ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})


def _add_beyond(root: ET.Element, result: ScenarioResult) -> None:
    """What belongs to no play is a test case of its own, counted as such."""
    failed = result.verdict == "fail"
    counts = {"tests": "1", "failures": str(int(failed)), "errors": "0", "skipped": "0", "time": "0.000"}
    for name in ("tests", "failures"):
        root.set(name, str(int(root.get(name, "0")) + int(counts[name])))
    suite = ET.SubElement(root, "testsuite", {"name": result.id, **counts})
    case = ET.SubElement(suite, "testcase", classname="recette.campagne", name=result.id, time="0.000")
    found = "\n\n".join("\n".join(finding_lines(finding)) for finding in result.findings)
    if failed:
        first = next(one for one in result.findings if one.verdict == "fail")
        told = f"{FRENCH['fail']} : {first.rule}, {first.explanation}"
        ET.SubElement(case, "failure", message=_clean(told), type=first.rule).text = _clean(found)
    ET.SubElement(case, "system-out").text = _clean(f"{result.title}\n\n{found}")


def _counts(plays: Iterable[Play]) -> dict[str, str]:
    all_plays = list(plays)
    found = {name: sum(one.result.verdict == name for one in all_plays) for name in VERDICTS}
    return {
        "tests": str(len(all_plays)),
        "failures": str(found["fail"]),
        "errors": str(found["error"]),
        "skipped": str(found["none"] + found["inconc"]),
        "time": f"{sum(one.duration for one in all_plays):.3f}",
    }


def _add(suite: ET.Element, play: Play) -> None:
    result = play.result
    classname = _clean(f"{play.vhost or 'recette'}.{play.scenario_id}")
    case = ET.SubElement(
        suite, "testcase", classname=classname, name=_clean(result.id), time=f"{play.duration:.3f}"
    )
    found = "\n\n".join("\n".join(finding_lines(finding)) for finding in result.findings)
    kind = _KINDS.get(result.verdict)
    if kind is not None:
        first = next((one for one in result.findings if one.verdict == result.verdict), None)
        told = f"{first.rule}, {first.explanation}" if first else result.reason
        element = ET.SubElement(case, kind, message=_clean(f"{FRENCH[result.verdict]} : {told}"))
        if kind != "skipped":
            element.set("type", first.rule if first else result.verdict)
        element.text = _clean(found)
    said = "\n".join(sentences(play))
    ET.SubElement(case, "system-out").text = _clean(
        f"{result.title}\n\n{said}" + (f"\n\n{found}" if not kind else "")
    )


def _clean(text: str) -> str:
    """What XML cannot carry, and what would turn a line round where it is shown, as it is written."""
    return safe(text)
