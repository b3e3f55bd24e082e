"""The plays that a journal tells of: which are going on, and which of them something belongs to."""

from __future__ import annotations

from datetime import datetime

from recette.journal.events import Entry, RunStarted, ScenarioStarted
from recette.journal.link_events import Probed
from recette.judge.record import ContradictionError, Record
from recette.messages.dictionary.generations import Edition
from recette.messages.hub_saw import HubSaw
from recette.messages.vhosts import VHost, recorded_vhost
from recette.scenario.arrivals import Arrivals
from recette.scenario.crossing import crossed
from recette.scenario.loader import load
from recette.scenario.matching import Progress
from recette.scenario.model import Casting


class Plays:
    """The plays of a journal that are going on, as play itself keeps them apart."""

    def __init__(self, header: RunStarted) -> None:
        self.running: dict[str, Record] = {}
        self.held: list[Record] = []
        """Those that are over, and may still be told something."""
        self._observed = header.hub_observed
        self.relayed = header.relay_observed and not header.hub_observed
        """Whether a relay told of all that the editor published."""
        self._models = header.models
        self._vhosts: dict[str, VHost] = {}
        self._face_to_face = header.face_to_face
        self._targets = {
            (vhost, client): (one.vhost, one.editor)
            for one in reversed(header.targets)
            for client in one.partners
            for vhost in (one.vhost, one.meeting)
        }
        """The vHost and the editor's client id, by each client that is there, and its vHost or that of the others."""
        self._targets |= {
            (vhost, one.editor): (one.vhost, one.editor)
            for one in reversed(header.targets)
            for vhost in (one.vhost, one.meeting)
        }
        self._meetings = {(one.vhost, one.editor): one.meeting for one in header.targets}
        self._arrivals: dict[tuple[str, str], Arrivals] = {}
        self._cut: dict[str, Record] = {}
        """Those that were going on when the run was cut off."""
        self._ways: dict[tuple[str, str], tuple[int, Probed]] = {}
        """What a probe told of the way to each editor."""
        self._heard: dict[tuple[str, str], set[str]] = {}
        """What each target's editor answered of its partners' messages in plays that are over, by model."""
        self._paces: dict[str, float] = {}
        """Seconds of the slowest probe that the hub moved when the run began, by vHost."""
        self._started = 0

    def probed(self, number: int, event: Probed) -> None:
        """What a probe told when the run began."""
        target = self._targets.get((event.vhost, event.recipient))
        if target is not None and target[1] == event.recipient:
            self._ways[target] = (number, event)
        elif event.outcome == "delivered":
            self._paces[event.vhost] = max(event.seconds, self._paces.get(event.vhost, 0.0))

    def begin(self, entry: Entry, event: ScenarioStarted) -> Record:
        """A play begins, or begins again after the run was cut off. Raises ContradictionError."""
        if event.scenario in self.running:
            raise ContradictionError(event.scenario)
        first = self._cut.pop(event.scenario, None)
        if first is not None:
            first.replayed = True
            self.held.append(first)
        if event.editor not in event.clients:
            raise ContradictionError(event.editor)
        target = (event.vhost, event.clients[event.editor])
        here, there = self._vhost(event.vhost), self._meeting(target)
        casting = _cast(event, here, there, face_to_face=self._face_to_face)
        record = Record(
            casting,
            Progress(casting, event.values),
            here,
            there,
            target,
            entry.number,
            self._started if first is None else first.place,
            datetime.fromisoformat(entry.at),
        )
        record.links.way = self._ways.get(target)
        record.links.heard = frozenset(self._heard.get(target, ()))
        record.links.pace = self._paces.get(there.name, 0.0)
        self._started += first is None
        self.running[event.scenario] = record
        self._of_target(record.target).begin(record.progress)
        return record

    def _vhost(self, name: str) -> VHost:
        if name not in self._vhosts:
            self._vhosts[name] = recorded_vhost(name, self._models)
        return self._vhosts[name]

    def _meeting(self, target: tuple[str, str]) -> VHost:
        """Where the partners of a target live."""
        return self._vhost(self._meetings.get(target, target[0]))

    def edition_of_editor(self, name: str, client: str) -> Edition:
        """The edition of the models where the editor lives whom `client` on that vHost belongs to."""
        return self._vhost(self._targets[name, client][0]).edition

    def edition_elsewhere(self, name: str, client: str) -> Edition | None:
        """The edition of the models on that vHost, where it is not the one on which the partners of `client` live."""
        target = self._targets.get((name, client))
        if target is None or self._meeting(target).name == name:
            return None
        return self._vhost(name).edition

    def end(self, name: str) -> None:
        """A play is over."""
        record = self.running.pop(name)
        self._of_target(record.target).end(record.progress)
        models = {publication.message.model or "" for publication, _ in record.answers}
        self._heard.setdefault(record.target, set()).update(models)
        self.held.append(record)

    def cut(self) -> None:
        """The run was cut off: whatever was going on is over, and play forgot what had come."""
        for record in self.running.values():
            record.cut = True
        self._cut |= self.running
        self.running = {}
        self._arrivals = {}

    def close(self) -> None:
        """The journal ends here."""
        self.held += [*self._cut.values(), *self.running.values()]

    def named(self, name: str) -> Record:
        """The play of that name that is going on. Raises ContradictionError."""
        if name not in self.running:
            raise ContradictionError(name)
        return self.running[name]

    def of(self, progress: Progress) -> Record:
        """The record of a play that is going on."""
        return next(one for one in self.running.values() if one.progress is progress)

    def editor_of(self, name: str, client: str) -> str | None:
        """The editor under test whose partner `client` is on that vHost; None for a client that is nobody's."""
        target = self._targets.get((name, client))
        return None if target is None else target[1]

    def arrivals(self, name: str, client: str) -> Arrivals | None:
        """What takes in all that comes to, or from, `client` on that vHost; None for a client that is nobody's."""
        target = self._targets.get((name, client))
        return None if target is None else self._of_target(target)

    def arrivals_of(self, event: HubSaw) -> Arrivals | None:
        """What takes in a message that did not get through: its sender's; one handed back by another editor under test
        is that one's doing.
        """
        handed_back = self._face_to_face and event.action == "dead-lettered"
        reader = (event.recipient or "").rpartition(".")[0]
        return self.arrivals(event.vhost, reader if handed_back else event.client)

    def met_by(self, name: str, client: str) -> list[Record]:
        """The plays that are going on on the target of `client`."""
        target = self._targets.get((name, client))
        return [one for one in self.running.values() if one.target == target]

    def _of_target(self, target: tuple[str, str]) -> Arrivals:
        if target not in self._arrivals:
            edition = self._meeting(target).edition
            self._arrivals[target] = Arrivals(edition, observed=self._observed)
        return self._arrivals[target]


def _cast(event: ScenarioStarted, here: VHost, there: VHost, *, face_to_face: bool) -> Casting:
    """The scenario as it was played. Raises ContradictionError and ScenarioError."""
    if event.file not in event.sources:
        raise ContradictionError(event.file)
    scenario = load(event.file, event.sources, here.generation)
    for actor in (event.editor, *scenario.actors):
        if actor not in event.clients or actor not in scenario.actors:
            raise ContradictionError(actor)
    if there.name != here.name:
        other = load(event.file, event.sources, there.generation)
        scenario = crossed(scenario, other, event.editor, event.clients)
    return Casting(scenario, event.editor, event.clients, face_to_face)
