"""Rules on the envelope, and on what the hub refuses a message for (requirements TR-10, TR-11, TR-17, EN; DST 3.4.3, 3.4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from heapq import nsmallest

from recette.judge.absences import on_purpose
from recette.judge.missed import NO_QUEUE, UNROUTABLE
from recette.judge.moments import TOLERANCE, moment
from recette.judge.record import Record
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.building import ADDRESS_SCHEME

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_CANCELLING = ("ANNULE", "CLOTURE", "CANCLD")
_STATUSES = frozenset({"Actual", "Exercise"})
_SLOW = timedelta(seconds=5)
"""On its way to the hub: a publisher may well give up waiting for its confirmation by then, and sends again."""
_REFUSED_FOR = {"TR-10": 100, "TR-11": 101, "EN-02": 200}


def refused_for_it(view: View) -> Iterator[Finding]:
    """The hub tells the breach by a code of its own."""
    code = _REFUSED_FOR[view.rule]
    for one in view.record.hub.refusals:
        if one.event.code == code and one.event.client == view.editor and not view.wants_refusal(one.step):
            shown = {
                100: f"delivery_mode {one.event.delivery_mode}",
                101: f"content_type {one.event.content_type}",
                200: f"senderID {one.message.sender_id}",
            }[code]
            yield view.broken(
                f"Le hub a refusé le message ({code}) : le partenaire ne l'a pas reçu.",
                step=one.step,
                event=one.number,
                actual=shown,
                expected={
                    100: "delivery_mode 2",
                    101: "application/json ou application/xml",
                    200: f"senderID {view.editor}",
                }[code],
            )


for _requirement in _REFUSED_FOR:
    rule(_requirement)(refused_for_it)


@rule("TR-17", needs="hub")
def one_message_a_recipient(view: View) -> Iterator[Finding]:
    """As the hub saw it where it is ours, as the partner's clients saw it elsewhere; a client has several queues."""
    seen = [
        (number, event.distribution_id, event.recipient or "") for number, event in view.record.hub.forwards
    ]
    seen += [
        (one.number, one.message.distribution_id, one.delivered.event.queue)
        for one in view.messages
        if one.delivered
    ]
    first: dict[str, str] = {}
    for number, identifier, queue in seen:
        client = queue.rpartition(".")[0]
        if identifier is not None and first.setdefault(identifier, client) != client:
            yield view.broken(
                "Le même message est allé à deux destinataires.",
                step=view.record.step_at(number),
                event=number,
                path="$.distributionID",
                expected=f"un seul destinataire ({first[identifier]})",
                actual=client,
            )


@rule("EN-16", needs="hub")
def configured_format_read(view: View) -> Iterator[Finding]:
    """A valid message that the hub gave in the configured format, and that the editor handed back."""
    for one in view.record.hub.refusals:
        event = one.event
        if event.action != "dead-lettered" or one.message.distribution_id not in view.handed_back:
            continue
        yield view.broken(
            "L'éditeur a rejeté un message valide, donné dans le format configuré pour lui.",
            step=one.step,
            event=one.number,
            expected=f"un message {event.content_type} intégré et acquitté",
            actual="rejeté (basic.reject)",
            advice="Lisez les messages dans le format configuré auprès du hub, quel que soit celui de l'émetteur.",
        )


@rule("EN-02")
def sender_is_the_client(view: View) -> Iterator[Finding]:
    """What the hub refuses (200), and what reaches the partner in another's name all the same."""
    for one in view.messages:
        if one.delivered is not None and one.message.sender_id not in {None, view.editor}:
            yield view.broken(
                "Ce message répond à un message envoyé à l'éditeur, mais au nom d'un autre client.",
                message=one,
                path="$.senderID",
                expected=view.editor,
                actual=one.message.sender_id,
                advice="Vérifiez aussi l'identifiant de l'éditeur dans la cible.",
            )


@rule("EN-03")
def id_begins_with_sender(view: View) -> Iterator[Finding]:
    for one in view.messages:
        identifier, sender = one.message.distribution_id, one.message.sender_id
        if one.message.model == "RC-REF" and identifier == one.message.reference_id:
            continue  # AC-08 names it
        if identifier is None or sender is None:
            continue
        begins, _, own = identifier.partition("_")
        if begins == sender and not own.strip():
            yield view.broken(
                "distributionID n'a rien après senderID et « _ » : tous les messages de l'éditeur ont le même.",
                message=one,
                path="$.distributionID",
                expected=f"{sender}_ suivi d'un identifiant interne",
                actual=identifier,
            )
        if begins != sender:
            yield view.broken(
                "distributionID ne commence pas par senderID suivi de « _ ».",
                message=one,
                path="$.distributionID",
                expected=f"{sender}_…",
                actual=identifier,
            )


@rule("EN-04")
def id_used_once(view: View) -> Iterator[Finding]:
    first: dict[str, EditorMessage] = {}
    again: set[str] = set()
    """Those that were sent again since they may have had no confirmation: once is enough."""
    for one in view.messages:
        identifier = one.message.distribution_id
        if identifier is None or (one.delivered is not None and one.delivered.event.redelivered):
            continue
        if identifier in first and first[identifier].number != one.number:
            if identifier not in again and _unconfirmed(view, first[identifier], one.number):
                again.add(identifier)
                continue
            yield _held_back(view, first[identifier], one) or view.broken(
                f"Ce distributionID a déjà servi (événement {first[identifier].number}).",
                message=one,
                path="$.distributionID",
                expected="un identifiant nouveau",
                actual=identifier,
            )
        first.setdefault(identifier, one)
    for number, message in view.record.twice:
        identifier = message.distribution_id or ""
        if identifier in first and identifier not in again and _unconfirmed(view, first[identifier], number):
            again.add(identifier)
            continue
        yield view.unclear(
            f"{message.model or 'Un message'} est arrivé deux fois, identique à l'octet près : l'éditeur l'a envoyé deux "
            "fois, ou le hub l'a remis deux fois (il ne garantit pas le contraire). Il compte une fois.",
            "hub",
            step=view.record.step_at(number),
            event=number,
            advice="Demandez à l'opérateur du hub combien de fois il a reçu ce distributionID.",
        )


def _held_back(view: View, first: EditorMessage, again: EditorMessage) -> Finding | None:
    """Whether a message that came twice, the same to the byte, was so long on its way to the hub that the editor may have had
    no confirmation of it in time, and sent it again as it was.
    """
    one, other = first.delivered, again.delivered
    if one is None or other is None or one.event.body != other.event.body:
        return None
    links = view.record.links
    by_chance = (gap for gap in links.away if not on_purpose(view, gap))
    trouble = any(gap.overlaps(first.number, first.number) for gap in (*links.gaps, *by_chance))
    late = _later_than_usual(view, first)
    if not trouble and not _SLOW <= late <= TOLERANCE:
        return None
    return view.unclear(
        f"Ce message est venu une seconde fois, identique à l'octet près, "
        f"{'alors que la liaison était coupée ou bloquée' if trouble else f'après avoir été {late.total_seconds():.0f} s de plus que les autres en chemin'} "
        f"(événements {first.number} et {again.number}) : l'éditeur, faute de confirmation du broker, a pu le renvoyer tel quel.",
        "hub",
        step=again.step,
        event=again.number,
        advice="Rejouez ce scénario une fois le hub stable, son alarme levée.",
    )


def _later_than_usual(view: View, one: EditorMessage) -> timedelta:
    """By how much longer a message was on its way than the quickest of the others: what all take is the clocks' difference."""
    took = _on_its_way(one)
    others = (each for identifier, each in view.once(_quickest) if identifier != one.message.distribution_id)
    return took - next(others, timedelta()) if took is not None else timedelta()


def _quickest(view: View) -> tuple[tuple[str | None, timedelta], ...]:
    """How long the two messages took that were the quickest on their way, by distributionID."""
    took: dict[str | None, timedelta] = {}
    for one in view.messages:
        mine = _on_its_way(one)
        if mine is not None:
            took[one.message.distribution_id] = min(mine, took.get(one.message.distribution_id, mine))
    return tuple(nsmallest(2, took.items(), key=lambda each: each[1]))


def _on_its_way(one: EditorMessage) -> timedelta | None:
    sent = moment(one.message.date_time_sent)
    return one.delivered.at - sent if sent is not None and one.delivered is not None else None


def _unconfirmed(view: View, first: EditorMessage, again: int) -> bool:
    """Whether the scenario had broken the link off when the first came, and it was back at the second: the editor may have
    had no confirmation, and sends again what had none, as it is.
    """
    return any(
        begun < first.number and _left(view, first) < back < again for begun, back in _breaks(view.record)
    )


def _left(view: View, one: EditorMessage) -> int:
    """When a message was first seen to leave; what waited for a link that is back was confirmed there."""
    identifier = one.message.distribution_id
    by_relay = (number for number, seen in view.record.hub.published if seen.distribution_id == identifier)
    return min(one.number, view.passed_on.get(identifier, one.number), *by_relay)


def _breaks(record: Record) -> Iterator[tuple[int, int]]:
    """When the editor's link was broken off on purpose, and when it was back, as whoever stood there saw it first."""
    for step, begun in record.course.disturbed.items():
        if step in record.course.returned:
            acts = (number for number, seen in record.hub.acts if seen.action == "connected")
            yield begun, min([record.course.returned[step], *(number for number in acts if number > begun)])


@rule("EN-09")
def kind_fits_model(view: View) -> Iterator[Finding]:
    special = {"RC-REF": "Ack", "RS-ERROR": "Error"}
    for one in view.messages:
        kind, model = one.message.distribution_kind, one.message.model
        if model is None or kind is None:
            continue
        wanted = special.get(model)
        if model != "RC-REF" and ((wanted and kind != wanted) or (not wanted and kind in special.values())):
            yield view.broken(
                f"distributionKind {kind} ne va pas avec {model}.",
                message=one,
                path="$.distributionKind",
                expected=wanted or "Report, Update ou Cancel",
                actual=kind,
            )


@rule("EN-09")
def cancels_what_is_cancelled(view: View) -> Iterator[Finding]:
    for one in view.functional:
        text = repr(one.message.content)
        if one.message.distribution_kind == "Cancel" and not any(word in text for word in _CANCELLING):
            yield view.broken(
                f"{one.message.model} part en Cancel, et n'annule rien.",
                message=one,
                path="$.distributionKind",
                expected="Report ou Update",
                actual="Cancel",
                disputed=True,
            )


@rule("EN-07")
def one_status_a_case(view: View) -> Iterator[Finding]:
    """A real case that is told as an exercise is left aside by whoever receives it."""
    own: dict[str | None, EditorMessage] = {}
    theirs = {
        name: one.message.distribution_status
        for one in view.progress.published.values()
        for name in (one.message.distribution_id, one.message.case_id)
        if name is not None
    }
    for one in view.messages:
        status = one.message.distribution_status
        about = one.message.reference_id or one.message.case_id
        if status not in _STATUSES or about is None:
            continue
        first = own.setdefault(about, one)
        before = first.message.distribution_status
        partner = theirs.get(about)
        if status == before and (partner not in _STATUSES or partner == status):
            continue
        whose = f"l'éditeur (événement {first.number})" if status != before else "le partenaire"
        yield view.broken(
            f"Ce message est en {status}, alors que {whose} parle du même dossier en {before if status != before else partner} : "
            "le réel et l'exercice ne se mêlent pas.",
            message=one,
            path="$.distributionStatus",
            expected=before if status != before else partner,
            actual=status,
            advice="Gardez à tous les messages d'un dossier le distributionStatus qu'il a depuis le premier.",
            disputed=status == before,
        )


@rule("EN-10")
def language_is_a_tag(view: View) -> Iterator[Finding]:
    for one in view.messages:
        language = one.message.language
        if language is not None and not _LANGUAGE.fullmatch(language):
            yield view.broken(
                "language n'est pas une étiquette de langue.",
                message=one,
                path="$.descriptor.language",
                expected="fr-FR",
                actual=language,
            )


@rule("EN-11")
def scheme_is_hubex(view: View) -> Iterator[Finding]:
    for one in view.messages:
        scheme = one.message.address_scheme
        if scheme is not None and scheme != ADDRESS_SCHEME:
            yield view.broken(
                "explicitAddressScheme n'est pas hubex.",
                message=one,
                path="$.descriptor.explicitAddress.explicitAddressScheme",
                expected=ADDRESS_SCHEME,
                actual=scheme,
            )


@rule("EN-12", needs="hub")
def recipient_exists(view: View) -> Iterator[Finding]:
    own = f"{view.editor}.message"
    elsewhere = {event.distribution_id for _, event in view.record.hub.forwards if event.recipient != own}
    for number, event in view.record.hub.forwards:
        if (
            event.recipient == own and event.distribution_id not in elsewhere
        ):  # of two recipients, TR-17 speaks
            yield view.broken(
                "L'éditeur s'adresse ce message à lui-même : le hub le lui rend, et le partenaire n'en a rien.",
                step=view.record.step_at(number),
                event=number,
                path="$.descriptor.explicitAddress.explicitAddressValue",
                expected=", ".join(c for c in view.casting.clients.values() if c != view.editor),
                actual=view.editor,
            )
    for one in view.record.hub.refusals:
        unknown = one.event.code == UNROUTABLE and NO_QUEUE in one.event.reason
        if unknown and one.event.client == view.editor and not view.wants_refusal(one.step):
            yield view.broken(
                "Le hub n'a pu acheminer le message (501) : son destinataire n'existe pas.",
                step=one.step,
                event=one.number,
                path="$.descriptor.explicitAddress.explicitAddressValue",
                expected=", ".join(c for c in view.casting.clients.values() if c != view.editor),
                actual=one.message.recipient_id,
            )
