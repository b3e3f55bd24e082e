"""Rules on acknowledgments (requirements AC; DST 3.3.2, 3.4.6)."""

from __future__ import annotations

from collections.abc import Iterator

from recette.journal.events import DeadlinePassed
from recette.judge.absences import proof, unproven
from recette.judge.registry import rule
from recette.judge.said import some_of
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import has_field
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import MESSAGE_PATH, Message
from recette.scenario.matching import Arrival, Publication
from recette.scenario.requirements import catalogue
from recette.scenario.steps import MessageStep
from recette.wording.counting import in_seconds

_GIVEN_UP = frozenset({"ERREUR", "SUPPRIME"})
"""Steps at which a message that was never integrated is lost."""
_REFERENCE = f"{MESSAGE_PATH}.reference"


def _acks(view: View) -> Iterator[EditorMessage]:
    return (one for one in view.messages if one.message.model == "RC-REF")


@rule("AC-01")
def every_message_acknowledged(view: View) -> Iterator[Finding]:
    yield from _turned_down(view)
    refused = any(one.delivered is None for one in _acks(view))
    if refused or any(_misnamed(view)) or _acks_elsewhere(view):
        return  # it did acknowledge; the rule that names what is wrong with it says so
    unsure = {event.sent for _, event in view.unsure()}  # HUB-01 says it
    for step in view.casting.messages:
        missed = view.record.course.missed.get(step.id)
        if missed is None or not step.ack or step.refused is not None:
            continue
        waiting = [
            one
            for one in view.progress.sent_in(step.id)
            if one.number not in unsure
            and one.message.distribution_id not in view.handed_back  # EN-16 says it
            and all(answer.number > missed[0] for answer in (*one.acks, *one.errors))
        ]
        if waiting:
            yield unproven(view, *missed) or _not_acknowledged(view, step, waiting, *missed)


def _turned_down(view: View) -> Iterator[Finding]:
    """A message that the scenario gives as valid, and that the editor refused: what follows from it was not seen."""
    for step in view.casting.messages:
        if not step.ack or step.refused is not None:
            continue
        for one in view.progress.sent_in(step.id):
            explained = [
                ack for ack in one.acks if not _accepts(ack.message) and not _unexplained(view, ack.message)
            ]
            refusals = [*_refusals(view, one), *explained]
            if refusals and not any(_integrates(ack.message) for ack in one.acks):
                yield view.unclear(
                    f"L'éditeur a refusé {one.message.model}, que le scénario lui donne à intégrer. Le passage ne conclut pas : "
                    f"{catalogue()[view.rule].because}.",
                    "editor",
                    step=step.id,
                    event=refusals[0].number,
                    advice="Lisez le RS-ERROR de l'éditeur : il dit pourquoi. Corrigez ce qui l'en empêche, puis rejouez.",
                )


def _refusals(view: View, publication: Publication) -> list[Arrival]:
    """The editor's error reports about a message."""
    return [one for one in publication.errors if one.message.sender_id == view.editor]


def _step(ack: Message) -> object:
    """How far the message has come, where the editor says so (generation 3)."""
    return (ack.content or {}).get("step")


def _accepts(ack: Message) -> bool:
    return (ack.content or {}).get("refused") is not True and _step(ack) not in _GIVEN_UP


def _integrates(ack: Message) -> bool:
    """Whether an ack says that the message is stored: RECU alone does not, and an error may well follow it."""
    return _accepts(ack) and _step(ack) != "RECU"


def _not_acknowledged(
    view: View, step: MessageStep, waiting: list[Publication], number: int, event: DeadlinePassed
) -> Finding:
    first = waiting[0].message
    text = f"{first.model} n'a pas été acquitté en {in_seconds(event.seconds)}."
    if step.by_partner.times > 1:
        text = f"{len(waiting)} messages {first.model} sur {step.by_partner.times} n'ont pas été acquittés en {in_seconds(event.seconds)}."
    return view.broken(
        text + _turned_away(view, step.id, number) + proof(view, step.id),
        step=step.id,
        event=number,
        expected=f"RC-REF de {first.distribution_id}",
        actual=f"arrivé après le délai (événement {waiting[0].acks[0].number})"
        if waiting[0].acks
        else "rien",
        advice="Envoyez un RC-REF à l'émetteur dès que le message est intégré.",
    )


def _turned_away(view: View, step: str, until: int) -> str:
    """Where the editor tried to connect meanwhile, and does not live."""
    since = view.record.course.begun(step, 0)
    told = [
        f" L'éditeur s'est présenté entre-temps sur {event.vhost}, où il n'a aucun droit (événement {number}) : il vit sur "
        f"{view.record.vhost.name}, et c'est là qu'il répond."
        for number, event in view.record.hub.acts
        if event.action == "turned-away" and since <= number <= until
    ]
    return "".join(told[:1])


@rule("AC-02")
def ack_to_the_sender(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        publication = view.progress.published.get(one.message.reference_id or "")
        if publication is not None and one.message.recipient_id != publication.message.sender_id:
            yield view.broken(
                "L'acquittement n'est pas adressé à l'émetteur du message.",
                message=one,
                path="$.descriptor.explicitAddress.explicitAddressValue",
                expected=publication.message.sender_id,
                actual=one.message.recipient_id,
            )

    for number, event in _acks_elsewhere(view):
        yield view.broken(
            "L'acquittement n'est pas adressé à l'émetteur du message.",
            step=view.record.step_at(number),
            event=number,
            path="$.descriptor.explicitAddress.explicitAddressValue",
            expected=", ".join(sorted(_ack_queues(view))),
            actual=event.recipient,
        )


def _ack_queues(view: View) -> set[str]:
    return {f"{client}.ack" for client in view.casting.clients.values() if client != view.editor}


def _acks_elsewhere(view: View) -> list[tuple[int, HubSaw]]:
    """What only the hub sees: acks of this play's messages on their way to somebody else."""
    return [
        (number, event)
        for number, event in view.record.hub.forwards
        if (event.recipient or "").endswith(".ack")
        and event.recipient not in _ack_queues(view)
        and event.reference_id in view.progress.published
    ]


@rule("AC-03")
def ack_declared_as_ack(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        header = one.message.header.kind if one.message.header else None
        for path, kind in (
            ("$.distributionKind", one.message.distribution_kind),
            (f"{MESSAGE_PATH}.kind", header),
        ):
            if kind != "Ack":
                yield view.broken(
                    "Un acquittement se déclare Ack dans l'enveloppe et dans l'en-tête.",
                    message=one,
                    path=path,
                    expected="Ack",
                    actual=kind,
                )


def _misnamed(view: View) -> Iterator[EditorMessage]:
    """Acks of what nobody here sent."""
    known = view.progress.sent_ids
    return (one for one in _acks(view) if one.message.reference_id not in known)


@rule("AC-04")
def ack_names_its_message(view: View) -> Iterator[Finding]:
    for one in _misnamed(view):
        yield view.broken(
            "L'acquittement désigne un message que le partenaire n'a pas envoyé.",
            message=one,
            path=f"{_REFERENCE}.distributionID",
            expected=some_of(view.progress.published) or "un message envoyé",
            actual=one.message.reference_id,
        )


@rule("AC-05")
def only_stored_is_acknowledged(view: View) -> Iterator[Finding]:
    for publication in view.progress.published.values():
        errors = _refusals(view, publication)
        if errors and any(_integrates(one.message) for one in publication.acks):
            yield view.broken(
                "Le message est acquitté, puis une erreur dit qu'il n'a pas été intégré.",
                step=publication.step,
                event=errors[0].number,
            )


@rule("AC-06")
def no_ack_of_an_ack(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        if one.message.reference_id in view.progress.own_acks:
            yield view.broken("Un acquittement du partenaire a été acquitté à son tour.", message=one)


@rule("AC-07")
def one_ack_a_message(view: View) -> Iterator[Finding]:
    """In generation 3 a message may be acknowledged at each step that it comes to."""
    for publication in view.progress.published.values():
        steps: set[str] = set()
        for extra in publication.acks:
            step = repr(_step(extra.message))
            if step not in steps:
                steps.add(step)
                continue
            yield view.broken(
                f"Le message{' reçu deux fois' if publication.again else ''} a été acquitté "
                f"{len(publication.acks)} fois.",
                step=publication.step,
                event=extra.number,
                path=f"{_REFERENCE}.distributionID",
                expected="un acquittement",
                actual=f"{len(publication.acks)}",
            )


@rule("AC-08")
def ack_has_its_own_id(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        identifier = one.message.distribution_id
        if identifier is not None and identifier in {one.message.reference_id, *view.progress.published}:
            yield view.broken(
                "L'acquittement reprend le distributionID du message au lieu d'avoir le sien.",
                message=one,
                path="$.distributionID",
                expected=f"{view.editor}_<identifiant nouveau>",
                actual=identifier,
            )


def _unexplained(view: View, ack: Message) -> bool:
    """Whether an ack refuses without the id of an error that was sent: AC-09 says so."""
    content = ack.content or {}
    named = content.get("errorDistributionID")
    return content.get("refused") is True and not (
        isinstance(named, str | None) and named in view.once(_errors)
    )


def _errors(view: View) -> frozenset[str | None]:
    """What the editor sent as an error, by distributionID."""
    return frozenset(one.message.distribution_id for one in view.messages if one.message.model == "RS-ERROR")


@rule("AC-09")
def refusal_names_its_error(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        content = one.message.content or {}
        if _unexplained(view, one.message):
            yield view.broken(
                "Le refus ne désigne aucun RS-ERROR envoyé.",
                message=one,
                path=f"{_REFERENCE}.errorDistributionID",
                expected="le distributionID d'un RS-ERROR",
                actual=content.get("errorDistributionID") or "absent",
            )


@rule("AC-10")
def step_in_its_generation(view: View) -> Iterator[Finding]:
    for one in _acks(view):
        if "step" in (one.message.content or {}) and not has_field("step", "RC-REF", view.edition):
            yield view.broken(
                "step n'existe qu'en génération 3.",
                message=one,
                path=f"{_REFERENCE}.step",
                expected="absent",
                actual=(one.message.content or {}).get("step"),
            )
