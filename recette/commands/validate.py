"""`recette validate`: what is wrong in message files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.messages.files import FileReport, check_file, message_files
from recette.messages.schemas import SchemaSet
from recette.messages.validation import Validator
from recette.messages.vhosts import vhost


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FICHIER|DOSSIER")
    parser.add_argument("--vhost", required=True, metavar="NOM")
    parser.add_argument("--model", metavar="MODÈLE", help="pour un contenu sans sa clé")
    parser.add_argument("--bundle", metavar="DOSSIER|ZIP", help="juge avec les schémas officiels")
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """What is wrong in each file."""
    on = vhost(arguments.vhost)
    schemas = SchemaSet.from_bundle(Path(arguments.bundle), on.generation) if arguments.bundle else None
    validator = Validator(schemas or SchemaSet.builtin(on.generation))
    files = [path for name in arguments.files for path in message_files(Path(name))]
    reports = []
    for path in files:
        report = check_file(path, on, validator, arguments.model)
        if arguments.json:
            reports.append(report.to_json())
        else:
            _tell(report)
            reports.append({"valid": report.valid})
    if arguments.json:
        print(json.dumps(reports, ensure_ascii=False, indent=2))
    invalid = sum(not one["valid"] for one in reports)
    if len(reports) > 1 and not arguments.json:
        print(f"{len(reports)} fichiers : {len(reports) - invalid} valides, {invalid} invalides")
    return EXIT_FAIL if invalid else EXIT_OK


def _tell(report: FileReport) -> None:
    verdict = "valide  " if report.valid else "INVALIDE"
    print(f"{verdict} {report.file} ({report.model or 'message inconnu'}, {report.vhost})")
    for error in report.errors:
        mark = "remarque" if error.severity == "warning" else error.layer
        print(f"    [{mark}] {error.path} : {error.message} ({error.rule})")
        print(f"        attendu : {error.expected} ; trouvé : {error.actual}")
