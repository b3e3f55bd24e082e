"""`recette lint`: errors in scenario files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.json.schemas import SchemaSet
from recette.scenario.lint import check_editions
from recette.scenario.loader import load_file
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.selection import scenario_files
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="CHEMIN")
    parser.add_argument("--bundle", metavar="DOSSIER|ZIP", help="les modèles officiels jugent les données")
    parser.add_argument("--json", action="store_true", help="les problèmes sur la sortie, pour un programme")
    parser.add_argument(
        "--schema", action="store_true", help="le JSON Schema du langage, pour un éditeur de texte"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Errors as `file:line:column: message`; warnings leave the exit code as it is."""
    if arguments.schema:
        from recette.scenario.grammar import language_schema

        say(json.dumps(language_schema(), ensure_ascii=False, indent=2))
        return EXIT_OK
    if not arguments.paths:
        raise OptionsError("Donnez un fichier ou un dossier de scénarios, ou --schema.")
    paths: list[Path] = []
    for name in map(Path, arguments.paths):
        if not name.exists():
            raise OptionsError(f"{name} n'existe pas.")
        paths += scenario_files(name) if name.is_dir() else [name]
    if not paths:
        raise OptionsError(f"Aucun scénario (*.yaml) dans {', '.join(arguments.paths)}.")
    schemas = SchemaSet.from_bundle(Path(arguments.bundle)) if arguments.bundle else None
    # A data file is read by several scenarios: what is wrong in it is said once.
    problems = list(dict.fromkeys(problem for path in paths for problem in _problems(path, schemas)))
    errors = sum(one.severity == "error" for one in problems)
    if arguments.json:
        say(json.dumps([asdict(one) for one in problems], ensure_ascii=False))
    else:
        for problem in problems:
            say(problem)
        warnings = len(problems) - errors
        told = [counted(len(paths), "scénario"), counted(errors, "erreur") if errors else "aucune erreur"]
        told += [counted(warnings, "avertissement")] if warnings else []
        say(f"{', '.join(told)}.")
    return EXIT_FAIL if errors else EXIT_OK


def _problems(path: Path, schemas: SchemaSet | None) -> list[Problem]:
    try:
        return check_editions(load_file(path), schemas)
    except ScenarioError as error:
        return error.problems
