"""Options of a step that make no sense together: what is written would be passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.scenario.model import Scenario
from recette.scenario.problems import Problem
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, SilenceStep, Step
from recette.scenario.yaml_source import Source

_COMPARED = ("ignore", "identity", "ordered", "dates")
"""How what the editor sends is compared."""
_SENT = ("times", "format", "expires")
"""How a partner sends."""
_OF_MESSAGES = (*_COMPARED, *_SENT, "capture", "ack", "refused", "ask", "optional")


_TOLD = {SilenceStep: "d'un silence", AttestStep: "d'une attestation", DisturbStep: "d'un incident"}


def check_options(scenario: Scenario, source: Source) -> Iterator[Problem]:
    """Every step of one edition."""
    for index, (step, raw) in enumerate(zip(scenario.steps, source.tree["steps"], strict=True)):
        for name, text in _without_effect(scenario, step, raw):
            yield source.problem(("steps", index, name), f"« {name} » {text}", "warning")
        if isinstance(step, MessageStep):
            for name, text in _contradictions(step, raw):
                yield source.problem(("steps", index, name), f"« {name} » {text}")


def _without_effect(scenario: Scenario, step: Step, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not isinstance(step, MessageStep):
        told = _TOLD[type(step)]
        yield from ((name, f"ne dit rien {told}.") for name in _OF_MESSAGES if name in raw)
        return
    if step.sender not in scenario.testable:
        text = "ne vaut que pour ce que l'éditeur testé envoie."
        yield from (
            (name, text) for name in (*_COMPARED, "capture", "ask", "optional", "prompt") if name in raw
        )
        if isinstance(raw.get("ack"), dict):
            yield "ack", "en table dit comment le partenaire répond à l'éditeur, qui n'envoie pas ici."
    elif set(scenario.testable) == {step.sender}:
        yield from ((name, "ne vaut que pour ce qu'un partenaire envoie.") for name in _SENT if name in raw)


def _contradictions(step: MessageStep, raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    action = next(name for name in ("message", "send", "expect") if name in raw)
    body = raw[action]
    if step.refused is not None and isinstance(raw.get("ack"), dict):
        yield "ack", "n'a pas de sens pour un message que le hub doit refuser."
    if step.by_partner.again:
        text = "n'a pas de sens avec « again » : le message repart tel quel."
        yield from ((name, text) for name in (*_COMPARED, *_SENT, "capture") if name in raw)
    if step.by_partner.times > 1 and "distributionID" in (raw.get("capture") or {}).values():
        yield "capture", "d'un distributionID n'a pas de sens avec « times » : il y en a autant que d'envois."
    if "any_of" in body and body.keys() & {"model", "data"}:
        yield action, "dit ses messages par « any_of », ou par « model » et « data » : pas les deux."
    if step.to_unknown and "to" in body:
        yield action, "a « to » ou « unknown », pas les deux."
