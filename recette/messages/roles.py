"""The kinds of systems that exchange over the Hub Santé (fact sheet 1.2, 2026 sheet 1.5)."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["LRM", "SMUR", "ORU", "GPS", "NEXSIS", "SAS", "PORTAIL", "CAP", "CNR114", "SNP"]
ROLES: tuple[Role, ...] = get_args(Role)
TITLES: dict[Role, str] = {
    "LRM": "logiciel de régulation médicale",
    "SMUR": "tablette de SMUR",
    "ORU": "observatoire régional des urgences",
    "GPS": "géolocalisation",
    "NEXSIS": "pompiers (NexSIS)",
    "SAS": "plateforme du service d'accès aux soins",
    "PORTAIL": "portail SI-SAMU",
    "CAP": "centre antipoison (SI-CAP)",
    "CNR114": "numéro d'urgence 114",
    "SNP": "soins non programmés (SNP-AMU)",
}
