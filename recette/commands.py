"""The commands: each takes parsed arguments and returns an exit code; user errors are one sentence."""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from recette import campaign
from recette.campaign import NothingToPlayError, Options
from recette.hub.errors import HubError
from recette.journal.events import NotLoaded
from recette.journal.reader import UnreadableJournalError, read_journal
from recette.journal.writer import JournalError
from recette.judge.judging import RULES, judge
from recette.judge.verdicts import Judgement
from recette.messages.files import UnreadableFileError, check_file
from recette.messages.models import UnknownModelError
from recette.messages.schemas import BundleError, SchemaSet
from recette.messages.validation import Validator
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.play.target import load_target
from recette.report.console import Console
from recette.report.results import as_document
from recette.report.writing import write_all
from recette.sandbox.editor import Misbehaviour
from recette.sandbox.faults import FAULTS
from recette.scenario.loader import check_data, load_file
from recette.scenario.model import Scenario
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import SelectionError, scenario_files, select

EXIT_OK, EXIT_FAIL, EXIT_UNUSABLE, EXIT_UNSURE = 0, 1, 2, 3
_EXIT = {
    "pass": EXIT_OK,
    "fail": EXIT_FAIL,
    "inconc": EXIT_UNSURE,
    "error": EXIT_UNSURE,
    "none": EXIT_UNUSABLE,
}
Command = Callable[[Namespace], int]
_UNUSABLE = (
    SelectionError,
    ScenarioError,
    BundleError,
    UnknownVHostError,
    UnknownModelError,
    UnreadableFileError,
    UnreadableJournalError,
    NothingToPlayError,
    JournalError,
    KeyError,
)


def _one_sentence(command: Command) -> Command:
    """Errors that a user can cause end the command with their sentence: 2 to be corrected, 3 where the hub failed."""

    @functools.wraps(command)
    def wrapped(arguments: Namespace) -> int:
        logging.getLogger("aio_pika").setLevel(logging.CRITICAL)
        logging.getLogger("aiormq").setLevel(logging.CRITICAL)
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        try:
            return command(arguments)
        except _UNUSABLE as error:
            print(error.args[0] if isinstance(error, KeyError) else error, file=sys.stderr)
            return EXIT_UNUSABLE
        except (HubError, RuntimeError, OSError) as error:
            print(error, file=sys.stderr)
            return EXIT_UNSURE
        except KeyboardInterrupt:
            print("Interrompu : le journal garde ce qui a été joué.", file=sys.stderr)
            return EXIT_UNSURE

    return wrapped


@_one_sentence
def run_run(arguments: Namespace) -> int:
    """Play and judge."""
    _known_rules(arguments.strict)
    schemas = SchemaSet.from_bundle(Path(arguments.bundle)) if arguments.bundle else None
    fault = _fault(arguments.fault)
    options = Options(
        broker=arguments.broker,
        misbehaviour=fault,
        schemas=schemas,
        strict=tuple(arguments.strict),
        vhost=vhost(arguments.vhost).name if arguments.vhost else None,
    )
    scenarios, not_loaded = _chosen(arguments)
    folder = (
        Path(arguments.report)
        if arguments.report
        else Path("reports") / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    )
    journal = folder / "journal.jsonl"
    if journal.exists():
        raise SelectionError(f"{journal} existe déjà : donnez un autre dossier à --report.")
    console = Console(sys.stderr if arguments.json else sys.stdout)
    if arguments.target:
        target = load_target(Path(arguments.target))
        judgement = campaign.play_on_target(target, scenarios, not_loaded, journal, options, console.progress)
    else:
        judgement = campaign.play_at_home(scenarios, not_loaded, journal, options, console.progress)
    return _tell(judgement, journal, folder, arguments, console)


def _tell(judgement: Judgement, journal: Path, folder: Path, arguments: Namespace, console: Console) -> int:
    recorded = read_journal(journal)
    write_all(judgement, recorded, folder)
    if arguments.json:
        print(json.dumps(as_document(judgement, recorded), ensure_ascii=False))
    else:
        console.summary(judgement)
        print(f"    Rapports : {folder}/results.json, junit.xml, allure/, journal.jsonl")
    return _exit_code(judgement)


def _exit_code(judgement: Judgement) -> int:
    return _EXIT[judgement.verdict]


def _chosen(arguments: Namespace) -> tuple[Sequence[Scenario], tuple[NotLoaded, ...]]:
    if arguments.bundle and not arguments.scenarios:
        from recette.scenario.cahier import read_cahier

        book = read_cahier(Path(arguments.bundle))
        return book.scenarios, tuple(
            NotLoaded(scenario=one.id, title=one.title, reason=one.reason) for one in book.not_loaded
        )
    selection = select(arguments.scenarios, default_folder())
    if selection.errors:
        raise ScenarioError([problem for error in selection.errors for problem in error.problems])
    return selection.scenarios, ()


def default_folder() -> Path:
    """Where the scenarios are when none is named."""
    return Path(os.environ.get("RECETTE_SCENARIOS", "scenarios"))


def _fault(name: str | None) -> Misbehaviour | None:
    if name is None:
        return None
    if name not in FAULTS:
        raise SelectionError(f"La faute « {name} » n'existe pas ; voyez recette faults.")
    return FAULTS[name].misbehaviour


def _known_rules(names: Sequence[str]) -> None:
    for name in names:
        if name not in RULES:
            raise SelectionError(f"La règle « {name} » n'existe pas ; règles : {', '.join(sorted(RULES))}.")


@_one_sentence
def run_list(arguments: Namespace) -> int:
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
            for one in selection.scenarios
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for one in selection.scenarios:
            roles = ", ".join(f"{actor} ({one.actors[actor]})" for actor in one.testable)
            print(f"{one.id:<32} {one.title} — éditeur : {roles}")
    for error in selection.errors:
        print(error, file=sys.stderr)
    return EXIT_UNUSABLE if selection.errors else EXIT_OK


@_one_sentence
def run_lint(arguments: Namespace) -> int:
    """Errors as `file:line:column: message`."""
    paths: list[Path] = []
    for name in map(Path, arguments.paths):
        if not name.exists():
            raise SelectionError(f"{name} n'existe pas.")
        paths += scenario_files(name) if name.is_dir() else [name]
    clean = True
    for path in paths:
        try:
            problems = check_data(load_file(path))
        except ScenarioError as error:
            problems = error.problems
        for problem in problems:
            print(problem)
            clean = False
    if clean:
        print(f"{len(paths)} scénario(s), aucune erreur.")
    return EXIT_OK if clean else EXIT_FAIL


@_one_sentence
def run_validate(arguments: Namespace) -> int:
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


@_one_sentence
def run_judge(arguments: Namespace) -> int:
    """Judge recorded runs again."""
    _known_rules(arguments.strict)
    worst = EXIT_OK
    for name in arguments.journals:
        path = Path(name) / "journal.jsonl" if Path(name).is_dir() else Path(name)
        journal = read_journal(path)
        judgement = judge(journal, strict=arguments.strict)
        if arguments.json:
            print(json.dumps(as_document(judgement, journal), ensure_ascii=False))
        else:
            Console(sys.stdout).summary(judgement)
        worst = max(worst, _exit_code(judgement))
    return worst


@_one_sentence
def run_faults(arguments: Namespace) -> int:
    """The seeded faults, or the proof that each is found."""
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


@_one_sentence
def run_sandbox(arguments: Namespace) -> int:
    """A hub at home until Ctrl-C."""
    asyncio.run(_serve(arguments))
    return EXIT_OK


async def _serve(arguments: Namespace) -> None:
    from recette.sandbox.definitions import DISPATCHER, new_passwords
    from recette.sandbox.editor import ReferenceEditor
    from recette.sandbox.hub import Sandbox

    names = [vhost(name).name for name in arguments.vhost]
    clients = arguments.client or ["fr.health.samu991", "fr.health.samu992"]
    passwords = new_passwords(clients)
    shared = os.environ.get("RECETTE_SANDBOX_PASSWORD")
    if shared:
        passwords = {name: word if name == DISPATCHER else shared for name, word in passwords.items()}
    sandbox = await Sandbox.start(
        names, clients, broker=arguments.broker, port=arguments.port, passwords=passwords
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    editors = []
    try:
        print(f"Hub prêt sur 127.0.0.1:{sandbox.port}, vHosts {', '.join(names)}. Ctrl-C pour arrêter.")
        for client in clients:
            print(
                f"    client {client}, mot de passe {passwords[client]}, files {client}.message, .ack, .info"
            )
        if arguments.editor:
            misbehaviour = _fault(arguments.fault)
            address = sandbox.address(clients[0], names[0])
            editors.append(await ReferenceEditor.start(address, clients[0], arguments.editor, misbehaviour))
            print(f"    éditeur de référence {arguments.editor} en {clients[0]} sur {names[0]}")
        sys.stdout.flush()
        await stop.wait()
    finally:
        for editor in editors:
            await editor.close()
        await sandbox.stop()
