"""« Jouer »: what can be played here, what cannot and why, and the button."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recette.console.book import Choice
from recette.console.pages.layout import button, field, form, hidden
from recette.messages.roles import ROLES
from recette.play.driver_choice import Kind
from recette.play.target import Target
from recette.report.html.pieces import code, facts
from recette.report.markup import Markup, Node, tag
from recette.sandbox.faults import FAULTS
from recette.wording.counting import counted

_DRIVERS: dict[Kind, str] = {
    "operator": "une personne, guidée",
    "http": "un POST à une adresse",
    "command": "une commande",
    "simulated": "l'éditeur de référence",
    "none": "de lui-même, sans que personne le lui demande",
}
HOME = "ici"
"""The target that is the reference editors."""


def play_page(
    choices: Iterable[Choice], targets: Iterable[str], chosen: str, target: Target | None, by: str
) -> list[Node]:
    """The whole form, for one target; `by` is the name of whoever looks at it."""
    found = list(choices)
    playable = [one for one in found if one.plays]
    return [
        _which_target(targets, chosen, target),
        _who_are_you(target, by),
        form(
            "/jouer",
            hidden("cible", chosen),
            _how(target),
            _search(len(playable), sum(one.plays for one in playable)),
            [
                _perimeter(name, [one for one in found if one.perimeter == name])
                for name in dict.fromkeys(one.perimeter for one in found)
            ],
            label="Ce qui se joue",
        ),
    ]


def _which_target(targets: Iterable[str], chosen: str, target: Target | None) -> Markup:
    names = [(HOME, "Ici, contre les éditeurs de référence"), *((one, one) for one in targets)]
    options = [tag("option", told, value=name, selected=name == chosen) for name, told in names]
    told = tag(
        "form",
        tag("label", "Logiciel testé", for_="cible"),
        tag("select", options, id="cible", name="cible"),
        tag("button", "Voir ce qui s'y joue", type="submit", class_="quiet"),
        method="get",
        action="/",
        aria_label="Logiciel testé",
        class_="row",
    )
    return tag(
        "section",
        tag("h2", "Contre quel logiciel", id="t-cible"),
        told,
        _facts(target),
        aria_labelledby="t-cible",
    )


def _who_are_you(target: Target | None, by: str) -> Markup | None:
    """What a person has to say before they are asked anything else."""
    if target is None or target.driver.kind != "operator" or by or target.driver.name:
        return None
    told = "Dites d'abord votre nom, en bas de la page"
    return tag(
        "p", tag("a", told, href="#nom"), " : il figurera au journal et au procès-verbal.", class_="why"
    )


def _facts(target: Target | None) -> Markup:
    if target is None:
        return tag(
            "p",
            "Un hub et des éditeurs de référence tournent dans ce programme : rien à configurer, rien ne sort de la machine.",
            class_="lead",
        )
    partners = [tag("li", code(one), f" ({role})") for role, ids in target.partners.items() for one in ids]
    return facts(
        [
            ("vHost", code(target.vhost.name)),
            ("Où", target.environment.title),
            ("Éditeur testé", [code(target.editor), f" ({target.role})"]),
            ("Partenaires joués", tag("ul", partners, class_="bare")),
            ("Comment il agit", f"{_DRIVERS[target.driver.kind]} (pilote {target.driver.kind})"),
        ],
        kind="facts small",
    )


def _how(target: Target | None) -> Markup:
    if target is None:
        roles = [tag("option", "Tous les rôles", value=""), *(tag("option", one, value=one) for one in ROLES)]
        faults = [
            tag("option", "Aucune : l'éditeur de référence est conforme", value=""),
            *(tag("option", f"{one.id} — {one.title}", value=one.id) for one in FAULTS.values()),
        ]
        options: list[Node] = [
            field("role", "Rôle de l'éditeur", tag("select", roles, id="role", name="role")),
            field("faute", "Faute à démasquer", tag("select", faults, id="faute", name="faute")),
        ]
    else:
        options = [_tick("nuisible", "Jouer aussi ce qui peut gêner un service où d'autres travaillent")]
        if target.driver.kind == "operator":
            told = "Demander, valeur par valeur, ce que l'écran montre de chaque message reçu"
            options.append(_tick("attester", told, ticked=True))
    return tag("div", options, class_="row")


def _tick(name: str, told: str, *, ticked: bool = False) -> Markup:
    return tag(
        "p",
        tag("input", type="checkbox", id=name, name=name, value="oui", checked=ticked),
        tag("label", told, for_=name),
        class_="choice",
    )


def _search(scenarios: int, plays: int) -> Markup:
    return tag(
        "div",
        tag("h2", "Quoi"),
        tag(
            "p",
            f"{counted(scenarios, 'scénario se joue', 'scénarios se jouent')} ici, en {counted(plays, 'passage')}.",
            class_="lead",
        ),
        tag(
            "div",
            field(
                "filtre",
                "Chercher (titre, identifiant, exigence, rôle)",
                tag("input", type="search", id="filtre", autocomplete="off", data_filters="choix"),
            ),
            button("Jouer les scénarios cochés", name="quoi", value="coches"),
            button("Tout jouer", kind="quiet", name="quoi", value="tout"),
            tag("p", "Ce qui est coché se joue.", class_="aside", data_counts="choix", role="status"),
            class_="row sticky",
        ),
    )


def _perimeter(name: str, found: list[Choice]) -> Markup:
    playable = sum(bool(one.plays) for one in found)
    return tag(
        "details",
        tag(
            "summary",
            tag("h3", name),
            tag("span", f"{playable} sur {counted(len(found), 'scénario')}", class_="aside"),
        ),
        button(f"Jouer tout {name}", kind="quiet", name="perimetre", value=name) if playable else None,
        tag("ul", [_choice(one) for one in found], class_="choices"),
        class_="group choix",
        open=playable > 0,
    )


def _choice(one: Choice) -> Markup:
    name = f"s-{one.id}"
    told = f"{one.title} {one.id} {' '.join(one.requirements)} {' '.join(one.roles)}".lower()
    more = [counted(one.steps, "étape"), ", ".join(one.roles), *_marks(one)]
    return tag(
        "li",
        tag(
            "input",
            type="checkbox",
            id=name,
            name="scenario",
            value=one.id,
            disabled=not one.plays,
            aria_describedby=f"{name}-n",
        ),
        tag(
            "div",
            tag("label", one.title, for_=name),
            tag("p", code(one.id), " · ", " · ".join(more), class_="aside"),
            tag("p", one.why_not or one.summary, id=f"{name}-n", class_="why" if one.why_not else "aside"),
        ),
        data_told=told,
        class_=None if one.plays else "cannot",
    )


def _marks(one: Choice) -> Iterable[str]:
    if one.plays:
        yield counted(one.plays, "passage")
    if one.looked_at:
        yield f"{counted(one.looked_at, 'écran')} à attester"
    if one.harmful:
        yield "peut gêner un service partagé"


def wanted(sent: Mapping[str, list[str]], choices: Iterable[Choice]) -> tuple[str, ...]:
    """The scenarios that a form asks for, of those that can be played; none where it asks for all of them."""
    if sent.get("quoi") == ["tout"]:
        return ()
    playable = [one for one in choices if one.plays]
    perimeters = sent.get("perimetre")
    if perimeters is not None:
        return tuple(one.id for one in playable if one.perimeter in perimeters)
    known = {one.id for one in playable}
    return tuple(one for one in sent.get("scenario", ()) if one in known)
