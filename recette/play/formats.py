"""What an edition does not have or cannot carry in XML, or a vHost at all, is not played there, and said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recette.journal.events import NotLoaded
from recette.messages.dictionary.generations import edition_of
from recette.messages.dictionary.models import model, models
from recette.messages.profile.reader import Profile
from recette.messages.reading import XML_TYPE
from recette.messages.xml.names import sayable
from recette.play.target import Target
from recette.scenario.lint import unfit
from recette.scenario.model import Casting
from recette.scenario.steps import MessageStep

Plan = list[tuple[Target, list[Casting]]]


def playable(
    plan: Iterable[tuple[Target, list[Casting]]], hub: Callable[[Target], Profile | None]
) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """What of the plan can be played, and why not the rest. `hub` is what is known of each target's hub beforehand."""
    kept, unknown = _without_unknown(plan)
    kept, unsaid = _without_unsayable(kept)
    kept, uncarried = _without_uncarried(kept, hub)
    return kept, (*unknown, *unsaid, *uncarried)


def _without_unsayable(plan: Iterable[tuple[Target, list[Casting]]]) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """The plan without the scenarios that hold a message which XML has not, and the reason for each."""

    def reason(target: Target, casting: Casting) -> str:
        missing = _unsayable(target, casting) if target.format == "xml" else []
        if not missing:
            return ""
        return (
            f"La {_in_words(target)} ne sait pas dire {', '.join(missing)} en XML : "
            "jouez ce scénario en JSON."
        )

    return _without(plan, reason)


def _without_unknown(plan: Iterable[tuple[Target, list[Casting]]]) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """The plan without the scenarios whose messages or data are not of the edition of the vHost, and the reasons."""

    def reason(target: Target, casting: Casting) -> str:
        edition = target.meeting.edition
        known = {one.name for one in models(edition)}
        missing = [one for one in _models(casting) if one not in known]
        if missing:
            return f"La {edition.title} n'a pas {', '.join(missing)}."
        usual = edition == edition_of(edition.generation) or target.partners_vhost is not None
        why = "" if usual else unfit(casting.scenario, edition)
        return f"Ces données ne sont pas de la {edition.title} : {why}" if why else ""

    return _without(plan, reason)


def _without_uncarried(
    plan: Iterable[tuple[Target, list[Casting]]], known: Callable[[Target], Profile | None]
) -> tuple[Plan, tuple[NotLoaded, ...]]:
    """The plan without the scenarios that need a message which their vHost does not carry in this profile."""

    def reason(target: Target, casting: Casting) -> str:
        name, hub = target.meeting.name, known(target)
        if hub is None:
            return ""
        if target.partners_vhost is not None and not target.addresses and not hub.converts:
            return f"Le hub {hub.name} ne convertit rien à la maison : jouez ce scénario avec --hub 2026."
        missing = [
            one
            for one in _models(casting)
            if hub.carries(name, model(one, target.meeting.edition).key) is False
        ]
        if not missing:
            return ""
        return f"Le hub {hub.name} refuse {', '.join(missing)} sur {name} (501) : jouez ce scénario avec --hub 2025-03."

    return _without(plan, reason)


def _without(
    plan: Iterable[tuple[Target, list[Casting]]], reason_not_to: Callable[[Target, Casting], str]
) -> tuple[Plan, tuple[NotLoaded, ...]]:
    kept: Plan = []
    said: dict[str, NotLoaded] = {}
    for target, cast in plan:
        may = []
        for one in cast:
            reason = reason_not_to(target, one)
            if reason:
                said[one.name] = NotLoaded(
                    scenario=one.name, title=one.scenario.title, reason=reason, vhost=target.vhost.name
                )
            else:
                may.append(one)
        if may:
            kept.append((target, may))
    return kept, tuple(said.values())


def _models(casting: Casting) -> list[str]:
    return sorted({content.model for step in casting.messages if _met(step) for content in step.contents})


def _in_words(target: Target) -> str:
    """The editions that are spoken, each once."""
    return " ou la ".join(dict.fromkeys((target.meeting.edition.title, target.vhost.edition.title)))


def _met(step: MessageStep) -> bool:
    """Whether its messages pass where the partners live: not what the hub does not convert."""
    return step.by_editor.typed is None or not (step.vanishes or step.refused)


def _unsayable(target: Target, casting: Casting) -> list[str]:
    """Of what passes where the partners live, and of what the editor says or gets where that is elsewhere."""
    missing = {
        content.model
        for step in casting.messages
        if _met(step)
        if XML_TYPE
        in {target.content_type(casting.clients.get(one, "")) for one in (step.sender, step.recipient)}
        for content in step.contents
        if model(content.model, target.meeting.edition).key not in sayable(target.meeting.edition)
    }
    if target.content_type(target.editor) == XML_TYPE:
        own = target.vhost.edition
        missing |= {
            one
            for step in casting.messages
            for one in (
                *step.by_partner.arrives,
                *([step.by_editor.typed.model] if step.by_editor.typed else ()),
            )
            if model(one, own).key not in sayable(own)
        }
    return sorted(missing)
