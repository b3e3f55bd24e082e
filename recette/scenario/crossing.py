"""A scenario whose partners live on another vHost: what each side sends, as it reaches the other (hub-sante-2026 4).

What a partner sends is written in its own generation; what the editor sends is awaited as the hub converts it, so that
nothing which gets lost on the way is held against the editor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope
from recette.messages.clients import is_health
from recette.messages.conversion.converter import Converter, Kind
from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Loss
from recette.messages.dictionary.models import model_of_key
from recette.messages.reading import HEADER_FIELDS, find_inner
from recette.scenario.model import Scenario
from recette.scenario.steps import Content, MessageStep, Step
from recette.scenario.template import VARIABLE, names_in, shifted

NOT_CONVERTED = 300
"""The hub's code for what cannot be converted (hub-sante-2026 4.2)."""
_DAWN = datetime(2001, 1, 1, tzinfo=UTC)
_DROPPED = object()
_STATUSES = ("DECLENCHE", "DEPART")
"""Two that every generation has."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of one message on its way."""

    contents: tuple[Content, ...] = ()
    """What the other side gets of it; nothing where it is refused, or where nothing is left."""
    losses: tuple[Loss, ...] = ()
    refused: str = ""
    """Why the hub refuses to convert it."""

    @property
    def lost(self) -> tuple[str, ...]:
        """Where the data is that does not survive, or in words only."""
        return tuple(dict.fromkeys(one.path for one in self.losses if one.kind in {"perdu", "noté"}))


def crossed(here: Scenario, there: Scenario, editor: str, clients: Mapping[str, str]) -> Scenario:
    """The scenario with `editor` on its own vHost and all others on another: `here` and `there` are the same one, as
    it reads in the generation of each.
    """
    steps: list[Step] = []
    passages = passages_of(here, there, editor, clients)
    for step in here.steps:
        if not isinstance(step, MessageStep):
            steps.append(step)
            continue
        passage = passages[step.id]
        gone = not passage.contents and not passage.refused
        refused = NOT_CONVERTED if passage.refused else step.refused
        if step.sender != editor:
            native = there.message(step.id)
            by_partner = replace(native.by_partner, arrives=tuple(one.model for one in passage.contents))
            ack = native.ack and not gone
            steps.append(replace(native, refused=refused, ack=ack, vanishes=gone, by_partner=by_partner))
            continue
        typed = step.contents[0]
        awaited = passage.contents or there.message(step.id).contents
        by_editor = replace(step.by_editor, typed=typed, lost=passage.lost)
        first = replace(step, contents=awaited, refused=refused, vanishes=gone, by_editor=by_editor)
        steps += [first] if len(step.contents) > 1 else _one_by_one(first)
    return replace(here, steps=tuple(steps), partners_generation=there.generation)


def _one_by_one(step: MessageStep) -> list[MessageStep]:
    """What the hub makes several messages of is as many steps, which come in any order: the editor acts once."""
    group = step.group or step.id
    made = [
        replace(step, contents=(step.contents[0],), group=group if len(step.contents) > 1 else step.group)
    ]
    for number, content in enumerate(step.contents[1:], start=2):
        by_itself = replace(step.by_editor, ask=False, typed=None, prompt="", lost=())
        title = f"{step.title} (message {number} de la conversion)"
        made.append(
            replace(made[0], id=f"{step.id}-{number}", title=title, contents=(content,), by_editor=by_itself)
        )
    return made


def passages_of(
    here: Scenario, there: Scenario, editor: str, clients: Mapping[str, str]
) -> dict[str, Passage]:
    """What becomes of the message of each step, in their order: what the hub keeps of a case decides on later ones."""
    hub = _Hub(here, clients)
    found: dict[str, Passage] = {}
    for index, step in enumerate(here.steps):
        if not isinstance(step, MessageStep):
            continue
        mine = step.sender == editor
        source, target = (here, there) if mine else (there, here)
        said = source.message(step.id)
        if said.by_partner.again:
            found[step.id] = found[said.by_partner.again]
            continue
        ways = [
            hub.passage(index, said, one, (source.generation, target.generation)) for one in said.contents
        ]
        contents = tuple(content for way in ways for content in way.contents)
        known = {one.model: one for one in there.message(step.id).contents} if mine else {}
        found[step.id] = Passage(
            tuple(_with_paths(one, said.contents[0], known.get(one.model)) for one in contents),
            tuple(loss for way in ways for loss in way.losses),
            ways[0].refused if ways and not contents else "",
        )
    return found


def _with_paths(made: Content, typed: Content, native: Content | None) -> Content:
    """How it is compared: as the scenario says in that generation, or else as it says of what was sent."""
    how = native or typed

    def told(path: str) -> str:
        return path.replace(f"$.{how.key}", f"$.{made.key}", 1)

    return replace(
        made,
        ignore=tuple(map(told, how.ignore)),
        identity={told(path): name for path, name in how.identity.items()},
        ordered=how.ordered,
        dates=how.dates,
        capture={name: told(path) for name, path in how.capture.items()},
    )


@dataclass(slots=True)
class _Hub:
    """Converts a scenario's data, with something else in the place of what is only known when it is played.

    Twice, each with what it keeps of the case: what is not alike in both was drawn by the converter, or picked from what
    an editor may tell more of (`_told_on`).
    """

    scenario: Scenario
    clients: Mapping[str, str]
    converters: tuple[Converter, Converter] = field(default_factory=lambda: (Converter(), Converter()))

    def passage(self, index: int, step: MessageStep, content: Content, ends: tuple[int, int]) -> Passage:
        """Of one content of a step."""
        sender, recipient = self.clients[step.sender], self.clients.get(step.recipient, step.recipient)
        stand_ins = _StandIns(self._values(index))
        document = envelope(
            stand_ins.put(content.data),
            content.key,
            sender=sender,
            recipient=recipient,
            distribution_id=f"{sender}_{step.id}",
            sent_at=_DAWN,
            expires_at=_DAWN,
        )
        kind: Kind = "version" if is_health(sender) and is_health(recipient) else "transcoding"
        try:
            first, second = (
                one.convert(said, *ends, kind)
                for one, said in zip(self.converters, (document, _told_on(document)), strict=True)
            )
        except ConversionError as error:
            return Passage(refused=str(error))
        made = []
        for one, other in zip(first.documents, second.documents, strict=True):
            key, data = _content(one)
            known = model_of_key(key, ends[1])
            if known is not None:
                left = stand_ins.take(_alike(data, _content(other)[1]))
                made.append(Content(known.name, key, left, frozenset(names_in(left))))
        return Passage(tuple(made), first.losses)

    def _values(self, index: int) -> dict[str, str]:
        """A value of the right form for each name, other than any that a scenario writes."""
        scenario = self.scenario
        identifiers = {
            one.name: f"{self.clients[one.by]}.{one.kind}.jeton-{one.name}" for one in scenario.identifiers
        }
        creator = self.clients.get(scenario.case_by or "", "fr.health.jeton")
        return {
            **scenario.variables,
            **self.clients,
            **identifiers,
            "caseId": f"{creator}.DRFRjeton",
            "senderCaseId": "DRFRjeton",
            "now": (_DAWN + timedelta(hours=index)).isoformat(),
        }


class _StandIns:
    """Puts values in the place of `${variables}`, and the variables back again."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._back: dict[str, str] = {}

    def put(self, node: Any) -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(node, dict):
            return {name: self.put(child) for name, child in node.items()}
        if isinstance(node, list):
            return [self.put(child) for child in node]
        if not isinstance(node, str) or "${" not in node:
            return node
        text = VARIABLE.sub(lambda m: shifted(self._values.get(m[1], f"jeton-{m[1]}"), m[2]), node)
        self._back[text] = node
        return text

    def take(self, node: Any) -> Any:  # noqa: ANN401 - a JSON tree
        """What a conversion made of a text with a variable is left out: only the play can tell."""
        kept = self._taken(node)
        return {} if kept is _DROPPED else kept

    def _taken(self, node: Any) -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(node, dict):
            taken = {name: self._taken(child) for name, child in node.items()}
            return {name: child for name, child in taken.items() if child is not _DROPPED}
        if isinstance(node, list):
            return [child for child in map(self._taken, node) if child is not _DROPPED]
        if not isinstance(node, str):
            return node
        return self._back.get(node, _DROPPED if self._made_of_one(node) else node)

    def _made_of_one(self, text: str) -> bool:
        dates = (one for one, written in self._back.items() if "${now" in written)
        return "jeton" in text or any(one in text for one in dates)


def _told_on(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The same, with one state more of each vehicle: a list of states may say more than a scenario asks for, and the
    conversion keeps the last alone.
    """
    if isinstance(node, list):
        return [_told_on(child) for child in node]
    if not isinstance(node, dict):
        return node
    told = {name: _told_on(child) for name, child in node.items()}
    states = told.get("state")
    if isinstance(states, list) and states:
        other = next(code for code in _STATUSES if code != states[-1].get("status"))
        told["state"] = [*states, {**states[-1], "status": other}]
    return told


def _alike(one: Any, other: Any) -> Any:  # noqa: ANN401 - JSON trees
    """What two conversions have in common: all but what is drawn."""
    if isinstance(one, dict) and isinstance(other, dict):
        common = {name: _alike(child, other[name]) for name, child in one.items() if name in other}
        return {name: child for name, child in common.items() if child is not _DROPPED}
    if isinstance(one, list) and isinstance(other, list):
        pairs = [_alike(*pair) for pair in zip(one, other, strict=False)]
        return [child for child in pairs if child is not _DROPPED]
    return one if one == other else _DROPPED


def _content(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The use-case key and what is under it."""
    message: Any = find_inner(document)
    key = next(one for one in message if one not in HEADER_FIELDS)
    return key, message[key]
