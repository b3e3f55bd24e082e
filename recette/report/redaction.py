"""A results.json without what may be patient data or names: only what is named here is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from recette.report.recorded import REDACTED

_TOP = frozenset(
    {
        "recette",
        "run",
        "fault",
        "vhost",
        "started",
        "ended",
        "verdict",
        "counts",
        "deadlines",
        "judged_by",
    }
)
_SCENARIO = frozenset({"id", "title", "verdict", "vhost", "client"})
_STEP = frozenset({"id", "title", "action", "model", "verdict"})
_FINDING = frozenset({"rule", "verdict", "attributed_to", "step", "path", "source", "event"})
_PATH = re.compile(r"\$(?:\.[A-Za-z_@][A-Za-z0-9_-]{0,63}|\[[0-9]{1,6}\]){0,64}")


def redacted_results(content: bytes) -> bytes:
    """The redacted copy of a results.json; always the same bytes for the same bytes. Raises ValueError."""
    document = json.loads(content)
    kept = _kept(document, _TOP | {"scenarios"})
    kept["identity"], kept["cahiers"] = {}, []
    kept["notes"] = [REDACTED for _ in document["notes"]]
    kept["findings"] = [_finding(one) for one in document.get("findings", [])]
    kept["scenarios"] = [_scenario(one) for one in document["scenarios"]]
    return (json.dumps(kept, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


def _scenario(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = _kept(document, _SCENARIO)
    kept["steps"] = [_kept(one, _STEP) for one in document["steps"]]
    kept["findings"] = [_finding(one) for one in document["findings"]]
    return kept


def _finding(document: Mapping[str, Any]) -> dict[str, Any]:
    kept = _kept(document, _FINDING)
    if not _PATH.fullmatch(str(kept["path"])):
        kept["path"] = REDACTED if kept["path"] else ""
    return kept


def _kept(document: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value if name in names else REDACTED for name, value in document.items()}
