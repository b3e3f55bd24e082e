"""How far a campaign goes: on which hub, how much of the cahier, and what nothing in it could show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from recette.journal.events import RunStarted
from recette.journal.facts import LEVELS, HubFacts
from recette.judge.verdicts import Judgement, NotObserved
from recette.scenario.requirements import catalogue
from recette.wording.counting import counted

BROKERS = {"embedded": "broker embarqué de la recette", "rabbitmq": "RabbitMQ démarré par la recette"}


def hub_text(hub: HubFacts | None, issuers: Iterable[str] = ()) -> str:
    """The hub by its environment, its address, and who issued its certificate; empty where the journal does not say."""
    if hub is None:
        return ""
    issued = [f"certificat émis par {one}" for one in dict.fromkeys(issuers) if one]
    return ", ".join(
        one for one in (hub.title, hub.address, BROKERS.get(hub.broker, hub.broker), *issued) if one
    )


def software_text(named: Mapping[str, str]) -> str:
    """Product, version and vendor as the target names them; empty where it does not."""
    product = " ".join(named[one] for one in ("product", "version") if named.get(one))
    return ", ".join(one for one in (product, named.get("vendor", "")) if one)


def faulty_text(fault: str) -> str:
    """Whose software it is where that fault is seeded."""
    return f"éditeur de référence fautif : {fault}"


def reference_text(header: RunStarted) -> str:
    """What was tested where it is nobody's software, but editors of ours; empty elsewhere."""
    if header.fault:
        return faulty_text(header.fault)
    ours = not header.identity and {one.driver for one in header.targets} == {"simulated"}
    return "éditeurs de référence de la recette" if ours else ""


def nobodys_text(header: RunStarted) -> str:
    """The same as a sentence without its full stop."""
    ours = reference_text(header)
    return f"{ours[:1].upper()}{ours[1:]} : ce n'est le logiciel de personne" if ours else ""


def tested_text(header: RunStarted) -> str:
    """What was tested; empty where the target does not name it."""
    return reference_text(header) or software_text(header.identity)


def coverage_text(due: int, named: Mapping[str, str], judgement: Judgement) -> str:
    """Scenarios played out of those that the target allows; empty where nobody counted them.

    No source says which of them a level asks for.
    """
    if not due:
        return ""
    played = len(played_scenarios(judgement))
    level = LEVELS.get(named.get("level", ""))
    unsaid = f" ; aucune source ne dit lesquels le niveau {level} demande" if level else ""
    return f"{counted(played, 'scénario joué', 'scénarios joués')} sur {due} que la cible permet{unsaid}"


def unseen_hub(header: RunStarted) -> str:
    """Who bears witness where the hub's own side is not seen."""
    if header.captured:
        who = "des captures témoignent"
    elif header.face_to_face:
        who = (
            "les relais des éditeurs témoignent"
            if header.relay_observed
            else "une copie de leurs files témoigne"
        )
    else:
        who = (
            "le partenaire et le relais témoignent"
            if header.relay_observed
            else "seul le partenaire témoigne"
        )
    return f"non observé : {who}"


def played_scenarios(judgement: Judgement) -> frozenset[str]:
    """The ids of the scenarios of which a play was played, whatever the generation and the actor."""
    played = (one.id.partition("@")[0] for one in judgement.scenarios if one.verdict != "none")
    return frozenset(one.rpartition(".g")[0] or one for one in played)


def unobserved_here(judgement: Judgement, header: RunStarted) -> list[NotObserved]:
    """What nothing could show of what a campaign was about: no scenario of a part of the cahier may break a link off, or
    have been left out, and then nobody asked.
    """
    whole = 0 < header.due <= len(played_scenarios(judgement))
    asked = whole or any(
        not play.steps or any(step.action == "disturb" for step in play.steps) for play in judgement.scenarios
    )
    return [one for one in judgement.not_observed if asked or catalogue()[one.requirement].proof != "cut"]


def not_observed_lines(not_observed: Iterable[NotObserved]) -> Iterator[str]:
    """What nothing could show, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for one in not_observed:
        by_reason.setdefault(one.because, []).append(one.requirement)
    for because, names in by_reason.items():
        yield f"{', '.join(names)} : {because}."


def passage_line(judgement: Judgement) -> str:
    """What the hub's passing on proves; empty where it proves nothing."""
    if not judgement.proven_by_passage:
        return ""
    return (
        f"{', '.join(judgement.proven_by_passage)} : prouvé par le passage, ce hub transmet les messages de l'éditeur et "
        "refuse le contraire."
    )
