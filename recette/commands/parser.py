"""The command line in French: its help, and one sentence for what is wrong in it."""

from __future__ import annotations

import re
from argparse import ArgumentParser, HelpFormatter
from collections.abc import Iterable
from typing import Any, NoReturn

_SENTENCES = (
    (r"the following arguments are required: (.*)", "il manque {0}"),
    (r"unrecognized arguments: (.*)", "argument inconnu : {0}"),
    (r"argument (.+?): invalid choice: (.*) \(choose from (.*)\)", "{0} : {1} n'existe pas (au choix : {2})"),
    (r"argument (.+?): invalid int value: (.*)", "{0} : {1} n'est pas un nombre entier"),
    (r"argument (.+?): expected one argument", "{0} attend une valeur"),
    (r"argument (.+?): expected at least one argument", "{0} attend au moins une valeur"),
    (r"argument (.+?): ignored explicit argument .*", "{0} n'attend pas de valeur"),
    (r"ambiguous option: (.*) could match (.*)", "{0} peut vouloir dire {1}"),
    (r"argument (.+?): (.*)", "{0} : {1}"),
)
"""What argparse says, and how it is said here; the last for what our own types say."""


def in_french(message: str) -> str:
    """What argparse has to say, as a French sentence without its full stop."""
    for pattern, sentence in _SENTENCES:
        found = re.fullmatch(pattern, message)
        if found:
            return sentence.format(*(_unquoted(part) for part in found.groups()))
    return message


def _unquoted(part: str) -> str:
    return re.sub(r"(?<!\w)'([^']*)'(?!\w)", r"\1", part)


class _Formatter(HelpFormatter):
    def add_usage(
        self, usage: str | None, actions: Iterable[Any], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, "usage : " if prefix is None else prefix)


class Parser(ArgumentParser):
    """An argument parser whose every word to the user is French; the sub-parsers that it makes are like it."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - whatever argparse takes
        super().__init__(add_help=False, formatter_class=_Formatter, **settings)
        self._positionals.title = "arguments"
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="montre cette aide")

    def error(self, message: str) -> NoReturn:
        """One sentence, and where the rest is said."""
        self.exit(2, f"{self.prog} : {in_french(message)}. Voyez {self.prog} --help.\n")
