"""« Préparer »: a link checked line by line before it opens; a target file written by form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recette.console.pages.layout import button, field, form, hidden, notice
from recette.messages.roles import ROLES
from recette.messages.vhosts import KNOWN_VHOSTS
from recette.preflight.checks import Check, Verdict
from recette.report.html.pieces import badge, code, row, table
from recette.report.markup import Markup, Node, joined, tag

_BADGES = {
    "go": ("pass", "GO"),
    "no-go": ("fail", "NO-GO"),
    "unsure": ("inconc", "INCERTAIN"),
    "skipped": ("none", "NON FAIT"),
}
_SAID: dict[Verdict, str] = {
    "go": "GO : le lien peut ouvrir.",
    "no-go": "NO-GO : corrigez ce qui est marqué NO-GO, puis recommencez.",
    "unsure": "NON CONCLUANT : ce qui est marqué INCERTAIN n'a pas pu être vérifié.",
}
ENVIRONMENTS = {
    "sandbox": "chez vous",
    "bac-a-sable": "bac-à-sable de l'ANS",
    "pre-prod": "pré-production",
}
DRIVERS = {"operator": "une personne, guidée", "http": "un POST à une adresse"}
FORMATS = {"json": "JSON", "xml": "XML"}


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the checks of a link came."""

    target: str
    announcement: str
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    """None while they are being made."""
    failure: str = ""


def prepare_page(
    announced: Mapping[str, str], checked: Checked | None, sent: Mapping[str, str]
) -> list[Node]:
    """The whole page: `announced` says by target what its checks would do, `sent` what was typed before."""
    return [
        tag(
            "section",
            tag("h2", "Vérifier un lien avant qu'il ouvre", id="t-verifier"),
            [_offer(name, told) for name, told in announced.items()]
            or tag(
                "p",
                "Aucune cible à vérifier : écrivez-en une ci-dessous, ou lancez la console avec --target.",
                class_="lead",
            ),
            tag("div", checks_part(checked), id="verification", aria_live="polite"),
            aria_labelledby="t-verifier",
        ),
        _target_form(sent),
    ]


def _offer(name: str, told: str) -> Markup:
    return form(
        "/preparer/verifier",
        hidden("cible", name),
        tag("p", tag("strong", name), f" — {told}"),
        button("Vérifier"),
        label=f"Vérifier {name}",
    )


def checks_part(checked: Checked | None) -> Markup:
    """A check a line, with what to do."""
    if checked is None:
        return joined()
    if checked.failure:
        return notice(checked.failure, "bad")
    told = _SAID[checked.verdict] if checked.verdict is not None else "La vérification est en cours."
    rows = [_check(one) for one in checked.checks]
    return joined(
        tag("h3", f"{checked.target} : {told}"),
        table("Vérifications", ("Vérification", "Quoi", "Résultat", "À faire"), rows, kind="stacked")
        if rows
        else None,
    )


def _check(one: Check) -> Markup:
    verdict, word = _BADGES[one.status]
    return row(one.title, code(one.subject), [badge(verdict, word), f" {one.detail}"], one.advice)


def _target_form(sent: Mapping[str, str]) -> Markup:
    roles: dict[str, str] = {one: one for one in ROLES}
    vhosts = {one.name: one.name for one in KNOWN_VHOSTS}
    return tag(
        "section",
        tag("h2", "Écrire une cible", id="t-cible"),
        tag(
            "p",
            "Aucun secret ne s'écrit ici : la cible nomme les fichiers et les variables d'environnement qui les tiennent.",
            class_="lead",
        ),
        form(
            "/preparer/cible",
            tag(
                "div",
                _typed("fichier", "Nom du fichier, dans le dossier où tourne la console", sent, "cible.yaml"),
                _chosen("environnement", "Environnement", ENVIRONMENTS, sent, "bac-a-sable"),
                _typed("broker", "Adresse du broker (pré-production ou chez vous)", sent, "", required=False),
                _chosen("vhost", "vHost", vhosts, sent, "15-15_v2.1"),
                _typed("editeur", "Identifiant client de votre logiciel", sent, ""),
                _chosen("role", "Son rôle", roles, sent, "LRM"),
                _typed("partenaire", "Identifiant du partenaire que joue la recette", sent, ""),
                _chosen("role-partenaire", "Son rôle à lui", roles, sent, "LRM"),
                _chosen("format", "Format", FORMATS, sent, "json"),
                _chosen("pilote", "Comment votre logiciel agit", DRIVERS, sent, "operator"),
                _typed("url", "Adresse, pour un POST", sent, "", required=False),
                _typed("autorite", "Certificats d'autorité du hub (fichier PEM)", sent, "", required=False),
                _typed("certificat", "Certificat du partenaire (PEM ou .p12)", sent, "", required=False),
                _typed("cle", "Sa clé (PEM)", sent, "", required=False),
                class_="row",
            ),
            button("Écrire la cible"),
            label="Nouvelle cible",
        ),
        aria_labelledby="t-cible",
    )


def _typed(name: str, told: str, sent: Mapping[str, str], usual: str, *, required: bool = True) -> Markup:
    control = tag(
        "input", id=f"p-{name}", name=name, value=sent.get(name, usual), required=required, maxlength=300
    )
    return field(f"p-{name}", told, control)


def _chosen(name: str, told: str, words: Mapping[str, str], sent: Mapping[str, str], usual: str) -> Markup:
    wanted = sent.get(name, usual)
    options = [
        tag("option", word if word == value else f"{value} — {word}", value=value, selected=value == wanted)
        for value, word in words.items()
    ]
    control = tag("select", options, id=f"p-{name}", name=name)
    return field(f"p-{name}", told, control)


def written_page(name: str, text: str, problems: Iterable[str]) -> list[Node]:
    """The file that was written, and what is still missing in it."""
    left = list(problems)
    told = (
        ["La cible est écrite ; il y reste à faire :", *left]
        if left
        else ["La cible est écrite, et se lit sans défaut."]
    )
    return [
        notice("\n".join(told), "bad" if left else ""),
        tag("h2", name),
        tag("pre", text, tabindex=0, role="region", aria_label=f"Contenu de {name}"),
        tag("p", tag("a", "La vérifier", href="/preparer"), " · ", tag("a", "Jouer", href="/")),
    ]
