"""`recette matrix`: pilots and editors × messages × test level, over many runs."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path

from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.platform.typed import typed
from recette.report.html import steering as page
from recette.report.recorded import Recorded, UnreadableResultsError, read_results
from recette.report.steering import as_csv, campaigns, lines, tables
from recette.wording.values import visible


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="CAMPAGNE", help="dossiers de campagnes jugées")
    parser.add_argument("--html", metavar="FICHIER", help="écrit la matrice en page HTML")
    parser.add_argument("--csv", metavar="FICHIER", help="écrit la matrice pour un tableur")
    parser.add_argument("--json", action="store_true", help="la matrice sur la sortie, pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """The latest verdict of each message, who and at which level."""
    runs = list(_judged(map(Path, arguments.runs)))
    if not runs:
        raise OptionsError("Aucun de ces dossiers n'est celui d'une campagne jugée.")
    found = tables(runs)
    if arguments.html:
        Path(arguments.html).write_text(page.render(found, runs), encoding="utf-8", newline="\n")
    if arguments.csv:
        Path(arguments.csv).write_text(as_csv(found), encoding="utf-8-sig", newline="")
    if arguments.json:
        say(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=2))
    elif not arguments.html and not arguments.csv:
        for line in (*lines(found), "", *campaigns(runs)):
            say(visible(line))
    return EXIT_OK


def _judged(folders: Iterable[Path]) -> Iterator[Recorded]:
    """The runs that were judged; a folder that holds none is named, and left out.

    Raises UnreadableResultsError for what is no folder: a name mistyped is not one run less.
    """
    for folder in folders:
        if not folder.is_dir():
            yield read_results(folder)
        elif (folder / "results.json").exists():
            try:
                yield read_results(folder)
            except UnreadableResultsError as error:
                say(f"{error} Ce dossier est laissé de côté.", file=sys.stderr)
        elif (folder / "journal.jsonl").exists():
            text = f"{folder} : campagne interrompue, sans résultats ; elle est laissée de côté."
            say(f"{text} Pour la reprendre : recette run --resume {typed(folder)}", file=sys.stderr)
        else:
            text = f"{folder} : ni journal ni résultats, ce n'est pas le dossier d'une campagne ; il est laissé de côté."
            say(text, file=sys.stderr)
