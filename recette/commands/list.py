"""`recette list`: the scenarios there are."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from recette.commands.common import EXIT_OK, EXIT_UNUSABLE, offer_scenarios, one_sentence, scenario_folders
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.coverage.hook_contract import hook_contract
from recette.coverage.requirement_table import console, markdown, requirement_table
from recette.scenario.model import Scenario
from recette.scenario.selection import select
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    offer_scenarios(parser)
    parser.add_argument("--json", action="store_true", help="pour un programme")
    parser.add_argument(
        "--matrix", action="store_true", help="chaque exigence : sa règle, ses scénarios, ses fautes"
    )
    parser.add_argument(
        "--openapi",
        action="store_true",
        help="le contrat du pilote http (OpenAPI), avec ce que ces scénarios demandent de chaque message",
    )
    parser.add_argument("--markdown", action="store_true", help="avec --matrix : la page docs/exigences.md")


@one_sentence
def run(arguments: Namespace) -> int:
    """The scenarios there are."""
    if arguments.markdown and not arguments.matrix:
        raise OptionsError("--markdown écrit la page des exigences : ajoutez --matrix.")
    selection = select((), *scenario_folders(arguments.folder))
    if arguments.openapi:
        say(json.dumps(hook_contract(selection.scenarios), ensure_ascii=False, indent=2))
    elif arguments.matrix:
        _show_requirement_table(arguments, selection.scenarios)
    elif arguments.json:
        rows = [
            {
                "id": one.id,
                "title": one.title,
                "perimeter": one.perimeter,
                "generations": list(one.generations),
                "editor": {actor: one.actors[actor] for actor in one.testable},
                "requirements": list(one.requirements),
            }
            for one in _files(selection.scenarios)
        ]
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _show(_files(selection.scenarios))
    for error in selection.errors:
        say(error, file=sys.stderr)
    return EXIT_UNUSABLE if selection.errors else EXIT_OK


def _show(files: Sequence[Scenario]) -> None:
    """By perimeter; each scenario with the generations and the roles under test that it is played in."""
    width = max((len(one.id) for one in files), default=0)
    for perimeter in dict.fromkeys(one.perimeter for one in files):
        say(f"\n{perimeter}")
        for one in files:
            if one.perimeter == perimeter:
                roles = ", ".join(dict.fromkeys(one.actors[actor] for actor in one.testable))
                played = " ".join(f"g{number}" for number in one.generations)
                say(f"  {one.id:<{width}}  {played:<8}  {one.title} ({roles})")
    say(
        f"\n{counted(len(files), 'scénario')}. recette run IDENTIFIANT en joue un, recette run IDENTIFIANT.g2 en une génération."
    )


def _show_requirement_table(arguments: Namespace, scenarios: Iterable[Scenario]) -> None:
    rows = requirement_table(scenarios)
    if arguments.json:
        say(json.dumps([row.to_json() for row in rows], ensure_ascii=False, indent=2))
        return
    lines = markdown(rows, _places(scenarios)) if arguments.markdown else console(rows)
    say("\n".join(lines))


def _places(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Where each scenario's file is, as seen from docs/."""
    return {one.id: Path(os.path.relpath(one.file, "docs")).as_posix() for one in scenarios}


def _files(editions: Iterable[Scenario]) -> list[Scenario]:
    """One of each file's generations."""
    return list({one.file: one for one in editions}.values())
