"""Rules on the course of requests, answers, engagements, states and updates (requirements CI-33 to CI-38, CI-16).

What contradicts the editor's own earlier message is a MUST, whatever the texts leave unsaid: the partner who believes
the one is misled by the other. What nobody forbids is a remark.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from recette.judge.differences import asked_for
from recette.judge.moments import moment
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.said import Tellers, some_of
from recette.judge.states import State, states
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.judge.ways_out import taken_back, without_engagement
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
    asked: dict[Hashable, dict[Hashable, EditorMessage]] = {}
    """What is asked, by the ids it is asked under: the first of those that tell as much as all."""
    for one in requests(view):
        ids, keyed = one.message.request_ids, one.number in asked_for(view)
        alike = asked.setdefault((one.message.recipient_id, gist(one.message.content)), {})
        others = (two for two in alike.values() if two.message.request_ids != ids)
        other = next((two for two in others if not keyed_both(view, one, two)), None)
        if not _told_twice(view, one):
            alike.setdefault((ids, keyed), one)
        if other is None:
            continue
        yield view.broken(
            "Une demande saisie une fois part deux fois, sous deux requestId : le partenaire en voit deux.",
            message=one,
            path=f"{MESSAGE_PATH}.{one.message.key}.request.requestId",
            expected=", ".join(other.message.request_ids),
            actual=", ".join(one.message.request_ids),
            advice="Formez le requestId quand la demande est créée, et gardez-le à chaque envoi.",
        )


def keyed_both(view: View, one: EditorMessage, other: EditorMessage) -> bool:
    """Whether it was keyed twice, or a driver that was asked twice may have keyed it twice."""
    return _told_twice(view, one) or _told_twice(view, other) or {one.number, other.number} <= asked_for(view)


def _told_twice(view: View, one: EditorMessage) -> bool:
    return view.record.course.told.get(one.step, 0) > 1


@rule("CI-34", of_strays=True)
def answers_agree(view: View) -> Iterator[Finding]:
    told: dict[Hashable, EditorMessage] = {}
    """The first answer by recipient, request, what it comes to, and whether it was keyed."""
    for one in view.functional:
        if one.message.model != "RS-RR":
            continue
        keyed, to = one.number in asked_for(view), one.message.recipient_id
        mine = "agreed" if answer_of(one) in _AGREED else "refused" if answer_of(one) in _REFUSED else ""
        its = {"agreed": "refused", "refused": "agreed"}.get(mine)
        known = [
            told[key]
            for name in one.message.request_ids
            for key in ((to, name, its, False), *([] if keyed else [(to, name, its, True)]))
            if key in told
        ]
        for name in one.message.request_ids:
            told.setdefault((to, name, mine, keyed), one)
        if known:
            other = min(known, key=lambda two: two.number)
            yield view.broken(
                "Deux réponses opposées vont à la même demande : le partenaire ne sait pas laquelle vaut.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.response.answer",
                expected=f"{answer_of(other)}, déjà répondu (événement {other.number})",
                actual=answer_of(one),
                advice="N'envoyez qu'une réponse par demande ; pour se dédire d'un engagement, RS-SR ANNULE.",
            )


@rule("CI-34", of_strays=True)
@by_order("les deux réponses à la demande")
def answers_stand(view: View, before: Before) -> Iterator[Finding]:
    """A second answer that takes back a part of what the first one gave."""
    answers = [one for one in view.functional if one.message.model == "RS-RR"]
    told = Tellers(before)
    for one in answers:
        for name in one.message.request_ids:
            told.add((one.message.recipient_id, name, answer_of(one)), one)
    for one in answers:
        earlier = [
            told.of((one.message.recipient_id, name, first)).first_before(one)
            for name in one.message.request_ids
            for first, second in _TAKEN_BACK
            if second == answer_of(one)
        ]
        first = min((two for two in earlier if two is not None), key=lambda two: two.number, default=None)
        if first is not None and not {one.number, first.number} <= asked_for(view):
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
    answered, twins = Tellers(before), Tellers(before)
    first: dict[str, EditorMessage] = {}
    for one in answers:
        for name in set(one.message.request_ids) & asked:
            answered.add(name, one)
            first.setdefault(name, one)
    for one in engagements:
        twins.add(_engagement(one), one)
    for one in engagements:
        about = [name for name in one.message.request_ids if name in first]
        if about and not any(answered.told_before(name, one) for name in about):
            yield view.broken(
                "La ressource est engagée avant que la réponse à la demande soit partie.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="la réponse (RS-RR), puis l'engagement (RS-RI)",
                actual=f"réponse à l'événement {min(first[name].number for name in about)}",
            )
        twin = twins.of(_engagement(one)).first_other_before(one)
        if twin is not None and not {one.number, twin.number} <= asked_for(view):
            yield view.broken(
                "Cet engagement a déjà été annoncé dans les mêmes termes.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected="un seul RS-RI par engagement",
                actual=f"le même qu'à l'événement {twin.number}",
            )


def _engagement(one: EditorMessage) -> Hashable:
    """What it says, and to whom."""
    return one.message.recipient_id, tuple(one.message.resource_ids), gist(one.message.content)


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
    either = told | own
    shown = {True: some_of(sorted(told)), False: some_of(sorted(either))}
    for one in view.functional:
        if one.message.model not in {"RS-RR", "RS-RI"} or one.number in asked_for(view):
            continue
        answers = one.message.model == "RS-RR"
        # Who asked others may engage a vehicle of its own all the same.
        asked = told if answers else either
        strange = [name for name in one.message.request_ids if name not in asked]
        if strange:
            what = "Cette réponse" if answers else "Cet engagement"
            whose = "que l'éditeur a faite lui-même" if own.issuperset(strange) else "que personne n'a faite"
            yield view.broken(
                f"{what} porte sur une demande {whose} : le partenaire ne sait pas où la ranger.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}",
                expected=shown[answers] or "aucune demande",
                actual=", ".join(strange),
            )


@rule("CI-37", of_strays=True)
@by_order("les deux statuts de la ressource")
def states_go_on(view: View, before: Before) -> Iterator[Finding]:
    for one, first, reached in taken_back(list(states(view)), before):
        if {one.message.number, first.message.number} <= asked_for(view):
            continue
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
    for one, end, cancelled in without_engagement(view, before):
        if {one.message.number, end.message.number} <= asked_for(view):
            continue
        yield view.broken(
            f"La ressource est dite {one.status} après {end.status}, sans nouvel engagement (RS-RI).",
            message=one.message,
            path=one.path,
            expected="un RS-RI qui engage à nouveau la ressource, ou son retour",
            actual=f"{one.status}, {one.datetime}",
            advice="Une ressource annulée n'arrive plus nulle part : engagez-la à nouveau si elle repart.",
            disputed=not cancelled,
        )


def _dated_before(one: State, other: State) -> bool:
    first, second = moment(str(one.datetime)), moment(str(other.datetime))
    return first is not None and second is not None and first < second


@rule("CI-38", of_strays=True)
@by_order("la clôture et la mise à jour")
def nothing_after_closing(view: View, before: Before) -> Iterator[Finding]:
    """An update that gives the case another status opens it again, and says so."""
    told = [one for one in view.functional if one.message.model in {"RS-EDA", "RS-EDA-MAJ"}]
    closings = Tellers(before)
    for one in told:
        if one.message.model == "RS-EDA-MAJ" and _status(one.message) == "CLOTURE":
            closings.add((one.message.case_id, one.message.recipient_id), one)
    for one in told:
        if _status(one.message) is not None:
            continue
        closing = closings.of((one.message.case_id, one.message.recipient_id)).first_before(one)
        if closing is not None and not {one.number, closing.number} <= asked_for(view):
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
        if one.number in asked_for(view):
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
