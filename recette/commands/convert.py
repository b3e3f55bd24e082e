"""`recette convert`: what a partner on another version, or on the fire side, will get."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.commands.saying import say
from recette.messages.conversion.converter import Converted, Converter, Kind
from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Loss
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message, from_document
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.files import read_document
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, vhost

_FIRE = "15-nexsis"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FICHIER", help="dans l'ordre où le hub les reçoit")
    parser.add_argument(
        "--from", dest="source", required=True, metavar="VHOST", help="où le message est publié"
    )
    parser.add_argument("--to", dest="target", required=True, metavar="VHOST", help="où vit le destinataire")
    parser.add_argument("--out", metavar="DOSSIER", help="écrit ce que le destinataire reçoit")
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Convert each file; 1 where the recipient gets no valid message of one."""
    source, target = vhost(arguments.source), vhost(arguments.target)
    kind: Kind = "version" if source.perimeter == target.perimeter else "transcoding"
    converter, failed = Converter(), False
    told: list[dict[str, Any]] = []
    for name in arguments.files:
        document = read_document(Path(name), source.generation)
        try:
            converted = converter.convert(document, source.generation, target.generation, kind)
        except ConversionError as error:
            failed = True
            told.append({"file": name, "error": error.status, "text": str(error)})
            if not arguments.json:
                say(f"{name} : le hub le refuse (300) : {error}")
            continue
        checks = [_judged(one, target) for one in converted.documents]
        failed |= any(any(one.severity == "error" for one in check) for _, check in checks)
        told.append(_as_json(name, converted, checks))
        if not arguments.json:
            _tell(name, converted, checks, target)
        if arguments.out:
            _write(Path(arguments.out), Path(name), converted)
    if arguments.json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
    return EXIT_FAIL if failed else EXIT_OK


def _judged(document: dict[str, Any], on: VHost) -> tuple[Message, tuple[Diagnostic, ...]]:
    message = from_document(document, on.generation)
    return message, Validator(SchemaSet.builtin(on.generation)).validate(message)


def _tell(
    name: str, converted: Converted, checks: list[tuple[Message, tuple[Diagnostic, ...]]], target: VHost
) -> None:
    if not checks:
        say(f"{name} : rien n'arrive sur {target.name}, et le hub n'en dit rien.")
    for message, found in checks:
        errors = [one for one in found if one.severity == "error"]
        state = "invalide : le hub le refuse (300)" if errors else "valide"
        say(f"{name} : {message.model} sur {target.name}, {message.distribution_id}, {state}")
        for one in errors:
            say(f"    [invalide] {one.path} : {one.message}")
    for loss in converted.losses:
        say(f"    [{loss.kind}] {loss.path} : {_said(loss)}")
        if loss.remark:
            say(f"        remarque : {loss.remark}")


def _said(loss: Loss) -> str:
    if loss.kind == "ajouté":
        return loss.after
    return f"{loss.before} → {loss.after}" if loss.after else loss.before


def _as_json(
    name: str, converted: Converted, checks: list[tuple[Message, tuple[Diagnostic, ...]]]
) -> dict[str, Any]:
    return {
        "file": name,
        "messages": [
            {
                "model": message.model,
                "valid": all(one.severity == "warning" for one in found),
                "errors": [
                    {"path": one.path, "message": one.message} for one in found if one.severity == "error"
                ],
                "document": document,
            }
            for document, (message, found) in zip(converted.documents, checks, strict=True)
        ],
        "losses": [
            {
                "path": one.path,
                "kind": one.kind,
                "before": one.before,
                "after": one.after,
                "remark": one.remark,
            }
            for one in converted.losses
        ],
    }


def _write(folder: Path, source: Path, converted: Converted) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, document in enumerate(converted.documents, start=1):
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (folder / f"{source.stem}-{number}.json").write_text(text, encoding="utf-8", newline="\n")
