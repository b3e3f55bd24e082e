"""Where the data of each message of a loaded scenario is written."""

from __future__ import annotations

from typing import Any

from recette.scenario import yaml_source
from recette.scenario.cahier import beside
from recette.scenario.model import Scenario
from recette.scenario.yaml_source import Origin, Source

_MESSAGES = ("message", "send", "expect")


def origin_of(scenario: Scenario, source: Source, index: int, number: int) -> Origin:
    """Of alternative `number` of step `index`; `source` is the scenario's file as its generation reads it."""
    step: dict[str, Any] = source.tree["steps"][index]
    action = next(name for name in _MESSAGES if name in step)
    at: yaml_source.Path = ("steps", index, action)
    body = step[action]
    if "any_of" in body:
        at, body = (*at, "any_of", number), body["any_of"][number]
    raw = body["data"]
    if not isinstance(raw, str):
        return Origin(source, (*at, "data"), raw)
    file = beside(scenario.file, raw)
    data = yaml_source.at_generation(yaml_source.parse(file, scenario.sources[file]), scenario.generation)
    return Origin(data, (), data.tree)
