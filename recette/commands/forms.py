"""`--reports`: which forms of report are made, by what stands before the dot in their names."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from recette.commands.options import OptionsError
from recette.report.formats import formats
from recette.report.writing import RESULTS


def offer_forms(parser: ArgumentParser) -> None:
    """The option."""
    parser.add_argument(
        "--reports",
        nargs="*",
        metavar="FORME",
        help="seulement ces rapports, parmi report (HTML), pv, junit et allure ; sans nom, aucun "
        "(results.json est toujours écrit)",
    )


def forms_wanted(names: Sequence[str] | None) -> frozenset[str] | None:
    """The forms by the names of what they write; None for all. Raises OptionsError."""
    if names is None:
        return None
    known = {name.partition(".")[0]: name for name in formats()}
    unknown = [name for name in names if name not in known and name not in known.values()]
    if unknown:
        there = ", ".join(one for one, name in known.items() if name != RESULTS)
        raise OptionsError(f"« {unknown[0]} » n'est pas une forme de rapport : {there}.")
    return frozenset(known.get(name, name) for name in names)
