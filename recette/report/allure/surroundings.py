"""What Allure shows around the results: categories by attribution, and the environment."""

from __future__ import annotations

from recette.judge.verdicts import FRENCH, Verdict
from recette.report.scope import tested_text
from recette.report.story import Story
from recette.report.text import PARTIES, cahier_text, models_text

_STATUSES: dict[Verdict, str] = {"fail": "failed", "error": "broken", "inconc": "unknown"}


def attributed(verdict: str, party: str) -> str:
    """How a message begins that tells of a verdict and whose doing it is."""
    return f"{FRENCH[verdict]}, attribué à {PARTIES[party]} : "


CATEGORIES = [
    *(
        {
            "name": attributed(verdict, party).removesuffix(" : ").capitalize(),
            "matchedStatuses": [status],
            "messageRegex": f"{attributed(verdict, party)}.*",
        }
        for verdict, status in _STATUSES.items()
        for party in PARTIES
    ),
    {"name": "Non joué", "matchedStatuses": ["skipped"]},
]
"""Allure matches the whole message, so that nothing further inside of it can put it elsewhere."""


def properties(story: Story) -> str:
    """environment.properties, in ASCII as Java reads it."""
    header = story.header
    rows = {
        "Campagne": header.run,
        "Recette": header.recette,
        "Cible": header.target,
        "Logiciel": tested_text(header),
        "vHosts": ", ".join(header.vhosts),
        "Logiciels": ", ".join(dict.fromkeys(one.editor for one in header.targets)),
        "Formats": ", ".join(dict.fromkeys(one.format for one in header.targets)),
        "Cahier": ", ".join(map(cahier_text, header.cahiers)),
        "Modeles": models_text(header),
        "Hub": header.hub,
        "Journal": story.fingerprint,
        **header.environment,
    }
    return "".join(f"{_escaped(name, ' :=')} = {_escaped(value, '')}\n" for name, value in rows.items())


def _escaped(text: str, special: str) -> str:
    return "".join(_character(one, special) for one in text)


def _character(one: str, special: str) -> str:
    if one == "\\" or one in special:
        return f"\\{one}"
    if " " <= one <= "~":
        return one
    units = one.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
