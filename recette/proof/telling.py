"""What a verification found, as lines of text and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from recette.proof.verification import Verification
from recette.report.text import safe
from recette.wording.counting import counted
from recette.wording.values import visible

_SHOWN = 10


def lines(found: Verification) -> Iterator[str]:
    yield from (safe(f"  {one}") for one in found.facts)
    yield from (safe(f"  CHANGÉ  {one}") for one in found.problems[:_SHOWN])
    if len(found.problems) > _SHOWN:
        yield f"  CHANGÉ  et {len(found.problems) - _SHOWN} autres endroits"
    yield from (safe(f"  DOUTE   {one}") for one in found.doubts)
    yield from (
        visible(f"  ÉTRANGER {one} : il n'a pas été scellé avec la campagne")
        for one in found.foreign[:_SHOWN]
    )
    if len(found.foreign) > _SHOWN:
        yield f"  ÉTRANGER et {len(found.foreign) - _SHOWN} autres fichiers"
    yield verdict(found)


def verdict(found: Verification) -> str:
    """The last line: what all this proves, and no more."""
    if found.problems:
        if all(one.place == "signature" for one in found.problems):
            return "NON : cette campagne n'a pas la signature attendue."
        return "NON : cette campagne n'est plus celle qui a été écrite."
    if found.interrupted:
        return "INTERROMPUE : rien n'est changé de ce qui a été écrit, mais la campagne n'est pas allée à son terme."
    if found.doubts:
        return "INCERTAIN : rien n'est changé, mais tout ne peut pas être prouvé."
    if found.foreign:
        others = counted(len(found.foreign), "fichier qui ne l'a pas été", "fichiers qui ne l'ont pas été")
        return f"INCERTAIN : rien de ce qui a été scellé n'est changé, mais il y a ici {others}."
    if found.redacted:
        return "OUI : tout est tel que scellé ; les verdicts sont ceux du signataire."
    if found.signed and not found.rendered:
        return "OUI : tout est tel que signé ; les verdicts découlent du journal, le texte des rapports est celui du signataire."
    if found.signed:
        return "OUI : tout est tel que signé, et découle du journal."
    return "OUI : tout concorde avec son journal ; non signé : rien ne dit qui l'a écrit."


def document(found: Verification) -> dict[str, Any]:
    """The contract of `recette verify --json`."""
    return {
        "holds": found.holds,
        "redacted": found.redacted,
        "interrupted": found.interrupted,
        "signed": found.signed,
        "facts": found.facts,
        "problems": [asdict(one) for one in found.problems],
        "doubts": found.doubts,
        "foreign": list(found.foreign),
    }
