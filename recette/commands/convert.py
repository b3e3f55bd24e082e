"""`recette convert`: what a partner on another version, or on the fire side, will get."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.clients import is_health
from recette.messages.conversion.converter import FIRE_GENERATION, Converted, Converter, Kind
from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Loss
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message, from_document
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.files import read_document
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, vhost
from recette.sandbox.routing import HEALTH, NEXSIS, version


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
    converter, failed = Converter(), False
    told: list[dict[str, Any]] = []
    for name in arguments.files:
        document = read_document(Path(name), source.generation)
        message, before = _judged(document, source)
        kind = way_between(message, source, target)
        refused = _errors(before)
        failed |= bool(refused)
        if refused and not arguments.json:
            say(f"{name} : invalide sur {source.name}, le hub le refuse (300) avant de le convertir.")
            _say_errors(refused)
        try:
            converted = converter.convert(document, _version(source), _version(target), kind)
        except ConversionError as error:
            failed = True
            told.append(
                {"file": name, "source": _verdict(refused), "error": error.status, "text": str(error)}
            )
            if not arguments.json:
                say(f"{name} : le hub le refuse (300) : {error}")
            continue
        checks = [_judged(one, target) for one in converted.documents]
        failed |= any(_errors(check) for _, check in checks)
        told.append({"file": name, "source": _verdict(refused), **_as_json(converted, checks)})
        if not arguments.json:
            _tell(name, converted, checks, target)
        if arguments.out:
            _write(Path(arguments.out), Path(name), converted)
    if arguments.json:
        say(json.dumps(told, ensure_ascii=False, indent=2))
    return EXIT_FAIL if failed else EXIT_OK


def _version(one: VHost) -> int:
    """The generation that the hub takes a vHost's messages for, whatever judges there."""
    told = version(one.name)
    return FIRE_GENERATION if told == "vactive" else int(told.removeprefix("v"))


def way_between(message: Message, source: VHost, target: VHost) -> Kind:
    """What the hub does to a message of `source` whose recipient lives on `target` (hub-sante-2026 4.1).

    Raises OptionsError where it never takes a message from the one to the other.
    """
    sender, recipient = message.sender_id or "", message.recipient_id or ""
    ends = (source.perimeter, target.perimeter)
    if ends == (HEALTH, NEXSIS) and not (is_health(recipient) and not is_health(sender)):
        return "transcoding"
    if ends == (NEXSIS, HEALTH) and not (is_health(sender) and not is_health(recipient)):
        return "transcoding"
    if ends[0] == ends[1] and (ends[0] == NEXSIS or (is_health(sender) and is_health(recipient))):
        return "version"
    if is_health(sender) and is_health(recipient):
        raise OptionsError(
            f"Le hub ne convertit rien de {source.name} vers {target.name} : entre acteurs de santé ({sender}, {recipient}), "
            f"il ne passe que d'une version à l'autre d'un même périmètre. Donnez à --to un vHost {source.perimeter}."
        )
    if is_health(sender):
        raise OptionsError(
            f"Le hub n'amène pas de {source.name} à {target.name} un message de {sender} à {recipient} : les pompiers vivent "
            f"sur un vHost {NEXSIS}, et seuls {HEALTH} et {NEXSIS} y mènent (501 d'ailleurs). Corrigez --from ou --to."
        )
    raise OptionsError(
        f"Le hub n'amène pas de {source.name} à {target.name} un message de {sender} à {recipient} : ce que les pompiers "
        f"émettent part d'un vHost {NEXSIS}, et va à la santé sur {HEALTH} ou {NEXSIS}. Corrigez --from ou --to."
    )


def _errors(found: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [one for one in found if one.severity == "error"]


def _say_errors(found: list[Diagnostic]) -> None:
    for one in found:
        say(f"    [invalide] {one.path} : {one.message}")


def _verdict(errors: list[Diagnostic]) -> dict[str, Any]:
    return {
        "valid": not errors,
        "errors": [{"path": one.path, "message": one.message} for one in errors],
    }


def _judged(document: dict[str, Any], on: VHost) -> tuple[Message, tuple[Diagnostic, ...]]:
    message = from_document(document, on.generation)
    return message, Validator(SchemaSet.builtin(on.generation)).validate(message)


def _tell(
    name: str, converted: Converted, checks: list[tuple[Message, tuple[Diagnostic, ...]]], target: VHost
) -> None:
    if not checks:
        say(f"{name} : rien n'arrive sur {target.name}, et le hub n'en dit rien.")
    for message, found in checks:
        errors = _errors(found)
        state = "invalide : le hub le refuse (300)" if errors else "valide"
        say(f"{name} : {message.model} sur {target.name}, {message.distribution_id}, {state}")
        _say_errors(errors)
    for loss in converted.losses:
        say(f"    [{loss.kind}] {loss.path} : {_said(loss)}")
        if loss.remark:
            say(f"        remarque : {loss.remark}")


def _said(loss: Loss) -> str:
    if loss.kind == "ajouté":
        return loss.after
    return f"{loss.before} → {loss.after}" if loss.after else loss.before


def _as_json(converted: Converted, checks: list[tuple[Message, tuple[Diagnostic, ...]]]) -> dict[str, Any]:
    return {
        "messages": [
            {"model": message.model, **_verdict(_errors(found)), "document": document}
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
