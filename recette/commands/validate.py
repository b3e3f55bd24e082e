"""`recette validate`: what is wrong in message files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.diagnostics import Layer
from recette.messages.validation.files import FileReport, check_file, message_files
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import vhost

_LAYERS: dict[Layer, str] = {
    "transport": "corps",
    "envelope": "enveloppe",
    "header": "en-tête",
    "content": "contenu",
}


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
    told: list[dict[str, Any]] = []
    invalid = remarked = 0
    for path in files:
        report = check_file(path, on, validator, arguments.model)
        invalid += not report.valid
        remarked += report.valid and bool(report.errors)
        if arguments.json:
            told.append(report.to_json())
        else:
            _tell(report)
    if arguments.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
    elif len(files) > 1:
        remarks = f" (dont {remarked} avec une remarque)" if remarked else ""
        print(f"{len(files)} fichiers : {len(files) - invalid} valides{remarks}, {invalid} invalides")
    return EXIT_FAIL if invalid else EXIT_OK


def _tell(report: FileReport) -> None:
    verdict = "valide  " if report.valid else "INVALIDE"
    print(f"{verdict} {report.file} ({report.model or 'message inconnu'}, {report.vhost})")
    for error in report.errors:
        if error.severity == "warning":
            print(f"    [remarque] {error.path} : {error.message} ({error.rule})")
            continue
        print(f"    [{_LAYERS[error.layer]}] {error.path} : {error.message} ({error.rule})")
        print(f"        attendu : {error.expected} ; trouvé : {error.actual}")
