"""« Écrire »: one's own scenarios, and the source of one with what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from recette.console.pages.layout import button, field, form, hidden, notice
from recette.console.pages.play import HOME
from recette.console.writing.drafts import Draft
from recette.report.html.pieces import badge, code
from recette.report.markup import Markup, Node, joined, tag
from recette.scenario.problems import Problem
from recette.wording.counting import counted

_PROBLEMS = 100


def drafts_page(names: Sequence[str], folder: Path, samples: Iterable[tuple[str, str]]) -> list[Node]:
    """What is there, and a new one; `samples` are scenarios to begin with, by id with their titles."""
    options = [
        tag("option", "Rien : un début de scénario", value=""),
        *(tag("option", f"{title} ({name})", value=name) for name, title in samples),
    ]
    shown = tag("ul", [tag("li", tag("a", one, href=f"/ecrire/{one}")) for one in names])
    return [
        tag("p", "Vos scénarios sont dans ", code(str(folder)), ".", class_="lead"),
        tag("section", shown if names else tag("p", "Aucun encore."), aria_label="Vos scénarios"),
        tag(
            "section",
            tag("h2", "En commencer un", id="t-nouveau"),
            form(
                "/ecrire",
                field(
                    "fichier",
                    "Nom du fichier",
                    tag(
                        "input",
                        id="fichier",
                        name="fichier",
                        required=True,
                        pattern=r"[\w\-]{1,60}\.yaml",
                        placeholder="mon-scenario.yaml",
                    ),
                ),
                field("modele", "D'après", tag("select", options, id="modele", name="modele")),
                button("Commencer"),
                label="Commencer un scénario",
            ),
            aria_labelledby="t-nouveau",
        ),
    ]


def draft_page(draft: Draft, problems: Sequence[Problem], targets: Iterable[str]) -> list[Node]:
    """The source, what is wrong in it, and where to play it."""
    names = [(HOME, "Ici, contre les éditeurs de référence"), *((one, one) for one in targets)]
    options = [tag("option", told, value=name) for name, told in names]
    return [
        tag("p", tag("a", "Tous vos scénarios", href="/ecrire")),
        form(
            f"/ecrire/{draft.name}",
            hidden("etat", draft.state),
            tag("label", "Source du scénario (YAML)", for_="source"),
            tag(
                "textarea",
                # HTML takes the first line feed of a text area away.
                f"\n{draft.text}",
                id="source",
                name="source",
                rows=24,
                spellcheck="false",
                data_language="yaml",
                data_editor=f"/ecrire/{draft.name}",
            ),
            tag(
                "div",
                field("cible", "Contre quel logiciel", tag("select", options, id="cible", name="cible")),
                button("Enregistrer et jouer", name="geste", value="jouer"),
                button("Enregistrer", kind="quiet", name="geste", value="garder"),
                class_="row",
            ),
            label="Source",
        ),
        tag(
            "section",
            problems_part(draft.name, problems),
            id="problemes",
            aria_label="Ce qui ne va pas",
            aria_live="polite",
        ),
    ]


def problems_part(name: str, problems: Sequence[Problem]) -> Markup:
    """What is wrong in the source, and in the data that it names."""
    errors = sum(one.severity == "error" for one in problems)
    told = badge("fail", counted(errors, "erreur")) if errors else badge("pass", "SANS ERREUR")
    items = [
        tag("li", _where(name, one), f" {one.text}", class_=one.severity) for one in problems[:_PROBLEMS]
    ]
    left = len(problems) - len(items)
    return joined(
        tag("p", told),
        tag("ul", items, tag("li", f"et {counted(left, 'autre')}") if left else None, class_="problems")
        if items
        else None,
    )


def _where(name: str, one: Problem) -> Markup:
    """A way to the line, where it is one of the source."""
    kind = "" if one.severity == "error" else "avertissement, "
    if Path(one.file).name != name:
        return tag("strong", f"{kind}{one.file}, ligne {one.line} :")
    return tag("a", f"{kind}ligne {one.line} :", href="#source", data_line=one.line, data_column=one.column)


def unsaved_page(text: str, why: str) -> list[Node]:
    """What was typed and not written, so that it is not lost."""
    return [
        notice(why, "bad"),
        tag("p", "Ce que vous aviez écrit :"),
        tag("pre", text, tabindex=0, role="region", aria_label="Ce que vous aviez écrit"),
    ]
