"""One message of an exchange, whole: what it is, what is wrong with it, how to answer it, how to keep it."""

from __future__ import annotations

from recette.console.exchange.bench import Bench
from recette.console.exchange.letters import Letter, Line
from recette.console.pages.exchange import PROBLEMS_SHOWN, judged, problems_list
from recette.console.pages.layout import button, field, form, hidden
from recette.messages.error_codes import error_codes
from recette.report.html.evidence import lines_of
from recette.report.html.pieces import code, facts
from recette.report.listing import listing
from recette.report.markup import Markup, Node, tag

_LISTED = 200_000
"""Bytes of a message that the page shows as it is."""


def letter_page(bench: Bench, one: Letter) -> list[Node]:
    """One message, whole: what it is, what is wrong with it, and how to answer it."""
    message = one.message
    line = bench.letters.line(one.number) or Line.of(one)
    who = message.sender_id if one.way == "received" else message.recipient_id
    return [
        tag("p", tag("a", "Revenir à l'échange", href="/echanger")),
        tag("p", judged(line), f" · {line.answered}" if line.answered else None),
        facts(
            [
                ("De" if one.way == "received" else "À", code(who or "?")),
                ("Sur", code(one.queue or bench.place.vhost.name)),
                ("distributionID", code(message.distribution_id or "?")),
                ("Dossier", code(message.case_id or "aucun")),
                *([("Répond à", code(one.about))] if one.about else []),
                ("Type", code(one.content_type or "sans type")),
                ("Taille", f"{len(one.body)} octets"),
            ],
            kind="facts small",
        ),
        tag("p", one.note, class_="why") if one.note else None,
        problems_list(one.problems),
        _raw(one),
        _answering(bench, one) if one.way == "received" and one.channel == "message" else None,
        _keeping(one) if message.content is not None else None,
    ]


def _keeping(one: Letter) -> Markup:
    """Into the folder of « Écrire », where it can be played."""
    return tag(
        "section",
        tag("h2", "Garder ce message", id="t-garder"),
        form(
            "/echanger/garder",
            hidden("numero", one.number),
            field(
                "nom-garde",
                "Sous quel nom (lettres, chiffres, tirets)",
                tag("input", id="nom-garde", name="nom", required=True, pattern=r"[\w\-]{1,50}"),
            ),
            button("Comme données de test", kind="quiet", name="geste", value="donnees"),
            button("Comme scénario d'une étape", kind="quiet", name="geste", value="etape"),
            button(
                "Comme scénario, avec ce qui précède dans ce dossier",
                kind="quiet",
                name="geste",
                value="dossier",
            )
            if one.message.case_id
            else None,
            label="Garder ce message",
        ),
        aria_labelledby="t-garder",
    )


def _raw(one: Letter) -> Markup:
    if len(one.body) > _LISTED:
        return tag(
            "p", "Trop long pour la page : le fichier de l'échange le garde en entier.", class_="aside"
        )
    whole = listing(one.body, one.content_type, [each.path for each in one.problems[:PROBLEMS_SHOWN]])
    return lines_of(whole.lines, f"Message n° {one.number}")


def _answering(bench: Bench, one: Letter) -> Markup:
    codes = [
        tag("option", f"{number} {text}", value=str(number))
        for number, text in error_codes(bench.place.vhost.edition).items()
    ]
    cause, which = f"cause-{one.number}", f"code-{one.number}"
    return tag(
        "div",
        tag("p", tag("a", "Répondre", href=f"/echanger?repond={one.number}#t-composer")),
        form(
            "/echanger/repondre",
            hidden("numero", one.number),
            button("Acquitter", kind="quiet", name="geste", value="acquitter"),
            label="Acquitter",
        ),
        form(
            "/echanger/repondre",
            hidden("numero", one.number),
            tag("label", "Code", for_=which),
            tag("select", codes, id=which, name="code"),
            tag("label", "Cause", for_=cause),
            tag("input", id=cause, name="cause", maxlength=300, required=True),
            button("Refuser", kind="danger", name="geste", value="refuser"),
            label="Refuser",
        ),
        class_="row",
    )
