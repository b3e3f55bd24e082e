"""`recette matrix`: pilots and editors × messages × test level, over many runs."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, one_sentence
from recette.report.html import steering as page
from recette.report.recorded import read_results
from recette.report.steering import as_csv, lines, tables
from recette.report.text import safe


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="CAMPAGNE", help="dossiers de campagnes jugées")
    parser.add_argument("--html", metavar="FICHIER", help="écrit la matrice en page HTML")
    parser.add_argument("--csv", metavar="FICHIER", help="écrit la matrice pour un tableur")
    parser.add_argument("--json", action="store_true", help="la matrice sur la sortie, pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """The latest verdict of each message, who and at which level."""
    runs = [read_results(Path(name)) for name in arguments.runs]
    found = tables(runs)
    if arguments.html:
        Path(arguments.html).write_text(page.render(found, len(runs)), encoding="utf-8", newline="\n")
    if arguments.csv:
        Path(arguments.csv).write_text(as_csv(found), encoding="utf-8-sig", newline="")
    if arguments.json:
        print(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=2))
    elif not arguments.html and not arguments.csv:
        for line in lines(found):
            print(safe(line))
    return EXIT_OK
