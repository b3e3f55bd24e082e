"""The hub's way between partner and editor: where it leads elsewhere, or holds up what passes, nobody is late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recette.journal.events import DeadlinePassed
from recette.journal.link_events import Probed
from recette.judge.gaps import Gap
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.scenario.matching import Arrival
from recette.scenario.steps import AttestStep
from recette.wording.counting import in_seconds

_LONG = 2.0
"""Seconds that a hub takes for a message when it holds it up; no source gives any, it moves one in milliseconds."""
_TIMES = 4
"""How many times longer than when the run began."""
_SHARE = 0.5
"""Of a deadline, what a probe, or a machine that was late, has to take for it to explain a message that never came: less
leaves it time to come.
"""
_INVALID = 300
"""What a conversion that fails is refused by; any other code is about the probe, or its class, and says nothing of the
editor (2026 sheet 3.1, 4.2).
"""
_MACHINES = {
    "harness": "la machine de la recette",
    "hub": "la machine du hub",
    "relay": "la machine du relais",
}
_LATE = 1.0
"""Seconds that a machine is late for it to explain anything, or be told of: a deadline gives back what the recette's own
machine was late by, and a start may well take less.
"""
_DECLARE = (
    "Demandez à l'opérateur du hub pour quelles versions {editor} est déclaré, et de l'y ajouter ; ou jouez sur le vHost de "
    "la sienne. recette preflight le vérifie."
)


def led_elsewhere(view: View, step: str, number: int) -> Finding | None:
    """Whether what the partners sent before event `number` may have gone to a vHost on which the editor is not."""
    sent = [
        identifier
        for at, identifier in view.record.outgoing.sent.items()
        if at < number and identifier is not None
    ]
    if not sent or _heard(view, number):
        return None
    taken = next(
        (view.record.outgoing.elsewhere[one] for one in sent if one in view.record.outgoing.elsewhere), None
    )
    if taken is not None:
        at, name = taken
        told = (
            f"le hub l'a converti et mené sur {name}, pour la version que sa configuration donne à ce client"
        )
        return _unreached(view, step, at, told)
    if view.record.links.way is None or view.header.hub_observed:
        return None
    at, event = view.record.links.way
    if event.outcome == "untold" and _only_acks(view, step, sent):
        return None
    why = "" if _reached_before(view, event, sent) else _why(event)
    return _unreached(view, step, at, why) if why else None


def _reached_before(view: View, event: Probed, sent: Sequence[str]) -> bool:
    """Whether what the editor answered in plays before shows that this arrives too. A conversion may lose one model
    without a word, and carry another.
    """
    published = view.progress.published
    models = {published[one].message.model or "" for one in sent if one in published}
    heard = view.record.links.heard
    return bool(heard) and (event.outcome != "elsewhere" or models <= heard)


def _why(event: Probed) -> str:
    """What a probe tells against the way to the editor, as a sentence goes on; empty where it is open."""
    match event.outcome:
        case "elsewhere":
            return (
                f"le hub convertit ce qu'il reçoit pour ce client (sonde {event.model}) : il y est déclaré pour une autre "
                "version des modèles, et le recevrait sur un autre vHost"
            )
        case "refused" if event.code == _INVALID:
            return f"le hub refuse un message valide pour ce client ({event.model}, {event.code} : {event.reason})"
        case "silent":
            return (
                f"le hub n'a rien dit d'une sonde {event.model} pour ce client en {in_seconds(event.seconds)} : il ne l'a pas traitée, "
                f"ou l'a menée sur un autre vHost, où {event.client} est déclaré aussi et reçoit ses rapports"
            )
        case "untold":
            return f"le hub ne dit pas s'il convertit ce qu'il reçoit pour ce client (sonde {event.model})"
        case _:
            return ""


def _unreached(view: View, step: str, event: int, why: str) -> Finding:
    return view.unclear(
        f"Rien ne prouve que l'éditeur reçoit sur {view.record.vhost.name} ce que lui envoie le partenaire : {why}.",
        "hub",
        step=step,
        event=event,
        advice=_DECLARE.format(editor=view.editor),
    )


def _only_acks(view: View, step: str, sent: Sequence[str]) -> bool:
    """Whether the partners sent nothing but acks, which no message of the editor's waits for; a screen may show them."""
    shown = isinstance(view.casting.scenario.step(step), AttestStep)
    return not shown and all(one in view.progress.own_acks for one in sent)


def _heard(view: View, number: int) -> bool:
    """Whether the editor answered a partner before event `number`: it reads its queues on this vHost."""
    return any(answer.number < number for _, answer in view.record.answers)


def held_up(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether a machine was late while it was awaited, the hub had the message in time, or held up whatever passed when the
    deadline went by at event `number`.
    """
    beside = lagged(view, number, event) or _handed_over_elsewhere(view, number, event)
    if beside is not None:
        return beside
    late = _late(view, number, event)
    had = _had(view, late) if late is not None else None
    if had is not None and had < number:
        return _held(
            view, event, had, "le hub avait alors le message de l'éditeur, et le broker l'a remis après"
        )
    at, told = view.record.course.probes.get(event.step, (number, None))
    until = late.number if late is not None else at
    for gap in view.record.links.gaps:
        if gap.overlaps(number, at) or (gap.noticed and gap.overlaps(number, until)):
            why = f"{gap.why[:1].lower()}{gap.why[1:]} ({gap.shown}), sans qu'on sache depuis quand"
            return _held(view, event, gap.begun, why)
    slow = max(_LONG, _TIMES * view.record.links.pace)
    if late is None:
        slow = max(slow, _SHARE * event.seconds)
    if told is not None and told.outcome == "delivered" and told.seconds >= slow:
        why = f"une sonde {told.model} du partenaire a mis elle-même {in_seconds(told.seconds)} à passer juste après"
        return _held(view, event, at, why)
    return None


def lagged(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether a machine that messages pass through was late for as much of a wait as leaves nobody the time to answer."""
    begun = view.record.course.begun(event.step, number)
    lags = [one for one in view.record.links.lags if one.overlaps(begun, number)]
    for where in dict.fromkeys(one.client for one in lags):
        mine = [one for one in lags if one.client == where]
        if _seconds(mine) >= max(_LATE, _SHARE * event.seconds):
            return view.unclear(
                f"Rien n'est venu en {in_seconds(event.seconds)}, mais {_MACHINES.get(where, where)} était en retard de {_shown(mine)} "
                "pendant l'attente : ce qui n'a pas été vu à temps ne dit rien de l'éditeur.",
                "harness",
                step=event.step,
                event=mine[0].ended or number,
                advice="Rejouez ce scénario sur une machine moins chargée, ou moins de passages à la fois (--jobs 1) ; à défaut, "
                "allongez les délais de la cible (deadlines).",
            )
    return None


def _handed_over_elsewhere(view: View, number: int, event: DeadlinePassed) -> Finding | None:
    """Whether the hub was seen to give it to the partner on the editor's own vHost, where nobody listens for it."""
    away = view.record.hub.forwards if view.record.across else []
    begun = view.record.course.begun(event.step, number)
    wanted = "ack" if event.waiting_for == "ack" else "message"
    queues = {f"{one}.{wanted}" for one in view.casting.clients.values() if one != view.editor}
    at, seen = next(
        (
            (at, one)
            for at, one in away
            if begun < at <= number and one.vhost != view.record.meeting.name and one.recipient in queues
        ),
        (0, None),
    )
    if seen is None:
        return None
    return view.unclear(
        f"Rien n'est venu en {in_seconds(event.seconds)}, mais le hub a remis un message de l'éditeur à {seen.recipient} sur "
        f"{seen.vhost} (événement {at}), sans le convertir : ce partenaire y est déclaré aussi, et la recette l'attend sur "
        f"{view.record.meeting.name}.",
        "hub",
        step=event.step,
        event=at,
        advice=f"Ne déclarez ce partenaire au hub que pour la version de {view.record.meeting.name}, ou jouez sans partners_vhost.",
    )


def lags_told(lags: Sequence[Gap]) -> Iterator[str]:
    """How late each machine was during a run, in a sentence."""
    for where in dict.fromkeys(one.client for one in lags):
        mine, machine = [one for one in lags if one.client == where], _MACHINES.get(where, where)
        if _seconds(mine) < _LATE:
            continue
        first, last = mine[0].begun, mine[-1].ended
        place = f"événement {last}" if first == last else f"événements {first} à {last}"
        yield (
            f"{machine[:1].upper()}{machine[1:]} a pris {_shown(mine)} de retard en tout ({place}) : ce qui n'est pas venu à "
            "temps par sa faute n'est pas reproché à l'éditeur."
        )


def _seconds(lags: Sequence[Gap]) -> float:
    return sum(one.seconds or 0.0 for one in lags)


def _shown(lags: Sequence[Gap]) -> str:
    return in_seconds(_seconds(lags))


def _had(view: View, late: Arrival) -> int | None:
    """When the hub, or a relay before it, was seen to have a message; None where nobody saw it."""
    identifier = late.message.distribution_id
    published = (at for at, one in view.record.hub.published if one.distribution_id == identifier)
    return view.passed_on.get(identifier) or next(published, None)


def _late(view: View, number: int, event: DeadlinePassed) -> Arrival | None:
    """What was awaited, and came after the deadline."""
    if event.waiting_for == "ack":
        answers = [one for sent in view.progress.sent_in(event.step) for one in sent.acks]
        return next((one for one in answers if one.number > number), None)
    match = view.progress.matches.get(event.step)
    return match.arrival if match is not None and match.arrival.number > number else None


def _held(view: View, event: DeadlinePassed, at: int, why: str) -> Finding:
    return view.unclear(
        f"Rien n'est venu en {in_seconds(event.seconds)}, mais {why} : un retard du hub n'est pas de l'éditeur.",
        "hub",
        step=event.step,
        event=at,
        advice="Rejouez ce scénario une fois le hub stable, son alarme levée.",
    )
