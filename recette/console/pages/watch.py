"""« Observer »: what the hub at home sees, and a relay, dossier by dossier."""

from __future__ import annotations

from recette.console.pages.layout import notice
from recette.console.relayed import RelayWatch
from recette.console.watching import Act, Watch
from recette.report.html.pieces import badge, code, row, table
from recette.report.markup import Markup, Node, joined, tag
from recette.wording.counting import counted

_DOSSIERS, _ACTS = 40, 40


def watch_page(watch: Watch | None, relay: RelayWatch | None) -> list[Node]:
    """The whole page."""
    return [
        tag(
            "p",
            "Ce que le hub de la recette a reçu, transmis, refusé ou mis au rebut, pour la campagne ou l'échange qui se joue ici. "
            "Le hub d'une cible, lui, ne dit rien de tel : un relais entre le logiciel et lui montre ce qui passe.",
            class_="lead",
        ),
        tag(
            "section",
            tag("h2", "Le relais de ", code(str(relay.folder)), id="t-relais"),
            tag("div", relay_part(relay), id="relais"),
            aria_labelledby="t-relais",
        )
        if relay is not None
        else None,
        tag("section", dossiers_part(watch), id="dossiers", aria_label="Dossiers"),
    ]


def relay_part(relay: RelayWatch) -> Markup:
    """What went through a relay, dossier by dossier."""
    if relay.news:
        return joined(notice(relay.news))
    if not relay.watch.count:
        return joined(tag("p", "Rien n'est encore passé : connectez le logiciel au relais."))
    return dossiers_part(relay.watch, "relais-")


def dossiers_part(watch: Watch | None, kind: str = "") -> Markup:
    """Each dossier with what was done, the latest first; `kind` tells its anchors from those of others on the page."""
    found = watch.dossiers() if watch is not None else {}
    if not found:
        return joined(tag("p", "Le hub n'a encore rien vu : jouez ici, ou ouvrez un échange ici."))
    shown = [_dossier(name, acts, kind) for name, acts in list(found.items())[:_DOSSIERS]]
    left = len(found) - len(shown)
    return joined(
        shown, tag("p", f"et {counted(left, 'autre dossier', 'autres dossiers')}") if left else None
    )


def _dossier(name: str, acts: list[Act], kind: str) -> Markup:
    refused = sum(one.refused for one in acts)
    told = badge("fail", counted(refused, "refus", "refus")) if refused else badge("pass", "RIEN DE REFUSÉ")
    rows = [
        row(
            [f"{one.at.astimezone():%H:%M:%S} ", one.model],
            code(one.sender),
            code(one.recipient),
            [badge("fail", one.done) if one.refused else one.done, f" {one.why}" if one.why else ""],
        )
        for one in acts[-_ACTS:]
    ]
    title = name or "Hors dossier"
    return tag(
        "details",
        tag(
            "summary",
            tag("h2", title),
            " ",
            told,
            " ",
            tag("span", counted(len(acts), "acte"), class_="aside"),
        ),
        table(
            f"Ce que le hub a fait pour {title}",
            ("Message", "De", "Vers", "Ce qu'en fait le hub"),
            rows,
            kind="stacked",
        ),
        id=f"{kind}d-{title}",
        class_="group",
    )
