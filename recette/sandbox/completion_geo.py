"""What software adds to positions and to the details of resources."""

from __future__ import annotations

from typing import Any

from recette.sandbox.case_file import CaseFile

Typed = dict[str, Any]


def _positions(case: CaseFile, typed: Typed, now: str) -> Typed:
    """Each position is of another resource, the case's own first, where the person does not say which."""
    positions = typed.get("position", [])
    moving = [*case.resources, *(case.identifiers.make("resource") for _ in positions[len(case.resources) :])]
    name = case.names.geo_resource
    made = [{name: moved, "datetime": now} for moved in moving]
    return {**typed, "position": [{**new, **one} for new, one in zip(made, positions, strict=False)]}


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
