"""`recette validate`: what is wrong in message files."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.models_option import edition_asked, offer_models, schemas_asked
from recette.commands.saying import say
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import UnknownModelError
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.diagnostics import Layer
from recette.messages.validation.files import FileReport, FileVerdict, check_file, message_files
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, vhost
from recette.wording.counting import counted
from recette.wording.values import visible

_LAYERS: dict[Layer, str] = {
    "transport": "corps",
    "envelope": "enveloppe",
    "header": "en-tête",
    "content": "contenu",
}
_VERDICTS: dict[FileVerdict, str] = {"valid": "valide  ", "invalid": "INVALIDE", "unsure": "NON CONCLUANT"}
_REFUSED_BY = {
    "hub": "la spécification ne l'interdit pas, le hub le refuse",
    "recette": "ni la spécification ni le hub ne l'interdisent : c'est une limite de la recette",
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FICHIER|DOSSIER")
    parser.add_argument("--vhost", required=True, metavar="NOM")
    parser.add_argument("--model", metavar="MODÈLE", help="pour un contenu sans sa clé")
    parser.add_argument("--bundle", metavar="DOSSIER|ZIP", help="juge avec les schémas officiels")
    offer_models(parser)
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """What is wrong in each file."""
    on = vhost(arguments.vhost, edition_asked(arguments))
    schemas = schemas_asked(arguments, on.generation)
    if schemas is not None:
        on = vhost(arguments.vhost, schemas.edition)
    validator = Validator(schemas or SchemaSet.builtin(on.edition))
    files = [path for name in arguments.files for path in message_files(Path(name))]
    told: list[dict[str, Any]] = []
    invalid = remarked = unsure = 0
    for path in files:
        report = _elsewhere(check_file(path, on, validator, arguments.model), path, on, arguments.model)
        invalid += report.verdict == "invalid"
        unsure += report.verdict == "unsure"
        remarked += report.valid and bool(report.errors)
        if arguments.json:
            told.append(report.to_json())
        else:
            _tell(report)
    if arguments.json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
    elif len(files) > 1:
        remarks = f" (dont {remarked} avec une remarque)" if remarked else ""
        open_ = f", {counted(unsure, 'non concluant', 'non concluants')}" if unsure else ""
        valid = len(files) - invalid - unsure
        total = f"{counted(valid, 'valide')}{remarks}, {counted(invalid, 'invalide')}{open_}"
        say(f"{len(files)} fichiers : {total}")
    return EXIT_FAIL if invalid else EXIT_UNSURE if unsure else EXIT_OK


def _elsewhere(report: FileReport, path: Path, on: VHost, named: str | None) -> FileReport:
    """The report, with the other editions that the hub may serve there and that take what this one refuses."""
    if report.verdict != "invalid":
        return report
    others = [one for one in on.served if one != on.edition]
    accepting = [one for one in others if _taken_by(one, path, on, named)]
    return replace(report, accepted_by=tuple(accepting))


def _taken_by(edition: Edition, path: Path, on: VHost, named: str | None) -> bool:
    try:
        report = check_file(path, vhost(on.name, edition), Validator(SchemaSet.builtin(edition)), named)
    except UnknownModelError:
        return False
    return report.verdict == "valid"


def _tell(report: FileReport) -> None:
    verdict = _VERDICTS[report.verdict]
    say(
        f"{verdict} {visible(report.file)} ({report.model or 'message inconnu'}, {report.vhost}, {report.edition.title})"
    )
    if report.accepted_by:
        tags = ", ".join(one.tag for one in report.accepted_by)
        say(f"    valide selon {tags}, que le hub peut servir sur ce vHost : dites laquelle (--models)")
    for error in report.errors:
        if error.severity == "warning":
            say(f"    [remarque] {error.path} : {error.message} ({error.rule})")
            continue
        say(f"    [{_LAYERS[error.layer]}] {error.path} : {error.message} ({error.rule})")
        if error.refused_by != "specification":
            say(f"        {_REFUSED_BY[error.refused_by]}")
        say(f"        attendu : {error.expected} ; trouvé : {error.actual}")
