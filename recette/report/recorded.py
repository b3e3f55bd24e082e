"""A results.json read back: what was said of a run when it was judged."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from recette.journal.capture_events import plausible
from recette.journal.facts import HubFacts
from recette.journal.kinds import fields_of, kind_of
from recette.judge.verdicts import VERDICTS, Finding, Judgement, ScenarioResult, StepResult
from recette.platform.plain_files import read_plain
from recette.report.provenance import Provenance
from recette.report.scope import coverage_text, faulty_text, hub_text, software_text
from recette.report.text import PARTIES
from recette.wording.os_errors import reason
from recette.wording.syntax_errors import in_json

REDACTED = "(expurgé)"
"""What stands for what was taken out."""
_MOST = 1 << 28
"""Bytes of a results.json."""
_Row = TypeVar("_Row", Finding, StepResult, ScenarioResult)


class UnreadableResultsError(ValueError):
    """The file is no results.json; the text names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as its results.json tells it."""

    path: Path
    recette: str
    run: str
    identity: Mapping[str, str]
    """Whose software, for whom, at which level; what the target did not name is not there."""
    vhost: str
    target: str
    started: str
    ended: str
    judgement: Judgement
    provenance: Provenance
    models: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The edition that judged on each vHost; empty where an older version did not say."""
    hub: str = ""
    """Where it was played, in French; empty where an older version did not say."""
    coverage: str = ""
    """Scenarios played out of those due; likewise."""
    fault: str = ""
    """The seeded fault of the reference editor that was tested, in words."""

    @property
    def software(self) -> str:
        """The product with its version, its vendor, or a reference editor's fault; else the target's name."""
        if self.fault:
            return faulty_text(self.fault)
        return software_text(self.identity) or self.target


def read_results(run: Path) -> Recorded:
    """Read a run's results: its folder, or the file itself. Raises UnreadableResultsError."""
    path = run / "results.json" if run.is_dir() else run
    try:
        return of_document(path, json.loads(read_plain(path, _MOST)))
    except OSError as error:
        raise UnreadableResultsError(
            f"{path} ne peut pas être lu ({reason(error)}) : donnez le dossier d'une campagne jugée."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        where = f" ({in_json(error)})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableResultsError(
            f"{path} n'est pas un results.json de cette version{where} : recette report le refait depuis le journal."
        ) from error


def of_document(path: Path, document: Any) -> Recorded:  # noqa: ANN401 - a JSON tree
    """The contract of `results.json`, read. Raises KeyError, TypeError, ValueError."""
    judged_by = document["judged_by"]
    rules = {str(name): str(digest) for name, digest in judged_by["rules"].items()}
    judgement = Judgement(
        verdict=_verdict(document),
        scenarios=tuple(_scenario(one) for one in document["scenarios"]),
        unclaimed=0,
        notes=tuple(map(str, document["notes"])),
        findings=tuple(_row(Finding, one) for one in document.get("findings", [])),
    )
    identity = {str(name): str(value) for name, value in document["identity"].items()}
    return Recorded(
        path=path,
        recette=_text(document, "recette"),
        run=_text(document, "run"),
        identity=identity,
        vhost=_text(document, "vhost"),
        target=_text(document, "target"),
        started=_moment(document, "started"),
        ended=_moment(document, "ended"),
        judgement=judgement,
        provenance=Provenance(rules, _text(judged_by, "engine")),
        models=_models(document.get("models")),
        hub=_hub(document.get("played_on")),
        fault=str(document.get("fault") or ""),
        coverage=coverage_text(_due(document.get("due")), identity, judgement),
    )


def _hub(place: Any) -> str:  # noqa: ANN401 - a JSON tree
    """Where it was played; empty where a redacted copy, or an older version, does not say."""
    if not isinstance(place, Mapping):
        return ""
    return hub_text(HubFacts(**{name: str(value) for name, value in place.items()}))


def _models(told: Any) -> dict[str, str]:  # noqa: ANN401 - likewise
    """By vHost; an older version did not name them."""
    return {str(name): str(tag) for name, tag in told.items()} if isinstance(told, Mapping) else {}


def _due(number: Any) -> int:  # noqa: ANN401 - likewise
    return number if isinstance(number, int) else 0


def _scenario(document: Mapping[str, Any]) -> ScenarioResult:
    steps = tuple(_row(StepResult, one) for one in document["steps"])
    findings = tuple(_row(Finding, one) for one in document["findings"])
    return _row(ScenarioResult, {**document, "steps": steps, "findings": findings})


def _row(cls: type[_Row], document: Mapping[str, Any]) -> _Row:
    """A dataclass of texts and numbers from its own `asdict`."""
    values: dict[str, Any] = {}
    hints = fields_of(cls)
    for field in dataclasses.fields(cls):
        if field.name not in document and field.default is not dataclasses.MISSING:
            continue
        value = document[field.name]
        kind = kind_of(hints[field.name])
        wanted = kind if kind in {int, tuple} else str
        if not isinstance(value, wanted):
            raise TypeError(f"« {field.name} »")
        values[field.name] = value
    if values["verdict"] not in {*VERDICTS, "remark"}:
        raise ValueError(f"verdict « {values['verdict']} »")
    if values.get("attributed_to", "editor") not in PARTIES:
        raise ValueError(f"à qui « {values['attributed_to']} »")
    make: Callable[..., _Row] = cls
    return make(**values)


def _verdict(document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of VERDICTS
    verdict = document["verdict"]
    if verdict not in VERDICTS:
        raise ValueError(f"verdict « {verdict} »")
    return verdict


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document[name]
    if not isinstance(value, str):
        raise TypeError(f"« {name} »")
    return value


def _moment(document: Mapping[str, Any], name: str) -> str:
    """A date with its offset that a clock may have shown."""
    text = _text(document, name)
    if not plausible(datetime.fromisoformat(text)):
        raise ValueError(f"« {name} »")
    return text
