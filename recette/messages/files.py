"""Judging files: whole envelopes or bare contents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recette.messages.diagnostics import Diagnostic
from recette.messages.models import model, model_of_key
from recette.messages.parsing import parse_json
from recette.messages.reading import from_document
from recette.messages.validation import Validator
from recette.messages.vhosts import VHost, used_on

_ENVELOPE_SIGNS = frozenset({"distributionID", "descriptor", "distributionKind", "senderID"})


class UnreadableFileError(OSError):
    """A file that cannot be opened; the text names it."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What is wrong in one file; warnings do not make it invalid."""

    file: str
    model: str | None
    vhost: str
    errors: tuple[Diagnostic, ...]

    @property
    def valid(self) -> bool:
        return all(one.severity == "warning" for one in self.errors)

    def to_json(self) -> dict[str, Any]:
        """The contract of `recette validate --json`."""
        errors = [asdict(one) for one in self.errors]
        return {
            "file": self.file,
            "valid": self.valid,
            "model": self.model,
            "vhost": self.vhost,
            "errors": errors,
        }


def check_file(path: Path, on: VHost, validator: Validator, named: str | None = None) -> FileReport:
    """Judge one file; `named` is the message whose bare value it holds, if it holds one.

    Raises UnreadableFileError, and UnknownModelError when `named` is not of the generation.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"Le fichier {path} ne peut pas être lu : {error.strerror}.") from error
    document, problems = parse_json(body)
    found: str | None = None
    if not problems and not isinstance(document, dict):
        problems = (
            Diagnostic(
                "transport", "$", "DA-01", "Le fichier ne contient pas un objet JSON.", "un objet", ""
            ),
        )
    elif not problems:
        found, problems = _judge(document, on, validator, named)
    if found is not None and not used_on(found, on.perimeter):
        text = f"{found} existe dans cette génération, mais le périmètre {on.perimeter} ne l'utilise pas."
        problems += (
            Diagnostic("content", "$", "TR-08", text, f"un message de {on.perimeter}", found, "warning"),
        )
    return FileReport(str(path), found, on.name, problems)


def check_files(
    paths: Iterable[Path], on: VHost, validator: Validator, named: str | None = None
) -> list[FileReport]:
    """Judge many files, in order."""
    return [check_file(path, on, validator, named) for path in paths]


def _judge(
    document: dict[str, Any], on: VHost, validator: Validator, named: str | None
) -> tuple[str | None, tuple[Diagnostic, ...]]:
    if _ENVELOPE_SIGNS & document.keys():
        message = from_document(document, on.generation)
        return message.model, validator.validate(message)
    if named is not None:
        wanted = model(named, on.generation)
        if wanted.key not in document:
            return wanted.name, validator.validate_content(document, wanted.key)
    keys = list(document)
    if len(keys) != 1:
        text = "Le fichier n'est ni une enveloppe ni un contenu sous une seule clé ; précisez --model."
        return None, (Diagnostic("content", "$", "HD-08", text, "{clé: contenu}", ", ".join(keys[:5])),)
    known = model_of_key(keys[0], on.generation)
    return (known.name if known else None), validator.validate_content(
        document[keys[0]], keys[0], f"$.{keys[0]}"
    )
