"""What software adds to positions and to the details of resources."""

from __future__ import annotations

from typing import Any

from recette.sandbox.case_file import CaseFile

Typed = dict[str, Any]


def _positions(case: CaseFile, typed: Typed, now: str) -> Typed:
    moving = case.resources[0] if case.resources else case.identifiers.make("resource")
    made = {case.names.geo_resource: moving, "datetime": now}
    return {**typed, "position": [{**made, **one} for one in typed.get("position", [])]}


def _details(case: CaseFile, typed: Typed, now: str) -> Typed:  # noqa: ARG001 - one signature for all
    name = case.names.geo_resource
    return {
        **typed,
        "resource": [
            {name: case.identifiers.make("resource"), "orgId": case.client, **one}
            for one in typed.get("resource", [])
        ],
    }


COMPLETIONS = {"GEO-POS": _positions, "GEO-RES": _details}
