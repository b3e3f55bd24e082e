"""`recette faults`: the seeded faults, and the proof that each is found."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from recette.campaign.options import Options
from recette.commands.common import (
    EXIT_FAIL,
    EXIT_OK,
    EXIT_UNSURE,
    fault_named,
    offer_scenarios,
    one_sentence,
    scenario_folders,
)
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.profile.reader import DEFAULT, PROFILES
from recette.sandbox.faults import FAULTS
from recette.scenario.selection import select

if TYPE_CHECKING:
    from recette.coverage.fault_check import Played


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("fault", nargs="*", metavar="FAUTE", help="seulement ces fautes")
    parser.add_argument(
        "--check",
        action="store_true",
        help="prouve que chaque faute est nommée par sa règle, et par elle seule",
    )
    parser.add_argument(
        "--between",
        action="store_true",
        help="avec --check : entre éditeurs de référence ; celui qui a la faute est accusé, l'autre jamais",
    )
    parser.add_argument(
        "--generations",
        action="store_true",
        help="avec --check, chaque faute aussi dans les autres générations où son jeu existe",
    )
    offer_scenarios(parser)
    parser.add_argument("--json", action="store_true", help="la liste ou la preuve, pour un programme")
    parser.add_argument("--page", action="store_true", help="écrit la page docs/fautes.md")
    parser.add_argument(
        "--broker", choices=("embedded", "rabbitmq"), default="embedded", help="celui de la preuve"
    )
    parser.add_argument(
        "--format", choices=("json", "xml"), default="json", help="celui des messages de la preuve"
    )
    parser.add_argument(
        "--hub", choices=PROFILES, default=DEFAULT, help=f"le profil du hub de la preuve ({DEFAULT} sinon)"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """The seeded faults, or the proof that each is found."""
    named = [fault_named(name) for name in arguments.fault]
    if arguments.page:
        from recette.coverage.fault_table import markdown

        for line in markdown():
            say(line)
        return EXIT_OK
    if arguments.between and not arguments.check:
        raise OptionsError("--between dit comment --check prouve : ajoutez --check.")
    if arguments.between:
        return _check_between(arguments)
    if arguments.check:
        return _check(arguments)
    asked = named or list(FAULTS.values())
    if arguments.json:
        rows = [{"id": one.id, "rule": one.rule, "title": one.title} for one in asked]
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return EXIT_OK
    for fault in asked:
        say(f"{fault.id:<36} {fault.rule:<6} {fault.title}")
    return EXIT_OK


def _check(arguments: Namespace) -> int:
    from recette.coverage.fault_check import (
        FAULTLESS,
        complaints,
        in_form,
        in_generations,
        play_faults,
        unjudged,
    )
    from recette.coverage.fault_table import console, gaps, seen, to_json

    began = time.monotonic()
    scenarios = select((), *scenario_folders(arguments.folder)).scenarios
    left_out = unjudged(arguments.broker)
    names = [name for name in arguments.fault or (FAULTLESS, *FAULTS) if name not in left_out]
    if arguments.generations:
        names = list(in_generations(names, scenarios))
    wanted = list(in_form(names, arguments.format))
    played: list[Played] = []
    not_here = [name for name in names if name not in wanted]
    options = Options(broker=arguments.broker, hub=arguments.hub, format=arguments.format)
    for one in play_faults(wanted, scenarios, options):
        if one.judgement is None and (arguments.hub != DEFAULT or arguments.format != "json"):
            not_here.append(one.name)
            continue
        played.append(one)
        if not arguments.json:
            _tell(one)
    cells = seen(played)
    lacking = [] if arguments.fault or left_out or arguments.format == "xml" else list(gaps(cells))
    wrong = sum(bool(complaints(one)) for one in played)
    seconds = time.monotonic() - began
    code = EXIT_FAIL if wrong or lacking else EXIT_OK if played else EXIT_UNSURE
    if arguments.json:
        told = {
            "ok": code == EXIT_OK,
            "seconds": round(seconds, 1),
            "unjudged": list(left_out),
            "not_here": not_here,
        }
        say(json.dumps({**told, **to_json(played), "gaps": lacking}, ensure_ascii=False, indent=2))
        return code
    if not arguments.fault:
        say("", *console(cells), "", sep="\n")
    for line in lacking:
        say(f"MANQUE  {line}")
    if left_out:
        say(f"Pas jugées sur ce broker, qui ne dit pas ce qu'un éditeur y fait : {', '.join(left_out)}.")
    if not_here:
        form = " en XML" if arguments.format == "xml" else ""
        say(f"Ne se jouent pas{form} sous le profil {arguments.hub} : {', '.join(not_here)}.")
    faults = [one for one in played if one.name != FAULTLESS]
    right = sum(not complaints(one) for one in faults)
    say(f"Fautes nommées comme il se doit : {right} sur {len(faults)}, en {seconds:.0f} s.")
    return code


def _check_between(arguments: Namespace) -> int:
    from recette.coverage.between_check import between, play_between

    began = time.monotonic()
    scenarios = select((), *scenario_folders(arguments.folder)).scenarios
    asked = arguments.fault or list(FAULTS)
    names = between(asked, scenarios)
    if not names:
        raise OptionsError(
            f"{asked[0]} ne se joue pas entre éditeurs : son scénario demande à la recette de jouer le partenaire."
        )
    right = 0
    rows: list[dict[str, object]] = []
    for one in play_between(names, scenarios, Options(broker=arguments.broker, hub=arguments.hub)):
        wrong = one.complaints()
        right += not wrong
        rows.append({"id": one.name, "found": one.found, "wronged": one.wronged, "complaints": wrong})
        if not arguments.json:
            say(
                f"{'MANQUÉ' if wrong else 'ok':<7} {one.name:<36} {', '.join(one.found) or 'rien'}",
                flush=True,
            )
            for line in wrong:
                say(f"        {line}.")
    seconds = time.monotonic() - began
    if arguments.json:
        told = {"ok": right == len(names), "seconds": round(seconds, 1), "faults": rows}
        say(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        say(
            f"Fautes reconnues entre éditeurs, à qui les a : {right} sur {len(names)}, en {seconds:.0f} s"
            + (
                f" (sans partenaire joué ne se jouent pas : {len(asked) - len(names)})."
                if len(asked) > len(names)
                else "."
            )
        )
    return EXIT_OK if right == len(names) else EXIT_FAIL


def _tell(one: Played) -> None:
    from recette.coverage.fault_check import complaints

    wrong = complaints(one)
    found = ", ".join(one.found) or "rien"
    plays = f"{len(one.judgement.scenarios)} jeux" if not one.name and one.judgement else ""
    say(f"{'MANQUÉ' if wrong else 'ok':<7} {one.name or '(sans faute)':<36} {plays or found}", flush=True)
    for line in wrong:
        say(f"        {line}.")
