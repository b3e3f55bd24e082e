"""Puts the page together: policy, style, landmarks, sections in the order they are read."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from recette.judge.verdicts import FRENCH
from recette.platform.plain_files import write_anew
from recette.report.diagram.drawing import page_definitions, style_sheet
from recette.report.formats import report_format
from recette.report.html.environment import date_of, environment_section
from recette.report.html.perimeters import perimeters_section
from recette.report.html.plays import plays_sections
from recette.report.html.requirements import requirements_section
from recette.report.html.sheet import head
from recette.report.html.synthesis import synthesis_section
from recette.report.html.typesetting import typeset
from recette.report.html.verdict import title, verdict_section
from recette.report.markup import Markup, tag
from recette.report.story import Story

_NAVIGATION = {
    "verdict": "Verdict",
    "perimetres": "Périmètres",
    "constats": "Constats",
    "a-examiner": "À examiner",
    "conformes": "Conformes",
    "exigences": "Exigences",
    "environnement": "Environnement",
}


@report_format("report.html")
def write(story: Story, folder: Path) -> Path:
    """Write `report.html` into `folder`."""
    path = folder / "report.html"
    write_anew(path, render(story).encode())
    return path


def render(story: Story) -> str:
    """The whole page."""
    to_look_at, conformant = plays_sections(story)
    sections = {
        "verdict": verdict_section(story),
        "perimetres": perimeters_section(story),
        "constats": synthesis_section(story),
        "a-examiner": to_look_at,
        "conformes": conformant,
        "exigences": requirements_section(story),
        "environnement": environment_section(story),
    }
    there = {name: content for name, content in sections.items() if content is not None}
    body = tag(
        "body",
        tag("a", "Aller au contenu", href="#contenu", class_="skip"),
        page_definitions(),
        _header(story),
        _navigation(list(there)),
        tag("main", there.values(), id="contenu"),
        tag(
            "footer",
            tag(
                "p",
                f"Établi par recette {story.header.recette} d'après le journal de la campagne "
                f"{story.header.run}. Le journal seul fait foi : ",
                tag("code", "recette judge"),
                " le rejuge.",
            ),
        ),
    )
    css = (files("recette.report.html") / "style.css").read_text(encoding="utf-8") + style_sheet()
    named = f"{FRENCH[story.judgement.verdict]} — {title(story)}"
    return "<!DOCTYPE html>\n" + typeset(tag("html", head(named, css), body, lang="fr").text) + "\n"


def _header(story: Story) -> Markup:
    return tag(
        "header",
        tag("p", "Hub Santé · Rapport de recette", class_="eyebrow"),
        tag("h1", title(story)),
        tag("p", f"Jouée le {date_of(story.started)}", class_="lead"),
    )


def _navigation(names: list[str]) -> Markup:
    items = [tag("li", tag("a", _NAVIGATION[name], href=f"#{name}")) for name in names]
    return tag("nav", tag("ul", items), aria_label="Sommaire")
