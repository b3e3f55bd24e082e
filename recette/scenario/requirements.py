"""The requirement catalogue (requirements.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Literal, cast

import yaml

Obligation = Literal["MUST", "SHOULD"]
Proof = Literal["partner", "hub", "broker", "screen", "cut"]
_PROOFS: Mapping[str, Proof] = {"H": "hub", "S": "screen"}
"""By who alone can observe it."""
FAMILIES: Mapping[str, str] = {
    "TR": "Transport",
    "EN": "Enveloppe",
    "HD": "En-tête",
    "AC": "Acquittements",
    "ER": "Erreurs",
    "CI": "Cinématique et identifiants",
    "DA": "Données",
    "SC": "Déroulé du scénario",
    "HUB": "Hub",
    "PIL": "Pilote",
}
"""Families of requirements and their titles, in the order of the reference list."""
OWN = frozenset({"SC", "HUB", "PIL"})
"""Families of requirements that are the project's own, not the reference list's."""
OBLIGATIONS: Mapping[Obligation, str] = {"MUST": "obligatoire", "SHOULD": "recommandée"}
"""How binding a requirement is, in French."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement; `observed_by` holds P (partner), H (hub), S (screen)."""

    id: str
    obligation: Obligation
    source: str
    text: str
    observed_by: str
    since: int = 1
    """First generation of models that has it."""
    not_tested: str = ""
    """Why nothing here tests it."""
    proof: Proof = "partner"
    """What has to be seen for it to be judged."""
    by_passage: bool = False
    """Whether a hub that passes a message on proves it as well, since it refuses the contrary."""
    because: str = ""
    """Why what departs from it may be no more than a remark, or prove nothing; every SHOULD says so."""

    @property
    def family(self) -> str:
        return self.id.partition("-")[0]

    @property
    def own(self) -> bool:
        """Whether it is of the project, and not of the reference list."""
        return self.family in OWN


@cache
def catalogue() -> dict[str, Requirement]:
    """Every requirement, by id, in the order of the reference list."""
    text = (files("recette.scenario") / "requirements.yaml").read_text(encoding="utf-8")
    rows = cast("dict[str, dict[str, str]]", yaml.load(text, Loader=_LOADER))  # noqa: S506 - a safe loader
    return {
        name: Requirement(
            name,
            cast("Obligation", row["obligation"]),
            row["source"],
            row["text"],
            row["by"],
            int(row.get("since", 1)),
            row.get("not_tested", ""),
            cast("Proof", row.get("proof") or _PROOFS.get(row["by"], "partner")),
            bool(row.get("passage", False)),
            row.get("because", ""),
        )
        for name, row in rows.items()
    }


def unknown(name: str) -> str | None:
    """What is wrong with a requirement's name, in one sentence; None when it is known."""
    if name in catalogue():
        return None
    near = get_close_matches(name, catalogue(), n=1)
    hint = f" Vouliez-vous dire {near[0]} ?" if near else " Voyez docs/exigences.md."
    return f"L'exigence « {name} » n'existe pas.{hint}"
