"""What the hub, and a broker that tells, saw: to which play it belongs."""

from __future__ import annotations

from dataclasses import dataclass

from recette.judge.editor_links import EditorLinks
from recette.judge.gaps import Gap
from recette.judge.plays import Plays
from recette.judge.record import ALIKE_MAX, Record, Refusal
from recette.messages.hub_saw import CONVERSION_FAILED, HubSaw, made_beside, vanished
from recette.scenario.arrivals import Bounce
from recette.scenario.steps import MessageStep

_ACTS = frozenset(
    {
        "connected",
        "disconnected",
        "closed",
        "disturbed",
        "undisturbed",
        "declared",
        "consuming",
        "consuming-unacked",
        "acknowledging",
        "publishing",
        "looping",
        "turned-away",
        "read-refused",
        "bind-refused",
        "purged",
    }
)
"""What the editor does at the broker that is no message of its own."""
_ACCUSED = frozenset({"declared", "read-refused", "bind-refused"})
"""Those that the editor names as it likes, each of them a breach."""
_ACCUSED_MAX = 1_000
"""How many of each of them are kept."""
_BOUNCES = frozenset({"refused", "publish-refused", "dead-lettered"})
"""What became of a message that did not get through."""


@dataclass(frozen=True, slots=True)
class _Forward:
    """What the hub passed on, or received with something to tell of, with the plays that were on with its sender."""

    number: int
    event: HubSaw
    running: list[Record]

    def share(self) -> None:
        """To the play of the message that arrived or that it refers to; all of them are over."""
        about = {self.event.distribution_id, self.event.reference_id} - {None}
        known = [one for one in self.running if about & (one.ids | one.progress.published.keys())]
        side = (known or self.running)[-1].hub
        told = (self.number, self.event)
        if self.event.action == "forwarded":
            side.forwards.append(told)
        if self.event.expiration:
            side.limited.append(told)
        if self.event.body is not None:
            side.rewritten.append(told)


def _of_the_conversion(record: Record, refusal: Refusal) -> bool:
    """Whether the hub refused what its own conversion failed on, or made, where the scenario does not ask for it."""
    step = record.casting.scenario.step(refusal.step) if refusal.step else None
    if isinstance(step, MessageStep) and step.refused is not None:
        return False
    event = refusal.event
    return event.vhost != record.vhost.name or event.reason.startswith(CONVERSION_FAILED)


def _note_way(record: Record, number: int, event: HubSaw) -> None:
    """What the hub did with a partner's message: handed it over, or took it where the editor is not."""
    outgoing, homes = record.outgoing, {record.vhost.name, record.meeting.name}
    about = event.distribution_id if event.action == "forwarded" else event.reference_id
    if about is None or about not in outgoing.sent.values():
        return
    if event.action == "forwarded":
        outgoing.reached.setdefault(about, number)
    elif event.action == "transferred" and event.recipient not in homes:
        outgoing.elsewhere[about] = (number, event.recipient or "")


def _keep(acts: list[tuple[int, HubSaw]], number: int, event: HubSaw) -> None:
    """Add the act, unless enough like it are there; the first of each always is."""
    told = [one for _, one in acts if one.action == event.action]
    enough = event.action in _ACCUSED and len(told) >= _ACCUSED_MAX
    if not enough and told.count(event) < ALIKE_MAX:
        acts.append((number, event))


class HubEvents:
    """Shares out what the hub saw among the plays."""

    def __init__(self, plays: Plays) -> None:
        self.broker_seen = False
        """Whether the broker told what the editor does there."""
        self._plays = plays
        self._forwards: list[_Forward] = []
        self._acts: dict[tuple[str, str], list[tuple[int, HubSaw]]] = {}
        """By vHost and client."""
        self._links: dict[tuple[str, str], EditorLinks] = {}
        """By vHost and client."""

    def begin(self, record: Record) -> None:
        """A play begins: what the editor did at the broker before stands."""
        record.hub.acts.extend(self._acts.get(record.target, []))
        links = self._links.get(record.target)
        if links is not None and links.gap is not None:
            record.links.away.append(links.gap)

    def cut(self) -> None:
        """The run was cut off: whoever connects now is another process."""
        self._links.clear()

    def saw(self, number: int, event: HubSaw) -> None:
        """Take in what the hub saw."""
        if event.action == "received" and self._plays.relayed:
            self._published(number, event)
        if event.action == "received" and event.connection is not None:
            self._linked(number, event)
        if event.action == "received" and not event.expiration and event.body is None:
            return
        met = self._plays.met_by(event.vhost, event.client)
        mine = [one for one in met if one.casting.editor_client == event.client]
        for one in met:
            _note_way(one, number, event)
        if event.action in _ACTS:
            self._acted(number, event, mine)
        elif mine and event.action in {"forwarded", "received"}:
            self._forwards.append(_Forward(number, event, mine))
        if event.action in _BOUNCES and event.body is not None:
            refused = event.action != "dead-lettered"
            bounce = self._bounce(number, event, event.body, refused=refused)
            self._bounced(bounce, event)
        if event.body is not None:
            self._transferred(number, event, event.body)

    def _linked(self, number: int, event: HubSaw) -> Gap | None:
        place = (event.vhost, event.client)
        if place not in self._links:
            self._links[place] = EditorLinks(*place)
        return self._links[place].saw(number, event)

    def _published(self, number: int, event: HubSaw) -> None:
        for one in self._plays.met_by(event.vhost, event.client):
            if one.casting.editor_client == event.client:
                one.hub.published.append((number, event))

    def _bounce(self, number: int, event: HubSaw, body: bytes, *, refused: bool) -> Bounce:
        edition = self._plays.edition_elsewhere(event.vhost, event.client)
        return Bounce(number, event.client, event.content_type, body, refused=refused, edition=edition)

    def _transferred(self, number: int, event: HubSaw, body: bytes) -> None:
        """What a conversion made beside the message that it was made of, or left nothing of."""
        arrivals = self._plays.arrivals(event.vhost, event.client)
        if arrivals is None:
            return
        if made_beside(event):
            edition = self._plays.edition_of_editor(event.vhost, event.client)
            arrivals.multiplied(number, event.reference_id or "", body, edition)
        elif vanished(event):
            taken = arrivals.bounce(self._bounce(number, event, body, refused=True))
            if taken is not None:
                self._plays.of(taken.progress).hub.vanished.append((number, taken.arrival.message))

    def share(self, *, cut: bool) -> list[Record]:
        """Hand out what waited for plays to end; returns those that are still waited for.

        `cut`: the journal ends here, and nothing is waited for any more.
        """
        waiting = []
        for one in self._forwards:
            if not cut and any(record.ended is None and not record.cut for record in one.running):
                waiting.append(one)
            else:
                one.share()
        self._forwards = waiting
        return [record for one in waiting for record in one.running]

    def _bounced(self, bounce: Bounce, event: HubSaw) -> None:
        arrivals = self._plays.arrivals_of(event)
        taken = arrivals.bounce(bounce) if arrivals is not None else None
        if taken is not None:
            record = self._plays.of(taken.progress)
            step = record.step_at(bounce.number)
            refusal = Refusal(bounce.number, event, taken.arrival.message, step)
            own = event.client == record.casting.editor_client and event.action == "refused"
            if own and record.across and _of_the_conversion(record, refusal):
                record.hub.unconverted.append(refusal)
            else:
                record.hub.refusals.append(refusal)

    def _acted(self, number: int, event: HubSaw, mine: list[Record]) -> None:
        """An act is of all the plays that it may touch; looping on a message, of that message's play."""
        self.broker_seen = True
        editor = (event.vhost, event.client)
        gap = self._linked(number, event)
        if gap is not None:
            for one in mine:
                one.links.away.append(gap)
        if event.action == "looping":
            mine = [one for one in mine if event.distribution_id in one.progress.published] or mine[-1:]
        else:
            _keep(self._acts.setdefault(editor, []), number, event)
        for one in mine:
            if event.action == "turned-away":  # asked for by the step during which it came
                one.hub.acts.append((number, event))
            else:
                _keep(one.hub.acts, number, event)
