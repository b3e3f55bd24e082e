"""What a check found, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["go", "no-go", "unsure", "skipped"]
Verdict = Literal["go", "no-go", "unsure"]
TITLES = {
    "name": "nom du broker",
    "port": "port",
    "tls": "chaîne TLS",
    "expiry": "échéance",
    "cn": "CN du certificat",
    "vhost": "vHost",
    "queues": "trois files",
    "read": "droit de lire ses files",
    "others": "files des autres fermées",
    "leftovers": "messages en attente",
    "consumers": "autres consommateurs",
    "publish": "droit de publier",
    "usurpation": "clé d'un autre refusée",
    "dispatcher": "dispatcher",
    "generation": "génération des modèles",
    "classes": "messages que porte le vHost",
    "conversion": "conversion vers l'autre vHost",
    "clock": "horloge",
    "round-trip": "aller-retour",
}
"""Every check, in the order in which it is made."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the preflight."""

    id: str
    subject: str
    """What was looked at: a host, a client id, a certificate."""
    status: Status
    detail: str
    advice: str = ""
    """What to do; also where a check is passed with something to watch."""

    @property
    def title(self) -> str:
        return TITLES[self.id]


Tell = Callable[[Check], None]


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Go only if something was checked and nothing speaks against it."""
    found = {one.status for one in checks}
    if "no-go" in found:
        return "no-go"
    return "unsure" if "unsure" in found or "go" not in found else "go"
