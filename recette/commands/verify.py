"""`recette verify`: whether a run is still what was written, and follows from its journal."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.saying import say
from recette.proof import keys, telling
from recette.proof.verification import Verification, verify


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="CAMPAGNE", help="son dossier")
    parser.add_argument("--key", metavar="CLÉ", help="clé publique (PEM) dont la signature est exigée")
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Verify a run: 1 where something was changed, 3 where not all can be told."""
    key = keys.public_key(Path(arguments.key)) if arguments.key else None
    found = verify(Path(arguments.run), key)
    if arguments.json:
        say(json.dumps(telling.document(found), ensure_ascii=False))
    else:
        for line in telling.lines(found):
            say(line)
    return exit_code(found)


def exit_code(found: Verification) -> int:
    return EXIT_FAIL if found.problems else EXIT_OK if found.holds else EXIT_UNSURE
