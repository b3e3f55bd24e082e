"""`recette redact`: a copy without patient data that still verifies."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNUSABLE, one_sentence
from recette.commands.saying import say
from recette.proof import telling
from recette.proof.copying import redact
from recette.proof.verification import verify


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="CAMPAGNE", help="son dossier")
    parser.add_argument("--out", metavar="DOSSIER", required=True, help="où écrire la copie")


@one_sentence
def run(arguments: Namespace) -> int:
    """Copy a run without its private fields; what does not verify is not copied."""
    folder, out = Path(arguments.run), Path(arguments.out)
    found = verify(folder)
    if found.problems:
        for line in telling.lines(found):
            say(line, file=sys.stderr)
        say("Rien n'est copié.", file=sys.stderr)
        return EXIT_FAIL
    if found.redacted:
        say(f"{folder} est déjà une copie expurgée.", file=sys.stderr)
        return EXIT_UNUSABLE
    redact(folder, out)
    for line in telling.lines(verify(out)):
        say(line)
    say(f"Copie expurgée : {out}/journal.jsonl, results.json, seal.json")
    return EXIT_OK
