"""The rules, one module a section of the specification. A module that lies here is part of them: nothing lists it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from recette.judge import registry
from recette.judge.strays import CAMPAIGN_RULE

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")
RULES = registry.declared()
"""Every rule about a play, by the requirement that it proves."""
HELD = frozenset(RULES) | {CAMPAIGN_RULE}
"""Every requirement that something holds the editor to, in a play or over the campaign."""
