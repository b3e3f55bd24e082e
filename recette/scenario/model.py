"""A scenario: actors and what is to happen between them, told once for whichever of them is under test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from recette.messages.dictionary.generations import generations
from recette.messages.roles import Role
from recette.scenario.steps import DisturbStep, MessageStep, Step


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier that one actor makes during the scenario: `<client id>.<kind>.<number>`."""

    name: str
    kind: str
    by: str


FIRE_ROLE: Role = "NEXSIS"
_FIRE_PERIMETER = "15-nexsis"


def spoken(role: str, generation: int, partners_on: str) -> int:
    """The generation that an actor speaks, in a scenario as it reads in `generation`: across vHosts the fire side speaks
    the newest alone (hub-sante-2026 1.3).
    """
    return generations()[-1] if partners_on and role == FIRE_ROLE else generation


@dataclass(frozen=True)
class Scenario:
    """A whole scenario file, as it reads in one generation."""

    id: str
    title: str
    file: str
    perimeter: str
    generations: tuple[int, ...]
    """All that the file is written for."""
    generation: int
    """The one that this is."""
    summary: str
    requirements: tuple[str, ...]
    """All that it touches."""
    actors: Mapping[str, Role]
    testable: tuple[str, ...]
    """Actors that can be the editor under test; the scenario is played once for each."""
    case_by: str | None
    """The actor that makes the caseId."""
    identifiers: tuple[Identifier, ...]
    variables: Mapping[str, str]
    steps: tuple[Step, ...]
    sources: Mapping[str, str]
    disputed: str = ""
    """Where the sources disagree about what is to happen: whose reading this is, and what the other says."""
    harmful: bool = False
    """Whether playing it could disturb a live service: a burst, a malformed or an expired message."""
    proves: tuple[str, ...] = ()
    """The requirements it exists for: where they could not be observed, it is inconclusive."""
    partners_on: str = ""
    """The perimeter on another vHost of which the partners live: the hub converts; empty where all live on one."""
    partners_generation: int | None = None
    """The one that the partners speak, of a play across vHosts."""

    @property
    def edition(self) -> str:
        """`<scenario id>.g<generation>`; across vHosts `.g<the editor's>-<the partners'>`."""
        partners = "" if self.partners_generation is None else f"-{self.partners_generation}"
        return f"{self.id}.g{self.generation}{partners}"

    @property
    def across(self) -> tuple[int, ...]:
        """The generations that partners may speak on another vHost; none where it is not played across vHosts."""
        newest = generations()[-1]
        if not self.partners_on or (self.perimeter == _FIRE_PERIMETER and self.generation != newest):
            return ()
        if self.partners_on == _FIRE_PERIMETER:
            return tuple(one for one in self.generations if one == newest)
        same = self.partners_on == self.perimeter
        return tuple(one for one in self.generations if not same or one != self.generation)

    @property
    def disturbs(self) -> bool:
        """Whether the link of whoever is under test is broken off in it."""
        return any(isinstance(step, DisturbStep) for step in self.steps)

    def spoken_by(self, actor: str) -> int:
        """The generation of what an actor sends."""
        return spoken(self.actors[actor], self.generation, self.partners_on)

    @cached_property
    def _by_id(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.steps}

    def step(self, name: str) -> Step:
        """The step of that id. Raises KeyError."""
        return self._by_id[name]

    def has_step(self, name: str) -> bool:
        return name in self._by_id

    @cached_property
    def messages(self) -> tuple[MessageStep, ...]:
        """The steps in which a message goes from one actor to another."""
        return tuple(step for step in self.steps if isinstance(step, MessageStep))

    def message(self, name: str) -> MessageStep:
        """The step of that id, in which a message goes. Raises KeyError."""
        step = self._by_id[name]
        if not isinstance(step, MessageStep):
            raise KeyError(name)
        return step


@dataclass(frozen=True)
class Casting:
    """A scenario with its actors cast: who is under test, and each actor's client id."""

    scenario: Scenario
    editor: str
    clients: Mapping[str, str]
    face_to_face: bool = False
    """Whether its other actors are editors under test too, and nobody is played."""

    @cached_property
    def name(self) -> str:
        """Unique in a run: `<scenario id>.g<generation>@<actor under test>`, face to face with `=<client id>`: two
        editors of one role take both parts in turn.
        """
        name = f"{self.scenario.edition}@{self.editor}"
        return f"{name}={self.editor_client}" if self.face_to_face else name

    @cached_property
    def play(self) -> tuple[str, tuple[str, ...]]:
        """What is one and the same for every editor that has a part in it: the scenario and who plays whom."""
        return self.scenario.edition, tuple(self.clients[actor] for actor in self.scenario.actors)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the editor has a part in; what partners say to each other is not played."""
        return tuple(step for step in self.scenario.steps if self._concerns_editor(step))

    @cached_property
    def messages(self) -> tuple[MessageStep, ...]:
        """Those of them in which a message goes."""
        return tuple(step for step in self.steps if isinstance(step, MessageStep))

    @property
    def sides(self) -> tuple[Casting, ...]:
        """The same play as each actor that has a part in it is judged on it."""
        every = (replace(self, editor=actor) for actor in self.scenario.actors)
        return tuple(one for one in every if one.steps)

    @property
    def groups(self) -> Iterator[list[Step]]:
        """The same, those of one group together: whatever is to come within it may come in any order."""
        for _, steps in groupby(self.steps, key=lambda step: step.group or step.id):
            yield list(steps)

    def _concerns_editor(self, step: Step) -> bool:
        """What is asked of whoever is under test is not asked of one that merely has to be there."""
        return self.editor in (step.actors or self.scenario.testable)

    @cached_property
    def editor_client(self) -> str:
        return self.clients[self.editor]

    def by_editor(self, step: Step) -> bool:
        """Whether the editor under test is the one who acts in this step: who sends, or stays silent."""
        return step.actor == self.editor
