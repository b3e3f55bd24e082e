"""`recette run --failed` and `--exclude`: the plays that are left of those that were asked for, by name."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from recette.commands.common import scenario_folders
from recette.commands.last_run import last_run
from recette.commands.options import OptionsError
from recette.report.recorded import read_results
from recette.scenario.model import Scenario
from recette.scenario.selection import select

_LAST = ""


def offer_narrowing(parser: ArgumentParser) -> None:
    """The two options."""
    parser.add_argument(
        "--failed",
        nargs="?",
        const=_LAST,
        metavar="CAMPAGNE",
        help="seulement ce qui n'y était pas conforme (la dernière de reports/ sinon)",
    )
    parser.add_argument(
        "--exclude",
        action="extend",
        nargs="+",
        default=[],
        metavar="SCÉNARIO",
        help="sauf ces scénarios, ou ces passages",
    )


def narrowed(arguments: Namespace) -> Sequence[str]:
    """What is to be played, as names that the command line takes. Raises OptionsError and UnreadableResultsError."""
    if arguments.failed is None and not arguments.exclude:
        return list(arguments.scenarios)
    if arguments.resume or arguments.bundle:
        raise OptionsError("--failed et --exclude choisissent dans le cahier : ôtez --resume et --bundle.")
    names = list(arguments.scenarios)
    if arguments.failed is not None:
        if names:
            raise OptionsError("--failed dit ce qui se joue : ôtez les scénarios, ou ôtez --failed.")
        names = _failed(Path(arguments.failed) if arguments.failed != _LAST else last_run("--failed"))
    if not arguments.exclude:
        return names
    folders = scenario_folders(arguments.folder)
    left_out = _plays(arguments.exclude, folders)
    left = [one for one in _plays(names, folders) if one not in left_out]
    if not left:
        raise OptionsError("--exclude n'a rien laissé à jouer.")
    return left


def _plays(names: Sequence[str], folders: Sequence[Path]) -> dict[str, None]:
    chosen = select(names, *folders).scenarios
    return {
        f"{one.edition}@{actor}": None for each in chosen for one in _paired(each) for actor in one.testable
    }


def _paired(one: Scenario) -> Sequence[Scenario]:
    """Across vHosts, one for each generation that partners may speak."""
    if not one.partners_on or one.partners_generation is not None:
        return [one]
    return [replace(one, partners_generation=each) for each in one.across]


def not_conformant(run: Path) -> list[str]:
    """The plays of a run that were not conformant, each once; between editors, the scenario, which is one play of all of them.

    Raises UnreadableResultsError.
    """
    found = [one.id for one in read_results(run).judgement.scenarios if one.verdict not in {"pass", "none"}]
    return list(dict.fromkeys(one.partition("@")[0] if "=" in one else one for one in found))


def _failed(run: Path) -> list[str]:
    found = not_conformant(run)
    if not found:
        raise OptionsError(f"Dans {run}, tout ce qui a été joué est conforme : il n'y a rien à rejouer.")
    return found
