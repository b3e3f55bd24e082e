"""The command line in French: its help, and one sentence for what is wrong in it."""

from __future__ import annotations

import argparse
import gettext
from argparse import ArgumentParser
from typing import Any, NoReturn

SENTENCES = {
    "usage: ": "usage : ",
    "options": "options",
    "positional arguments": "arguments",
    "show this help message and exit": "montre cette aide",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s : %(message)s",
    "the following arguments are required: %s": "il manque %s",
    "one of the arguments %s is required": "il manque l'un de %s",
    "not allowed with argument %s": "ne va pas avec %s",
    "unrecognized arguments: %s": "argument inconnu : %s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s peut vouloir dire %(matches)s",
    "ignored explicit argument %r": "« %s » est de trop, cette option n'a pas de valeur",
    "invalid choice: %(value)r (choose from %(choices)s)": "« %(value)s » n'existe pas (au choix : %(choices)s)",
    "invalid %(type)s value: %(value)r": "« %(value)s » n'est pas un nombre entier",
    "expected one argument": "il faut une valeur",
    "expected at most one argument": "il faut au plus une valeur",
    "expected at least one argument": "il faut au moins une valeur",
    "expected %s argument": "il faut %s valeur",
    "expected %s arguments": "il faut %s valeurs",
}
"""What argparse asks its catalogue for. Its only type that says nothing itself is `int` here."""


class _French(gettext.NullTranslations):
    """argparse's own texts; a text that is not known stays as it is."""

    def gettext(self, message: str) -> str:
        return SENTENCES.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n < 2 else msgid2)


def speak_french() -> None:
    """From here on argparse looks its texts up in French, whatever the locale; no .mo file and no variable needed."""
    french = _French()
    vars(argparse).update({"_": french.gettext, "ngettext": french.ngettext})


class Parser(ArgumentParser):
    """An argument parser that ends with one sentence, as do the sub-parsers that it makes."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - whatever argparse takes
        speak_french()
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        """One sentence, and where the rest is said."""
        self.exit(2, f"{self.prog} : {message}. Voyez {self.prog} --help.\n")
