"""A run that was cut off, and what it leaves to be played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recette.journal.events import Entry, RunStarted, ScenarioEnded
from recette.journal.reader import Journal, UnreadableJournalError, read_journal
from recette.platform.plain_files import open_plain
from recette.wording.os_errors import reason

_MUST_STAY = (
    ("recette", "la version de recette n'est plus la même"),
    ("targets", "l'éditeur, les partenaires, le vHost ou le pilote ont changé"),
    ("deadlines", "les délais ont changé"),
    ("models", "les modèles ont changé"),
    ("hub_observed", "le hub n'est plus le même"),
    ("relay_observed", "le relais n'est plus le même"),
    ("strict", "les règles strictes ont changé"),
    ("plan", "les scénarios à jouer ont changé"),
    ("cahiers", "le cahier a changé"),
)


class CannotResumeError(ValueError):
    """The run cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """As far as the run came."""

    path: Path
    header: RunStarted
    fingerprint: str
    """The hash that the next line is chained to."""
    last: Entry
    size: int
    """Bytes of the file that hold whole lines."""
    dropped: int
    """Bytes after them."""
    remaining: tuple[str, ...]
    """The plays that did not come to their end, in the order of the plan."""

    def check_same(self, header: RunStarted) -> None:
        """Whether a run with `header` would be the same. Raises CannotResumeError."""
        changed = [said for name, said in _MUST_STAY if getattr(header, name) != getattr(self.header, name)]
        if changed:
            raise CannotResumeError(
                f"La campagne de {self.path.parent} ne peut pas reprendre, car {' et '.join(changed)} : "
                "rétablissez ce qu'il y avait, ou recommencez la campagne."
            )


def read_interrupted(folder: Path) -> Interrupted:
    """The run in `folder`. Raises CannotResumeError, UnreadableJournalError."""
    path = folder / "journal.jsonl"
    journal = read_journal(path)
    header = _resumable(path, journal)
    ended = {entry.event.scenario for entry in journal.entries if isinstance(entry.event, ScenarioEnded)}
    size, dropped = _whole_lines(path)
    return Interrupted(
        path=path,
        header=header,
        fingerprint=journal.fingerprint,
        last=journal.entries[-1],
        size=size,
        dropped=dropped,
        remaining=tuple(name for name in header.plan if name not in ended),
    )


def _resumable(path: Path, journal: Journal) -> RunStarted:
    if journal.complete:
        raise CannotResumeError(
            f"La campagne de {path.parent} est allée à son terme : il n'y a rien à reprendre."
        )
    if journal.altered:
        raise CannotResumeError(
            f"{path} n'est plus ce qui a été écrit ({journal.defects[0]}) : recommencez la campagne."
        )
    if journal.redacted:
        raise CannotResumeError(f"{path} est expurgé : reprenez à partir du journal d'origine.")
    header = journal.header
    if not header.plan or not header.asked:
        raise CannotResumeError(f"{path} ne dit pas ce qui devait être joué : recommencez la campagne.")
    return header


def _whole_lines(path: Path) -> tuple[int, int]:
    """Bytes up to the last line feed, and after it."""
    whole = total = 0
    try:
        with open_plain(path) as file:
            for line in file:
                total += len(line)
                whole = total if line.endswith(b"\n") else whole
    except OSError as error:
        raise UnreadableJournalError(f"Le journal {path} ne peut pas être lu : {reason(error)}.") from error
    return whole, total - whole
