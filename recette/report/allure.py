"""Allure results: one file for each play of a scenario, its steps, the findings as its message."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from recette.journal.reader import Journal
from recette.judge.verdicts import FRENCH, Judgement, ScenarioResult
from recette.report.text import finding_lines

STATUS = {"pass": "passed", "fail": "failed", "error": "broken", "inconc": "broken", "none": "skipped"}


def write(judgement: Judgement, journal: Journal, folder: Path) -> Path:
    """Write `allure/` into `folder`, as Allure's own readers take it."""
    target = folder / "allure"
    target.mkdir(parents=True, exist_ok=True)
    start, stop = (int(datetime.fromisoformat(journal.entries[at].at).timestamp() * 1000) for at in (0, -1))
    for one in judgement.scenarios:
        document = {"start": start, "stop": stop, **_result(one, ", ".join(journal.header.vhosts))}
        path = target / f"{uuid.uuid5(uuid.NAMESPACE_URL, journal.header.run + one.id)}-result.json"
        path.write_text(json.dumps(document, ensure_ascii=True), encoding="utf-8")
    return target


def _result(one: ScenarioResult, vhost: str) -> dict[str, Any]:
    text = "\n\n".join("\n".join(finding_lines(finding)) for finding in one.findings)
    first = next((finding.explanation for finding in one.findings if finding.verdict != "remark"), one.reason)
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, one.id)),
        "historyId": hashlib.md5(f"{vhost}:{one.id}".encode(), usedforsecurity=False).hexdigest(),
        "name": f"{one.id} — {one.title}",
        "fullName": one.id,
        "status": STATUS[one.verdict],
        "statusDetails": {
            "message": f"{FRENCH[one.verdict]} : {first}" if first else FRENCH[one.verdict],
            "trace": text,
        },
        "labels": [
            {"name": "suite", "value": vhost},
            *({"name": "tag", "value": rule} for rule in sorted({finding.rule for finding in one.findings})),
            {"name": "framework", "value": "recette"},
        ],
        "steps": [
            {
                "name": f"{step.title} ({step.action} {step.model})".replace(" )", ")"),
                "status": STATUS[step.verdict],
                "stage": "finished",
            }
            for step in one.steps
        ],
        "stage": "finished",
    }
