"""The rules, one module a section of the specification. A module that lies here is part of them: nothing lists it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from recette.judge import registry

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")
RULES = registry.declared()
"""Every rule, by the requirement that it proves."""
