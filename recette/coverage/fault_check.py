"""Plays the seeded faults, each on the play that shows it, and says where a verdict is not the one it should be."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import NothingToPlayError, Options
from recette.coverage.own_hubs import on_hubs_of_their_own
from recette.journal.events import Entry
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Finding, Judgement, ScenarioResult
from recette.messages.dictionary.generations import generations
from recette.messages.hub_saw import HubSaw
from recette.sandbox.faults import FAULTS, SeededFault
from recette.scenario.model import Scenario
from recette.scenario.requirements import catalogue
from recette.scenario.selection import in_edition
from recette.wording.counting import counted

FAULTLESS = ""
"""The name of the editors without a fault."""
_GENERATION = re.compile(r"\.g\d+")
TIMEOUTS = frozenset({"SC-01", "AC-01"})
"""Rules that know no more than that nothing came."""


def seeded(name: str) -> SeededFault:
    """A fault by its id; by `<id>.g<generation>` as it is seeded in the same play of that generation. Raises KeyError."""
    identifier, _, generation = name.partition(".g")
    fault = FAULTS[identifier]
    if not generation:
        return fault
    play, after = (_GENERATION.sub(f".g{generation}", one) for one in (fault.play, fault.after))
    return replace(fault, id=name, play=play, after=after)


def in_generations(names: Iterable[str], scenarios: Sequence[Scenario]) -> Iterator[str]:
    """These faults, and each as well in every other generation that its play exists in."""
    known = {(one.edition, actor) for one in scenarios for actor in one.testable}
    for name in names:
        yield name
        for generation in generations() if name != FAULTLESS else ():
            other = f"{name}.g{generation}"
            fault = seeded(other)
            plays = {
                (edition, actor) for edition, _, actor in map(_parted, (fault.play, fault.after)) if edition
            }
            if generation not in fault.absent and fault.play != FAULTS[name].play and plays <= known:
                yield other


def _parted(play: str) -> tuple[str, str, str]:
    return play.partition("@")


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one fault, or of the faultless editors."""

    name: str
    """The fault's id."""
    judgement: Judgement | None
    """None where nothing could be played, or not all that shows the fault."""
    judged_alike: bool
    """Whether the journal, judged again, says the same."""
    hub_knew: bool
    """Whether the hub had refused something of the editor, or had it rejected."""
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, but for what this broker could not show."""
        judged = self.judgement
        if judged is None:
            return ()
        found = (finding for one in judged.results for finding in one.findings)
        return tuple(one for one in found if not judged.unobserved(one))

    @property
    def found(self) -> tuple[str, ...]:
        """The rules that name the editor."""
        return tuple(dict.fromkeys(one.rule for one in self.findings if one.attributed_to == "editor"))


def in_form(names: Iterable[str], form: str) -> Iterator[str]:
    """Those of these faults that are any in messages of that form."""
    return (name for name in names if name == FAULTLESS or form == "json" or not seeded(name).of_json)


def unjudged(broker: str) -> tuple[str, ...]:
    """The faults whose rule only the embedded broker's own testimony can prove."""
    if broker == "embedded":
        return ()
    return tuple(one.id for one in FAULTS.values() if catalogue()[one.rule].proof == "broker")


def play_faults(names: Iterable[str], scenarios: Sequence[Scenario], options: Options) -> Iterator[Played]:
    """Play these faults (FAULTLESS: everything, without one), several at a time, each on a hub of its own.

    What comes is in the order of `names`.
    """
    return on_hubs_of_their_own(_play, [(name, _chosen(name, scenarios)) for name in names], options)


def _chosen(name: str, scenarios: Sequence[Scenario]) -> list[Scenario]:
    if name == FAULTLESS:
        return list(scenarios)
    fault = seeded(name)
    plays = [one.partition("@") for one in (fault.after, fault.play) if one]
    return [
        replace(found, testable=(actor,))
        for edition, _, actor in plays
        for one in scenarios
        if (found := in_edition(one, edition)) is not None and actor in one.testable
    ]


def _unsaid(play: ScenarioResult) -> bool:
    """Whether it was not played, or the editor could not say in this form what it does wrong."""
    return play.verdict == "none" or any(one.rule == "PIL-01" for one in play.findings)


def _not_played(name: str, began: float) -> Played:
    return Played(name, None, judged_alike=True, hub_knew=False, seconds=time.monotonic() - began)


def _play(name: str, scenarios: list[Scenario], options: Options) -> Played:
    if name == FAULTLESS:
        options = replace(options, jobs=HOME_JOBS)
    else:
        fault = seeded(name)
        form = "xml" if options.format == "xml" else fault.format
        options = replace(options, misbehaviour=fault.misbehaviour, format=form)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="recette-") as folder:
        path = Path(folder) / "journal.jsonl"
        try:
            judgement = play_at_home(scenarios, (), path, options)
        except NothingToPlayError:
            return _not_played(name, began)
        if name and options.format == "xml" and any(map(_unsaid, judgement.scenarios)):
            return _not_played(name, began)
        journal = read_journal(path)
        clients = {(one.vhost, one.client) for one in judgement.scenarios}
        knew = any(_accuses(entry, clients) for entry in journal.entries)
        alike = judge(journal) == judgement
    return Played(name, judgement, alike, knew, time.monotonic() - began)


def _accuses(entry: Entry, editors: set[tuple[str, str]]) -> bool:
    """Whether the hub's side shows something that the editor did wrong."""
    event = entry.event
    if not isinstance(event, HubSaw):
        return False
    if event.action == "dead-lettered":
        reader = (event.recipient or "").rpartition(".")[0]
        return event.reason == "rejected" and (event.vhost, reader) in editors
    return event.action in {"refused", "publish-refused"} and (event.vhost, event.client) in editors


def complaints(played: Played) -> list[str]:
    """Where the verdict is not the one it should be, in French; nothing where it is."""
    if played.judgement is None:
        return ["ne se joue pas : aucun scénario n'a ce jeu"]
    found = list(
        _of_faultless(played) if played.name == FAULTLESS else _of_fault(seeded(played.name), played)
    )
    found += [
        f"{one.rule} est attribué à « {one.attributed_to} », et non à l'éditeur : {one.explanation}"
        for one in played.findings
        if one.attributed_to != "editor"
    ]
    if not played.judged_alike:
        found.append("le journal jugé à nouveau ne dit pas la même chose")
    return found


def _of_faultless(played: Played) -> Iterator[str]:
    judgement = played.judgement
    if judgement is None:
        return
    for one in judgement.scenarios:
        left_out = one.verdict == "none" and one.reason  # what this hub does not carry is no accusation
        open_alone = bool(one.findings) and all(map(judgement.unobserved, one.findings))
        if ((one.verdict != "pass" and not left_out) or one.findings) and not open_alone:
            rules = ", ".join(dict.fromkeys(finding.rule for finding in one.findings))
            yield f"{one.id} est accusé sans faute : {one.verdict} {rules} {one.reason}".rstrip()
    for finding in judgement.findings:
        yield f"{finding.rule} accuse sans faute, hors des passages : {finding.explanation}"
    if judgement.unclaimed:
        yield counted(
            judgement.unclaimed,
            "message n'appartient à aucun scénario",
            "messages n'appartiennent à aucun scénario",
        )


def _of_fault(fault: SeededFault, played: Played) -> Iterator[str]:
    if fault.rule not in played.found:
        yield f"{fault.rule} ne la trouve pas"
    for rule in played.found:
        if rule != fault.rule and rule not in fault.also:
            told = next(one.explanation for one in played.findings if one.rule == rule)
            yield f"{rule} parle aussi, sans qu'aucune raison soit donnée : {told}"
    for rule in fault.also:
        if rule not in played.found:
            yield f"{rule} devrait parler aussi ({fault.also[rule]}), et se tait"
    if played.hub_knew and TIMEOUTS.issuperset(played.found):
        yield "seule l'échéance la trouve, alors que le hub en a la preuve"
