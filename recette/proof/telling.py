"""What a verification found, as lines of text and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from recette.proof.verification import Verification
from recette.report.text import safe

_SHOWN = 10


def lines(found: Verification) -> Iterator[str]:
    yield from (safe(f"  {one}") for one in found.facts)
    yield from (safe(f"  CHANGÉ  {one}") for one in found.problems[:_SHOWN])
    if len(found.problems) > _SHOWN:
        yield f"  CHANGÉ  et {len(found.problems) - _SHOWN} autres endroits"
    yield from (safe(f"  DOUTE   {one}") for one in found.doubts)
    yield verdict(found)


def verdict(found: Verification) -> str:
    if found.problems:
        return "NON : cette campagne n'est plus celle qui a été écrite."
    if found.doubts:
        return "INCERTAIN : rien n'est changé, mais tout ne peut pas être prouvé."
    return (
        "OUI : tout est tel qu'écrit, et découle du journal."
        if not found.redacted
        else ("OUI : tout est tel que scellé ; les verdicts sont ceux du signataire.")
    )


def document(found: Verification) -> dict[str, Any]:
    return {
        "holds": not found.problems and not found.doubts,
        "redacted": found.redacted,
        "facts": found.facts,
        "problems": [asdict(one) for one in found.problems],
        "doubts": found.doubts,
    }
