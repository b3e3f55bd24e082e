"""Rules on error reports, received and sent (requirements ER; DST 3.3.4, 3.4.7, fact sheet 7.6, 7.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recette.judge.absences import unproven
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, Rule, View
from recette.messages.error_codes import UNEXTRACTED, error_codes
from recette.messages.reading import MESSAGE_PATH, Message
from recette.scenario.matching import Publication

_ERROR = f"{MESSAGE_PATH}.error"
_LATER = 3
"""The generation that brought the latest codes: software that knows the earlier ones alone meets unknown ones."""


def _unreferenced(message: Message) -> bool:
    return message.reference_id == UNEXTRACTED or "sourceMessage" not in (message.content or {})


def _with_source(message: Message) -> bool:
    return isinstance((message.content or {}).get("sourceMessage"), dict)


def _newer_code(message: Message) -> bool:
    return message.error_code not in error_codes(_LATER - 1)


def copes(rule: str, concerned: Callable[[Message], bool], what: str) -> Rule:
    """The rule that an editor goes on acknowledging after a report of this kind, as it did before."""

    def check(view: View) -> Iterator[Finding]:
        for number, error in view.record.errors_sent:
            if not concerned(error):
                continue
            rejected = next(
                (
                    one
                    for one in view.record.refusals
                    if one.event.action == "dead-lettered"
                    and one.message.distribution_id == error.distribution_id
                    and one.event.reason == "rejected"
                ),
                None,
            )
            silent = _fell_silent(view, rule, number)
            if rejected is not None:
                yield view.broken(
                    rule,
                    f"L'éditeur a rejeté un rapport d'erreur valide, {what}.",
                    step=rejected.step,
                    event=rejected.number,
                    expected="un rapport lu",
                    actual="rejeté (basic.reject)",
                    advice="Lisez et montrez le rapport même quand il ne dit pas tout.",
                )
            elif silent is not None:
                yield view.broken(
                    rule,
                    f"Depuis un rapport d'erreur {what}, l'éditeur n'acquitte plus rien.",
                    step=silent.step,
                    event=silent.number,
                    expected="un acquittement, comme avant le rapport",
                    actual="rien",
                    advice="Un rapport inattendu ne doit pas arrêter la lecture des files.",
                )

    return check


def _fell_silent(view: View, rule: str, number: int) -> Publication | None:
    """The first message after event `number` that was not acknowledged in time, where none of them was and those before were."""
    published = view.progress.published.values()
    before = [one for one in published if one.number < number]
    after = [one for one in published if one.number > number]
    if not before or not all(one.acks for one in before) or any(one.acks or one.errors for one in after):
        return None
    missed = view.record.missed
    return next(
        (one for one in after if one.step in missed and unproven(view, rule, *missed[one.step]) is None), None
    )


def _own_errors(view: View) -> Iterator[EditorMessage]:
    return (
        one
        for one in view.messages
        if one.message.model == "RS-ERROR" and one.message.sender_id == view.editor
    )


def er_07(view: View) -> Iterator[Finding]:
    known = error_codes(view.generation)
    for one in _own_errors(view):
        pair = (one.message.content or {}).get("errorCode")
        code, text = (
            (pair.get("statusCode"), pair.get("statusString")) if isinstance(pair, dict) else (None, None)
        )
        wanted = known.get(one.message.error_code or 0)
        if wanted is None or text != wanted:
            yield view.broken(
                "ER-07",
                "Ce code et ce libellé d'erreur ne vont pas ensemble : le hub refuse le rapport.",
                message=one,
                path=f"{_ERROR}.errorCode",
                expected=f"{code} {wanted}" if wanted else ", ".join(map(str, known)),
                actual=f"{code} {text}",
            )
        if one.message.distribution_kind != "Error":
            yield view.broken(
                "ER-07",
                "Un rapport d'erreur se déclare Error.",
                message=one,
                path="$.distributionKind",
                expected="Error",
                actual=one.message.distribution_kind,
            )


def er_08(view: View) -> Iterator[Finding]:
    known = view.progress.sent_ids
    for one in _own_errors(view):
        if one.message.reference_id not in known:
            yield view.broken(
                "ER-08",
                "Ce rapport d'erreur désigne un message que le partenaire n'a pas envoyé.",
                message=one,
                path=f"{_ERROR}.referencedDistributionID",
                expected=", ".join(view.progress.published) or "un message envoyé",
                actual=one.message.reference_id,
            )


RULES: dict[str, Rule] = {
    "ER-03": copes("ER-03", _unreferenced, "sans référence exploitable ou sans message d'origine"),
    "ER-04": copes("ER-04", _with_source, "avec son message d'origine en objet"),
    "ER-05": copes("ER-05", _newer_code, "au code récent"),
    "ER-07": er_07,
    "ER-08": er_08,
}
