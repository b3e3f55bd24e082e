"""« Échanger »: where, the message that is written, the three queues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from recette.console.exchange.bench import Bench, Place
from recette.console.exchange.composing import Draft
from recette.console.exchange.fields import form_of
from recette.console.exchange.letters import Line
from recette.console.pages.layout import button, field, form, hidden, notice
from recette.console.stream import Added
from recette.messages.dictionary.models import MessageModel, models
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.vhosts import used_on
from recette.play.target import UNKNOWN_CLIENT
from recette.report.html.pieces import badge, code, facts
from recette.report.markup import Markup, Node, joined, tag
from recette.wording.counting import counted

LINES_SHOWN = 60
"""Lines of a queue that a page begins with."""
OLDER = 250
"""Lines that it asks for at a time."""
PROBLEMS_SHOWN = 40
"""Problems of one message that a page shows."""
_QUEUES = {
    "message": "Messages reçus",
    "ack": "Acquittements reçus",
    "info": "Rapports du hub et erreurs",
    "": "Envoyés",
}


@dataclass(frozen=True, slots=True)
class Composing:
    """The message that is being written."""

    model: MessageModel
    draft: Draft
    to: str
    answers: int = 0
    """The number of the letter that it answers."""


def places_page(places: Iterable[Place]) -> Node:
    """Where one can exchange."""
    options = [
        tag(
            "option",
            f"{one.vhost.name} : vous êtes {one.own}, en face {one.partner}"
            + ("" if one.target else " (éditeur de référence, ici)"),
            value=one.name,
        )
        for one in places
    ]
    return tag(
        "section",
        tag(
            "p",
            "Composez un message, voyez ce qui arrive, répondez : sans scénario, et chaque message est jugé par les règles "
            "qui n'en demandent pas.",
            class_="lead",
        ),
        form(
            "/echanger/ouvrir",
            field("lieu", "Où, et avec qui", tag("select", options, id="lieu", name="lieu")),
            button("Ouvrir l'échange"),
            label="Ouvrir un échange",
        ),
        aria_label="Ouvrir un échange",
    )


def exchange_page(bench: Bench, composing: Composing) -> list[Node]:
    """The whole page of an open exchange."""
    place = bench.place
    return [
        tag(
            "section",
            facts(
                [
                    ("vHost", code(place.vhost.name)),
                    ("Vous êtes", code(place.own)),
                    ("En face", code(place.partner)),
                    ("Modèles", place.vhost.edition.title),
                ],
                kind="facts small",
            ),
            tag(
                "div",
                _acknowledging(bench),
                form("/echanger/permuter", button("Permuter les rôles", kind="quiet"), label="Permuter")
                if place.target is None
                else None,
                form("/echanger/fermer", button("Fermer l'échange", kind="quiet"), label="Fermer l'échange"),
                class_="row",
            ),
            aria_label="Échange ouvert",
        ),
        tag("section", bench_news(bench), id="nouvelles", aria_live="polite", aria_label="Liaison"),
        _composer(bench, composing),
        tag(
            "section",
            tag("h2", "Ce qui passe", id="t-files"),
            field(
                "filtre",
                "Filtrer (dossier, message, identifiant)",
                tag("input", type="search", id="filtre", autocomplete="off", data_filters="lettres"),
            ),
            [
                tag(
                    "section",
                    queue_part(bench, name),
                    id=f"file-{name or 'envoi'}",
                    aria_label=told,
                    class_="lettres",
                )
                for name, told in _QUEUES.items()
            ],
            aria_labelledby="t-files",
        ),
    ]


def bench_parts(bench: Bench) -> dict[str, Markup]:
    """What changes in it beside its lines, by the id of the element that holds it."""
    counts = {f"{list_of(name)}-nombre": joined(count_of(len(bench.letters.lines(name)))) for name in _QUEUES}
    return {**counts, "nouvelles": bench_news(bench)}


def bench_news(bench: Bench) -> Markup:
    """What befell the link last."""
    return joined(notice(bench.news, "bad" if bench.broken else "") if bench.news else None)


def _acknowledging(bench: Bench) -> Markup:
    told = "Acquitter à la main" if bench.acknowledging else "Acquitter automatiquement"
    now = "automatiquement" if bench.acknowledging else "à la main"
    return form(
        "/echanger/acquittement",
        tag("span", f"Les messages reçus sont acquittés {now}."),
        button(told, kind="quiet"),
        label="Acquittement",
    )


def _composer(bench: Bench, composing: Composing) -> Markup:
    known, draft = composing.model, composing.draft
    title = f"Répondre au message n° {composing.answers}" if composing.answers else "Composer"
    return tag(
        "section",
        tag("h2", title, id="t-composer"),
        _choice_of_model(bench.place, composing),
        form(
            "/echanger/envoyer",
            hidden("modele", known.name),
            tag("div", composed_part(draft, known), id="compose"),
            tag(
                "div",
                field("json", "Contenu en JSON", _typed("json", draft.json)),
                field("xml", "Contenu en XML", _typed("xml", draft.xml)),
                class_="row stretch",
            ),
            _how_it_goes(bench.place, composing),
            label="Message à envoyer",
        ),
        aria_labelledby="t-composer",
        data_checks=f"/echanger/verifier?modele={known.name}",
    )


def _choice_of_model(place: Place, composing: Composing) -> Markup:
    names = [
        tag("option", f"{one.name} — {one.label}", value=one.name, selected=one.name == composing.model.name)
        for one in models(place.vhost.edition)
        if used_on(one.name, place.vhost.perimeter)
    ]
    return tag(
        "form",
        field("modele", "Message", tag("select", names, id="modele", name="modele")),
        hidden("repond", composing.answers) if composing.answers else None,
        tag("button", "Exemple minimal", type="submit", name="taille", value="minimal", class_="quiet"),
        tag("button", "Exemple complet", type="submit", name="taille", value="maximal", class_="quiet"),
        method="get",
        action="/echanger",
        class_="row",
        aria_label="Quel message",
    )


def _how_it_goes(place: Place, composing: Composing) -> Markup:
    """To whom, in which format, and off."""
    recipients = [
        place.partner,
        *([composing.to] if composing.to not in {place.partner, UNKNOWN_CLIENT} else []),
    ]
    options = [tag("option", one, value=one, selected=one == composing.to) for one in recipients]
    options.append(tag("option", f"{UNKNOWN_CLIENT} (inconnu : le hub refusera)", value=UNKNOWN_CLIENT))
    return tag(
        "div",
        field("vers", "Destinataire", tag("select", options, id="vers", name="vers")),
        _box("en-xml", "Envoyer en XML", checked=False),
        _box("exercice", "Marquer comme exercice", checked=True),
        button("Envoyer"),
        class_="row",
    )


def _box(name: str, label: str, *, checked: bool) -> Markup:
    ticked = tag("input", type="checkbox", id=name, name=name, value="oui", checked=checked)
    return tag("p", ticked, tag("label", label, for_=name), class_="choice")


def _typed(language: str, text: str) -> Markup:
    return tag(
        "textarea", text, id=language, name=language, rows=16, spellcheck="false", data_language=language
    )


def composed_part(draft: Draft, known: MessageModel) -> Markup:
    """What is wrong with the message being written, then its fields as a form."""
    return joined(
        _verdict(draft.problems, draft.only),
        tag(
            "details",
            tag("summary", "Remplir champ par champ"),
            form_of(draft.content, known),
            class_="champs",
        )
        if draft.readable
        else None,
    )


def _verdict(problems: tuple[Diagnostic, ...], only: str) -> Markup:
    wrong = [one for one in problems if one.severity == "error"]
    told = badge("fail", counted(len(wrong), "défaut")) if wrong else badge("pass", "CONFORME AU MODÈLE")
    return tag(
        "div",
        tag("p", told, role="status"),
        problems_list(problems),
        tag("p", only, class_="why") if only else None,
    )


def problems_list(problems: tuple[Diagnostic, ...]) -> Markup | None:
    if not problems:
        return None
    items = [
        tag("li", tag("strong", one.rule), " ", code(one.path), f" {one.message}")
        for one in problems[:PROBLEMS_SHOWN]
    ]
    left = len(problems) - len(items)
    return tag("ul", items, tag("li", f"et {counted(left, 'autre')}") if left else None, class_="problems")


def queue_part(bench: Bench, channel: str) -> Markup:
    """The latest of what came on a queue, or was sent; the script asks for those before it."""
    found = bench.letters.lines(channel)
    shown = found[-LINES_SHOWN:]
    left = len(found) - len(shown)
    return joined(
        tag("h3", _QUEUES[channel], tag("span", count_of(len(found)), id=f"{list_of(channel)}-nombre")),
        tag(
            "ul",
            [letter_line(one) for one in reversed(shown)],
            id=list_of(channel),
            class_="bare lines",
            data_older=f"/echanger/lignes?file={channel}" if left else None,
        ),
        tag(
            "noscript",
            tag("p", f"et {counted(left, 'plus ancien', 'plus anciens')}, dans le fichier de l'échange"),
        )
        if left
        else None,
    )


def older_lines(bench: Bench, channel: str, before: int) -> tuple[list[Added], bool]:
    """Lines of a queue that came before that of number `before`, the latest first, and whether there are more."""
    found = [one for one in bench.letters.lines(channel) if one.number < before]
    return [added(one) for one in reversed(found[-OLDER:])], len(found) > OLDER


def added(one: Line) -> Added:
    """A line, for a page that is open."""
    return Added(list_of(one.channel), f"l{one.number}", _found_by(one), letter_line(one))


def list_of(channel: str) -> str:
    """The id of the element that lists what came on a queue, or was sent."""
    return f"lignes-{channel or 'envoi'}"


def count_of(number: int) -> str:
    """How many there are, behind the name of a queue."""
    return f" ({number})"


def letter_line(one: Line) -> Markup:
    """A line; the message itself has a page of its own."""
    name = one.name or "message illisible"
    return tag(
        "li",
        tag("span", f"{one.at:%H:%M:%S} ", class_="when"),
        tag("a", f"n° {one.number} {name}", href=f"/echanger/messages/{one.number}"),
        f" {'de' if one.way == 'received' else 'à'} {one.who} ",
        judged(one),
        f" · {one.answered}" if one.answered else None,
        data_told=_found_by(one),
        id=f"l{one.number}",
        class_="letter",
    )


def _found_by(one: Line) -> str:
    return " ".join((one.name or "illisible", one.who, *one.ids)).lower()


def judged(one: Line) -> Markup:
    """What the rules that need no scenario say of a letter."""
    return badge("fail", counted(one.defects, "défaut")) if one.wrong else badge("pass", "CONFORME")
