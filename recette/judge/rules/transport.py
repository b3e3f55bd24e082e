"""Rules on what only a hub's operator sees (requirements TR; DST 2.2.4, 3.1, 3.3.1): judged where the hub is ours.

The embedded broker tells what its clients do; RabbitMQ does not, and these requirements are not judged there, save
TR-16, which the dispatcher sees.
"""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.record import ALIKE_MAX
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.judge.ways import lagged
from recette.messages.hub_saw import HubSaw
from recette.scenario.steps import SilenceStep
from recette.wording.counting import counted

CHANNELS = ("message", "ack", "info")
HUB_EXCHANGE = "hubsante"


def _acts(view: View, *kinds: str) -> Iterator[tuple[int, HubSaw]]:
    return ((number, event) for number, event in view.record.hub.acts if event.action in kinds)


def _by_name(view: View, kind: str) -> dict[str, list[tuple[int, HubSaw]]]:
    """The acts of that kind by the queue or exchange that they are about."""
    found: dict[str, list[tuple[int, HubSaw]]] = {}
    for number, event in _acts(view, kind):
        found.setdefault(event.recipient or "", []).append((number, event))
    return found


def _times(acts: list[tuple[int, HubSaw]]) -> str:
    """How often, where it was more than once; of acts that are alike, no more are kept than so many."""
    if len(acts) < 2:
        return ""
    return f", {len(acts)} fois" if len(acts) < ALIKE_MAX else f", {ALIKE_MAX} fois ou plus"


@rule("TR-07", needs="hub")
def passive_declarations(view: View) -> Iterator[Finding]:
    for number, event in _acts(view, "declared"):
        yield view.broken(
            f"L'éditeur déclare {event.recipient} ({event.reason}) au lieu de l'ouvrir de façon passive.",
            step="",
            event=number,
            expected="une déclaration passive",
            actual=f"{event.reason}.declare, passive=false",
            advice="Ouvrez files et exchanges par une déclaration passive : le hub seul les crée.",
        )
    for name, acts in _by_name(view, "bind-refused").items():
        yield view.broken(
            f"L'éditeur a voulu lier la file ou l'exchange {name} ; le broker le lui a refusé.",
            step="",
            event=acts[0][0],
            expected="les files telles que le hub les a liées",
            actual=f"queue.bind{_times(acts)}",
            advice="Ne liez rien : le hub seul relie ses files et ses exchanges.",
        )


@rule("TR-09")
def own_routing_key(view: View) -> Iterator[Finding]:
    for one in view.record.hub.refusals:
        if one.event.action == "publish-refused" and one.event.client == view.editor:
            yield view.broken(
                "Le broker a refusé la publication : ce n'est ni l'exchange ni la clé de routage de l'éditeur.",
                step=one.step,
                event=one.number,
                expected=f"exchange {HUB_EXCHANGE}, clé {view.editor}",
                actual=f"exchange {one.event.recipient}, clé {one.event.reason}",
            )


@rule("TR-12", needs="hub")
def three_queues_read(view: View) -> Iterator[Finding]:
    """Over the whole time since the editor connected, whatever the play."""
    connected = next(_acts(view, "connected"), None)
    if connected is None:
        return
    read = {event.recipient for _, event in _acts(view, "consuming", "consuming-unacked")}
    for channel in CHANNELS:
        queue = f"{view.editor}.{channel}"
        if queue not in read:
            yield view.broken(
                f"L'éditeur ne lit pas {queue}.",
                step="",
                event=connected[0],
                expected=", ".join(f"{view.editor}.{one}" for one in CHANNELS),
                actual=", ".join(sorted(name or "" for name in read)) or "aucune",
                advice=f"Lisez aussi {queue} : ce que le hub y dépose se perd à l'échéance.",
            )


@rule("TR-12", needs="hub")
def own_queues_alone(view: View) -> Iterator[Finding]:
    own = {f"{view.editor}.{one}" for one in CHANNELS}  # not granted: that is the hub's
    for name, acts in _by_name(view, "read-refused").items():
        if name in own:
            continue
        yield view.broken(
            f"L'éditeur a voulu lire {name}, qui n'est pas à lui ; le broker le lui a refusé.",
            step="",
            event=acts[0][0],
            expected=", ".join(f"{view.editor}.{one}" for one in CHANNELS),
            actual=f"{name}{_times(acts)}",
            advice="Ne lisez que vos trois files : le nom de chacune commence par votre identifiant client.",
        )


@rule("TR-13", needs="hub")
def nothing_thrown_away(view: View) -> Iterator[Finding]:
    """A queue that is emptied is settled unread: what waited there is lost to a SAMU that was away for a moment."""
    for name, acts in _by_name(view, "purged").items():
        losses = [
            (number, int(one.reason)) for number, one in acts if one.reason.isdecimal() and int(one.reason)
        ]
        lost = sum(each for _, each in losses)
        untold = not lost and not all(one.reason.isdecimal() for _, one in acts)
        told = ", et n'a pas voulu savoir de combien de messages." if untold else ", où rien n'attendait."
        if lost:
            told = f" : {counted(lost, 'message')} qu'il n'a pas lus y sont perdus."
        yield view.broken(
            f"L'éditeur vide {name or 'une file'} (queue.purge){told}",
            step="",
            event=(losses or acts)[0][0],
            expected="chaque message lu, traité, puis acquitté",
            actual=f"queue.purge, {'sans réponse' if untold else counted(lost, 'message')}{_times(acts)}",
            advice="Ne videz jamais une file : ce qui y attend est ce qui est arrivé pendant que le logiciel était arrêté.",
            disputed=not lost,
        )


@rule("TR-13", needs="hub")
def deliveries_acknowledged(view: View) -> Iterator[Finding]:
    for number, event in _acts(view, "consuming-unacked"):
        yield view.broken(
            f"L'éditeur lit {event.recipient} sans acquitter : le broker tient tout message pour traité dès l'envoi.",
            step="",
            event=number,
            expected="basic.ack après le traitement",
            actual="no-ack",
            advice="Lisez en acquittement manuel, et acquittez une fois le message enregistré.",
        )


@rule("TR-13", needs="hub")
def deliveries_acknowledged_by_hand(view: View) -> Iterator[Finding]:
    """Read by hand, and never acknowledged to the broker, though the messages were acknowledged to their sender.

    Judged once some time has passed since, which a silence of the scenario gives: the sender may well hear first.
    """
    queue = f"{view.editor}.message"
    by_hand = any(event.recipient == queue and event.reason for _, event in _acts(view, "consuming"))
    if not by_hand or any(event.recipient == queue for _, event in _acts(view, "acknowledging")):
        return
    acks = [ack.number for one in view.progress.published.values() for ack in one.acks]
    silences = [
        (step.id, view.record.course.windows[step.id])
        for step in view.casting.scenario.steps
        if isinstance(step, SilenceStep) and step.id in view.record.course.windows
    ]
    after = [
        (name, window) for name, window in silences if acks and min(acks) < window[0] and len(window) > 1
    ]
    ended = view.record.ended is not None and len(acks) > 1
    if not after and ended:
        yield view.broken(
            f"L'éditeur lit {queue} et n'a rien acquitté auprès du broker de tout ce passage, où il a envoyé {len(acks)} RC-REF.",
            step="",
            event=max(acks),
            expected="basic.ack après le traitement",
            actual="aucun basic.ack",
            advice="Acquittez la livraison (basic.ack) une fois le message enregistré ; le RC-REF n'en tient pas lieu.",
            disputed=True,
        )
    if after:
        name, window = after[-1]
        told = view.record.course.missed.get(name)
        yield (lagged(view, *told) if told is not None else None) or view.broken(
            f"L'éditeur lit {queue} sans jamais acquitter auprès du broker : chaque message y reste, et lui est remis à "
            "chaque reconnexion.",
            step=name,
            event=window[-1],
            expected="basic.ack après le traitement",
            actual="aucun basic.ack",
            advice="Acquittez la livraison (basic.ack) une fois le message enregistré ; le RC-REF n'en tient pas lieu.",
        )


@rule("TR-14", needs="hub")
def no_endless_requeue(view: View) -> Iterator[Finding]:
    for number, event in _acts(view, "looping"):
        yield view.broken(
            f"L'éditeur rend sans cesse le même message à {event.recipient}.",
            step=view.record.step_at(number),
            event=number,
            expected="basic.reject sans remise en file",
            actual=f"{event.distribution_id} rendu plusieurs fois de suite",
            advice="Rejetez sans remise en file (requeue=false) ce que vous ne savez pas lire, et dites-le à l'émetteur par un "
            "RS-ERROR : le hub de 2026 n'en rapporte rien.",
        )


@rule("TR-16")
def no_time_to_live(view: View) -> Iterator[Finding]:
    for number, event in view.record.hub.limited:
        yield view.broken(
            "L'éditeur fixe une durée de vie AMQP à son message.",
            step=view.record.step_at(number),
            event=number,
            expected="sans expiration",
            actual=f"expiration {event.expiration} ms",
            advice="Dites l'échéance par dateTimeExpires : le hub en tire la durée de vie.",
        )
