"""Two reference editors face to face, one of them with a seeded fault: it is the one accused, the other never."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recette.campaign.face_to_face import play_reference_editors
from recette.campaign.options import NothingToPlayError, Options
from recette.coverage.own_hubs import on_hubs_of_their_own
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play.face_to_face import only_played
from recette.sandbox.faults import FAULTS, SeededFault
from recette.scenario.model import Scenario


@dataclass(frozen=True, slots=True)
class Between:
    """What became of one fault face to face."""

    name: str
    found: tuple[str, ...]
    """The rules that name the editor that has it."""
    wronged: tuple[str, ...]
    """What was said of the others, as editors: always too much."""
    judged_alike: bool
    """Whether the journal, judged again, says the same."""

    def complaints(self) -> list[str]:
        """What is not as it should be, in French."""
        rule = FAULTS[self.name].rule
        told = [] if rule in self.found else [f"{rule} ne la trouve pas"]
        told += [f"l'autre éditeur est accusé : {one}" for one in self.wronged]
        return told if self.judged_alike else [*told, "le journal jugé à nouveau ne dit pas la même chose"]


def between(names: Iterable[str], scenarios: Sequence[Scenario]) -> list[str]:
    """The faults that show where nobody is played: their scenario has a part for every editor."""
    return [name for name in names if not FAULTS[name].after and _chosen(FAULTS[name], scenarios)]


def play_between(names: Sequence[str], scenarios: Sequence[Scenario], options: Options) -> Iterator[Between]:
    """Play these faults, several at a time, each on a hub of its own; what comes is in the order of `names`."""
    return on_hubs_of_their_own(_play, [(name, _chosen(FAULTS[name], scenarios)) for name in names], options)


def play_one(name: str, scenarios: Sequence[Scenario], options: Options) -> Between:
    """Play one fault in this process."""
    return _play(name, _chosen(FAULTS[name], scenarios), options)


def _play(name: str, scenarios: Sequence[Scenario], options: Options) -> Between:
    fault = FAULTS[name]
    part = fault.play.partition("@")[2]
    options = replace(options, misbehaviour=fault.misbehaviour, part=part, format=fault.format)
    with tempfile.TemporaryDirectory(prefix="recette-") as folder:
        path = Path(folder) / "journal.jsonl"
        try:
            judgement = play_reference_editors(scenarios, (), path, options)
        except NothingToPlayError:
            return Between(name, (), (), judged_alike=True)
        alike = judge(read_journal(path)) == judgement
    return _between(name, fault, judgement, alike=alike)


def _between(name: str, fault: SeededFault, judgement: Judgement, *, alike: bool) -> Between:
    part = fault.play.partition("@")[2]
    faulty = next(
        (one.client for one in judgement.scenarios if one.id.partition("@")[2].partition("=")[0] == part), ""
    )
    said = [(one.client, finding) for one in judgement.scenarios for finding in one.findings]
    said += zip(judgement.whose, judgement.findings, strict=True)
    accusing = [(client, one) for client, one in said if one.attributed_to == "editor"]
    return Between(
        name,
        tuple(dict.fromkeys(one.rule for client, one in accusing if client == faulty)),
        tuple(f"{one.rule}, {one.explanation}" for client, one in accusing if client != faulty),
        alike,
    )


def _chosen(fault: SeededFault, scenarios: Iterable[Scenario]) -> list[Scenario]:
    """The scenario of the fault's play, where nobody has to be played in it."""
    edition, _, actor = fault.play.partition("@")
    return [
        one for one in scenarios if one.edition == edition and actor in one.testable and not only_played(one)
    ]
