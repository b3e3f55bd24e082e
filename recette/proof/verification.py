"""Whether a run is still what was written, and whether all it says follows from its journal."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from recette.journal.codec import take_apart
from recette.journal.events import RunEnded
from recette.journal.reader import Entries, Journal, UnreadableJournalError, read_journal
from recette.judge.verdicts import FRENCH, Judgement
from recette.platform.plain_files import read_plain
from recette.proof import keys
from recette.proof.foreign import foreign
from recette.proof.places import places_of_difference
from recette.report import difference_text, provenance, seal
from recette.report.difference import differences
from recette.report.recorded import UnreadableResultsError, read_results
from recette.report.seal import Seal, SealError, Statement
from recette.report.story import tell
from recette.report.writing import write_all
from recette.scenario.problems import ScenarioError
from recette.wording.os_errors import reason

JOURNAL, RESULTS = "journal.jsonl", "results.json"
MOST = 1 << 30
"""Bytes of a report that are read."""
OTHERS = 9
"""How many places of a file are named beside the first."""
_FIELDS = {
    "form": "la forme du sceau",
    "run": "l'identifiant de la campagne",
    "recette": "la version qui a jugé",
    "build": "l'empreinte du programme",
    "events": "le nombre d'événements",
    "fingerprint": "l'empreinte du journal",
    "files": "les empreintes des fichiers",
    "redacted_results": "l'empreinte des résultats expurgés",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not what was written: the file, the place in it, what is wrong."""

    file: str
    place: str
    text: str
    others: tuple[str, ...] = ()
    """Further places of this file that are not what was written, the first few of them."""
    places: int = 1
    """How many there are in all."""

    def __str__(self) -> str:
        told = f"{self.file}{', ' if self.place else ''}{self.place} : {self.text}"
        if not self.others:
            return told
        left = self.places - 1 - len(self.others)
        last = f" et {left} {'autre' if left == 1 else 'autres'}" if left else ""
        return f"{told} ({self.places} endroits en tout : aussi {', '.join(self.others)}{last})"


@dataclass(slots=True)
class Verification:
    """What was found; without problems and doubts, all holds."""

    redacted: bool = False
    interrupted: bool = False
    """Whether the run did not come to its end, or its reports were not written: nothing was changed by that."""
    signed: bool = False
    """Whether a signature holds; by the key that was asked for, where one was."""
    rendered: bool = False
    """Whether the reports were made again from the journal; those of another program cannot be."""
    foreign: tuple[str, ...] = ()
    """Files in the folder that were never sealed."""
    facts: list[str] = field(default_factory=list)
    """What holds, as sentences."""
    problems: list[Problem] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """What cannot be told here."""

    @property
    def holds(self) -> bool:
        """Whether everything is as it was written, and proven to be."""
        return not (self.problems or self.doubts or self.foreign)

    def broken(self, file: str, place: str, text: str, others: Sequence[str] = ()) -> None:
        if not any(one.file == file for one in self.problems if file != JOURNAL):
            self.problems.append(Problem(file, place, text, tuple(others[:OTHERS]), 1 + len(others)))


def verify(folder: Path, key: str | None = None) -> Verification:
    """Verify a run's folder; `key` is whose signature it must bear. Raises UnreadableJournalError."""
    found = Verification()
    journal = read_journal(folder / JOURNAL)
    found.redacted = journal.redacted
    found.interrupted = not journal.complete
    _chain(journal, found)
    try:
        sealed = seal.read(folder)
    except FileNotFoundError:
        _unsealed(key, found)
        return found
    except OSError as error:
        found.broken(seal.NAME, "", f"ne peut pas être lu ({reason(error)})")
        return found
    except SealError as error:
        found.broken(seal.NAME, "", str(error))
        return found
    _signature(sealed, key, found)
    trusted = sealed.signature is None or keys.holds(sealed)
    if journal.altered or (trusted and not _is_sealed(journal, sealed.statement, found)):
        return found
    own = (RESULTS,) if journal.redacted else tuple(sealed.statement.files)
    found.foreign = foreign(folder, {JOURNAL, seal.NAME, *own})
    if not journal.whole:
        _partly_redacted(found)
    elif journal.redacted:
        _redacted(folder, sealed, found)
    else:
        _follows(folder, journal, sealed, found)
    return found


def _unsealed(key: str | None, found: Verification) -> None:
    """A run that was cut off leaves no seal; whoever takes one away leaves as much, so that it proves nothing."""
    if key is not None and not found.interrupted:
        found.broken(seal.NAME, "signature", "cette campagne n'est pas scellée, et donc pas signée")
        return
    found.interrupted = True
    found.doubts.append(
        f"Il n'y a pas de {seal.NAME} : la campagne a été interrompue avant d'écrire ses rapports, ou il a été ôté. "
        "recette run --resume la reprend, recette report refait les rapports du journal."
    )


def _partly_redacted(found: Verification) -> None:
    found.doubts.append(
        f"{JOURNAL} est expurgé en partie : la chaîne tient, mais rien n'en peut être jugé à nouveau, et recette redact "
        "n'ôte jamais une partie seule. Demandez l'original, ou une copie expurgée en entier."
    )


def _chain(journal: Journal, found: Verification) -> None:
    for one in journal.defects:
        if one.altered:
            found.problems.append(Problem(JOURNAL, f"ligne {one.line}", one.text))
        else:
            found.doubts.append(f"{JOURNAL}, {one}.")
    if not journal.altered:
        found.facts.append(
            f"La chaîne du journal tient : {len(journal.entries)} événements, empreinte {journal.fingerprint}."
        )


def _signature(sealed: Seal, key: str | None, found: Verification) -> None:
    signature = sealed.signature
    if signature is None:
        if key is not None:
            found.broken(seal.NAME, "signature", "cette campagne n'est pas signée")
    elif not keys.holds(sealed):
        found.broken(
            seal.NAME, "signature", "la signature n'est pas celle de ce sceau : l'un des deux a été changé"
        )
    elif key is not None and signature.key != key:
        found.broken(
            seal.NAME, "signature", f"signé par la clé {signature.key}, et non par celle qui est donnée"
        )
    else:
        found.signed = True
        known = (
            "celle qui est donnée" if key else "à comparer à celle que le signataire vous a remise (--key)"
        )
        found.facts.append(
            f"Signé le {signature.at}, selon le signataire, par la clé {signature.key} ({known})."
        )


def _is_sealed(journal: Journal, statement: Statement, found: Verification) -> bool:
    if journal.fingerprint != statement.fingerprint:
        last = journal.entries[-1].number
        if _went_on(journal, statement):
            found.interrupted = True
            found.doubts.append(
                f"Le journal va plus loin que le sceau ({last} événements, {statement.events} scellés) : la campagne a "
                "repris, et ses rapports n'ont pas été refaits. recette report les refait."
            )
            return False
        text = "ce journal n'est pas celui qui a été scellé"
        if last < statement.events:
            text = f"la fin manque : {statement.events} événements ont été scellés, il en reste {last}"
        found.problems.append(Problem(JOURNAL, f"ligne {last}", text))
    elif (journal.header.run, journal.entries[-1].number) != (statement.run, statement.events):
        found.broken(seal.NAME, "statement", "la campagne scellée n'est pas celle du journal")
    else:
        return True
    return False


def _went_on(journal: Journal, statement: Statement) -> bool:
    """Whether what was sealed was cut off, and is how this journal begins."""
    entries = journal.entries
    if not isinstance(entries, Entries) or not 0 < statement.events < len(entries):
        return False
    if isinstance(entries[statement.events - 1].event, RunEnded):
        return False
    return take_apart(entries.line(statement.events - 1)).claimed == statement.fingerprint


def _redacted(folder: Path, sealed: Seal, found: Verification) -> None:
    """A copy without private fields: the verdicts are what was sealed; nothing can be judged again."""
    try:
        content = read_plain(folder / RESULTS, MOST)
    except OSError as error:
        found.broken(RESULTS, "", f"ne peut pas être lu ({reason(error)})")
        return
    if seal.digest(content) != sealed.statement.redacted_results:
        found.broken(RESULTS, "", "ce ne sont pas les résultats expurgés qui ont été scellés")
        return
    recorded = read_results(folder)
    found.facts.append(
        f"Copie expurgée : le contenu des messages n'y est pas, rien n'en peut être jugé à nouveau. Le verdict "
        f"{FRENCH[recorded.judgement.verdict]} et les constats sont ceux qui ont été scellés avec ce journal."
    )
    if sealed.signature is None:
        found.doubts.append(
            "Sans signature, rien ne garantit les verdicts d'une copie expurgée : demandez-en une signée, ou l'original."
        )


def _files(folder: Path, journal: Journal, statement: Statement, found: Verification) -> None:
    """Every file that was sealed is there, as it was."""
    for name, expected in statement.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            found.broken(seal.NAME, "files", f"« {name} » n'est pas un fichier de la campagne")
            continue
        try:
            content = read_plain(folder / path, MOST)
        except OSError as error:
            found.broken(name, "", f"ne peut pas être lu ({reason(error)})")
            continue
        if seal.keyed_digest(journal.secret, content) != expected:
            found.broken(name, "", "ce fichier n'est plus celui qui a été scellé")


def _follows(folder: Path, journal: Journal, sealed: Seal, found: Verification) -> None:
    """Judge and render again: the same program gives the same bytes, another one must give the same verdicts."""
    try:
        story = tell(journal)
    except (UnreadableJournalError, ScenarioError) as error:
        found.broken(JOURNAL, "", str(error))
        return
    judgement, statement = story.judgement, sealed.statement
    found.rendered = statement.build == provenance.build()
    if not found.rendered:
        _files(folder, journal, statement, found)
        _other_program(folder, sealed, judgement, found)
        return
    with tempfile.TemporaryDirectory(prefix="recette-") as name:
        again = Path(name)
        write_all(story, again, {PurePosixPath(one).parts[0] for one in statement.files if one})
        rendered = seal.read(again).statement
        for file in rendered.files:
            _same(file, folder / file, (again / file).read_bytes(), found)
    changed = list(rendered.differences(statement))
    if changed and not found.problems:
        first, *others = (f"$.statement.{name}" for name in changed)
        found.broken(seal.NAME, first, f"{_FIELDS[changed[0]]} ne vient pas du journal", others)
    if not found.problems:
        found.facts.append(
            f"Jugé à nouveau : même verdict, {FRENCH[judgement.verdict]}, mêmes constats ; les "
            f"{len(rendered.files)} fichiers de rapport se refont à l'octet près."
        )


def _same(name: str, path: Path, expected: bytes, found: Verification) -> None:
    try:
        content = read_plain(path, MOST)
    except OSError as error:
        found.broken(name, "", f"ne peut pas être lu ({reason(error)})")
        return
    if content != expected:
        first, *others = places_of_difference(name, content, expected)
        found.broken(name, first, "ceci ne découle pas du journal", others)


def _other_program(folder: Path, sealed: Seal, judgement: Judgement, found: Verification) -> None:
    try:
        recorded = read_results(folder)
    except UnreadableResultsError as error:
        found.doubts.append(str(error))
        return
    changed = differences(recorded.judgement, judgement)
    statement = sealed.statement
    told = f"Rapports écrits par un autre programme (recette {statement.recette}, {statement.build})"
    if sealed.signature is None:
        found.doubts.append(
            f"{told} : ils ne se refont pas ici, et sans signature rien ne garantit que leur texte n'a pas été refait."
        )
    if changed:
        found.doubts.append(
            f"{told}, qui ne jugeait pas comme celui-ci : {difference_text.summary(changed)}."
        )
        found.doubts += difference_text.causes(changed, recorded.provenance, provenance.here())
    else:
        found.facts.append(
            f"{told} : mêmes verdicts et mêmes constats ici ; leur mise en page n'est pas refaite."
        )
