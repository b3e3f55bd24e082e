"""Notes in which the hub keeps, in words, what the other generation has no field for.

Their wording is what an editor will read, so it is the hub's own: the value as YAML, field names in French.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.places import Place
from recette.platform.random_bytes import random_bytes

WORDS: dict[str, dict[str, str]] = {
    "": {},
    "externalId": {"source:": "Type :", "value:": "Valeur :"},
    "destination": {
        "externalLocationId:": "Identifiant(s) du lieu:\n",
        "source:": "Type :",
        "value:": "Valeur :",
        "freetext:": "Informations complémentaires :",
    },
    "practitioner": {
        "contact:": "Contact(s) :",
        "type:": " - ",
        "detail:": "",
        "detailedName:": "",
        "complete:": "Nom complet :",
        "firstName:": "Prénom: ",
        "lastName:": "Nom :",
        "rppsId:": "Identifiant RPPS :",
    },
    "victims": {
        "count:": "Nombre de victimes :",
        "freetext:": "Commentaire général :",
        "mainVictim:": "Victime principale :",
    },
}
"""What stands for a field's name in a note, by the kind of note."""
_ALPHABET = b"0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
"""The letter or digit that stands for each byte."""


def as_text(value: Any, words: Mapping[str, str]) -> str:  # noqa: ANN401 - a JSON tree
    """A value as a note has it."""
    text = _as_yaml(value)
    for name, word in words.items():
        text = text.replace(name, word)
    return text


def _as_yaml(value: Any) -> str:  # noqa: ANN401 - a JSON tree
    """YAML as PyYAML writes it; what is surely written the same way by hand is, many times faster."""
    if isinstance(value, str):
        scalar = _scalar(value)
        if scalar is not None:
            return f"{scalar}\n" if scalar[0] == "'" else f"{scalar}\n...\n"
    elif isinstance(value, dict) and value:
        lines: list[str] = []
        if _write(value, "", lines):
            return "".join(lines)
    text: str = yaml.dump(value, allow_unicode=True)
    return text


def _write(tree: Mapping[str, Any], indent: str, lines: list[str]) -> bool:
    """Add the lines of an object; False where its values want PyYAML's own care."""
    for name in sorted(tree) if len(tree) > 1 else tree:
        value = tree[name]
        if value.__class__ is str:
            scalar = _scalar(value)
            if scalar is None:
                return False
            lines.append(f"{indent}{name}: {scalar}\n")
        elif not value:
            return False
        else:
            lines.append(f"{indent}{name}:\n")
            if isinstance(value, dict):
                if not _write(value, indent + "  ", lines):
                    return False
            elif not isinstance(value, list) or not _write_items(value, indent, lines):
                return False
    return True


def _write_items(values: Sequence[Any], indent: str, lines: list[str]) -> bool:
    below = indent + "  "
    for one in values:
        first = len(lines)
        if not isinstance(one, dict) or not one or not _write(one, below, lines):
            return False
        lines[first] = f"{indent}- {lines[first][len(below) :]}"
    return True


def _scalar(value: str) -> str | None:
    """A text that surely needs one line; None for all others."""
    size = len(value)
    if size > _SURELY_ONE_LINE:
        return None
    if _is_plain(value) is not None:
        return None if size <= _LONGEST_WORD and value.lower() in _YAML_WORDS else value
    return f"'{value}'" if _is_number(value) is not None else None


_is_plain = re.compile(r"[A-Za-zÀ-ÿ](?:[A-Za-z0-9À-ÿ.,'()/_ -]*[A-Za-z0-9À-ÿ.)])?").fullmatch
_is_number = re.compile(r"\+?(?:[1-9][0-9]*|0[0-7]*)", re.ASCII).fullmatch
"""What YAML reads as a number, and so writes between quotes where it is a text."""
_SURELY_ONE_LINE = 40
"""Characters, with a field's name before them, that are not broken."""
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_LONGEST_WORD = max(map(len, _YAML_WORDS))


def drawn(length: int) -> str:
    """`length` letters and digits that nobody has drawn before."""
    return random_bytes()[:length].translate(_LETTERS).decode("ascii")


@dataclass(slots=True)
class NoteWriter:
    """Writes notes into the content of one message."""

    content: dict[str, Any]
    author: str | None = None
    """The organisation in whose name its ids are drawn; the case's owner without it."""

    def write(self, text: str, patient: str | None) -> None:
        """Add a note. Raises ConversionError where nobody is there in whose name to draw its id."""
        note: dict[str, Any] = {
            "medicalNoteId": f"{self._organisation(patient)}.medicalNote.{drawn(7)}",
            "operator": {"role": "AUTRE"},
            "freetext": text,
        }
        if patient is not None:
            note["patientId"] = patient
        self.content.setdefault("medicalNote", []).append(note)

    def write_at(self, place: Place, label: str, words: Mapping[str, str]) -> str:
        """Turn the value at a place into a note; the note's text."""
        return self.write_value(place.take(), place.patient, label, words)

    def write_value(
        self,
        value: Any,  # noqa: ANN401 - a JSON tree
        patient: str | None,
        label: str,
        words: Mapping[str, str],
    ) -> str:
        """Keep a value in a note; the note's text."""
        text = f"{label} : {as_text(value, words)}"
        self.write(text, patient)
        return text

    def write_alert(self, text: str) -> None:
        """Add a note to the first call, dated now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        note = {"creation": now, "freetext": text}
        self.content.setdefault("initialAlert", {}).setdefault("notes", []).append(note)

    def _organisation(self, patient: str | None) -> str:
        if self.author is not None:
            return self.author
        if patient is not None:
            organisation, of_patient, _ = patient.partition(".patient.")
            if of_patient:
                return organisation
        owner = self.content.get("owner")
        if not isinstance(owner, str):
            raise ConversionError(500, "Le dossier n'a pas d'owner, au nom duquel noter ce qui se perd.")
        return owner
