"""`recette faults`: the seeded faults, and the proof that each is found."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from recette.campaign import Options
from recette.commands.common import EXIT_FAIL, EXIT_OK, default_folder, one_sentence
from recette.judge.judging import RULES
from recette.sandbox.faults import FAULTS
from recette.scenario.selection import SelectionError, select


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="prouve que chaque faute est trouvée par sa règle"
    )
    parser.add_argument(
        "--broker", choices=("embedded", "rabbitmq"), default="embedded", help="celui de la preuve"
    )
    parser.add_argument("--json", action="store_true", help="la liste, pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """The seeded faults, or the proof that each is found."""
    if arguments.json and arguments.check:
        raise SelectionError("--json donne la liste : ôtez-le avec --check.")
    if arguments.json:
        rows = [{"id": one.id, "rule": one.rule, "title": one.title} for one in FAULTS.values()]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return EXIT_OK
    if not arguments.check:
        for fault in FAULTS.values():
            print(f"{fault.id:<36} {fault.rule:<6} {fault.title}")
        return EXIT_OK
    from recette.fault_check import check_faults

    scenarios = select((), default_folder()).scenarios
    reached: set[str] = set()
    missed = 0
    for outcome in check_faults(scenarios, Options(broker=arguments.broker)):
        name = outcome.fault.id if outcome.fault else "(sans faute)"
        rule = outcome.fault.rule if outcome.fault else "aucune"
        print(
            f"{'ok     ' if outcome.ok else 'MANQUÉ '} {name:<36} {rule:<6} trouvé : {', '.join(outcome.found) or 'rien'}"
        )
        missed += not outcome.ok
        reached.add(rule)
    unreached = sorted(set(RULES) - reached - {"HUB-01", "PIL-01"})
    if unreached:
        print(f"Règles qu'aucune faute n'atteint : {', '.join(unreached)}")
    print(f"\n{len(FAULTS) - missed} fautes sur {len(FAULTS)} trouvées par leur règle.")
    return EXIT_FAIL if missed or unreached else EXIT_OK
