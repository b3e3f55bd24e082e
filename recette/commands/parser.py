"""The command line in French: its help, and one sentence for what is wrong in it."""

from __future__ import annotations

import argparse
import gettext
from argparse import ArgumentParser
from typing import Any, NoReturn

from recette.wording.nearest_name import nearest
from recette.wording.values import shown, visible

SENTENCES = {
    "usage: ": "usage : ",
    "options": "options",
    "positional arguments": "arguments",
    "show this help message and exit": "montre cette aide",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s : %(message)s",
    "the following arguments are required: %s": "il manque %s",
    "one of the arguments %s is required": "il manque l'un de %s",
    "not allowed with argument %s": "ne va pas avec %s",
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


_TOLD = 6
"""Choices that are all told, whatever is near."""


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
        self.set_defaults(parser=self)  # that of the innermost command stays

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: ANN401 - argparse's own signature
        """The options; what nobody knows ends the command that was asked for, with the option that it is likest."""
        found, unknown = self.parse_known_args(args, namespace)
        asked: Parser = found.parser
        if unknown:
            near = nearest(unknown[0].partition("=")[0], asked._option_string_actions, cutoff=0.7)
            hint = f", vouliez-vous dire {near[0]} ?" if near else ""
            asked.error(f"argument inconnu : {' '.join(map(visible, unknown))}{hint}")
        return found

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401 - argparse's own signature
        """What is near to a choice is asked for by that name; else all of them are told."""
        choices = list(map(str, action.choices or ()))
        near = nearest(str(value), choices) if len(choices) > _TOLD else []
        if near and str(value) not in choices:
            raise argparse.ArgumentError(
                action, f"{shown(value)} n'existe pas, vouliez-vous dire {near[0]} ?"
            )
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """One sentence, and where the rest is said."""
        end = "" if message.endswith("?") else "."
        self.exit(2, f"{self.prog} : {message}{end} Voyez {self.prog} --help.\n")
