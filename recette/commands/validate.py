"""`recette validate`: what is wrong in message files."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.messages.files import check_file
from recette.messages.schemas import SchemaSet
from recette.messages.validation import Validator
from recette.messages.vhosts import vhost


@one_sentence
def run(arguments: Namespace) -> int:
    """What is wrong in each file."""
    on = vhost(arguments.vhost)
    schemas = SchemaSet.from_bundle(Path(arguments.bundle), on.generation) if arguments.bundle else None
    validator = Validator(schemas or SchemaSet.builtin(on.generation))
    reports = [check_file(Path(name), on, validator, arguments.model) for name in arguments.files]
    if arguments.json:
        print(json.dumps([one.to_json() for one in reports], ensure_ascii=False, indent=2))
    else:
        for one in reports:
            print(
                f"{'valide  ' if one.valid else 'INVALIDE'} {one.file} ({one.model or 'message inconnu'}, {one.vhost})"
            )
            for error in one.errors:
                mark = "remarque" if error.severity == "warning" else error.layer
                print(f"    [{mark}] {error.path} : {error.message} ({error.rule})")
                print(f"        attendu : {error.expected} ; trouvé : {error.actual}")
    return EXIT_OK if all(one.valid for one in reports) else EXIT_FAIL
