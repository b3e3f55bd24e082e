"""`recette list`: the scenarios there are."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable

from recette.commands.common import EXIT_OK, EXIT_UNUSABLE, default_folder, one_sentence
from recette.scenario.model import Scenario
from recette.scenario.selection import select


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """The scenarios there are."""
    selection = select((), default_folder())
    if arguments.json:
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
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for one in _files(selection.scenarios):
            roles = ", ".join(f"{actor} ({one.actors[actor]})" for actor in one.testable)
            generations = ", ".join(map(str, one.generations))
            print(f"{one.id:<32} {one.title} — éditeur : {roles} ; générations {generations}")
    for error in selection.errors:
        print(error, file=sys.stderr)
    return EXIT_UNUSABLE if selection.errors else EXIT_OK


def _files(editions: Iterable[Scenario]) -> list[Scenario]:
    """One of each file's generations."""
    return list({one.file: one for one in editions}.values())
