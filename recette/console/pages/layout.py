"""The frame of every page: where one is, who looks on, who acts."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

from recette.console.seats import Seat, Seats
from recette.report.diagram.drawing import page_definitions, style_sheet
from recette.report.markup import Markup, Node, tag

ROOMS = {
    "/": "Jouer",
    "/echanger": "Échanger",
    "/ecrire": "Écrire",
    "/observer": "Observer",
    "/preparer": "Préparer",
    "/campagnes": "Campagnes",
}
"""By address, in the order in which they are shown."""


def sheet_of_style() -> str:
    """The reports' style, the diagrams', then what only the console has."""
    report = (files("recette.report.html") / "style.css").read_text(encoding="utf-8")
    return report + style_sheet() + static("console.css")


def static(name: str) -> str:
    """A file that pages ask for."""
    return (files("recette.console") / "static" / name).read_text(encoding="utf-8")


def page(
    title: str,
    content: Node,
    *,
    seat: Seat,
    seats: Seats,
    room: str,
    flow: str | None = None,
    status: int = 200,
    script: str | None = None,
) -> web.Response:
    """A whole page; `flow` is where what changes in it comes from, `script` what it needs beside what all have."""
    body = tag(
        "body",
        tag("a", "Aller au contenu", href="#contenu", class_="skip"),
        page_definitions(),
        tag(
            "header",
            tag("p", "Hub Santé · Console de recette", class_="eyebrow"),
            tag("h1", title),
        ),
        _navigation(room),
        tag("main", content, id="contenu"),
        tag("footer", tag("div", who(seat, seats), id="qui"), _name_form(seat)),
        data_flow=flow,
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} — recette"),
        tag("link", rel="icon", href="/icone.svg", type="image/svg+xml"),
        tag("link", rel="stylesheet", href="/style.css"),
        tag("script", src="/console.js", defer=True),
        tag("script", src=script, defer=True) if script else None,
    )
    text = "<!DOCTYPE html>\n" + tag("html", head, body, lang="fr").text + "\n"
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status)


def _navigation(room: str) -> Markup:
    items = [
        tag("li", tag("a", told, href=address, aria_current="page" if address == room else None))
        for address, told in ROOMS.items()
    ]
    return tag("nav", tag("ul", items), aria_label="Pages de la console")


def who(seat: Seat, seats: Seats) -> Markup:
    """Who acts; whoever only looks on may take over."""
    acting = seats.acting
    if acting is None:
        return tag("p", "Personne n'a encore agi : le premier qui agit a la main.")
    if acting is seat:
        return tag("p", "Vous avez la main.")
    return tag(
        "div",
        tag("p", f"{acting.called} a la main ; vous regardez."),
        form("/main", button("Prendre la main"), label="Prendre la main"),
    )


def _name_form(seat: Seat) -> Markup:
    return form(
        "/nom",
        tag("label", "Votre nom, qui figurera au journal et au procès-verbal", for_="nom"),
        tag("input", id="nom", name="nom", value=seat.name, maxlength=100, autocomplete="name"),
        button("Enregistrer", kind="quiet"),
        label="Votre nom",
    )


def form(action: str, *content: Node, label: str) -> Markup:
    """A form that does something."""
    return tag("form", content, method="post", action=action, aria_label=label)


def button(
    told: str, *, kind: str = "", name: str | None = None, value: str | None = None, **more: str
) -> Markup:
    """A button that sends its form."""
    return tag("button", told, type="submit", class_=kind or None, name=name, value=value, **more)


def hidden(name: str, value: str | int) -> Markup:
    """What a form sends without showing it."""
    return tag("input", type="hidden", name=name, value=str(value))


def field(name: str, told: str, control: Markup) -> Markup:
    """A control, whose id is `name`, below the words that say what it is."""
    return tag("p", tag("label", told, for_=name), control, class_="field")


def notice(text: str, kind: str = "") -> Markup:
    """Something to be read before all else."""
    lines = [tag("p", line) for line in text.splitlines() if line.strip()]
    return tag("div", lines, class_=f"notice {kind}".strip(), role="alert" if kind == "bad" else None)
