"""`recette run`: plays and judges."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from recette.campaign import campaign, face_to_face
from recette.campaign.captured_run import Recorded, judge_captured
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.campaign.planning import facts_of
from recette.commands.capture import capture_of
from recette.commands.common import (
    check_rule_names,
    exit_code,
    fault_named,
    one_sentence,
    scenario_folders,
)
from recette.commands.converter_option import converter_asked
from recette.commands.cut_off import reports_can_be_made_again, told_how_to_go_on
from recette.commands.forms import forms_wanted
from recette.commands.models_option import schemas_asked
from recette.commands.narrowing import narrowed
from recette.commands.options import OptionsError
from recette.commands.resuming import as_asked, asked
from recette.commands.run_arguments import arguments
from recette.commands.saying import say
from recette.journal.events import NotLoaded
from recette.journal.interrupted import read_interrupted
from recette.judge.verdicts import Judgement
from recette.messages.dictionary.generations import edition_named
from recette.messages.profile.reader import DEFAULT, profile
from recette.messages.vhosts import vhost
from recette.play.drivers.terminal import Terminal
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.relay.observation import read_place
from recette.report.audience import Audience
from recette.report.console import Console
from recette.report.results import as_document
from recette.report.story import Story
from recette.report.writing import write_all
from recette.scenario.book.importing import ImportedCase
from recette.scenario.cahier import Cahier
from recette.scenario.model import Scenario
from recette.scenario.requirements import catalogue
from recette.scenario.selection import Selection, select

__all__ = ["arguments", "run"]

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@one_sentence
def run(arguments: Namespace) -> int:
    """Play and judge."""
    resumes = read_interrupted(Path(arguments.resume)) if arguments.resume else None
    arguments.scenarios = narrowed(arguments)
    if resumes is not None:
        arguments = as_asked(arguments, resumes)
    options = _options(arguments)
    chosen, not_loaded = _chosen(arguments)
    options = replace(
        options,
        resumes=resumes,
        cahiers=tuple(map(facts_of, chosen.cahiers)),
        cahier=_cahier(arguments, chosen),
    )
    folder = (
        Path(arguments.report)
        if arguments.report
        else Path("reports") / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    )
    journal = folder / "journal.jsonl"
    if journal.exists() and resumes is None:
        raise OptionsError(f"{journal} existe déjà : donnez un autre dossier à --report.")
    forms = forms_wanted(arguments.reports)
    key = _signing_key(arguments)
    console = Console(sys.stderr if arguments.json else sys.stdout, verbose=arguments.verbose)
    resumed = resumes is not None
    with console.playing() as shown, told_how_to_go_on(folder, shown, resumed=resumed) as audience:
        story = _played(arguments, chosen.scenarios, not_loaded, journal, options, audience)
    with reports_can_be_made_again(folder):
        code = _tell(story, folder, forms, arguments, console)
    if key is not None:
        from recette.proof.keys import sign

        sign(folder, key)
    return code


def _signing_key(arguments: Namespace) -> Ed25519PrivateKey | None:
    """The key to sign with, read before anything is played."""
    if not arguments.sign:
        return None
    from recette.proof.keys import private_key

    return private_key(Path(arguments.sign))


def _options(arguments: Namespace) -> Options:
    check_rule_names(arguments.strict)
    if arguments.target and arguments.editor:
        raise OptionsError("--editor choisit un éditeur de référence : il ne va pas avec --target.")
    if arguments.between and (arguments.target or arguments.editor):
        raise OptionsError(
            "--between met face à face les éditeurs de référence : il va sans --target ni --editor (une cible qui a "
            "« editors » met face à face les vôtres)."
        )
    if arguments.attest_received and not arguments.target:
        raise OptionsError(
            "--attest-received va avec --target : l'éditeur de référence n'a pas d'écran à regarder."
        )
    if (arguments.captured or arguments.case) and not arguments.target:
        raise OptionsError("--captured juge les éditeurs d'une cible : ajoutez --target.")
    if arguments.case and not arguments.captured:
        raise OptionsError("--case va avec --captured.")
    if arguments.captured and arguments.resume:
        raise OptionsError("--captured ne joue rien, et ne se reprend pas : relancez la commande.")
    if arguments.observed_by and not arguments.target:
        raise OptionsError("--observed-by est pour l'éditeur d'une cible : ajoutez --target.")
    schemas = schemas_asked(arguments)
    fault = fault_named(arguments.fault) if arguments.fault else None
    options = Options(
        observed_by=read_place(Path(arguments.observed_by)) if arguments.observed_by else None,
        broker=arguments.broker or "embedded",
        part=fault.play.partition("@")[2] if fault else "",
        schemas=schemas,
        strict=tuple(arguments.strict),
        left_out=_left_out_of_screen(arguments),
        attest_received=bool(arguments.attest_received),
        format=arguments.format or "json",
        vhost=vhost(arguments.vhost, schemas.edition if schemas else None).name if arguments.vhost else None,
        role=arguments.editor,
        allow_harmful=arguments.allow_harmful,
        dispatchers=arguments.dispatchers,
        converter=converter_asked(arguments),
        hub=arguments.hub or DEFAULT,
        first_only=arguments.first_only,
        jobs=arguments.jobs
        or (1 if arguments.target or arguments.fault or arguments.first_only else HOME_JOBS),
        asked=asked(arguments),
    )
    return options.with_fault(fault) if fault else options


def _left_out_of_screen(arguments: Namespace) -> tuple[str, ...]:
    """The requirements that nobody is asked about. Raises OptionsError."""
    known = catalogue()
    for name in arguments.leave_out or ():
        if name not in known or "S" not in known[name].observed_by:
            raise OptionsError(
                f"« {name} » n'est pas une exigence qu'un écran montre : --leave-out ne laisse de côté que celles-là."
            )
    if arguments.leave_out and not arguments.target:
        raise OptionsError("--leave-out va avec --target : l'éditeur de référence répond de son écran.")
    return tuple(arguments.leave_out or ())


def _played(
    arguments: Namespace,
    scenarios: Sequence[Scenario],
    not_loaded: tuple[NotLoaded, ...],
    journal: Path,
    options: Options,
    audience: Audience,
) -> Story:
    """The whole run, as its reports tell it."""
    told: list[Story] = []
    _play(
        arguments,
        scenarios,
        not_loaded,
        journal,
        options,
        replace(audience, told=told.append, ready=_shown_on(arguments)),
    )
    return told[0]


def _shown_on(arguments: Namespace) -> Callable[[Sequence[str]], None]:
    """Shows how to connect to a hub at home, at once."""
    sink = sys.stderr if arguments.json else sys.stdout
    return lambda lines: say(*lines, sep="\n", file=sink, flush=True)


def _play(
    arguments: Namespace,
    scenarios: Sequence[Scenario],
    not_loaded: tuple[NotLoaded, ...],
    journal: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    if arguments.between:
        return face_to_face.play_reference_editors(scenarios, not_loaded, journal, options, audience)
    if not arguments.target:
        return campaign.play_at_home(scenarios, not_loaded, journal, options, audience)
    target = load_target(Path(arguments.target))
    _check_options(arguments, target)
    if arguments.format:
        target = replace(target, format=arguments.format)
    if arguments.hub:
        target = replace(target, hub=arguments.hub, hub_named=True)
    told = profile(target.hub).status(target.vhost.name)
    if told:
        say(told, file=sys.stderr)
    if arguments.models:
        target = replace(target, vhost=vhost(target.vhost.name, edition_named(arguments.models)))
    sink = sys.stderr if arguments.json else sys.stdout
    editors = (
        target,
        *(replace(one, format=target.format, hub=target.hub, vhost=target.vhost) for one in target.opposite),
    )
    if arguments.captured:
        recorded = _recorded(arguments, target)
        return judge_captured(editors, scenarios, not_loaded, recorded, journal, options, audience)
    options = replace(options, terminal=_terminal(editors, options, sink))
    if target.opposite:
        return face_to_face.play_editors(editors, scenarios, not_loaded, journal, options, audience)
    return campaign.play_on_target(target, scenarios, not_loaded, journal, options, audience)


def _recorded(arguments: Namespace, target: Target) -> Recorded:
    """The captures of plays that are over. Raises OptionsError, and what reading them does."""
    if not target.opposite:
        raise OptionsError(
            "--captured juge des éditeurs qui ont joué entre eux : donnez une cible qui les nomme dans « editors » "
            "(docs/editeur-a-editeur.md)."
        )
    if not arguments.scenarios:
        raise OptionsError("--captured : nommez les scénarios qui ont été joués, aucune capture ne le dit.")
    pairs = [one.partition("=") for one in arguments.case]
    if any(not (scenario and name) for scenario, _, name in pairs):
        raise OptionsError("--case s'écrit SCÉNARIO=DOSSIER, avec le caseId du dossier qui a été joué.")
    header, passed = capture_of(arguments.captured, target.vhost.name)
    named = {scenario: name for scenario, _, name in pairs}
    return Recorded(header, passed, named)


def _check_options(arguments: Namespace, target: Target) -> None:
    """What a target says itself is not said otherwise beside it. Raises OptionsError."""
    if arguments.vhost and vhost(arguments.vhost).name != target.vhost.name:
        raise OptionsError(
            f"--vhost {arguments.vhost} ne va pas avec {target.name}, qui est sur {target.vhost.name} : ôtez --vhost, ou "
            "donnez la cible de ce vHost."
        )
    if target.opposite and arguments.observed_by:
        raise OptionsError(
            "--observed-by est pour un seul éditeur : avec « editors », écrivez « relay » sous chacun (docs/editeur-a-editeur.md)."
        )
    if arguments.attest_received and (target.opposite or target.driver.kind != "operator"):
        raise OptionsError(
            "--attest-received interroge une personne : donnez une cible d'un seul éditeur, dont le pilote est operator."
        )
    if target.opposite and (arguments.jobs or 1) > 1:
        raise OptionsError("Plusieurs éditeurs jouent un scénario à la fois : ôtez --jobs.")
    if arguments.resume or target.home is not None:
        return
    if arguments.broker:
        raise OptionsError(
            "--broker choisit le broker de la recette, et cette cible a le sien : ôtez --broker, ou écrivez « broker: home »."
        )


def _terminal(targets: Iterable[Target], options: Options, sink: TextIO) -> Terminal | None:
    """Where the operator sits, who does one thing at a time."""
    if all(target.driver.kind != "operator" for target in targets):
        return None
    if options.jobs > 1:
        raise OptionsError("Un opérateur joue un scénario à la fois : ôtez --jobs.")
    return Terminal(sys.stdin, sink)


def _tell(
    story: Story, folder: Path, forms: frozenset[str] | None, arguments: Namespace, console: Console
) -> int:
    """The verdict as soon as the results are written; then where the reports are."""

    def verdict() -> None:
        if arguments.json:
            say(json.dumps(as_document(story.judgement, story.journal), ensure_ascii=False), flush=True)
        else:
            console.summary(story.judgement, story.header)

    written = write_all(story, folder, forms, once_results=verdict)
    if not arguments.json:
        say(f"    Rapports : {folder}/{', '.join([*written, 'journal.jsonl'])}")
    return exit_code(story.judgement)


def _chosen(arguments: Namespace) -> tuple[Selection, tuple[NotLoaded, ...]]:
    if arguments.bundle and not arguments.scenarios:
        from recette.scenario.book.importing import books_of, imported_with

        bundle = Path(arguments.bundle)
        cases = imported_with(books_of(bundle), bundle).cases
        scenarios = tuple(one.scenario for one in cases if one.scenario is not None)
        return Selection(scenarios, (), (Cahier.of(bundle.name, scenarios),)), _left_out(cases)
    return select(arguments.scenarios, *scenario_folders(arguments.folder)).sound(), ()


def _cahier(arguments: Namespace, chosen: Selection) -> tuple[Scenario, ...]:
    """All the scenarios that there are, to say how many of them were played."""
    if not arguments.scenarios:
        return chosen.scenarios
    return select((), *scenario_folders(arguments.folder)).scenarios


def _left_out(cases: Iterable[ImportedCase]) -> tuple[NotLoaded, ...]:
    """The cases of the official book that cannot be played, and the steps that are not."""
    found: list[NotLoaded] = []
    for case in cases:
        if case.scenario is None:
            found.append(NotLoaded(scenario=case.id, title=case.title, reason=case.reason))
            continue
        found += [
            NotLoaded(scenario=f"{case.id} (étape omise)", title=case.title, reason=one.of_step)
            for one in case.omitted
        ]
    return tuple(found)
