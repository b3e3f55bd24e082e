"""What takes publishing: rights to publish, the dispatcher, its models and its clock, and how long a message takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Properties, PublishOutcome
from recette.messages.dictionary.generations import edition_of
from recette.messages.dictionary.models import model
from recette.messages.profile.reader import Profile
from recette.messages.vhosts import VHost
from recette.preflight.checks import Check, Status
from recette.preflight.inbox import Arrived, Inbox
from recette.preflight.login import Account
from recette.preflight.probes import Probe, Probes
from recette.wording.counting import in_seconds

ROUNDS = 20
"""Messages of the round trip, one after the other."""
EXPIRED, INVALID, UNROUTABLE = 400, 300, 501
"""The hub's error codes (fact sheet 7.7)."""
_HOURS = 2 * 3600
"""Seconds beyond which it is this machine's clock: a hub that was so wrong would have expired everybody's messages."""
TOLERANCE = 5.0
"""Seconds between this clock and the hub's. No source gives any; it is this tool's."""


async def publish(connection: HubConnection, key: str, probe: Probe) -> PublishOutcome:
    properties = Properties(probe.content_type, PERSISTENT)
    return await connection.publish(topology.CLIENT_EXCHANGE, key, probe.body, properties)


async def check_usurpation(account: Account, connection: HubConnection, other: str, probe: Probe) -> Check:
    """With another client's key; should the broker let it pass, the hub refuses the message (200)."""
    outcome = await publish(connection, other, probe)
    if outcome.status == "refused":
        return Check("usurpation", account.client, "go", f"publier avec la clé {other} est refusé")
    if outcome.status == "unknown":
        return Check("usurpation", account.client, "unsure", outcome.reason, "relancez la vérification")
    return Check(
        "usurpation", account.client, "no-go", f"publier avec la clé {other} est accepté",
        "demandez à l'opérateur du hub de limiter ce compte à sa propre clé de routage",
    )  # fmt: skip


async def check_publish(
    account: Account, connection: HubConnection, inbox: Inbox, probe: Probe, patience: float
) -> tuple[list[Check], Arrived | None]:
    """One expired message to nobody: the broker must take it, the dispatcher refuse it with 400."""
    alarms: list[str] = []
    connection.on_blocked(lambda reason: alarms.append(reason) if reason is not None else alarms.clear())
    report = inbox.expect(probe.id)
    outcome = await publish(connection, account.client, probe)
    arrived = await report(patience) if outcome.status == "confirmed" else None
    if arrived is None and alarms:
        blocked = Check(
            "publish", account.client, "no-go", f"le broker n'accepte plus de publications ({alarms[-1]})",
            "prévenez l'opérateur du hub : son broker est en alarme de mémoire ou de disque",
        )  # fmt: skip
        return [blocked, Check("dispatcher", account.client, "skipped", "rien n'a pu être publié")], None
    if outcome.status != "confirmed":
        status: Status = "unsure" if outcome.status == "unknown" else "no-go"
        refused = Check(
            "publish", account.client, status, f"publier sur {topology.CLIENT_EXCHANGE} : {outcome.reason}",
            "demandez à l'opérateur du hub le droit de publier avec cet identifiant comme clé",
        )  # fmt: skip
        return [refused, Check("dispatcher", account.client, "skipped", "rien n'a pu être publié")], None
    accepted = Check(
        "publish", account.client, "go", "le broker a confirmé la publication avec sa propre clé"
    )
    return [accepted, _dispatcher(account, arrived, patience)], arrived


def _dispatcher(account: Account, arrived: Arrived | None, patience: float) -> Check:
    asked = "message périmé exprès"
    if arrived is None:
        return Check(
            "dispatcher", account.client, "no-go", f"{asked} : aucun rapport en {in_seconds(patience)}",
            "le dispatcher ne tourne pas, ou ce client est déclaré pour une autre version que celle de ce vHost (ses "
            "rapports et ses messages vont alors sur un autre vHost) : demandez-le à l'opérateur du hub",
        )  # fmt: skip
    code = arrived.message.error_code
    if code != EXPIRED:
        told = (
            f"rapport {code}" if code is not None else f"{arrived.message.model or 'autre chose'} en retour"
        )
        return Check(
            "dispatcher", account.client, "no-go", f"{asked} : {told} au lieu de {EXPIRED}",
            "le hub ne suit pas sa spécification, ou pas avec ce vHost : prévenez son opérateur",
        )  # fmt: skip
    return Check("dispatcher", account.client, "go", f"{asked} : refusé avec le rapport {EXPIRED}")


def deaf(account: Account, alive: str, patience: float) -> Check:
    """A dispatcher that answers another client of the target, and not this one."""
    return Check(
        "dispatcher", account.client, "no-go", f"aucun rapport en {in_seconds(patience)}, alors que {alive} reçoit les siens",
        "ce client est sans doute déclaré pour une autre version que celle de ce vHost : demandez à l'opérateur du hub de "
        "l'y déclarer, ou prenez le vHost de sa version",
    )  # fmt: skip


async def code_of(
    account: Account, connection: HubConnection, inbox: Inbox, probe: Probe, patience: float
) -> int | None:
    """The hub's code for a probe that it is to refuse; None without a report."""
    report = inbox.expect(probe.id)
    outcome = await publish(connection, account.client, probe)
    arrived = await report(patience) if outcome.status == "confirmed" else None
    return arrived.message.error_code if arrived is not None else None


Ask = Callable[[Probe], Awaitable[int | None]]


async def check_generation(ask: Ask, vhost: VHost, client: str, content_type: str) -> Check:
    """A message that one generation alone takes, expired: its models lead to 400, any others to 300.

    Where sources disagree about the vHost, and the target's is refused or cannot be told, the others are tried.
    """
    title = vhost.edition.title
    model, code = await _understood(ask, Probes(vhost, client, content_type))
    if code == EXPIRED:
        return Check("generation", vhost.name, "go", f"{model} de {title} est compris")
    ruled_out = []
    for generation in sorted({one.generation for one in vhost.served} - {vhost.generation}):
        other = edition_of(generation)
        known, its_code = await _understood(ask, Probes(replace(vhost, edition=other), client, content_type))
        if its_code == EXPIRED:
            return Check(
                "generation", vhost.name, "no-go", f"le hub y sert la génération {generation} ({known} est compris), pas la {title}",
                f"jouez avec ses modèles (--models {other.tag}), ou prenez le vHost de ceux du logiciel",
            )  # fmt: skip
        if its_code == INVALID:
            ruled_out.append(f"{known} de génération {generation} y est refusé")
    if code == INVALID:
        return Check(
            "generation", vhost.name, "no-go", f"{model} de {title} est refusé par les modèles du hub",
            "le vHost n'a pas les modèles de cette génération : vérifiez le vHost, puis prévenez l'opérateur",
        )  # fmt: skip
    if ruled_out:
        return Check("generation", vhost.name, "go", f"{' ; '.join(ruled_out)} : c'est la {title}")
    told = f"{model} : rapport {code}" if code is not None else f"{model or 'aucun message'} : aucun rapport"
    return Check(
        "generation", vhost.name, "unsure", f"aucun message que ce vHost porte ne distingue la {title} ({told})",
        "demandez à l'opérateur du hub quels modèles servent ce vHost",
    )  # fmt: skip


async def _understood(ask: Ask, probes: Probes) -> tuple[str | None, int | None]:
    """The first model of this generation alone that the vHost carries, and the hub's code for it."""
    model: str | None = None
    code: int | None = None
    for probe in probes.of_this_generation_alone():
        model, code = probe.model, await ask(probe)
        if code != UNROUTABLE:
            break
    return model, code


async def check_classes(ask: Ask, vhost: VHost, probes: Probes, hub: Profile) -> Check:
    """An expired message of each class: a hub that looks refuses what the vHost does not carry before the date.

    What a deployed hub carries is not public: only what the newest list known has is held against it.
    """
    by_code: dict[int | None, list[Probe]] = {}
    for probe in probes.of_each_class():
        by_code.setdefault(await ask(probe), []).append(probe)
    carried, refused = by_code.pop(EXPIRED, []), by_code.pop(UNROUTABLE, [])
    told = f"porte {_names(carried) or 'RC-REF et RS-ERROR seuls'}"
    told += f" ; refuse {_names(refused)} (501)" if refused else ""
    for code, others in by_code.items():
        told += f" ; {_names(others)} : {f'rapport {code}' if code is not None else 'aucun rapport'}"
    if refused and hub.supported is None:
        return Check(
            "classes", vhost.name, "no-go", f"{told} ; le profil {hub.name} n'en refuse aucune",
            "ce hub est plus récent : écrivez « hub: 2026 » dans la cible",
        )  # fmt: skip
    wanting = [one for one in refused if hub.surely_carries(vhost.name, model(one.model, vhost.edition).key)]
    if wanting:
        return Check(
            "classes", vhost.name, "no-go", f"{told} ; le profil {hub.name} attend {_names(wanting)}",
            "demandez à l'opérateur du hub d'admettre ces messages sur ce vHost, ou lesquels il porte",
        )  # fmt: skip
    if None in by_code:
        return Check("classes", vhost.name, "unsure", told, "relancez la vérification")
    advice = "si le logiciel envoie ce qui est refusé, demandez à l'opérateur du hub de l'y admettre"
    return Check("classes", vhost.name, "go", told, advice if refused else "")


async def check_conversion(ask: Ask, probes: Probes, to: str, there: VHost, *, fire: bool) -> Check:
    """Towards a client of the target that lives on another vHost: what is converted is refused for its date where it
    arrives, what has no conversion before that (hub-sante-2026 3.1, 4.2). What is refused on the `fire` side no report
    tells health.
    """
    told = f"message périmé exprès, adressé à {to}"
    code = None if fire else await ask(probes.expired_to(to))
    if not fire and code != EXPIRED:
        found = f"rapport {code} au lieu de {EXPIRED}" if code is not None else "aucun rapport"
        return Check(
            "conversion", there.name, "no-go", f"{told} : {found}",
            "le service de conversion, le transfert entre vHosts ou l'autre dispatcher ne répondent pas : prévenez "
            "l'opérateur du hub",
        )  # fmt: skip
    untold = []
    for probe in probes.unconvertible(to, there):
        code = await ask(probe)
        if code == INVALID:
            refused = f"{probe.model}, qui n'a pas de conversion, est refusé ({INVALID})"
            went = f"{told} : refusé à l'arrivée ({EXPIRED}) ; " if not fire else ""
            return Check("conversion", there.name, "go", f"{went}{refused}")
        if code == EXPIRED:
            return Check(
                "conversion", there.name, "no-go", f"{probe.model} adressé à {to} n'est pas converti",
                f"demandez à l'opérateur du hub si {to} est déclaré pour la version de {there.name}",
            )  # fmt: skip
        untold.append(f"{probe.model} : {f'rapport {code}' if code is not None else 'aucun rapport'}")
    return Check(
        "conversion", there.name, "unsure",
        f"aucun message que ce vHost porte ne dit si le hub convertit ({', '.join(untold) or 'aucun à essayer'})",
        f"demandez à l'opérateur du hub s'il convertit entre ce vHost et celui de {to}, et jouez scenarios/conversion",
    )  # fmt: skip


def _names(probes: Sequence[Probe]) -> str:
    return ", ".join(one.model for one in probes)


def check_clock(arrived: Arrived, sent_at: datetime) -> Check:
    """The hub's time, whole seconds in its report, against the moments before and after."""
    text = arrived.message.date_time_sent or ""
    try:
        theirs = datetime.fromisoformat(text)
    except ValueError:
        return Check(
            "clock",
            "hub",
            "unsure",
            f"le rapport porte la date « {text[:40]} »",
            "prévenez l'opérateur du hub",
        )
    theirs = theirs.astimezone(UTC)
    early = (sent_at.astimezone(UTC).replace(microsecond=0) - theirs).total_seconds()
    late = (theirs - arrived.at).total_seconds()
    if max(early, late) <= TOLERANCE:
        return Check("clock", "hub", "go", f"à moins de {in_seconds(TOLERANCE)} de celle de cette machine")
    ahead, seconds = ("retarde", early) if early > late else ("avance", late)
    if seconds > _HOURS:
        own = "avance" if ahead == "retarde" else "retarde"
        return Check(
            "clock", "hub", "no-go", f"l'horloge de cette machine {own} de {seconds / 3600:.0f} h sur celle du hub",
            "mettez cette machine à l'heure (NTP) : un hub dont l'horloge serait fausse à ce point ne servirait personne",
        )  # fmt: skip
    return Check(
        "clock", "hub", "no-go", f"l'horloge du hub {ahead} de {seconds:.0f} s sur celle de cette machine",
        "mettez cette machine à l'heure par NTP ; si elle l'est, prévenez l'opérateur du hub",
    )  # fmt: skip


async def check_round_trip(
    account: Account,
    connection: HubConnection,
    inbox: Inbox,
    to: str,
    make: Callable[[], Probe],
    patience: float,
) -> Check:
    """`inbox` is that of `to`; one message at a time, so that none waits behind another."""
    subject = f"{account.client} → {to}"
    times: list[float] = []
    for _ in range(ROUNDS):
        probe = make()
        arrival = inbox.expect(probe.id)
        begun = time.monotonic()
        outcome = await publish(connection, account.client, probe)
        arrived = await arrival(patience) if outcome.status == "confirmed" else None
        if arrived is None or arrived.message.distribution_id != probe.id:
            told = f"message {len(times) + 1} sur {ROUNDS} : pas arrivé en {in_seconds(patience)}"
            if arrived is not None:
                told = f"message {len(times) + 1} sur {ROUNDS} : refusé ({arrived.message.error_code})"
            return Check("round-trip", subject, "no-go", told, "prévenez l'opérateur du hub")
        times.append((arrived.clock - begun) * 1000)
    return Check("round-trip", subject, "go", f"{ROUNDS} messages, {_percentiles(times)}")


def _percentiles(times: Sequence[float]) -> str:
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms"
