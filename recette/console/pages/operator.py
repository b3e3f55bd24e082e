"""« Faire »: the operator's part, by clicking: what to do with its data, what to look at, value by value."""

from __future__ import annotations

from collections.abc import Mapping

from recette.console.desk import Sheet
from recette.console.live import RunView
from recette.console.pages.layout import button, form, hidden, notice
from recette.play.drivers.driver import Answer
from recette.play.drivers.marks import ORDER, WORDS, Mark, in_words, markable, worst
from recette.report.html.pieces import facts
from recette.report.markup import Markup, Node, joined, tag
from recette.wording.values import plain

COMMENT = 500
"""Characters of one comment."""
_HEADS = {
    "do": "À faire dans votre logiciel",
    "look": "À regarder à l'écran de votre logiciel",
    "wait": "En attente",
}


_AT_ONCE = 8
"""Values that stand there without being asked for, where the message is what is looked at."""


class AnswerError(ValueError):
    """What was clicked says two things, or too little; the text says what to add."""


def operator_part(sheet: Sheet | None, view: RunView, by: str) -> Markup:
    """What lies on the operator's desk; nothing where nobody is asked anything."""
    if sheet is None:
        return joined()
    play = view.plays.get(sheet.scenario)
    return tag(
        "div",
        tag("p", play.title if play is not None else sheet.scenario, class_="aside"),
        tag("h2", _HEADS[sheet.kind]),
        tag("h3", sheet.title),
        tag("p", sheet.told, class_="told-to"),
        tag("p", tag("span", "", data_until=f"{sheet.until:.0f}", class_="left"), class_="aside"),
        facts(sheet.facts, kind="facts small") if sheet.facts else None,
        _attestation(sheet, by) if sheet.kind == "look" else _doing(sheet),
        [tag("p", line) for line in sheet.why] if sheet.why else None,
        class_=f"desk {sheet.kind}",
    )


def _doing(sheet: Sheet) -> Markup:
    data = (
        tag("pre", "\n".join(sheet.data), tabindex=0, role="region", aria_label="Données de l'étape")
        if sheet.data
        else None
    )
    head = (
        "À saisir (les identifiants que votre logiciel fabrique n'y sont pas)"
        if sheet.kind == "do"
        else "Ce que le partenaire a envoyé"
    )
    return joined(
        tag("details", tag("summary", head), data, open=sheet.kind == "do") if data is not None else None,
        notice("C'est noté : la recette attend que le message arrive.") if sheet.said_done else None,
        form(
            "/poste",
            hidden("feuille", sheet.serial),
            button("C'est fait", name="geste", value="done") if sheet.again and not sheet.said_done else None,
            button("Cinq minutes de plus", kind="quiet", name="geste", value="more"),
            button("Refaire la demande", kind="quiet", name="geste", value="again") if sheet.again else None,
            button("Rien n'arrive ?", kind="quiet", name="geste", value="why"),
            label="Cette étape",
        ),
        _impossible(sheet) if sheet.again else None,
    )


def _impossible(sheet: Sheet) -> Markup:
    name = f"pourquoi-{sheet.serial}"
    return tag(
        "details",
        tag("summary", "Cela n'a rien donné, ou c'est impossible"),
        form(
            "/poste",
            hidden("feuille", sheet.serial),
            tag("label", "Pourquoi (figurera au journal)", for_=name),
            tag("input", id=name, name="commentaire", required=True, maxlength=COMMENT),
            button("C'est impossible", kind="danger", name="geste", value="impossible"),
            label="C'est impossible",
        ),
    )


def _attestation(sheet: Sheet, by: str) -> Markup:
    name = f"ecran-{sheet.serial}"
    values = markable(sheet.data)
    return form(
        "/poste",
        hidden("feuille", sheet.serial),
        hidden("geste", "attest"),
        tag(
            "details",
            tag("summary", f"Valeur par valeur ({len(values)} reçues du partenaire)"),
            [_value(sheet, index, line) for index, line in values],
            class_="values",
            open=sheet.optional and len(values) <= _AT_ONCE,
        )
        if values
        else None,
        _choices(name, "Dans l'ensemble, l'écran montre-t-il cela ?", "reponse", required=True),
        tag("label", "Commentaire (obligatoire si ce n'est pas conforme)", for_=f"{name}-c"),
        tag("textarea", "", id=f"{name}-c", name="commentaire", maxlength=COMMENT, rows=2),
        button(f"Attester, {by}" if by else "Attester"),
        tag(
            "button",
            "Cinq minutes de plus",
            type="submit",
            class_="quiet",
            name="plus",
            value="oui",
            formnovalidate=True,
        ),
        tag(
            "button",
            "Passer, sans rien attester",
            type="submit",
            class_="quiet",
            name="passer",
            value="oui",
            formnovalidate=True,
        )
        if sheet.optional
        else None,
        label="Attestation de l'écran",
    )


def _choices(name: str, told: Node, field: str, *, required: bool = False) -> Markup:
    return tag(
        "fieldset",
        tag("legend", told),
        [
            tag(
                "span",
                tag("input", type="radio", id=f"{name}-{one}", name=field, value=one, required=required),
                tag("label", WORDS[one], for_=f"{name}-{one}"),
                class_="choice",
            )
            for one in ORDER
        ],
    )


def _value(sheet: Sheet, index: int, line: str) -> Markup:
    name = f"v-{sheet.serial}-{index}"
    return tag(
        "div",
        _choices(name, line, f"valeur-{index}"),
        tag(
            "span",
            tag("label", "Ce qui diffère", for_=f"{name}-c"),
            tag("input", id=f"{name}-c", name=f"valeur-{index}-c", maxlength=COMMENT),
            class_="choice differs",
        ),
        class_="value",
    )


def attested(sheet: Sheet, sent: Mapping[str, str]) -> tuple[Answer, str]:
    """The answer and the comment that a form of an attestation says. Raises AnswerError."""
    answer, comment = _answer(sent.get("reponse", "")), _comment(sent.get("commentaire", ""))
    if answer is None:
        raise AnswerError("Dites d'abord si l'écran est conforme, approché ou non conforme.")
    marks = [
        Mark(line, said, _comment(sent.get(f"valeur-{index}-c", "")))
        for index, line in markable(sheet.data)
        if (said := _answer(sent.get(f"valeur-{index}", "")))
    ]
    wrong = next((one for one in marks if ORDER.index(one.answer) > ORDER.index(answer)), None)
    if wrong is not None:
        raise AnswerError(
            f"« {wrong.line} » est {WORDS[wrong.answer]} : l'écran dans son ensemble ne peut pas être {WORDS[answer]}."
        )
    if answer != "conforme" and not comment and worst(marks) == "conforme":
        raise AnswerError("Dites en quelques mots ce qui diffère : le commentaire est obligatoire.")
    return answer, in_words(marks, comment)


def _answer(sent: str) -> Answer | None:
    return next((one for one in ORDER if one == sent), None)


def _comment(sent: str) -> str:
    return plain(sent, COMMENT).strip()
