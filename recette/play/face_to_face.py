"""One play of a scenario between editors that are all under test: each is asked to act in turn, nobody is played."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, permutations

from recette.play.player import Player
from recette.play.prompting import CannotGoOn
from recette.play.run import Run
from recette.play.target import Target
from recette.play.witness import Witness
from recette.scenario.model import Casting, Scenario
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, PartnerAck, PartnerSends, Step

Cast = tuple[Casting, ...]
"""One play, as each of its editors is judged on it."""


def casts(targets: Sequence[Target], scenario: Scenario) -> Iterator[Cast]:
    """Every way to give the scenario's parts to editors of their roles; none where `only_played` says why."""
    if only_played(scenario) or targets[0].vhost.generation != scenario.generation:
        return
    if scenario.perimeter != targets[0].vhost.perimeter:
        return
    for chosen in permutations(targets, len(scenario.actors)):
        if all(one.role == role for one, role in zip(chosen, scenario.actors.values(), strict=True)):
            clients = {actor: one.editor for one, actor in zip(chosen, scenario.actors, strict=True)}
            yield Casting(scenario, next(iter(clients)), clients, face_to_face=True).sides


def only_played(scenario: Scenario) -> str:
    """Why a scenario needs the harness as a partner, in French; empty where software can have every part."""
    if scenario.partners_on:
        return "La recette y joue les partenaires, sur un autre vHost que celui de l'éditeur."
    for step in scenario.steps:
        if step.actor and step.actor not in scenario.testable:
            return f"À l'étape {step.id}, c'est la recette qui joue « {step.actor} »."
        if isinstance(step, DisturbStep):
            return f"À l'étape {step.id}, la recette rompt la liaison du seul éditeur qu'elle teste."
        if not isinstance(step, MessageStep):
            continue
        if not step.ack and step.models != "RS-ERROR":
            return f"À l'étape {step.id}, la recette tait l'acquittement."
        if step.by_partner != PartnerSends():
            return f"À l'étape {step.id}, la recette envoie ce qu'un logiciel n'envoie pas."
        if step.by_editor.answer != PartnerAck() or (step.refused is not None and not step.to_unknown):
            return f"À l'étape {step.id}, la recette répond ce qu'un logiciel ne répond pas."
    return ""


class Side(Player):
    """One editor's part in a play; what its partners send is what they really send."""

    def __init__(self, run: Run, casting: Casting, witness: Witness) -> None:
        super().__init__(run, casting, {}, witness.look)

    @property
    def client(self) -> str:
        return self.casting.editor_client

    async def _check_known(self, step: Step) -> None:
        """That the others told what this editor is to repeat. Raises CannotGoOn."""
        if not isinstance(step, MessageStep) or not self.casting.by_editor(step):
            return
        scenario, me = self.casting.scenario, self.casting.editor
        others = {one.name for one in scenario.identifiers if one.by != me}
        others |= {"caseId"} if scenario.case_by not in {None, me} else set()
        missing = sorted(step.contents[0].names & others - self.progress.values.keys())
        if missing:
            raise CannotGoOn(f"L'étape {step.id} a besoin de {', '.join(missing)}, que personne n'a donné.")

    async def _send(self, step: MessageStep) -> None:
        """The partner is asked itself."""

    async def _probe(self, step: Step, waiting_for: str) -> None:
        """Nobody of the harness could send one."""


class Meeting:
    """One play; all of its editors are on the witness's hub."""

    def __init__(self, runs: dict[str, Run], cast: Cast, witness: Witness) -> None:
        self._sides = [Side(runs[one.editor_client], one, witness) for one in cast]
        self._witness = witness
        self._steps = cast[0].scenario.steps

    async def play(self) -> None:
        """From the first step to the last one that can be played, and its end."""
        for side in self._sides:
            side.start()
            self._witness.playing[side.client] = side.progress
        for _, steps in groupby(self._steps, key=lambda step: step.group or step.id):
            if not await self._play_group(list(steps)):
                break
        await asyncio.gather(*(side.finish() for side in self._sides))
        self._witness.playing.clear()

    async def _play_group(self, steps: list[Step]) -> bool:
        """Whether the play can go on."""
        for step in steps:
            # whoever is to receive is ready before the sender is asked
            if not await self._each(
                sorted(self._concerned(step), key=lambda one: _acts(one, step)), step, "begin"
            ):
                return False
        for step in steps:
            sides = sorted(self._concerned(step), key=lambda one: not _acts(one, step))
            if not await self._each(sides, step, "end"):
                return False
        return True

    async def _each(self, sides: Iterable[Side], step: Step, what: str) -> bool:
        for side in sides:
            try:
                await (side.begin(step) if what == "begin" else side.end(step))
            except CannotGoOn as ending:
                self._stop(side, str(ending))
                return False
        return True

    def _stop(self, by: Side, reason: str) -> None:
        for side in self._sides:
            side.stop(reason if side is by else f"Le passage s'arrête du côté de {by.client} : {reason}")

    def _concerned(self, step: Step) -> list[Side]:
        return [one for one in self._sides if step in one.casting.steps]


def _acts(side: Side, step: Step) -> bool:
    return side.casting.by_editor(step) or isinstance(step, AttestStep)
