"""A page of its own: the report's policy and style around a few sections."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from recette.report.markup import Markup, Node, style_element, tag


def sheet(title: str, eyebrow: str, lead: str, sections: Node, extra_css: str = "") -> str:
    """The whole page; no script, nothing loaded."""
    css = (files("recette.report.html") / "style.css").read_text(encoding="utf-8") + extra_css
    header = tag(
        "header",
        tag("p", eyebrow, class_="eyebrow"),
        tag("h1", title),
        tag("p", lead, class_="lead"),
    )
    body = tag(
        "body",
        tag("a", "Aller au contenu", href="#contenu", class_="skip"),
        header,
        tag("main", sections, id="contenu"),
    )
    return "<!DOCTYPE html>\n" + tag("html", head(title, css), body, lang="fr").text + "\n"


def head(title: str, css: str) -> Markup:
    """The head of a page: its policy admits this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        style_element(css),
    )
