"""`recette import`: the official test book as scenario files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.platform.typed import typed
from recette.scenario.book.importing import Imported, ImportedCase, bundle_around, imported_with, read_book
from recette.scenario.book.model import Defect
from recette.wording.counting import counted

_TOLD = {"repaired": "RÉPARÉ ", "reported": "SIGNALÉ", "omitted": "OMIS   "}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("cahier", metavar="CAHIER", help="le classeur officiel (xlsx) ou test_cases.json")
    parser.add_argument(
        "--bundle",
        metavar="DOSSIER|ZIP",
        help="les modèles et exemples officiels ; sinon le lot où est le cahier",
    )
    parser.add_argument("--out", required=True, metavar="DOSSIER", help="où écrire ; il n'y a encore rien")
    parser.add_argument("--json", action="store_true", help="le compte rendu pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """1 where something was left out."""
    cahier, out = Path(arguments.cahier), Path(arguments.out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionsError(f"{out} n'est pas un dossier vide : donnez-en un autre à --out.")
    book = read_book(cahier)
    found = imported_with(book, Path(arguments.bundle) if arguments.bundle else bundle_around(cahier))
    for case in found.cases:
        _write(case, out)
    if arguments.json:
        say(json.dumps(_document(found), ensure_ascii=False))
    else:
        _tell(found, out)
    return EXIT_OK if found.complete else EXIT_FAIL


def _write(case: ImportedCase, out: Path) -> None:
    for name, text in case.files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _tell(found: Imported, out: Path) -> None:
    _defects(found.defects)
    for case in found.cases:
        if case.scenario is None:
            say(f"NON ÉCRIT  {case.id} — {case.title}\n    {case.reason}")
        else:
            say(f"ÉCRIT      {case.id} — {case.title} : {counted(case.written, 'étape')} sur {case.steps}")
        _defects((*case.omitted, *case.defects))
    counts = _counts(found)
    say(
        f"\n{counts['cases']} cas : {counts['cases_written']} écrits, {counts['cases_left']} non écrits ; "
        f"{counts['steps']} étapes : {counts['steps_written']} écrites, {counts['steps_left']} non écrites.\n"
        f"{counts['defects']} défauts du cahier : {counts['repaired']} réparés, {counts['reported']} signalés, "
        f"{counts['omitted']} qui font omettre une étape."
    )
    if counts["cases_written"]:
        say(f"Génération {found.generation}. Pour jouer : recette run {typed(out)}")


def _defects(defects: tuple[Defect, ...]) -> None:
    for one in defects:
        say(f"    {_TOLD[one.outcome]}  {one}")


def _counts(found: Imported) -> dict[str, int]:
    """They add up: written and left out make all there are."""
    steps, written = sum(one.steps for one in found.cases), sum(one.written for one in found.cases)
    cases_written = sum(one.scenario is not None for one in found.cases)
    defects = [*found.defects]
    for case in found.cases:
        defects += (*case.defects, *case.omitted)
    kinds = [one.outcome for one in defects]
    return {
        "cases": len(found.cases),
        "cases_written": cases_written,
        "cases_left": len(found.cases) - cases_written,
        "steps": steps,
        "steps_written": written,
        "steps_left": steps - written,
        "defects": len(defects),
        "repaired": kinds.count("repaired"),
        "reported": kinds.count("reported"),
        "omitted": kinds.count("omitted"),
    }


def _document(found: Imported) -> dict[str, Any]:
    return {
        "generation": found.generation,
        "counts": _counts(found),
        "defects": [asdict(one) for one in found.defects],
        "cases": [
            {
                "id": case.id,
                "title": case.title,
                "written": case.scenario is not None,
                "reason": case.reason,
                "steps": case.steps,
                "steps_written": case.written,
                "files": sorted(case.files),
                "defects": [asdict(one) for one in (*case.omitted, *case.defects)],
            }
            for case in found.cases
        ],
    }
