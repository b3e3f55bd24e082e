"""Notes in which the hub keeps, in words, what the other generation has no field for.

Their wording is what an editor will read, so it is the hub's own: the value as YAML, field names in French.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def as_text(value: Any, words: Mapping[str, str]) -> str:  # noqa: ANN401 - a JSON tree
    """A value as a note has it."""
    text = _as_yaml(value)
    for name, word in words.items():
        text = text.replace(name, word)
    return text


def _as_yaml(value: Any) -> str:  # noqa: ANN401 - a JSON tree
    """YAML as PyYAML writes it; what is surely written the same way by hand is, many times faster."""
    scalar = _scalar(value)
    if scalar is not None:
        return f"{scalar}\n" if scalar[0] == "'" else f"{scalar}\n...\n"
    block = _block(value, "") if isinstance(value, dict) else None
    if block is not None:
        return "".join(block)
    text: str = yaml.dump(value, allow_unicode=True)
    return text


def _block(tree: Mapping[str, Any], indent: str) -> list[str] | None:
    """The lines of an object; None where its values want PyYAML's own care."""
    lines: list[str] = []
    for name in sorted(tree):
        value = tree[name]
        below: list[str] | None
        if isinstance(value, list) and value:
            below = _items(value, indent)
        elif isinstance(value, dict):
            below = _block(value, f"{indent}  ")
        else:
            scalar = _scalar(value)
            below = None if scalar is None else [f"{indent}{name}: {scalar}\n"]
            if below is not None:
                lines += below
                continue
        if below is None:
            return None
        lines += [f"{indent}{name}:\n", *below]
    return lines or None


def _items(values: Sequence[Any], indent: str) -> list[str] | None:
    lines: list[str] = []
    for one in values:
        below = _block(one, f"{indent}  ") if isinstance(one, dict) else None
        if below is None:
            return None
        lines += [f"{indent}- {below[0].lstrip(' ')}", *below[1:]]
    return lines


def _scalar(value: Any) -> str | None:  # noqa: ANN401 - a JSON tree
    """A text that surely needs one line; None for all others."""
    if not isinstance(value, str) or len(value) > _SURELY_ONE_LINE:
        return None
    if _PLAIN.fullmatch(value) is not None and value.lower() not in _YAML_WORDS:
        return value
    return f"'{value}'" if _NUMBER.fullmatch(value) is not None else None


_PLAIN = re.compile(r"[A-Za-zÀ-ÿ](?:[A-Za-z0-9À-ÿ.,'()/_ -]*[A-Za-z0-9À-ÿ.)])?")
_NUMBER = re.compile(r"\+?(?:[1-9][0-9]*|0[0-7]*)", re.ASCII)
"""What YAML reads as a number, and so writes between quotes where it is a text."""
_SURELY_ONE_LINE = 40
"""Characters, with a field's name before them, that are not broken."""
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})


def drawn(length: int) -> str:
    """`length` letters and digits that nobody has drawn before."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random_bytes()[:length])


@dataclass(slots=True)
class NoteWriter:
    """Writes notes into the content of one message."""

    content: dict[str, Any]
    author: str | None = None
    """The organisation in whose name its ids are drawn; the case's owner without it."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

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
        note = {"creation": self.now.strftime("%Y-%m-%dT%H:%M:%S+00:00"), "freetext": text}
        self.content.setdefault("initialAlert", {}).setdefault("notes", []).append(note)

    def _organisation(self, patient: str | None) -> str:
        if self.author is not None:
            return self.author
        if patient is not None and ".patient." in patient:
            return patient.partition(".patient.")[0]
        owner = self.content.get("owner")
        if not isinstance(owner, str):
            raise ConversionError(500, "Le dossier n'a pas d'owner, au nom duquel noter ce qui se perd.")
        return owner
