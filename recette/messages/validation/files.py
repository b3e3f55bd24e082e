"""Judging files: whole envelopes or bare contents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import MessageModel, model
from recette.messages.json.parsing import MAX_BODY, parse_object
from recette.messages.profile.reader import profile
from recette.messages.reading import (
    HEADER_FIELDS,
    JSON_TYPE,
    XML_TYPE,
    Message,
    from_document,
    from_xml,
    read,
)
from recette.messages.validation.diagnostics import Diagnostic, RefusedBy, below
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, used_on
from recette.messages.xml.names import ROOT, local_name
from recette.messages.xml.parsing import looks_like_xml
from recette.platform.plain_files import open_plain
from recette.wording.os_errors import reason
from recette.wording.values import listed

# Not distributionID, which an RC-REF bears too.
_ENVELOPE_SIGNS = frozenset(
    {"senderID", "dateTimeSent", "distributionKind", "distributionStatus", "descriptor"}
)


FileVerdict = Literal["valid", "invalid", "unsure"]


class UnreadableFileError(OSError):
    """A file that cannot be opened; the text names it."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is wrong in one file; warnings do not make it invalid."""

    file: str
    model: str | None
    vhost: str
    errors: tuple[Diagnostic, ...]
    """Warnings among them."""
    edition: Edition
    """The one that judged."""
    accepted_by: tuple[Edition, ...] = ()
    """Others that the hub may serve on the vHost, and that have nothing against it."""

    @property
    def verdict(self) -> FileVerdict:
        """`unsure`: only a bound of this project is in the way, sources contradict each other, or another edition differs."""
        told = [one for one in self.errors if one.severity != "warning"]
        if not told:
            return "valid"
        refused = any(one.severity == "error" and one.refused_by != "recette" for one in told)
        return "invalid" if refused and not self.accepted_by else "unsure"

    @property
    def valid(self) -> bool:
        return self.verdict == "valid"

    def to_json(self) -> dict[str, Any]:
        """The contract of `recette validate --json`; what does not make the file invalid stands apart."""
        return {
            "file": self.file,
            "valid": self.valid,
            "model": self.model,
            "vhost": self.vhost,
            "models": self.edition.tag,
            "verdict": self.verdict,
            "accepted_by": [one.tag for one in self.accepted_by],
            "errors": [_as_json(one) for one in self.errors if one.severity != "warning"],
            "warnings": [_as_json(one) for one in self.errors if one.severity == "warning"],
        }


def check_file(path: Path, on: VHost, validator: Validator, named: str | None = None) -> FileReport:
    """Judge one file; `named` is the message that it is said to hold, whose bare value it may then be.

    Raises UnreadableFileError, and UnknownModelError when `named` is not of the generation.
    """
    wanted = model(named, on.edition) if named is not None else None
    body = _body(path)
    found: str | None = None
    if len(body) > MAX_BODY:
        text = f"Le fichier dépasse {MAX_BODY} octets (limite de la recette) : il n'est pas lu."
        most = f"au plus {MAX_BODY} octets"
        problems: tuple[Diagnostic, ...] = (
            Diagnostic("transport", "$", "DA-01", text, most, "davantage", refused_by="recette"),
        )
    elif looks_like_xml(body):
        found, problems = _judge_xml(body, validator, wanted)
    else:
        document, problems = parse_object(body)
        if document is not None:
            found, problems = _judge(document, validator, wanted)
    if found is not None:
        problems += _out_of_place(found, on)
    return FileReport(str(path), found, on.name, problems, validator.schemas.edition)


def _out_of_place(found: str, on: VHost) -> tuple[Diagnostic, ...]:
    """A remark where the perimeter does not use the message, or a hub of today is not known to carry it there."""
    hub = profile()
    refused = hub.carries(on.name, model(found, on.edition).key) is False
    told = f"aucune liste connue du hub {hub.name} ne le porte sur {on.name} : il peut y être refusé (501)"
    if not used_on(found, on.perimeter):
        text = f"{found} existe dans cette génération, mais le périmètre {on.perimeter} ne l'utilise pas"
        text += f", et {told}." if refused else "."
    elif refused:
        text = f"{found} est un message du périmètre {on.perimeter}, mais {told}."
    else:
        return ()
    expected = f"un message de {on.perimeter}"
    by: RefusedBy = "hub" if refused else "specification"
    return (Diagnostic("content", "$", "TR-08", text, expected, found, "warning", by),)


def read_document(path: Path, generation: int) -> dict[str, Any]:
    """A whole message as a JSON tree, from JSON or XML. Raises UnreadableFileError, its text says what to do."""
    body = _body(path)
    message = read(body, XML_TYPE if looks_like_xml(body) else JSON_TYPE, generation)
    document = message.document
    if not isinstance(document, dict) or "content" not in document:
        problem = next(iter(message.problems), None)
        why = problem.message if problem is not None else "il n'est pas une enveloppe EDXL-DE entière."
        raise UnreadableFileError(f"Le fichier {path} ne peut pas être converti : {why}")
    return document


def _body(path: Path) -> bytes:
    """At most one byte more than is read of a message."""
    try:
        with open_plain(path) as file:
            return file.read(MAX_BODY + 1)
    except OSError as error:
        why = "il n'existe pas" if isinstance(error, FileNotFoundError) else reason(error)
        raise UnreadableFileError(f"Le fichier {path} ne peut pas être lu : {why}.") from error


def message_files(path: Path) -> list[Path]:
    """A file as it is; of a folder, the .json and .xml files below it, in order. Raises UnreadableFileError."""
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.rglob("*") if one.suffix in {".json", ".xml"} and one.is_file())
    if not found:
        raise UnreadableFileError(f"Le dossier {path} ne contient aucun fichier .json ou .xml.")
    return found


def _judge(
    document: dict[str, Any], validator: Validator, wanted: MessageModel | None
) -> tuple[str | None, tuple[Diagnostic, ...]]:
    use_cases = validator.schemas.use_cases
    if _ENVELOPE_SIGNS & document.keys():
        return _judge_envelope(from_document(document, validator.schemas.edition), validator, wanted)
    keys = list(document)
    key = keys[0] if len(keys) == 1 else ""
    if key in use_cases and (wanted is None or key not in {field.name for field in wanted.fields}):
        found = validator.validate_content(document[key], key, below("$", key))
        name = use_cases[key].model
        if wanted is not None and wanted.name != name:
            found += (_another(below("$", key), wanted, name),)
        return name, found
    if wanted is not None:
        return wanted.name, validator.validate_content(document, wanted.key)
    inside = document.get("message", document)
    if isinstance(inside, dict) and any(one in inside for one in HEADER_FIELDS):
        text = "Le fichier commence à « message » (en-tête et contenu) : donnez l'enveloppe entière, ou le contenu seul."
    elif len(keys) == 1:
        return None, validator.validate_content(document[key], key, below("$", key))
    else:
        text = "Le fichier n'est ni une enveloppe ni un contenu sous sa clé ; pour un contenu sans clé, précisez --model."
    expected = "une enveloppe, ou {clé: contenu}"
    return None, (Diagnostic("content", "$", "HD-08", text, expected, listed(keys) or "un objet vide"),)


def _judge_envelope(
    message: Message, validator: Validator, wanted: MessageModel | None
) -> tuple[str | None, tuple[Diagnostic, ...]]:
    use_cases = validator.schemas.use_cases
    found = validator.validate(message)
    held = [use_cases[key].model for key in message.keys if key in use_cases]
    if wanted is not None and held and wanted.name not in held:
        found += (_another("$", wanted, held[0]),)
    return (held[0] if held else None), found


def _judge_xml(
    body: bytes, validator: Validator, wanted: MessageModel | None
) -> tuple[str | None, tuple[Diagnostic, ...]]:
    from recette.messages.xml.parsing import parse_xml
    from recette.messages.xml.reading import TooLongNumberError, content_of

    generation = validator.schemas.edition
    root, problems = parse_xml(body)
    if root is None:
        return None, problems
    key = local_name(root.tag)
    if key == ROOT:
        return _judge_envelope(from_xml(root, generation), validator, wanted)
    try:
        content = content_of(root, generation)
    except TooLongNumberError as error:
        return None, (
            Diagnostic(
                "transport", "$", "DA-01", str(error), "un nombre", "des chiffres", refused_by="recette"
            ),
        )
    found = validator.validate_xml_content(root, content)
    known = validator.schemas.use_cases.get(key)
    if wanted is not None and known is not None and known.model != wanted.name:
        found += (_another(below("$", key), wanted, known.model),)
    return (known.model if known else None), found


def _another(path: str, wanted: MessageModel, found: str) -> Diagnostic:
    text = f"Le fichier contient un {found}, pas le {wanted.name} demandé."
    return Diagnostic("content", path, "HD-08", text, wanted.name, found)


def _as_json(one: Diagnostic) -> dict[str, str]:
    return {
        "layer": one.layer,
        "path": one.path,
        "rule": one.rule,
        "message": one.message,
        "expected": one.expected,
        "actual": one.actual,
        "refused_by": one.refused_by,
    }
