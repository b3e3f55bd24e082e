"""What judging costs, as ratios in one run: JSON against the fastest validator, XML against lxml alone, loading.

    python benchmarks/judging.py [rounds]

The floor for JSON is a bare parse plus one call of jsonschema-rs on the whole message, the ceiling the same with
python-jsonschema; for XML, the floor is lxml's parse plus one XSD validation. JSON is measured as compact as can be, and
with indents or blanks as people and some libraries write it. What is compared is timed in turn, in short rounds, and
each counts with its best round: what else the machine does meanwhile touches all alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jsonschema
import jsonschema_rs
from lxml import etree

from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.models import model
from recette.messages.json.schemas import ENVELOPE, HEADER, SchemaSet
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.messages.validation.validator import Validator
from recette.messages.xml.schemas import builtin_xml

ROUND = 0.002
"""Seconds of a round: short enough to find the machine idle now and then."""
_LOAD = """
import time; started = time.perf_counter()
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.validator import Validator
from recette.messages.dictionary.models import models
from recette.messages.dictionary.examples import example_message
for generation in (1, 2, 3):
    SchemaSet.builtin(generation); models(generation)
print(time.perf_counter() - started)
"""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    for generation in (1, 2, 3):
        _json(generation, rounds)
        _xml(generation, rounds)
    loads = [
        float(
            subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(5)
    ]
    print(f"chargement des trois générations : {min(loads):.3f} s (cible 0,3 s)")


def _decoded(judge: Callable[[object], object], body: bytes) -> object:
    return judge(json.loads(body))


def _judged(validator: Validator, body: bytes, generation: int) -> object:
    return validator.validate(read(body, JSON_TYPE, generation))


def _json(generation: int, rounds: int) -> None:
    document = example_message(model("RS-EDA", generation), "maximal")
    schemas = SchemaSet.builtin(generation).schemas
    whole = _whole(schemas)
    fast = jsonschema_rs.Draft7Validator(
        whole, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )
    slow = jsonschema.Draft7Validator(whole, format_checker=jsonschema.FormatChecker())
    validator = Validator(SchemaSet.builtin(generation))
    ways = {
        "compact": serialise(document),
        "indenté": json.dumps(document, ensure_ascii=False, indent=2).encode(),
        "espacé": json.dumps(document).encode(),
    }
    for way, body in ways.items():
        assert validator.validate(read(body, JSON_TYPE, generation)) == ()
        floor, ours, ceiling = _best(
            rounds,
            partial(_decoded, fast.is_valid, body),
            partial(_judged, validator, body, generation),
            partial(_decoded, slow.is_valid, body),
        )
        print(
            f"génération {generation}, RS-EDA {way} de {len(body)} octets : {ours * 1e6:.0f} µs ;"
            f" {ours / floor:.2f} fois le plancher (cible 3),"
            f" {ceiling / ours:.0f} fois moins que jsonschema (cible 40)"
        )


def _whole(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Envelope, header and content in one schema, so that one call judges all."""
    content = schemas["RS-EDA"]
    header = schemas[HEADER]
    message = {**header, "properties": {**header["properties"], "createCaseHealth": content}}
    message["required"] = [*header["required"], "createCaseHealth"]
    envelope: dict[str, Any] = json.loads(json.dumps(schemas[ENVELOPE]))
    node = envelope["properties"]["content"]["items"]["properties"]["jsonContent"]
    node["properties"]["embeddedJsonContent"]["properties"]["message"] = message
    return envelope


def _xml(generation: int, rounds: int) -> None:
    body = serialise(example_message(model("RS-EDA", generation), "maximal"), XML_TYPE, generation)
    schema = builtin_xml(generation).headed
    validator = Validator(SchemaSet.builtin(generation))
    assert validator.validate(read(body, XML_TYPE, generation)) == ()
    floor, ours = _best(
        rounds,
        lambda: schema.validate(etree.fromstring(body)),
        lambda: validator.validate(read(body, XML_TYPE, generation)),
    )
    print(
        f"génération {generation}, RS-EDA en XML de {len(body)} octets : {ours * 1e6:.0f} µs ;"
        f" {ours / floor:.2f} fois lxml et XSD (cible 3)"
    )


def _best(rounds: int, *calls: Callable[[], object]) -> list[float]:
    """Seconds of one call of each, in its best round."""
    best = [_timed(call, 3) for call in calls]
    for _ in range(rounds):
        for number, call in enumerate(calls):
            best[number] = min(best[number], _timed(call, max(1, int(ROUND / best[number]))))
    return best


def _timed(call: Callable[[], object], repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - started) / repeats


if __name__ == "__main__":
    main()
