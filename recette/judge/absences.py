"""That nothing came says something of the editor only where nothing else explains it."""

from __future__ import annotations

from dataclasses import asdict

from recette.journal.events import DeadlinePassed
from recette.journal.queues import shared
from recette.judge.gaps import CUT, Gap
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.judge.ways import held_up, led_elsewhere
from recette.wording.counting import in_seconds

STOP_THEM = "Arrêtez l'autre lecteur de ces files et rejouez."


def unproven(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Why the absence that ended at event `number` proves nothing against the editor; None where it does."""
    if view.header.captured:
        return not_captured(view, number, event)
    deaf = unheard(view, number, event) or unconverted(view, event.step)
    deaf = deaf or said_again(view, event.step, number)
    if deaf is not None:
        return deaf
    back = cut_off(view, number, event)
    if back is not None:
        return back
    lost = never_left(view, event.step, number)
    if lost is not None:
        return lost
    if undone(view, event.step):
        return nobody_did(view, event.step, number)
    return (
        taken_by_others(view, number, event) or held_up(view, number, event) or unmoved(view, number, event)
    )


_NOT_CAPTURED = {
    "asked": "aucune capture ne l'a vu, et aucune ne dit ce qui était demandé au logiciel",
    "deliveries": "aucune capture ne dit que le message lui a été remis",
    "publications": "aucune capture ne montre ce que publie l'éditeur",
    "end": "les captures s'arrêtent avant la fin du délai",
}


def not_captured(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Why it says nothing that captures show none of it; None where it does."""
    if not event.unseen:
        return None
    return view.unclear(
        f"Rien n'est venu, mais {_NOT_CAPTURED.get(event.unseen, event.unseen)}.",
        "operator",
        step=event.step,
        event=number,
        advice="Donnez une capture de plus, du côté de ce logiciel, ou qui dure plus longtemps ; ou rejouez ce scénario.",
    )


def perhaps_asked(view: View, text: str, step: str, number: int) -> Finding:
    """What a capture shows beyond the scenario: the case may have gone on."""
    return view.unclear(
        f"{text} Aucune capture ne dit si cela lui a été demandé.",
        "operator",
        step=step,
        event=number,
        advice="Si le dossier a continué après le scénario, il n'y a rien à corriger ; sinon rejouez ce scénario.",
    )


_ASK_TO_CARRY = (
    "Demandez à l'opérateur du hub d'admettre ce message sur ce vHost, ou jouez sur un vHost qui le porte."
)
_ASK_IF_ALIVE = (
    "Demandez à l'opérateur du hub si son dispatcher tourne, et si {recipient} est déclaré pour la version de ce vHost ; "
    "recette preflight le vérifie."
)
_UNMOVED = {
    "refused": ("le hub refuse {model} ici ({code} : {reason})", _ASK_TO_CARRY),
    "silent": ("le hub n'a rien fait de la sonde {model} en {seconds}", _ASK_IF_ALIVE),
    "not-accepted": (
        "le broker n'a pas pris la sonde {model} ({reason})",
        "Demandez à l'opérateur du hub si son broker est en alarme (mémoire ou disque).",
    ),
    "impossible": (
        "rien ne pouvait le vérifier : {reason}",
        "Donnez à la cible un partenaire de santé, ou jouez sur un hub dont le côté se voit.",
    ),
}


def unmoved(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether nothing proves that the hub moved messages when the step ended, where its own side is not seen.

    Runs that were recorded before there were probes are judged without.
    """
    if view.header.face_to_face and not view.header.hub_observed:
        if view.header.relay_observed and any(one.action == "connected" for _, one in view.record.hub.acts):
            return _not_handed_over(view, number, event)
        return view.unclear(
            f"Rien n'est venu en {in_seconds(event.seconds)}, mais nul ne voit ce que l'éditeur publie : le hub l'a peut-être refusé.",
            "hub",
            step=event.step,
            event=number,
            advice=f"Lisez {view.editor}.info : le hub y dit pourquoi il refuse ; ou rejouez avec « broker: home », où tout se voit.",
        )
    if view.header.hub_observed or not view.header.probes:
        return None
    if _way_unproven(view, event, number):
        return view.unclear(
            f"Rien n'est venu en {in_seconds(event.seconds)}, mais le hub convertit entre l'éditeur et ce partenaire, et rien ne "
            "montre d'ici qu'il l'a fait.",
            "hub",
            step=event.step,
            event=number,
            advice="Lisez la file .info de l'éditeur : un rapport 300 dit que la conversion a échoué. Un hub dont le côté se "
            "voit le dirait à la recette.",
        )
    at, told = view.record.course.probes.get(event.step, (number, None))
    if told is not None and told.outcome == "delivered":
        return None
    text, advice = "aucune sonde ne l'a vérifié", "Rejouez ce scénario."
    if told is not None:
        words = {**asdict(told), "reason": told.reason or "sans raison", "seconds": in_seconds(told.seconds)}
        text, advice = (one.format(**words) for one in _UNMOVED[told.outcome])
    return view.unclear(
        f"Rien n'est venu en {in_seconds(event.seconds)}, mais rien ne prouve que le hub l'aurait transmis : {text}.",
        "hub",
        step=event.step,
        event=at,
        advice=advice,
    )


def _not_handed_over(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether the editor's relay saw it publish what no other relay saw handed over, and the hub reported no refusal of.

    The relay and the hub's report name what is no document by the id in its bytes, where no message has one.
    """
    window = view.record.course.windows.get(event.step)
    begun = window[0] if window is not None else number
    refused = {one.event.distribution_id for one in view.record.hub.refusals} - {None}
    lost = next(
        (
            (at, one)
            for at, one in view.record.hub.published
            if begun < at <= number and one.distribution_id not in view.record.ids | refused
        ),
        None,
    )
    if lost is None:
        return None
    return view.unclear(
        f"L'éditeur a publié {lost[1].distribution_id or 'un message'} (événement {lost[0]}), mais aucun relais ne l'a vu "
        "remettre : le hub ne l'a pas transmis, ou son destinataire ne lisait pas.",
        "hub",
        step=event.step,
        event=lost[0],
        advice="Vérifiez que l'autre logiciel est connecté à travers son relais, puis voyez avec l'opérateur du hub.",
    )


def _way_unproven(view: View, event: DeadlinePassed, number: int) -> bool:
    """Whether what was awaited may have been lost in a conversion: a probe of the partner's does not go that way.

    An ack is converted as it is: whatever of the editor's came before proves its way.
    """
    if not view.record.across:
        return False
    came = any(
        one.arrival.message.sender_id == view.editor and one.arrival.number < number
        for one in view.record.delivered
    )
    return event.waiting_for == "message" or not came


def proof(view: View, step: str) -> str:
    """What shows that the hub moved such a message after a step, as an explanation goes on; empty where none was needed."""
    number, told = view.record.course.probes.get(step, (0, None))
    if told is None or told.outcome != "delivered":
        return ""
    return f" Une sonde {told.model} du partenaire, elle, est passée juste après (événement {number})."


def taken_by_others(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether somebody else read the partner's queues when event `number` came."""
    rivals = shared(event.queues)
    if not rivals:
        return None
    return view.unclear(
        f"Rien n'est venu en {in_seconds(event.seconds)}, mais {', '.join(rivals)} a d'autres lecteurs.",
        "operator",
        step=event.step,
        event=number,
        advice=STOP_THEM,
    )


def unseen_silence(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Why a silence that ended at event `number` says nothing; None where it does."""
    if view.header.captured:
        return not_captured(view, number, event)
    return unheard(view, number, event) or taken_by_others(view, number, event)


def unheard(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether a partner could not hear between the step's beginning and event `number`."""
    found = interrupted(view, number, event)
    if found is not None or event.queues:
        return found
    return _unseen(view, number, event, CUT, f"le broker ne répondait plus à l'événement {number}")


def interrupted(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether a partner's link was cut, or the broker took no publications, while the step was open."""
    begun = view.record.course.begun(event.step, number)
    gap = next((gap for gap in view.record.links.gaps if gap.overlaps(begun, number)), None)
    return None if gap is None else _unseen(view, number, event, gap.why, gap.shown)


def _unseen(view: View, number: int, event: DeadlinePassed, why: str, where: str) -> Finding:
    return view.unclear(
        f"{why} pendant cette étape ({where}) : ce qui n'y a pas été vu ne dit rien de l'éditeur.",
        "hub",
        step=event.step,
        event=number,
        advice="Rejouez ce scénario une fois la liaison stable.",
    )


def unconverted(view: View, step: str) -> Finding | None:
    """Whether the hub could not convert the editor's message, or refused what it had made of it."""
    lost = next((one for one in view.record.hub.unconverted if one.step == step), None)
    if lost is None:
        return None
    name = lost.message.model or "ce message"
    how = f"n'a pas su convertir {name}"
    if lost.event.vhost != view.record.vhost.name:
        how = f"refuse {name} tel que sa propre conversion l'a fait"
    return view.unclear(
        f"Le hub {how} ({lost.event.code}) : {lost.event.reason[:200]}. L'éditeur n'est pas en cause.",
        "hub",
        step=step,
        event=lost.number,
        advice="Montrez ce message à l'exploitant du hub ; recette convert dit ce que la conversion en fait.",
    )


def said_again(view: View, step: str, number: int) -> Finding | None:
    """Whether the hub told in its place what it had told before: of states it keeps the latest by their dates.

    Two of one second are alike to it (hub-sante-2026 4.5), and nobody can tell what the editor sent.
    """
    window = view.record.course.windows.get(step)
    if not view.record.across or window is None:
        return None
    wanted = {content.model for content in view.casting.scenario.message(step).contents}
    known = [match.arrival for match in view.progress.matches.values()]
    again = next(
        (
            one
            for one in view.progress.extras
            if window[0] < one.number <= number
            and one.message.model in wanted
            and any(one.message.content == other.message.content for other in known)
        ),
        None,
    )
    if again is None:
        return None
    return view.unclear(
        f"Le hub a redit {again.message.model} tel qu'il l'avait dit : de deux statuts il garde le dernier par sa date, et "
        "ceux d'une même seconde se valent. Ce que l'éditeur a envoyé ne se voit pas d'ici.",
        "hub",
        step=step,
        event=again.number,
        advice="Rejouez ce scénario en laissant passer quelques secondes avant de changer le statut.",
    )


def cut_off(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether the editor's connection broke off before event `number` and it came back: no software can help a cut.

    One that never came back has gone deaf, which is its own (fact sheet 2.1).
    """
    begun = view.record.course.begun(event.step, number)
    cut = next(
        (
            gap
            for gap in view.record.links.away
            if gap.ended is not None and gap.overlaps(begun, number) and not on_purpose(view, gap)
        ),
        None,
    )
    if cut is None:
        return None
    return view.unclear(
        f"La liaison de l'éditeur avec le hub était coupée pendant cette étape ({cut.shown}), et il est revenu : "
        "ce qui n'est pas venu à temps ne dit rien de lui.",
        "hub",
        step=event.step,
        event=number,
        advice="Rejouez ce scénario une fois la liaison stable ; si elle se coupe encore, cherchez de quel côté.",
    )


def on_purpose(view: View, gap: Gap) -> bool:
    """Whether the scenario broke the link off: what was awaited then had its whole time once the editor was back."""
    course = view.record.course
    return any(
        begun <= gap.begun and gap.ended is not None and gap.ended <= course.returned.get(step, 0)
        for step, begun in course.disturbed.items()
    )


def never_left(view: View, step: str, number: int) -> Finding | None:
    """Whether the editor may not have what a partner had sent it before event `number`."""
    doubts = view.unsure(number)
    if not doubts:
        return led_elsewhere(view, step, number)
    return view.unclear(
        f"Le broker n'a pas dit s'il avait reçu le message du partenaire (événement {doubts[0][1].sent}) : "
        "l'éditeur ne l'a peut-être pas eu à temps.",
        "hub",
        step=step,
        event=number,
        advice="Rejouez ce scénario une fois le hub stable.",
    )


def undone(view: View, step: str) -> bool:
    """Whether it hangs on a person who never said to have done it, or whom nobody asked."""
    driver = view.record.course.driven_by.get(step)
    return driver == "none" or (driver == "operator" and step not in view.record.course.done)


def nobody_did(view: View, step: str, number: int) -> Finding:
    if view.record.course.driven_by.get(step) == "none":
        return view.unclear(
            "Rien n'est venu, mais personne n'était chargé de le demander à l'éditeur (driver: none).",
            "operator",
            step=step,
            event=number,
            advice="Rejouez avec quelqu'un devant ce logiciel, ou donnez-lui un pilote (driver: operator, http, command).",
        )
    return view.unclear(
        "Rien n'est venu, mais l'opérateur n'a pas dit avoir fait ce qui lui était demandé.",
        "operator",
        step=step,
        event=number,
        advice="Rejouez ; quand c'est fait dans le logiciel, dites-le (f).",
    )
