"""Rules on the play itself: what did not come, what should not have come, and what is not the editor's doing."""

from __future__ import annotations

from collections.abc import Iterator

from recette.journal.events import Confirmed
from recette.journal.queues import shared
from recette.judge.absences import (
    STOP_THEM,
    interrupted,
    nobody_did,
    perhaps_asked,
    proof,
    said_again,
    unconverted,
    undone,
    unproven,
    unseen_silence,
)
from recette.judge.missed import misfiled, refused, unrouted
from recette.judge.registry import of_strays, rule
from recette.judge.rules.data import health_data_for_health_alone
from recette.judge.rules.geo import unanswered_requests
from recette.judge.rules.sharing import untold_partners, values_of
from recette.judge.rules.smur import records_elsewhere, unanswered_engagements
from recette.judge.rules.transfer import announced_by_share
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.judge.ways import lagged
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.steps import MessageStep, SilenceStep
from recette.wording.counting import in_seconds

_WHERE_IT_MAY_BE = (
    "Vérifiez que le logiciel a envoyé ce message. S'il l'a fait, le rapport du hub sur sa file .info dit pourquoi il "
    "n'est pas passé : 100, non persistant (TR-10) ; 101, type de contenu (TR-11) ; 200, émetteur (EN-02) ; 300, "
    "distributionID ou contenu (EN-03, DA-01) ; 400, expiré (EN-06) ; 501, destinataire (EN-12)."
)


@rule("SC-01")
def expected_came(view: View) -> Iterator[Finding]:
    """A message that did not come, unless a rule of its own names what is missing."""
    yield from _unrouted(view)
    yield from _unconverted(view)
    named = {name for name, _ in (*unanswered_engagements(view), *unanswered_requests(view))}
    untold = untold_partners(view)
    announced = {name for name, _ in announced_by_share(view)}
    for name, (number, event) in view.record.course.missed.items():
        if event.waiting_for != "message":
            continue
        if name in named or refused(view, name):
            continue
        step = view.casting.scenario.message(name)
        if step.by_editor.optional or step.vanishes:
            continue
        models = step.models
        if models == "RS-EDA-MAJ" and view.casting.clients.get(step.recipient) in untold:
            continue
        excuse = unproven(view, number, event)
        if excuse is not None:
            yield excuse
            continue
        if name in announced and not view.held("SC-01"):
            continue  # the sources disagree about the message, and CI-11 says so
        if misfiled(view, name) is not None:
            continue  # CI-03 says so
        late = view.progress.matches.get(name)
        came = f"arrivé après le délai (événement {late.arrival.number})" if late else "rien"
        yield view.broken(
            f"{models} n'est pas arrivé dans les {in_seconds(event.seconds)} (délai de la cible)."
            f"{proof(view, name)}{_refused_since(view, name, number)}",
            step=name,
            event=number,
            expected=models,
            actual=came,
            advice=_WHERE_IT_MAY_BE,
        )


def _unconverted(view: View) -> Iterator[Finding]:
    """What the hub's conversion failed on, at whichever step: nothing more was awaited there."""
    for name in dict.fromkeys(one.step for one in view.record.hub.unconverted):
        found = unconverted(view, name)
        if found is not None and name not in view.progress.matches:
            yield found


def _refused_since(view: View, step: str, until: int) -> str:
    """What the hub refused of the editor while a step was open, in the hub's own words."""
    since = view.record.course.windows[step][0]
    told = [
        f" Le hub a refusé entre-temps un message de l'éditeur (événement {one.number}, {one.event.code}) : "
        f"« {one.event.reason[:200]} »."
        for one in view.record.hub.refusals
        if one.event.client == view.editor and since <= one.number <= until and one.event.action == "refused"
    ]
    return "".join(told[:1])


def _unrouted(view: View) -> Iterator[Finding]:
    """What the hub does not take on this vHost: not the editor's where the scenario asks for it."""
    leaked = {finding.event for finding in health_data_for_health_alone(view)}
    for one in unrouted(view):
        if one.number in leaked:
            continue
        step = view.casting.scenario.step(one.step) if one.step else None
        name = one.message.model or "le message"
        text = f"Le hub a refusé {name} (501) : {one.event.reason[:200]}."
        if isinstance(step, MessageStep) and one.message.model in {
            content.model for content in step.contents
        }:
            advice = "Jouez ce scénario sur un vHost qui porte ce message, ou demandez à l'opérateur du hub de l'y admettre."
            yield view.unclear(text, "hub", step=one.step, event=one.number, advice=advice)
        else:
            yield view.broken(
                text, step=one.step, event=one.number, expected="un message que ce vHost porte", actual=name
            )


@rule("SC-01")
def vanished_as_sent(view: View) -> Iterator[Finding]:
    """What a conversion leaves nothing of was sent all the same, where the hub's side tells."""
    for step in view.casting.messages:
        window = view.record.course.windows.get(step.id)
        if not step.vanishes or window is None or len(window) < 2 or not view.casting.by_editor(step):
            continue
        typed = step.by_editor.typed
        model = typed.model if typed is not None else step.models
        gone = [at for at, message in view.record.hub.vanished if message.model == model]
        passed = view.progress.matches.get(step.id)
        if passed is not None:
            yield view.unclear(
                f"Le hub a transmis {passed.arrival.message.model}, dont sa conversion ne devait rien laisser.",
                "hub",
                step=step.id,
                event=passed.arrival.number,
                advice="Relisez ce que le hub convertit : l'éditeur n'est pas en cause.",
            )
        elif not view.header.hub_observed:
            yield view.unclear(
                f"Le partenaire n'a rien reçu de {model}, comme prévu ; que l'éditeur l'a envoyé ne se voit que chez lui.",
                "operator",
                step=step.id,
                event=window[0],
                advice="Vérifiez à l'écran de l'éditeur que le message est parti, et qu'il s'en passe d'acquittement.",
            )
        elif not any(window[0] < number < window[1] for number in gone):
            if undone(view, step.id):
                yield nobody_did(view, step.id, window[0])
            elif not refused(view, step.id):
                yield (
                    _held_up(view, step.id)
                    or unconverted(view, step.id)
                    or view.broken(
                        f"L'éditeur n'a pas envoyé {model}.",
                        step=step.id,
                        event=window[0],
                        expected=model,
                        actual="rien",
                    )
                )


@rule("SC-02")
def nothing_more_came(view: View) -> Iterator[Finding]:
    """A message too many, unless a rule of its own says what is wrong with it, and holds it as grave."""
    extras = [one for one in view.progress.extras if one.message.sender_id == view.editor]
    if not extras:
        return
    told = {number for number, _ in _broken_silences(view)} | _told_again(view) | records_elsewhere(view)
    told |= _other_states(view) | _known_updates(view)
    named: dict[int, set[str]] = {}
    """The verdicts of what rules of their own find, by event."""
    for found in (one for held in of_strays() for one in held(view)):
        named.setdefault(found.event, set()).add(found.verdict)
    for arrival in extras:
        if arrival.number in told:
            continue
        step = view.record.step_at(arrival.number)
        if step in view.record.course.missed and said_again(view, step, arrival.number) is not None:
            continue  # SC-01 says it
        name = arrival.message.model or "un message illisible"
        text = f"L'éditeur a aussi envoyé {name}, que le scénario n'attendait pas."
        finding = view.broken(text, step=step, event=arrival.number, actual=name)
        if view.header.captured:
            finding = perhaps_asked(view, text, step, arrival.number)
        if named.get(arrival.number, set()).isdisjoint({"fail", finding.verdict}):
            yield finding


def _other_states(view: View) -> set[int]:
    """States on the way of a vehicle that the editor engaged, or of another: no scenario asks for all of them.

    What is wrong with one (told twice, of a vehicle that nobody engaged) has rules of its own. Where the hub converts for
    the fire side, engagement and state both come as a list.
    """
    converted = view.casting.scenario.partners_generation is not None
    extras = {one.number for one in view.progress.extras}
    engaged = {
        identifier
        for one in view.functional
        if one.message.model == "RS-RI" or (one.message.model == "RC-RI" and one.number not in extras)
        for identifier in one.message.resource_ids
    }
    states = {"RS-SR", "RC-RI"} if converted else {"RS-SR"}
    return {
        one.number
        for one in view.progress.extras
        if one.message.model in states and engaged.issuperset(one.message.resource_ids)
    }


def _known_updates(view: View) -> set[int]:
    """Updates that only repeat what their partner was told of the case before: software may send them by itself."""
    told: dict[str | None, set[tuple[str, object]]] = {}
    found = set()
    for one in view.functional:
        said, before = values_of(one.message), told.setdefault(one.message.recipient_id, set())
        of_the_case = one.message.case_id == view.progress.case_id
        if one.message.model == "RS-EDA-MAJ" and of_the_case and said <= before:
            found.add(one.number)
        before |= said
    return found


def _told_again(view: View) -> set[int]:
    """What came once more because the editor was told once more."""
    found: set[int] = set()
    for name, told in view.record.course.told.items():
        models = {content.model for content in view.casting.scenario.message(name).contents}
        fitting = [one.number for one in view.progress.extras if one.message.model in models]
        found.update([number for number in fitting if number not in found][: max(0, told - 1)])
    return found


@rule("SC-03")
def silence_kept(view: View) -> Iterator[Finding]:
    for number, step in _broken_silences(view):
        yield view.broken(
            "L'éditeur a envoyé un message là où rien ne devait venir.",
            step=step,
            event=number,
            path=MESSAGE_PATH,
            expected="rien",
            actual=f"événement {number}",
        )
    yield from _unseen_silences(view)


def _unseen_silences(view: View) -> Iterator[Finding]:
    """A silence proves something only where the partner would have heard."""
    for step in view.casting.scenario.steps:
        number, event = view.record.course.missed.get(step.id, (0, None))
        if isinstance(step, SilenceStep) and event is not None:
            deaf = unseen_silence(view, number, event)
            yield from [] if deaf is None else [deaf]


def _broken_silences(view: View) -> list[tuple[int, str]]:
    found = []
    for step in view.casting.scenario.steps:
        window = view.record.course.windows.get(step.id)
        if not isinstance(step, SilenceStep) or window is None:
            continue
        for arrival in view.progress.arrivals:
            inside = arrival.number > window[0] and (len(window) == 1 or arrival.number < window[1])
            wanted = not step.models or arrival.message.model in step.models
            ack = arrival.message.model == "RC-REF"
            if inside and wanted and not ack and arrival.message.sender_id == view.editor:
                found.append((arrival.number, step.id))
    return found


@rule("SC-04")
def refused_as_wanted(view: View) -> Iterator[Finding]:
    """A refusal that the scenario wants: the hub must have refused, with that code, and reported to `.info`."""
    for step in view.casting.scenario.messages:
        window = view.record.course.windows.get(step.id)
        if step.refused is None or window is None:
            continue
        if not view.casting.by_editor(step):
            yield from _partner_not_refused(view, step, window[0])
            continue
        refusals = [
            one for one in view.record.hub.refusals if one.step == step.id and one.event.client == view.editor
        ]
        passed = view.progress.matches.get(step.id)
        advice = "Relisez le journal du hub : ce message n'aurait pas dû parvenir au partenaire."
        if passed is not None:
            yield view.unclear(
                "Le hub a laissé passer un message qu'il devait refuser.",
                "hub",
                step=step.id,
                event=passed.arrival.number,
                advice=advice,
            )
        elif not refusals and not view.header.hub_observed:
            yield view.unclear(
                f"Le partenaire n'a rien reçu ; le rapport {step.refused} sur {view.editor}.info ne se voit "
                "que chez l'éditeur.",
                "operator",
                step=step.id,
                event=window[0],
                advice="Vérifiez à l'écran de l'éditeur que le rapport du hub est arrivé.",
            )
        elif not refusals and undone(view, step.id):
            yield nobody_did(view, step.id, window[0])
        elif not refusals:
            yield _held_up(view, step.id) or view.broken(
                "L'éditeur n'a pas envoyé le message que le hub devait refuser.",
                step=step.id,
                event=window[0],
                expected=f"un refus {step.refused}",
                actual="rien",
            )
        elif all(one.event.code != step.refused for one in refusals):
            yield view.broken(
                "Le hub a refusé le message, mais pour une autre raison que celle du scénario.",
                step=step.id,
                event=refusals[0].number,
                expected=str(step.refused),
                actual=f"{refusals[0].event.code} : {refusals[0].event.reason}",
            )


def _held_up(view: View, step: str) -> Finding | None:
    """Whether something held up what the hub was to refuse, or to convert, of the editor in a step."""
    number, event = view.record.course.missed.get(step, (0, None))
    if event is None:
        return None
    return interrupted(view, number, event) or lagged(view, number, event)


def _partner_not_refused(view: View, step: MessageStep, event: int) -> Iterator[Finding]:
    """The partner's message was to be refused, and the hub did not say so to the partner."""
    codes = {error.message.error_code for one in view.progress.sent_in(step.id) for error in one.errors}
    if step.refused not in codes:
        yield view.unclear(
            f"Le hub n'a pas refusé le message du partenaire avec le code {step.refused}, comme le scénario le veut.",
            "hub",
            step=step.id,
            event=event,
            advice="Relisez le journal du hub : l'éditeur n'est pas en cause.",
        )


@rule("HUB-01")
def hub_took_the_partners(view: View) -> Iterator[Finding]:
    advice = "Lisez la raison donnée par le hub ; le logiciel de l'éditeur n'est pas en cause."
    for publication in view.progress.published.values():
        for error in publication.errors:
            if error.message.reference_id in view.handed_back:
                continue  # EN-16 says it, of the editor
            step = view.casting.scenario.message(publication.step) if publication.step else None
            if step is not None and error.message.error_code == step.refused:
                continue  # the scenario wants it
            if error.message.sender_id != view.editor:
                cause = str((error.message.content or {}).get("errorCause", ""))[:300]
                text = f"Le hub a refusé le message du partenaire ({error.message.error_code}) : {cause}"
                yield view.failed(text, "partner", step=publication.step, event=error.number, advice=advice)
    unsure = dict(view.unsure())
    for number, event in view.record.outgoing.not_confirmed:
        if event.status == "unknown":
            yield from [_never_known(view, number, event)] if number in unsure else []
            continue
        text = f"Le broker n'a pas accepté un message du partenaire ({event.status} {event.reason})."
        yield view.failed(text, "hub", step=view.record.step_at(number), event=number, advice=advice)
    if view.record.shared is not None:
        number, told = view.record.shared
        text = f"{', '.join(shared(told.queues))} a d'autres lecteurs : ce qu'ils ont pris n'a pas été jugé."
        yield view.unclear(text, "operator", step="", event=number, advice=STOP_THEM)


def _never_known(view: View, number: int, event: Confirmed) -> Finding:
    return view.unclear(
        f"Rien ne prouve qu'un message du partenaire est parti (événement {event.sent} : {event.reason}) ; "
        "il n'a pas été envoyé une seconde fois.",
        "hub",
        step=view.record.step_at(event.sent),
        event=number,
        advice="Rejouez ce scénario une fois le hub stable : le logiciel de l'éditeur n'est pas en cause.",
    )


@rule("PIL-01")
def driver_worked(view: View) -> Iterator[Finding]:
    for name, (number, event) in view.record.course.driver_failed.items():
        if event.by:
            advice = "Voyez avec l'éditeur comment son logiciel le fait, puis rejouez."
            text = f"{event.by} n'a pas pu faire ce qui était demandé : {event.detail}"
            yield view.unclear(text, "operator", step=name, event=number, advice=advice)
            continue
        advice = "Réparez le pilote, puis rejouez : rien n'est dit du logiciel de l'éditeur."
        yield view.failed(event.detail, "harness", step=name, event=number, advice=advice)
