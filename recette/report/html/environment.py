"""With what the campaign was played: versions, vHosts, models, deadlines."""

from __future__ import annotations

from datetime import datetime

from recette.journal.events import RunStarted
from recette.report.html.pieces import code, facts, row, section, table
from recette.report.markup import Markup, Node, tag
from recette.report.months import MONTHS
from recette.report.scope import hub_text, tested_text, unseen_hub
from recette.report.story import Story
from recette.report.text import cahier_text, hub_profile_text, models_text
from recette.wording.counting import in_seconds

_DEADLINES = {"ack": "acquittement", "answer": "réponse", "quiet": "silence"}
_DRIVERS = {
    "simulated": "éditeur de référence (simulé)",
    "http": "HTTP",
    "operator": "un opérateur",
    "command": "une commande",
}


def editors(header: RunStarted) -> list[str]:
    """The client ids under test."""
    return list(dict.fromkeys(one.editor for one in header.targets))


def date_of(when: datetime) -> str:
    """A date and time as French writes it, with its offset."""
    offset = when.strftime("%z")
    zone = "UTC" if offset in {"+0000", ""} else f"UTC{offset[:3]}:{offset[3:]}"
    day = "1er" if when.day == 1 else str(when.day)
    return f"{day} {MONTHS[when.month - 1]} {when.year} à {when:%H:%M:%S} {zone}"


def environment_section(story: Story) -> Markup:
    """Everything that must be known to play the same again."""
    header = story.header
    deadlines = (
        f"{_DEADLINES.get(name, name)} {in_seconds(value)}" for name, value in header.deadlines.items()
    )
    rows: list[tuple[str, Node]] = [
        ("Campagne", code(header.run)),
        ("Logiciel", tested_text(header) or "non nommé par la cible (identity)"),
        ("Cible", header.target),
        ("Hub", hub_text(header.played_on, story.issuers) or "le journal ne le dit pas"),
        ("Début", date_of(story.started)),
        ("Fin", date_of(story.ended)),
        ("Recette", f"version {header.recette}"),
        *((name.capitalize(), value) for name, value in header.environment.items()),
        *(("Cahier", cahier_text(one)) for one in header.cahiers),
        ("Modèles", models_text(header)),
        ("Profil du hub", hub_profile_text(header)),
        ("Délais", ", ".join(deadlines)),
        (
            "Côté hub",
            "observé (hub de la recette)" if header.hub_observed else unseen_hub(header),
        ),
        *(("Capture", one) for one in header.captures),
        ("Tenues pour obligatoires", ", ".join(header.strict) or "aucune règle hors du catalogue"),
        ("Passages à la fois", str(header.jobs)),
        *(("TLS", one) for one in story.tls),
        ("Journal", f"{story.events} événements, {'complet' if story.complete else 'interrompu'}"),
        ("Empreinte du journal", code(story.fingerprint)),
    ]
    return section("environnement", "Environnement", _targets(header), _certificates(header), facts(rows))


def _targets(header: RunStarted) -> Markup:
    heads = (
        "vHost",
        "Génération et édition",
        "Logiciel éprouvé",
        "Rôle",
        "Partenaires joués",
        "Format",
        "Pilote",
    )
    rows = [
        row(
            code(one.vhost),
            " · ".join(filter(None, (header.generation_of(one.vhost), header.editions.get(one.vhost)))),
            code(one.editor),
            one.role,
            tag("ul", [tag("li", code(client)) for client in one.partners], class_="bare"),
            one.format.upper(),
            _DRIVERS.get(one.driver, one.driver),
        )
        for one in header.targets
    ]
    return table("Logiciels éprouvés, par vHost", heads, rows, kind="stacked")


def _certificates(header: RunStarted) -> Markup | None:
    if not header.certificates:
        return None
    rows = [
        row(
            code(one.client),
            one.vhost,
            code(one.subject),
            code(one.issuer),
            f"{one.not_before[:10]} → {one.not_after[:10]}",
        )
        for one in header.certificates
    ]
    heads = ("Partenaire", "vHost", "Titulaire (CN)", "Autorité", "Validité")
    return table("Certificats présentés par les partenaires", heads, rows, kind="stacked")
