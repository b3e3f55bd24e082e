"""results.json: the whole judgement for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from recette.journal.events import RunStarted
from recette.journal.reader import Journal
from recette.judge.verdicts import Judgement
from recette.platform.plain_files import write_anew
from recette.report import provenance
from recette.report.editors import editor_verdicts
from recette.report.formats import report_format
from recette.report.story import Story


def as_document(judgement: Judgement, journal: Journal) -> dict[str, Any]:
    """The contract of `results.json`; nothing in it depends on when or where it is made."""
    header = journal.header
    judged_by = provenance.here()
    return {
        "recette": header.recette,
        "run": header.run,
        "identity": dict(header.identity),
        "fault": header.fault or None,
        "cahiers": [asdict(one) for one in header.cahiers],
        "hub": header.hub,
        "vhost": ", ".join(header.vhosts),
        "models": header.editions,
        "target": header.target,
        "started": journal.entries[0].at,
        "ended": journal.entries[-1].at,
        "verdict": judgement.verdict,
        "counts": judgement.counts,
        **_editors(judgement, header),
        "deadlines": dict(header.deadlines),
        "notes": list(judgement.notes),
        "findings": [asdict(finding) for finding in judgement.findings],
        "played_on": None if header.played_on is None else asdict(header.played_on),
        "due": header.due,
        "not_observed": [asdict(one) for one in judgement.not_observed],
        "proven_by_passage": list(judgement.proven_by_passage),
        "judged_by": {"engine": judged_by.engine, "rules": dict(judged_by.rules)},
        "scenarios": [
            {
                "id": one.id,
                "title": one.title,
                "verdict": one.verdict,
                "reason": one.reason,
                "vhost": one.vhost,
                "models": header.editions.get(one.vhost, ""),
                "client": one.client,
                "steps": [asdict(step) for step in one.steps],
                "findings": [asdict(finding) for finding in one.findings],
            }
            for one in judgement.scenarios
        ],
    }


def _editors(judgement: Judgement, header: RunStarted) -> dict[str, Any]:
    """Each editor's own verdict, where several were under test at once."""
    found = [
        {
            "client": one.client,
            "vhost": one.vhost,
            "name": one.name,
            "verdict": one.verdict,
            "counts": dict(one.counts),
        }
        for one in editor_verdicts(judgement, header)
    ]
    return {"editors": found} if found else {}


@report_format("results.json")
def write(story: Story, folder: Path) -> Path:
    """Write `results.json` into `folder`."""
    path = folder / "results.json"
    write_anew(path, _indented(as_document(story.judgement, story.journal)))
    return path


def _indented(document: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a character, which a message may hold and UTF-8 cannot say
        text = json.dumps(document, ensure_ascii=False, indent=2)
        return f"{text}\n".encode("utf-8", "backslashreplace")
