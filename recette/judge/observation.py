"""What a run could see of the editor, and what it could not: a requirement that nobody observed is not passed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from recette.journal.events import RunStarted
from recette.judge.record import Record
from recette.judge.verdicts import Finding, NotObserved
from recette.judge.view import View
from recette.messages.clients import is_health
from recette.scenario.requirements import Requirement, catalogue
from recette.scenario.steps import SEVERING, AttestStep, DisturbStep

_SEE_THE_HUB = (
    "Faites jouer cette recette par un hub qui dit ce qu'il voit : « broker: home » dans la cible, où la recette est le "
    "hub de votre logiciel, ou « observation » avec recette sandbox."
)
_SEE_THE_BROKER = "Jouez-le sur le broker embarqué, qui dit ce que l'éditeur y fait (--broker embedded)."

_THROUGH_THE_RELAY = (
    "Connectez le logiciel à l'adresse que donne le relais, ou la recette, et non à celle du hub, vérifiez qu'il y lit sa file "
    ".message, puis rejouez ce scénario."
)

_OF_HEALTH = frozenset({"TR-10", "TR-11"})
"""What a hub looks at when a health actor sends; towards the fire side its sources do not agree (2026 sheet 3.1, 9)."""
_BY_RELAY = frozenset({"TR-16"})
"""What a hub's operator sees, and a relay before the hub as well."""


@dataclass(slots=True)
class Observation:
    """What could be seen, in one play or in several."""

    hub: bool
    """The hub's own side."""
    refuses: bool
    """Whether the hub is known to refuse what breaks a requirement that its passing on proves."""
    played: bool = False
    """Anything at all was played."""
    relay: bool = False
    """A relay before it told what the editor does there."""
    broker: bool = False
    """What the editor does at the broker."""
    passage: bool = False
    """The hub passed on a message of the editor."""
    checked: bool = False
    """And one that it looks at in full: from a health actor to another."""
    broken_off: bool = False
    """The editor's link was broken off on purpose."""
    asked: set[str] = field(default_factory=set)
    """Requirements that a screen was to be looked at for."""
    left_out: frozenset[str] = frozenset()
    """Those that whoever runs the campaign leaves out."""
    answered: set[str] = field(default_factory=set)
    """Those of them for which somebody said what it shows."""

    @classmethod
    def on(cls, header: RunStarted) -> Observation:
        """Nothing seen yet, on the hub of a run."""
        refuses = header.hub_observed or (header.played_on is not None and header.played_on.refuses)
        return cls(
            header.hub_observed, refuses, relay=header.relay_observed, left_out=frozenset(header.left_out)
        )

    def add(self, record: Record) -> None:
        """What was seen in a play."""
        self.played = True
        editor = record.casting.editor_client
        self.broker = self.broker or bool(record.hub.acts)
        self.broken_off = self.broken_off or any(_severed(record, step) for step in record.course.disturbed)
        passed = [
            one
            for one in record.delivered
            if one.arrival.message.sender_id == editor and one.arrival.channel in {"message", "ack"}
        ]
        self.passage = self.passage or bool(passed)
        self.checked = self.checked or (
            is_health(editor) and any(is_health(one.event.client) for one in passed)
        )
        for step in record.casting.scenario.steps:
            if isinstance(step, AttestStep) and step.id in record.course.attested:
                self.asked.add(step.requirement)
                if record.course.attested[step.id][1].answer != "sans-reponse":
                    self.answered.add(step.requirement)

    def proven_by_passage(self, requirement: Requirement) -> bool:
        """Whether only the hub's passing on proves it here."""
        passed = self.checked if requirement.id in _OF_HEALTH else self.passage
        return requirement.by_passage and self._side(requirement) != "" and self.refuses and passed

    def missing(self, requirement: Requirement) -> str:
        """Why it could not be observed, in French; empty where it could."""
        told = self._side(requirement)
        if not told or self.proven_by_passage(requirement):
            return ""
        if not requirement.by_passage or not self.played:
            return told
        if not self.refuses:
            return f"{told}, et rien ne dit que ce hub refuse le contraire"
        if self.passage:
            return f"{told}, et le hub ne l'exige qu'entre acteurs de santé"
        return f"{told}, et aucun message de l'éditeur n'a été transmis, ce qui l'aurait prouvé"

    def _side(self, requirement: Requirement) -> str:
        """What was not seen of it, whatever a passage proves."""
        if requirement.id in self.left_out:
            return "laissée de côté par qui a lancé la campagne (--leave-out)"
        match requirement.proof:
            case "hub" | "broker" | "cut" if not self.played:
                return "rien n'a été joué"
            case "hub" if not self.hub and not (self.relay and requirement.id in _BY_RELAY):
                return "seul l'opérateur du hub le voit, et ce hub n'est pas celui de la recette"
            case "broker" if self.relay and not self.broker:
                return "le relais n'a pas vu l'éditeur se connecter"
            case "broker" if not self.hub and not self.relay:
                return "seul le broker voit ce que l'éditeur y fait, et ce hub n'est pas celui de la recette"
            case "broker" if not self.broker:
                return "ce broker ne dit pas ce que l'éditeur y fait"
            case "cut" if not self.broken_off:
                return "aucun passage joué n'a rompu la liaison de l'éditeur"
            case "screen" if requirement.id in self.asked - self.answered:
                return "personne n'a dit ce que montre l'écran"
            case _:
                return ""

    def not_observed(self, held: Iterable[str]) -> Iterator[NotObserved]:
        """The requirements, of those that have a rule, that nothing here could show."""
        for name in held:
            requirement = catalogue()[name]
            because = "" if requirement.own else self.missing(requirement)
            if because:
                yield NotObserved(name, because)


def _severed(record: Record, name: str) -> bool:
    """Whether the incident of that step broke the link off."""
    step = record.casting.scenario.step(name)
    return isinstance(step, DisturbStep) and step.incident in SEVERING and record.course.took_place(name)


def unproven(view: View, seen: Observation) -> Iterator[Finding]:
    """What the scenario exists to prove and this play could not show: the run cannot tell."""
    for name in view.casting.scenario.proves:
        requirement = catalogue()[name]
        because = seen.missing(requirement)
        own = requirement.proof == "screen" and name not in seen.left_out
        if because and not own:  # what a screen does not tell has a finding of its own
            advice = _SEE_THE_BROKER if requirement.proof == "broker" and seen.hub else _SEE_THE_HUB
            if requirement.proof == "cut":
                because, advice = _not_cut(view, because), _THROUGH_THE_RELAY
            yield view.in_the_name_of(name).unclear(
                f"Ce scénario existe pour prouver {name} ({requirement.text}), et rien ne l'a montré : {because}.",
                "harness",
                step="",
                event=view.record.number,
                advice=advice,
            )


def _not_cut(view: View, otherwise: str) -> str:
    """Why the play did not break the link off, as a sentence goes on after a colon."""
    reason = view.record.ended.reason if view.record.ended is not None else ""
    return f"{reason[:1].lower()}{reason[1:]}".removesuffix(".") or otherwise
