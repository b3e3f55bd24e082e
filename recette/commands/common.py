"""What the commands share: exit codes, user errors as one sentence, where the scenarios are."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.platform.host_names import may_be_a_host
from recette.platform.quiet_libraries import hush_libraries
from recette.platform.stopping import ends_in_order, last_words
from recette.scenario.cahier import built_in
from recette.scenario.selection import scenario_files
from recette.wording.nearest_name import nearest
from recette.wording.os_errors import reason
from recette.wording.values import shown, visible

if TYPE_CHECKING:
    from recette.judge.verdicts import Judgement
    from recette.sandbox.faults import SeededFault

EXIT_OK, EXIT_FAIL, EXIT_UNUSABLE, EXIT_UNSURE = 0, 1, 2, 3
_EXIT = {
    "pass": EXIT_OK,
    "fail": EXIT_FAIL,
    "inconc": EXIT_UNSURE,
    "error": EXIT_UNSURE,
    "none": EXIT_UNSURE,
}
Command = Callable[[Namespace], int]
_AT_ONCE = "Interrompu sans attendre."


def one_sentence(command: Command) -> Command:
    """Errors that a user can cause end the command with their sentence: 2 to be corrected, 3 where the hub failed."""

    @functools.wraps(command)
    def wrapped(arguments: Namespace) -> int:
        hush_libraries()
        try:
            with ends_in_order(), last_words(_AT_ONCE):
                return command(arguments)
        except KeyboardInterrupt as error:
            return _interrupted(error)
        except Exception as error:  # noqa: BLE001 - a defect of ours never ends as 1, which speaks of the editor
            return _told(error)

    return wrapped


def _interrupted(error: BaseException) -> int:
    _say(error, "Interrompu.")
    return EXIT_UNSURE


def _told(error: Exception) -> int:
    """Its sentence on standard error; returns the exit code."""
    if type(error).__module__ != "builtins":  # where the machine is at its end, nothing more is imported
        from recette.commands import user_errors

        if isinstance(error, user_errors.OperatorLeftError):
            return _interrupted(error)
        if isinstance(error, user_errors.USERS):
            _say(error, str(error))
            return EXIT_UNUSABLE if user_errors.is_to_be_corrected(error) else EXIT_UNSURE
    if not isinstance(error, OSError):
        say(_defect(error), file=sys.stderr)
    elif error.filename is not None:
        say(f"{visible(str(error.filename))} : {reason(error)}.", file=sys.stderr)
        return EXIT_UNUSABLE
    else:
        say(f"La machine ne suit plus : {reason(error)}.", file=sys.stderr)
    return EXIT_UNSURE


def _say(error: BaseException, text: str) -> None:
    """The cause first, then what was noted of how to go on."""
    say(text, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr)


def _defect(error: Exception) -> str:
    """What the harness did wrong, and where."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return (
        f"La recette a un défaut ({type(error).__name__} : {error}, {Path(last.filename).name}:{last.lineno}) : "
        "rien n'est dit de l'éditeur. Signalez-le avec cette ligne et la commande."
    )


def exit_code(judgement: Judgement) -> int:
    return _EXIT[judgement.verdict]


def offer_scenarios(parser: ArgumentParser) -> None:
    """The option that says where the scenarios are."""
    parser.add_argument(
        "--scenarios",
        dest="folder",
        metavar="DOSSIER",
        default=os.environ.get("RECETTE_SCENARIOS"),
        help="les scénarios de ce dossier ; sinon ceux du dossier scenarios d'ici, ou ceux de la recette",
    )


def scenario_folders(given: str | None) -> tuple[Path, ...]:
    """Where scenarios are looked for, in this order: what was given, or a folder of one's own; then those built in."""
    own = Path(given) if given else Path("scenarios")
    if not given and not (own.is_dir() and scenario_files(own)):
        return (built_in(),)
    return (own,) if own.resolve() == built_in().resolve() else (own, built_in())


def fault_named(name: str) -> SeededFault:
    """Raises OptionsError."""
    from recette.sandbox.faults import FAULTS

    if name not in FAULTS:
        near = nearest(name, FAULTS)
        hint = f"vouliez-vous dire {near[0]} ?" if near else "voyez recette faults."
        raise OptionsError(f"La faute {shown(name)} n'existe pas : {hint}")
    return FAULTS[name]


def check_rule_names(names: Sequence[str]) -> None:
    if not names:
        return
    from recette.judge.rules import HELD

    for name in names:
        if name not in HELD:
            near = nearest(name, HELD, count=3)
            hint = f"vouliez-vous dire {' ou '.join(near)} ?" if near else "voyez recette list --matrix."
            raise OptionsError(f"La règle {shown(name)} n'existe pas : {hint}")


def port(text: str) -> int:
    """A command-line argument that is a TCP port; 0 for any that is free."""
    if not text.isdecimal() or int(text) > 65_535:
        raise ArgumentTypeError(f"« {text} » n'est pas un port (0 à 65535)")
    return int(text)


def machine(text: str) -> str:
    """A command-line argument that is the name or the address of a machine."""
    if not may_be_a_host(text):
        raise ArgumentTypeError(f"{shown(text)} n'est ni un nom ni une adresse de machine")
    return text


def count(text: str) -> int:
    """A command-line argument that is a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"« {text} » n'est pas un nombre d'au moins 1")
    return int(text)


def offer_strict(parser: ArgumentParser) -> None:
    """The rules that are held where they would only remark."""
    parser.add_argument(
        "--strict",
        action="extend",
        nargs="+",
        default=[],
        metavar="RÈGLE",
        help="tient ces règles pour obligatoires",
    )
