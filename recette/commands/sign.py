"""`recette sign`: signs a run that verifies."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.saying import say
from recette.commands.verify import exit_code
from recette.proof import keys, telling
from recette.proof.verification import verify
from recette.report import seal


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="CAMPAGNE", help="son dossier")
    parser.add_argument("--key", metavar="CLÉ", required=True, help="clé privée Ed25519 (PEM)")


@one_sentence
def run(arguments: Namespace) -> int:
    """Sign a run; what does not verify is not signed."""
    key = keys.private_key(Path(arguments.key))
    folder = Path(arguments.run)
    found = verify(folder)
    if found.problems or found.redacted:
        for line in telling.lines(found):
            say(line, file=sys.stderr)
        say("Rien n'est signé.", file=sys.stderr)
        return exit_code(found) or 2
    say(f"Signé : {folder / seal.NAME}, clé {keys.sign(folder, key)}")
    return EXIT_OK
