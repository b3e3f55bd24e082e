"""Rules on error reports, received and sent (requirements ER; DST 3.3.4, 3.4.7, fact sheet 7.6, 7.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recette.judge.absences import unproven
from recette.judge.registry import Check, rule
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.generations import editions
from recette.messages.error_codes import UNEXTRACTED, error_codes
from recette.messages.reading import MESSAGE_PATH, Message
from recette.scenario.matching import Publication

_ERROR = f"{MESSAGE_PATH}.error"


def _unreferenced(message: Message) -> bool:
    return message.reference_id in UNEXTRACTED or "sourceMessage" not in (message.content or {})


def _with_source(message: Message) -> bool:
    return isinstance((message.content or {}).get("sourceMessage"), dict)


def _newer_code(message: Message) -> bool:
    """One that came after the first edition: software that knows the earlier ones alone meets it as unknown."""
    return message.error_code not in error_codes(editions()[0])


def copes(concerned: Callable[[Message], bool], what: str) -> Check:
    """That an editor goes on acknowledging after a report of this kind, as it did before."""

    def check(view: View) -> Iterator[Finding]:
        for number, error in view.record.outgoing.errors:
            if not concerned(error):
                continue
            rejected = next(
                (
                    one
                    for one in view.record.hub.refusals
                    if one.event.action == "dead-lettered"
                    and one.message.distribution_id == error.distribution_id
                    and one.event.reason == "rejected"
                ),
                None,
            )
            silent = _fell_silent(view, number)
            if rejected is not None:
                yield view.broken(
                    f"L'éditeur a rejeté un rapport d'erreur valide, {what}.",
                    step=rejected.step,
                    event=rejected.number,
                    expected="un rapport lu",
                    actual="rejeté (basic.reject)",
                    advice="Lisez et montrez le rapport même quand il ne dit pas tout.",
                )
            elif silent is not None:
                yield view.broken(
                    f"Depuis un rapport d'erreur {what}, l'éditeur n'acquitte plus rien.",
                    step=silent.step,
                    event=silent.number,
                    expected="un acquittement, comme avant le rapport",
                    actual="rien",
                    advice="Un rapport inattendu ne doit pas arrêter la lecture des files.",
                )

    return check


def _fell_silent(view: View, number: int) -> Publication | None:
    """The first message after event `number` that was not acknowledged in time, where none of them was and those before were."""
    published = view.progress.published.values()
    before = [one for one in published if one.number < number]
    after = [one for one in published if one.number > number]
    if not before or not all(one.acks for one in before) or any(one.acks or one.errors for one in after):
        return None
    missed = view.record.course.missed
    return next(
        (one for one in after if one.step in missed and unproven(view, *missed[one.step]) is None), None
    )


def _own_errors(view: View) -> Iterator[EditorMessage]:
    return (
        one
        for one in view.messages
        if one.message.model == "RS-ERROR" and one.message.sender_id == view.editor
    )


@rule("ER-07")
def code_and_text_agree(view: View) -> Iterator[Finding]:
    known = error_codes(view.edition)
    for one in _own_errors(view):
        pair = (one.message.content or {}).get("errorCode")
        code, text = (
            (pair.get("statusCode"), pair.get("statusString")) if isinstance(pair, dict) else (None, None)
        )
        wanted = known.get(one.message.error_code or 0)
        if wanted is None or text != wanted:
            yield view.broken(
                "Ce code et ce libellé d'erreur ne vont pas ensemble : le hub refuse le rapport.",
                message=one,
                path=f"{_ERROR}.errorCode",
                expected=f"{code} {wanted}" if wanted else ", ".join(map(str, known)),
                actual=f"{code} {text}",
            )
        if one.message.distribution_kind != "Error":
            yield view.broken(
                "Un rapport d'erreur se déclare Error.",
                message=one,
                path="$.distributionKind",
                expected="Error",
                actual=one.message.distribution_kind,
            )


@rule("ER-08", of_strays=True)
def error_names_its_message(view: View) -> Iterator[Finding]:
    known = view.progress.sent_ids
    for one in _own_errors(view):
        if one.message.reference_id not in known:
            yield view.broken(
                "Ce rapport d'erreur désigne un message que le partenaire n'a pas envoyé.",
                message=one,
                path=f"{_ERROR}.referencedDistributionID",
                expected=", ".join(view.progress.published) or "un message envoyé",
                actual=one.message.reference_id,
            )


rule("ER-03", needs="hub")(copes(_unreferenced, "sans référence exploitable ou sans message d'origine"))
rule("ER-04", needs="hub")(copes(_with_source, "avec son message d'origine en objet"))
rule("ER-05", needs="hub")(copes(_newer_code, "au code récent"))
