"""Seeded faults: reference editors that are wrong in one way each, with the rule that must say so.

A module that lies here is part of them: nothing lists it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from recette.sandbox.faults.seeding import SeededFault

FAULTS: dict[str, SeededFault] = {
    fault.id: fault
    for module in iter_modules(__path__)
    for fault in getattr(import_module(f"{__name__}.{module.name}"), "FAULTS", ())
}

__all__ = ["FAULTS", "SeededFault"]
