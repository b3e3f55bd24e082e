"""What judging costs, as ratios in one run: JSON against the fastest validator, XML against lxml alone, loading.

    python benchmarks/judging.py [repeats]

The floor for JSON is a bare parse plus one call of jsonschema-rs on the whole message, the ceiling the same with
python-jsonschema; for XML, the floor is lxml's parse plus one XSD validation. Every figure is the best of five rounds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import jsonschema_rs
from lxml import etree

from recette.messages.building import serialise
from recette.messages.examples import example_message
from recette.messages.models import model
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.messages.schemas import ENVELOPE, HEADER, SchemaSet
from recette.messages.validation import Validator
from recette.messages.xml_schemas import builtin_xml

ROUNDS = 5
_LOAD = """
import time; started = time.perf_counter()
from recette.messages.schemas import SchemaSet
from recette.messages.validation import Validator
from recette.messages.models import models
from recette.messages.examples import example_message
for generation in (1, 2, 3):
    SchemaSet.builtin(generation); models(generation)
print(time.perf_counter() - started)
"""


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for generation in (1, 2, 3):
        _json(generation, repeats)
        _xml(generation, repeats)
    loads = [
        float(
            subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True).stdout
        )
        for _ in range(ROUNDS)
    ]
    print(f"chargement des trois générations : {min(loads):.3f} s (cible 0,3 s)")


def _json(generation: int, repeats: int) -> None:
    document = example_message(model("RS-EDA", generation), "maximal")
    body = serialise(document)
    schemas = SchemaSet.builtin(generation).schemas
    whole = _whole(schemas)
    fast = jsonschema_rs.Draft7Validator(
        whole, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )
    slow = jsonschema.Draft7Validator(whole, format_checker=jsonschema.FormatChecker())
    validator = Validator(SchemaSet.builtin(generation))
    assert validator.validate(read(body, JSON_TYPE, generation)) == ()
    floor = _best(lambda: fast.is_valid(json.loads(body)), repeats)
    ours = _best(lambda: validator.validate(read(body, JSON_TYPE, generation)), repeats)
    ceiling = _best(lambda: slow.is_valid(json.loads(body)), max(1, repeats // 50))
    print(
        f"génération {generation}, RS-EDA de {len(body)} octets : {ours * 1e6:.0f} µs ; {ours / floor:.2f} fois le plancher"
        f" (cible 3), {ceiling / ours:.0f} fois moins que jsonschema (cible 30)"
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


def _xml(generation: int, repeats: int) -> None:
    body = serialise(example_message(model("RS-EDA", generation), "maximal"), XML_TYPE, generation)
    schema = builtin_xml(generation).headed
    validator = Validator(SchemaSet.builtin(generation))
    assert validator.validate(read(body, XML_TYPE, generation)) == ()
    floor = _best(lambda: schema.validate(etree.fromstring(body)), repeats)
    ours = _best(lambda: validator.validate(read(body, XML_TYPE, generation)), repeats)
    print(
        f"génération {generation}, RS-EDA en XML de {len(body)} octets : {ours * 1e6:.0f} µs ;"
        f" {ours / floor:.2f} fois lxml et XSD (cible 3)"
    )


def _best(call: Callable[[], object], repeats: int) -> float:
    """Seconds of one call, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(repeats):
            call()
        rounds.append((time.perf_counter() - started) / repeats)
    return min(rounds)


if __name__ == "__main__":
    main()
