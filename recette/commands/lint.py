"""`recette lint`: errors in scenario files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.scenario.lint import check_data
from recette.scenario.loader import load_file
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import SelectionError, scenario_files


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="CHEMIN")


@one_sentence
def run(arguments: Namespace) -> int:
    """Errors as `file:line:column: message`."""
    paths: list[Path] = []
    for name in map(Path, arguments.paths):
        if not name.exists():
            raise SelectionError(f"{name} n'existe pas.")
        paths += scenario_files(name) if name.is_dir() else [name]
    clean = True
    for path in paths:
        try:
            problems = [problem for edition in load_file(path) for problem in check_data(edition)]
        except ScenarioError as error:
            problems = error.problems
        for problem in problems:
            print(problem)
            clean = False
    if clean:
        print(f"{len(paths)} scénario(s), aucune erreur.")
    return EXIT_OK if clean else EXIT_FAIL
