"""Seeded faults: reference editors that are wrong in one way each, with the rule that must say so."""

from __future__ import annotations

from recette.sandbox.faults import (
    acks,
    broker,
    case,
    course,
    data,
    envelope,
    geo,
    header,
    nexsis,
    resources,
    screen,
    sharing,
    smur,
    transport,
)
from recette.sandbox.faults.seeding import SeededFault

FAULTS: dict[str, SeededFault] = {
    fault.id: fault
    for family in (
        transport,
        broker,
        envelope,
        header,
        acks,
        case,
        sharing,
        resources,
        smur,
        geo,
        nexsis,
        data,
        course,
        screen,
    )
    for fault in family.FAULTS
}

__all__ = ["FAULTS", "SeededFault"]
