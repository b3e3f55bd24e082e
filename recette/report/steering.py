"""The matrix of a steering committee: who was tested with which message at which level, when, and what came of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from recette.journal.facts import LEVELS
from recette.judge.verdicts import FRENCH, ScenarioResult, StepResult, Verdict, worst
from recette.messages.dictionary.generations import UnknownEditionError, edition_named
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.report.recorded import Recorded
from recette.wording.values import visible

DIRECTIONS = {"send": "émis", "receive": "reçu"}
UNKNOWN_LEVEL = "non précisé"
BEYOND = "hors passages"
"""The column of what the editor sent and no play awaited, where that is not conformant."""
_ORDER = (
    "RC-EDA", "RS-EDA", "RS-EDA-MAJ", "EMSI", "RS-DR", "RS-RR", "RC-RI", "RS-RI", "RS-SR", "RS-ER", "RS-BPV",
    "RPIS", "RS-RPIS", "RS-URL", "RS-SAS-RDV", "GEO-REQ", "GEO-RES", "GEO-POS",
)  # fmt: skip
"""Messages in the order in which a case meets them; others follow by name."""
_COLUMNS = (
    "vhost",
    "generation",
    "pilote",
    "editeur",
    "niveau",
    "message",
    "sens",
    "verdict",
    "date",
    "passages",
    "campagne",
    "hub",
    "couverture",
)


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A row: whose software, for which pilot, at which level."""

    pilot: str
    editor: str
    rank: int
    """The level's place among the levels."""
    level: str


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a message in one direction, in the latest run that had it."""

    verdict: Verdict
    date: str
    run: str
    plays: int
    """Plays that had the message."""
    hub: str = ""
    """Where that run was played; empty where its results do not say."""
    coverage: str = ""
    """How much of the cahier that run played; likewise."""


@dataclass(frozen=True, slots=True)
class Table:
    """One vHost; columns are the messages that any of its runs had."""

    vhost: str
    generation: str
    edition: str
    """The one that judged the latest run; empty where its results do not say."""
    models: tuple[str, ...]
    rows: dict[Subject, dict[tuple[str, str], Cell]]
    """By message and direction."""

    @property
    def title(self) -> str:
        """The vHost and what it speaks."""
        edition = f", édition {self.edition}" if self.edition else ""
        return f"{self.vhost} (génération {self.generation}{edition})"

    def to_json(self) -> dict[str, Any]:
        return {
            "vhost": self.vhost,
            "generation": self.generation,
            "edition": self.edition,
            "rows": [
                {
                    "pilot": subject.pilot,
                    "editor": subject.editor,
                    "level": subject.level,
                    "messages": [
                        {
                            "model": model,
                            "direction": direction,
                            "verdict": cell.verdict,
                            "date": cell.date,
                            "run": cell.run,
                            "plays": cell.plays,
                            "hub": cell.hub,
                            "coverage": cell.coverage,
                        }
                        for (model, direction), cell in cells.items()
                    ],
                }
                for subject, cells in self.rows.items()
            ],
        }


def tables(runs: Iterable[Recorded]) -> list[Table]:
    """One table a vHost, of the latest run for each cell."""
    found: dict[str, dict[Subject, dict[tuple[str, str], Cell]]] = {}
    spoken: dict[str, str] = {}
    for run in sorted(runs, key=lambda one: (one.started, one.run)):
        spoken |= run.models
        for (name, client), cells in _cells(run).items():
            row = found.setdefault(name, {}).setdefault(_subject(run, client), {})
            row.pop(
                (BEYOND, "send"), None
            )  # of the latest run alone: it has no such cell where it sent nothing more
            row.update(cells)
    order = {name: index for index, name in enumerate(_ORDER)}
    return [
        Table(
            name,
            _generation(name, spoken.get(name)),
            spoken.get(name, ""),
            tuple(
                sorted(
                    {model for cells in rows.values() for model, _ in cells},
                    key=lambda one: (order.get(one, len(order)), one),
                )
            ),
            dict(sorted(rows.items())),
        )
        for name, rows in sorted(found.items())
    ]


def _subject(run: Recorded, client: str) -> Subject:
    named = run.identity
    product = " ".join(named[one] for one in ("product", "version") if named.get(one))
    editor = ", ".join(one for one in (named.get("vendor", ""), product) if one)
    level = named.get("level", "")
    rank = list(LEVELS).index(level) if level in LEVELS else len(LEVELS)
    tested = run.software if run.fault else editor or client
    return Subject(named.get("pilot", ""), tested, rank, LEVELS.get(level, level) or UNKNOWN_LEVEL)


def _cells(run: Recorded) -> dict[tuple[str, str], dict[tuple[str, str], Cell]]:
    """Of one run, by vHost and editor, what came of each message."""
    verdicts: dict[tuple[str, str], dict[tuple[str, str], list[Verdict]]] = {}
    for play in run.judgement.scenarios:
        if not (play.vhost and play.steps):
            continue
        of_play: dict[tuple[str, str], list[Verdict]] = {}
        for step in play.steps:
            for key in _messages(step):
                of_play.setdefault(key, []).append(step.verdict)
        loose = _beyond_steps(play)
        mine = verdicts.setdefault((play.vhost, play.client), {})
        for key, some in of_play.items():
            played = [one for one in some if one != "none"]
            mine.setdefault(key, []).append(worst([*played, *loose]) if played else "none")
    for place, of_place in verdicts.items():
        loose = _beyond_plays(run, place[0])
        if loose:
            of_place[BEYOND, "send"] = loose
    return {
        place: {key: _cell(run, some) for key, some in of_place.items()}
        for place, of_place in verdicts.items()
    }


def _beyond_plays(run: Recorded, vhost: str) -> list[Verdict]:
    """What came from the editor on a vHost and belongs to no play; a remark leaves a verdict as it is."""
    return [
        one.verdict
        for one in run.judgement.findings
        if one.verdict != "remark" and one.place.startswith(f"{vhost},")
    ]


def _beyond_steps(play: ScenarioResult) -> list[Verdict]:
    """The verdict of the play where no step accounts for it: no message of the play is better than that."""
    if play.verdict == worst(one.verdict for one in play.steps if one.verdict != "none"):
        return []
    return [play.verdict]


def _cell(run: Recorded, plays: list[Verdict]) -> Cell:
    """What was not played counts only where nothing was."""
    played = [one for one in plays if one != "none"]
    return Cell(worst(played), run.started[:10], run.run, len(played), run.hub, run.coverage)


def _messages(step: StepResult) -> Iterator[tuple[str, str]]:
    if step.action in DIRECTIONS:
        for model in step.model.split(" | "):
            yield model, step.action


def as_csv(found: Iterable[Table]) -> str:
    """One line a cell, as French spreadsheets read it; no cell can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in found:
        for subject, cells in one.rows.items():
            for (model, direction), cell in sorted(cells.items()):
                values = (
                    one.vhost,
                    one.generation,
                    subject.pilot,
                    subject.editor,
                    subject.level,
                    model,
                    DIRECTIONS[direction],
                    FRENCH[cell.verdict],
                    cell.date,
                    str(cell.plays),
                    cell.run,
                    cell.hub,
                    cell.coverage,
                )
                writer.writerow([_inert(value) for value in values])
    return out.getvalue()


def lines(found: Iterable[Table]) -> Iterator[str]:
    """For a terminal: one block a vHost, one line a row and message."""
    for one in found:
        yield one.title
        for subject, cells in one.rows.items():
            who = " · ".join(part for part in (subject.pilot, subject.editor, subject.level) if part)
            yield f"  {who}"
            for model in one.models:
                parts = [
                    f"{word} {FRENCH[cells[model, name].verdict]} le {cells[model, name].date}"
                    for name, word in DIRECTIONS.items()
                    if (model, name) in cells
                ]
                if parts:
                    yield f"    {model:<14} {' ; '.join(parts)}"


def campaigns(runs: Iterable[Recorded]) -> Iterator[str]:
    """Where each run was played and how much of the cahier it played: a line each, the latest last."""
    for one in sorted(runs, key=lambda run: (run.started, run.run)):
        told = " ; ".join(part for part in (one.hub or "hub non dit", one.coverage) if part)
        yield f"Campagne {one.run} du {one.started[:10]}, {one.software} : {told}"


def _generation(name: str, tag: str | None) -> str:
    """That of the edition that judged, or of the vHost where nobody said which."""
    try:
        return str(edition_named(tag).generation if tag is not None else vhost(name).generation)
    except (UnknownVHostError, UnknownEditionError):
        return "inconnue"


def _inert(value: str) -> str:
    shown = visible(value)
    return f"'{shown}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else shown
