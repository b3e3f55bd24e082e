"""Rules on the course of requests, answers, engagements, states and updates (requirements CI-33 to CI-38, CI-16).

What contradicts the editor's own earlier message is a MUST, whatever the texts leave unsaid: the partner who believes
the one is misled by the other. What nobody forbids is a remark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.differences import matches
from recette.judge.moments import moment
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.states import OVER, SET_OUT, State, states
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH, Message

_OWN_OF_A_MESSAGE = frozenset(
    {"requestId", "resourceId", "senderCaseId", "datetime", "creation", "reception"}
)
"""What two messages that say the same may well write differently."""
_TAKEN_BACK = frozenset(
    {("ACCEPTEE", "PARTIELLE"), ("ACCEPTEE", "DIFFEREE"), ("PARTIELLE", "DIFFEREE"), ("REFUSEE", "DIFFEREE")}
)
"""An answer, and one after it that gives less, or puts off what was settled."""
_AGREED, _REFUSED = frozenset({"ACCEPTEE", "PARTIELLE"}), frozenset({"REFUSEE"})


def requests(view: View) -> list[EditorMessage]:
    """The editor's requests, cancellations left out."""
    return [
        one
        for one in view.functional
        if one.message.model == "RS-DR" and (one.message.content or {}).get("status") != "ANNULEE"
    ]


def keyed(view: View) -> frozenset[int]:
    """The messages that the scenario had the editor send, by event."""
    return frozenset(one.number for match in matches(view).values() for one in match.arrivals)


def gist(node: object) -> object:
    """What a message says, without what is its own."""
    if isinstance(node, Mapping):
        return tuple(
            (name, gist(child)) for name, child in sorted(node.items()) if name not in _OWN_OF_A_MESSAGE
        )
    return tuple(map(gist, node)) if isinstance(node, list) else node


@rule("CI-33", of_strays=True)
def one_id_a_request(view: View) -> Iterator[Finding]:
    """A request that was keyed once and told to one partner under two ids is two requests to that partner."""
    asked = requests(view)
    for place, one in enumerate(asked):
        for other in asked[:place]:
            if _same_request(one.message, other.message) and not keyed_both(view, one, other):
                yield view.broken(
                    "Une demande saisie une fois part deux fois, sous deux requestId : le partenaire en voit deux.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.request.requestId",
                    expected=", ".join(other.message.request_ids),
                    actual=", ".join(one.message.request_ids),
                    advice="Formez le requestId quand la demande est créée, et gardez-le à chaque envoi.",
                )
                break


def _same_request(one: Message, other: Message) -> bool:
    return (
        one.recipient_id == other.recipient_id
        and one.request_ids != other.request_ids
        and gist(one.content) == gist(other.content)
    )


def keyed_both(view: View, one: EditorMessage, other: EditorMessage) -> bool:
    """Whether it was keyed twice, or a driver that was asked twice may have keyed it twice."""
    known = keyed(view)
    told_twice = any(view.record.course.told.get(name, 0) > 1 for name in (one.step, other.step))
    return told_twice or {one.number, other.number} <= known


@rule("CI-34", of_strays=True)
def answers_agree(view: View) -> Iterator[Finding]:
    answers = [one for one in view.functional if one.message.model == "RS-RR"]
    for place, one in enumerate(answers):
        for other in answers[:place]:
            if _opposed(one, other) and not {one.number, other.number} <= keyed(view):
                yield view.broken(
                    "Deux réponses opposées vont à la même demande : le partenaire ne sait pas laquelle vaut.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.response.answer",
                    expected=f"{answer_of(other)}, déjà répondu (événement {other.number})",
                    actual=answer_of(one),
                    advice="N'envoyez qu'une réponse par demande ; pour se dédire d'un engagement, RS-SR ANNULE.",
                )
                break


@rule("CI-34", of_strays=True)
@by_order("les deux réponses à la demande")
def answers_stand(view: View, before: Before) -> Iterator[Finding]:
    """A second answer that takes back a part of what the first one gave."""
    answers = [one for one in view.functional if one.message.model == "RS-RR"]
    for one in answers:
        first = next(
            (
                two
                for two in answers
                if (answer_of(two), answer_of(one)) in _TAKEN_BACK
                and set(one.message.request_ids) & set(two.message.request_ids)
                and one.message.recipient_id == two.message.recipient_id
                and before(two, one)
            ),
            None,
        )
        if first is not None and not {one.number, first.number} <= keyed(view):
            yield view.broken(
                f"Cette réponse revient sur la précédente : {answer_of(first)}, puis {answer_of(one)}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.response.answer",
                expected=f"{answer_of(first)}, déjà répondu (événement {first.number})",
                actual=answer_of(one),
                advice="N'envoyez qu'une réponse définitive par demande ; DIFFEREE la précède, et ne la suit pas.",
                disputed=True,
            )


def answer_of(one: EditorMessage) -> str:
    """ACCEPTEE, PARTIELLE, REFUSEE, DIFFEREE; empty for what is no answer."""
    response = (one.message.content or {}).get("response")
    found = response.get("answer") if isinstance(response, dict) else None
    return found if isinstance(found, str) else ""


def _opposed(one: EditorMessage, other: EditorMessage) -> bool:
    pair = (answer_of(one), answer_of(other))
    return (
        bool(set(one.message.request_ids) & set(other.message.request_ids))
        and one.message.recipient_id == other.message.recipient_id
        and bool(set(pair) & _AGREED)
        and bool(set(pair) & _REFUSED)
    )


@rule("CI-35", of_strays=True)
@by_order("la réponse et l'engagement")
def engaged_after_answering(view: View, before: Before) -> Iterator[Finding]:
    """Nothing forbids to engage before the answer, or to say an engagement twice; the partner expects neither."""
    answers = [one for one in view.functional if one.message.model == "RS-RR"]
    engagements = [one for one in view.functional if one.message.model == "RS-RI"]
    asked = {
        name
        for one in view.progress.published.values()
        if one.message.model == "RS-DR"
        for name in one.message.request_ids
    }
    for one in engagements:
        about = [
            two for two in answers if set(two.message.request_ids) & set(one.message.request_ids) & asked
        ]
        if about and not any(before(two, one) for two in about):
            yield view.broken(
                "La ressource est engagée avant que la réponse à la demande soit partie.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="la réponse (RS-RR), puis l'engagement (RS-RI)",
                actual=f"réponse à l'événement {about[0].number}",
            )
        twins = [two for two in engagements if two is not one and _says_again(one, two) and before(two, one)]
        if twins and not {one.number, twins[0].number} <= keyed(view):
            yield view.broken(
                "Cet engagement a déjà été annoncé dans les mêmes termes.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="un seul RS-RI par engagement",
                actual=f"le même qu'à l'événement {twins[0].number}",
            )


def _says_again(one: EditorMessage, other: EditorMessage) -> bool:
    first, second = one.message, other.message
    return (
        first.recipient_id == second.recipient_id
        and first.distribution_id != second.distribution_id
        and first.resource_ids == second.resource_ids
        and gist(first.content) == gist(second.content)
    )


@rule("CI-36", of_strays=True)
def only_what_was_asked_is_answered(view: View) -> Iterator[Finding]:
    """What satisfied a step is compared with it: CI-15 and CI-19 say where the link is wrong."""
    told = {
        name
        for one in view.progress.published.values()
        if one.message.model == "RS-DR"
        for name in one.message.request_ids
    }
    own = {name for one in requests(view) for name in one.message.request_ids}
    for one in view.functional:
        if one.message.model not in {"RS-RR", "RS-RI"} or one.number in keyed(view):
            continue
        answers = one.message.model == "RS-RR"
        # Who asked others may engage a vehicle of its own all the same.
        asked = told if answers else told | own
        strange = [name for name in one.message.request_ids if name not in asked]
        if strange:
            what = "Cette réponse" if answers else "Cet engagement"
            whose = "que l'éditeur a faite lui-même" if own.issuperset(strange) else "que personne n'a faite"
            yield view.broken(
                f"{what} porte sur une demande {whose} : le partenaire ne sait pas où la ranger.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected=", ".join(sorted(asked)) or "aucune demande",
                actual=", ".join(strange),
            )


@rule("CI-37", of_strays=True)
@by_order("les deux statuts de la ressource")
def states_go_on(view: View, before: Before) -> Iterator[Finding]:
    told = list(states(view))
    for one in told:
        further = [two for two in told if _is_behind(one, two, told, before)]
        if not further or {one.message.number, further[0].message.number} <= keyed(view):
            continue
        reached = max(further, key=lambda two: two.stage)
        late = one.message.message.model == "RS-SR" and _dated_before(one, reached)
        yield view.broken(
            f"Le statut recule : {one.status} est dit après {reached.status}."
            + (" Sa date est antérieure : il part en retard." if late else ""),
            message=one.message,
            path=one.path,
            expected=f"un statut qui suit {reached.status}",
            actual=f"{one.status}, {one.datetime}",
            advice="N'envoyez que l'état où la ressource est ; un état passé ne se redit pas.",
            disputed=late,
        )


@rule("CI-37", of_strays=True)
@by_order("les deux statuts de la ressource")
def no_way_out_without_engagement(view: View, before: Before) -> Iterator[Finding]:
    """Once its engagement is cancelled, or it is back at its base, a vehicle sets out again by a new engagement."""
    told = list(states(view))
    engagements = [one for one in view.functional if one.message.model == "RS-RI"]
    for one in told:
        if one.status not in SET_OUT:
            continue
        begun = [*engagements, *(two.message for two in told if two.status in {"DECISION", "DECLENCHE"})]
        ended = [
            two
            for two in told
            if two.status in OVER
            and two.resource == one.resource
            and two.message.message.recipient_id == one.message.message.recipient_id
            and before(two.message, one.message)
            and not any(
                one.resource in again.message.resource_ids
                and again is not two.message
                and before(two.message, again)
                and (again is one.message or before(again, one.message))
                for again in begun
            )
        ]
        if not ended or {one.message.number, ended[-1].message.number} <= keyed(view):
            continue
        cancelled = any(two.status == "ANNULE" for two in ended)
        yield view.broken(
            f"La ressource est dite {one.status} après {ended[-1].status}, sans nouvel engagement (RS-RI).",
            message=one.message,
            path=one.path,
            expected="un RS-RI qui engage à nouveau la ressource, ou son retour",
            actual=f"{one.status}, {one.datetime}",
            advice="Une ressource annulée n'arrive plus nulle part : engagez-la à nouveau si elle repart.",
            disputed=not cancelled,
        )


def _is_behind(one: State, other: State, told: list[State], before: Before) -> bool:
    """Whether a state takes back what was said earlier of the same resource, on the same way out."""
    if other.message is one.message or other.resource != one.resource or other.stage <= one.stage:
        return False
    if other.ended or other.message.message.recipient_id != one.message.message.recipient_id:
        return False
    if not before(other.message, one.message):
        return False
    return not any(
        end.ended
        and end.resource == one.resource
        and before(other.message, end.message)
        and before(end.message, one.message)
        for end in told
    )


def _dated_before(one: State, other: State) -> bool:
    first, second = moment(str(one.datetime)), moment(str(other.datetime))
    return first is not None and second is not None and first < second


@rule("CI-38", of_strays=True)
@by_order("la clôture et la mise à jour")
def nothing_after_closing(view: View, before: Before) -> Iterator[Finding]:
    """An update that gives the case another status opens it again, and says so."""
    told = [one for one in view.functional if one.message.model in {"RS-EDA", "RS-EDA-MAJ"}]
    updates = [one for one in told if one.message.model == "RS-EDA-MAJ"]
    for one in told:
        if _status(one.message) is not None:
            continue
        closing = next(
            (
                two
                for two in updates
                if _status(two.message) == "CLOTURE"
                and two.message.case_id == one.message.case_id
                and two.message.recipient_id == one.message.recipient_id
                and before(two, one)
            ),
            None,
        )
        if closing is not None and not {one.number, closing.number} <= keyed(view):
            yield view.broken(
                "Le dossier est mis à jour après que l'éditeur l'a dit clos.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="rien, ou un statut qui rouvre le dossier",
                actual=f"une mise à jour, clôture à l'événement {closing.number}",
                advice="Arrêtez les mises à jour à la clôture (DSF 5.4), ou dites d'abord que le dossier est rouvert.",
            )


def _status(message: Message) -> object:
    node: object = message.content
    for name in ("qualification", "details", "status"):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


@rule("CI-39", of_strays=True, needs="scenario")
def nothing_echoed(view: View) -> Iterator[Finding]:
    for one in view.functional:
        if one.number in keyed(view):
            continue
        source = next(
            (two for two in view.progress.published.values() if _echoes(one, two.message, two.number)), None
        )
        if source is not None:
            yield view.broken(
                f"{one.message.model} rend au partenaire ce qui vient de lui, mot pour mot.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="rien : le partenaire sait ce qu'il a dit",
                actual=f"le contenu de l'événement {source.number}",
            )


def _echoes(one: EditorMessage, source: Message, number: int) -> bool:
    return (
        number < one.number
        and source.model == one.message.model
        and source.sender_id == one.message.recipient_id
        and _told(source.content) == _told(one.message.content)
    )


def _told(content: Mapping[str, Any] | None) -> object:
    """Identifiers count: a message of one's own that says as much is no echo."""
    return {
        name: value for name, value in (content or {}).items() if name not in {"senderCaseId", "creation"}
    }
