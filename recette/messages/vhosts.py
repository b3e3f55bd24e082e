"""The hub's vHosts and the model generation that each of them speaks (fact sheet 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches


class UnknownVHostError(ValueError):
    """No such vHost; the text names the known ones."""


@dataclass(frozen=True, slots=True)
class VHost:
    """One vHost: `{perimeter}_v{version of the functional specification}`."""

    name: str
    perimeter: str
    generation: int


_VERSIONS = {
    "15-15": {"1.5": 1, "2.0": 2, "2.1": 3},
    "15-smur": {"1.4": 1, "1.5": 1, "1.6": 2, "1.7": 3},
    "15-gps": {"1.0": 1, "1.1": 1, "1.2": 2, "1.3": 3},
    "15-nexsis": {"1.8": 1, "1.9": 2, "1.9.1": 3},
}
KNOWN_VHOSTS = tuple(
    VHost(f"{perimeter}_v{version}", perimeter, generation)
    for perimeter, versions in _VERSIONS.items()
    for version, generation in versions.items()
)
_TECHNICAL = frozenset({"RC-REF", "RS-ERROR", "RS-INFO", "customContent", "TECHNICAL", "TECHNICAL_NOREQ"})
_USED = {
    "15-15": {"RS-EDA", "RS-EDA-MAJ", "RS-DR", "RS-RR", "RS-RI", "RS-SR", "RS-BPV", "GEO-POS", "RS-SAS-RDV"},
    "15-smur": {
        "RS-EDA",
        "RS-EDA-MAJ",
        "RS-ER",
        "RS-RI",
        "RS-SR",
        "RS-URL",
        "RS-BPV",
        "RPIS",
        "RS-RPIS",
        "GEO-POS",
    },
    "15-gps": {"GEO-POS", "GEO-RES", "GEO-REQ"},
    "15-nexsis": {"RC-EDA", "EMSI", "RS-EDA", "RS-EDA-MAJ", "RS-DR", "RS-RR", "RS-RI", "RS-SR", "RC-RI"},
}


def vhost(name: str) -> VHost:
    """The vHost of that name, with or without its leading slash. Raises UnknownVHostError."""
    bare = name.removeprefix("/")
    by_name = {known.name.lower(): known for known in KNOWN_VHOSTS}
    if bare.lower() in by_name:
        return by_name[bare.lower()]
    near = get_close_matches(bare.lower(), by_name, n=1)
    hint = f" Vouliez-vous dire {by_name[near[0]].name} ?" if near else ""
    raise UnknownVHostError(
        f"Le vHost « {name} » est inconnu.{hint} Connus : {', '.join(known.name for known in KNOWN_VHOSTS)}."
    )


def used_on(model: str, perimeter: str) -> bool:
    """Whether the perimeter uses this message (fact sheet 1.2); no hub refuses the others today."""
    return model in _TECHNICAL or model in _USED[perimeter]
