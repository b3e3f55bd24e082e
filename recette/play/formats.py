"""What a generation cannot carry in XML is not played in XML, and said so."""

from __future__ import annotations

from collections.abc import Iterable

from recette.journal.events import NotLoaded
from recette.messages.dictionary.models import model
from recette.messages.reading import XML_TYPE
from recette.messages.xml.names import sayable
from recette.play.target import Target
from recette.scenario.model import Casting
from recette.scenario.steps import MessageStep

Plan = list[tuple[Target, list[Casting]]]


def without_unsayable(plan: Iterable[tuple[Target, list[Casting]]]) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """The plan without the scenarios that hold a message which XML has not, and the reason for each."""
    kept: Plan = []
    said: dict[str, NotLoaded] = {}
    for target, cast in plan:
        playable = []
        for one in cast:
            missing = _unsayable(target, one)
            if not missing:
                playable.append(one)
                continue
            reason = (
                f"La génération {target.vhost.generation} ne sait pas dire {', '.join(missing)} en XML : "
                "jouez ce scénario en JSON."
            )
            said[one.name] = NotLoaded(scenario=one.name, title=one.scenario.title, reason=reason)
        if playable:
            kept.append((target, playable))
    return kept, tuple(said.values())


def _unsayable(target: Target, casting: Casting) -> list[str]:
    generation = target.vhost.generation
    names = {
        content.model
        for step in casting.steps
        if isinstance(step, MessageStep)
        if XML_TYPE
        in {target.content_type(casting.clients.get(one, "")) for one in (step.sender, step.recipient)}
        for content in step.contents
    }
    return sorted(name for name in names if model(name, generation).key not in sayable(generation))
