"""The command line. Everything slow is imported by the command that needs it; for the overview, nothing is."""

from __future__ import annotations

import sys

from recette import __version__
from recette.commands.overview import overview
from recette.platform.closed_output import OutlivingReaders

TYPE_CHECKING = False  # typing itself takes as long to import as all that is here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import TextIO

    from recette.commands.parser import Parser

COMMANDS = {
    "run": "joue des scénarios et les juge",
    "console": "la recette dans le navigateur, en direct",
    "list": "les scénarios qu'il y a",
    "scenarios": "le cahier qui se joue ici, et sa copie pour qui veut le changer",
    "import": "le cahier officiel en fichiers de scénario",
    "lint": "les erreurs des fichiers de scénario",
    "validate": "ce qui ne va pas dans un message",
    "convert": "ce qu'un message devient sur une autre version, ou chez les pompiers",
    "init": "écrit une cible en posant quelques questions",
    "preflight": "go ou no-go avant l'ouverture d'un lien",
    "sandbox": "un hub à la maison, jusqu'à Ctrl-C",
    "relay": "entre votre logiciel et un hub : transmet tel quel, et note tout ce qui passe",
    "impostor": "un faux hub : si votre logiciel refuse un certificat de serveur qu'il doit refuser (TR-05, TR-06)",
    "capture": "fait un journal de ce que d'autres ont enregistré (import)",
    "observe": "raconte chaque dossier d'une capture, et juge ce qui se juge sans scénario",
    "judge": "juge à nouveau des campagnes enregistrées",
    "report": "refait les rapports de campagnes enregistrées",
    "show": "les messages d'un passage, en entier",
    "watch": "rejoue ce qui n'est pas conforme, dès que votre logiciel répond à nouveau",
    "diff": "ce qui change d'une campagne à une autre",
    "matrix": "le tableau d'un comité de pilotage, sur plusieurs campagnes",
    "verify": "si une campagne est telle qu'elle a été écrite",
    "sign": "signe une campagne",
    "redact": "copie une campagne sans le contenu de ses messages",
    "models": "le dictionnaire des messages, et ses écarts",
    "faults": "les éditeurs fautifs de référence",
    "selftest": "la preuve que la recette n'accuse pas un éditeur sans faute",
}
"""Each is a module of `recette.commands` with `arguments(parser)` and `run(arguments)`."""
_MODULES = {"import": "import_book"}
"""Where the command's name can be none of a module."""
_SLOW_EXTRA = "rfc3987_syntax"
"""jsonschema imports it where it is installed, for formats that nothing here asks for: 39 grammars, 2.5 s."""

_INTERRUPTED, _NOT_BEGUN = 3, "Interrompu avant d'avoir commencé."
_ENDING = (
    "Interruption demandée : la recette se ferme en ordre. Ctrl-C une seconde fois la ferme sans attendre."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Without `argv`, this process is that command and no more."""
    if argv is not None:
        return _answer(list(argv))
    from recette.platform.heap import heap_of_a_command
    from recette.platform.stopping import signals_heeded

    with heap_of_a_command(), signals_heeded(_INTERRUPTED, _NOT_BEGUN, _ENDING):
        return _answer(sys.argv[1:])


def _answer(words: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        _speaks_french(stream)
    with OutlivingReaders():
        return _told(words)


def _told(words: list[str]) -> int:
    if words in (["--help"], ["-h"]):
        sys.stdout.write(overview(COMMANDS))
        return 0
    if words == ["--version"]:
        sys.stdout.write(f"recette {__version__}\n")
        return 0
    sys.modules.setdefault(_SLOW_EXTRA, None)  # type: ignore[arg-type]
    try:
        arguments = _parser(words[0] if words else "").parse_args(words)
        return int(_module(arguments.command).run(arguments))
    except KeyboardInterrupt:  # before the command had begun
        sys.stderr.write(f"{_NOT_BEGUN}\n")
        return _INTERRUPTED


def _speaks_french(stream: TextIO) -> None:
    """Whatever is written can be: in UTF-8 to a file or a pipe, with what there is on a terminal."""
    try:
        stream.reconfigure(  # type: ignore[attr-defined]
            encoding=None if stream.isatty() else "utf-8", errors="backslashreplace"
        )
    except (AttributeError, ValueError):  # whoever calls has put something of their own in its place
        return


def _module(command: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"recette.commands.{_MODULES.get(command, command)}")


def _parser(asked: str) -> Parser:
    """All commands by name; only the one that is asked for is imported."""
    from recette.commands.parser import Parser

    parser = Parser(prog="recette")
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    for name, told in COMMANDS.items():
        one = commands.add_parser(name, help=told)
        if name == asked:
            _module(name).arguments(one)
    return parser


if __name__ == "__main__":
    sys.exit(main())
