"""Seeded faults: reference editors that are wrong in one way each, with the rule that must say so."""

from __future__ import annotations

from recette.sandbox.faults import (
    acks,
    broker,
    case,
    contradictions,
    conversion,
    course,
    data,
    envelope,
    errors,
    geo,
    header,
    identity,
    nexsis,
    resources,
    robustness,
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
        errors,
        header,
        acks,
        case,
        geo,
        nexsis,
        resources,
        sharing,
        smur,
        data,
        course,
        contradictions,
        identity,
        screen,
        robustness,
        conversion,
    )
    for fault in family.FAULTS
}

__all__ = ["FAULTS", "SeededFault"]
