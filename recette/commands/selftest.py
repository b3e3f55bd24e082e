"""`recette selftest`: the proof, round after round, that a faultless editor is never accused."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.commands.common import EXIT_FAIL, EXIT_OK, count, offer_scenarios, one_sentence, scenario_folders
from recette.commands.saying import say
from recette.report.text import finding_lines, safe
from recette.scenario.selection import select

if TYPE_CHECKING:
    from recette.coverage.selftest import Round
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCÉNARIO", help="identifiants, fichiers ou dossiers ; tous sinon"
    )
    parser.add_argument("--rounds", type=count, default=20, metavar="N", help="combien de tours, 20 sinon")
    parser.add_argument(
        "--minutes", type=count, default=60, metavar="N", help="aucun tour ne commence ensuite, 60 sinon"
    )
    parser.add_argument("--broker", choices=("embedded", "rabbitmq"), default="embedded")
    parser.add_argument("--format", choices=("json", "xml"), default="json")
    parser.add_argument("--jobs", type=count, default=HOME_JOBS, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="graine du hasard")
    parser.add_argument("--report", metavar="DOSSIER", help="garde les journaux")
    offer_scenarios(parser)
    parser.add_argument("--json", action="store_true", help="les tours sur la sortie, pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Faultless editors, quick, slow and unsteady; everything that is found is a false alarm."""
    from recette.coverage.selftest import rounds

    scenarios = select(arguments.scenarios, *scenario_folders(arguments.folder)).scenarios
    options = Options(broker=arguments.broker, format=arguments.format, jobs=arguments.jobs)
    played: list[Round] = []
    with ExitStack() as stack:
        folder = arguments.report or stack.enter_context(tempfile.TemporaryDirectory(prefix="recette-"))
        for one in rounds(
            scenarios,
            options,
            Path(folder),
            count=arguments.rounds,
            seconds=60.0 * arguments.minutes,
            seed=arguments.seed,
        ):
            played.append(one)
            if not arguments.json:
                _tell(one, arguments.rounds)
    clean = sum(one.clean for one in played)
    ok = bool(played) and clean == len(played)
    if arguments.json:
        told = {"ok": ok, "rounds": [one.to_json() for one in played]}
        say(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        say(f"\n{counted(clean, 'tour')} sur {len(played)} sans aucun constat.")
    return EXIT_OK if ok else EXIT_FAIL


def _tell(one: Round, of: int) -> None:
    say(
        f"tour {one.number}/{of} : {counted(one.plays, 'passage')} en {one.seconds:.0f} s, "
        f"{counted(len(one.alarms), 'constat')}, graine {one.seed}{f', {one.habit}' if one.habit else ''}",
        flush=True,
    )
    for play, finding in one.alarms:
        say(f"  {play}")
        for line in finding_lines(finding):
            say(f"    {safe(line)}")
    for play in one.not_passed:
        say(f"  {play} n'est pas CONFORME")
    if one.unclaimed:
        say(f"  {counted(one.unclaimed, 'message')} sans scénario")
