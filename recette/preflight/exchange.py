"""What takes publishing: rights to publish, the dispatcher, its models and its clock, and how long a message takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Properties, PublishOutcome
from recette.preflight.checks import Check, Status
from recette.preflight.inbox import Arrived, Inbox
from recette.preflight.login import Account
from recette.preflight.probes import Probe, Probes

ROUNDS = 20
"""Messages of the round trip, one after the other."""
EXPIRED, INVALID = 400, 300
"""The hub's error codes (fact sheet 7.7)."""
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
    report = inbox.expect(probe.id)
    outcome = await publish(connection, account.client, probe)
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
    arrived = await report(patience)
    return [accepted, _dispatcher(account, arrived, patience)], arrived


def _dispatcher(account: Account, arrived: Arrived | None, patience: float) -> Check:
    asked = "message périmé exprès"
    if arrived is None:
        return Check(
            "dispatcher", account.client, "no-go", f"{asked} : aucun rapport en {patience:g} s",
            "le dispatcher ne tourne pas, ou ce client ne reçoit pas ses rapports : prévenez l'opérateur du hub",
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


async def check_generation(
    account: Account,
    connection: HubConnection,
    inbox: Inbox,
    probes: Probes,
    generation: int,
    patience: float,
) -> Check:
    """A message that this generation alone takes, expired: its models lead to 400, any others to 300."""
    vhost = account.address.vhost
    probe = probes.of_this_generation_alone()
    if probe is None:
        return Check(
            "generation", vhost, "unsure", f"aucun message ne distingue la génération {generation} des autres",
            "demandez à l'opérateur du hub quels modèles servent ce vHost",
        )  # fmt: skip
    report = inbox.expect(probe.id)
    outcome = await publish(connection, account.client, probe)
    arrived = await report(patience) if outcome.status == "confirmed" else None
    code = arrived.message.error_code if arrived is not None else None
    if code == EXPIRED:
        told = f"{probe.model} de génération {generation} est compris"
        return Check("generation", vhost, "go", told)
    if code == INVALID:
        return Check(
            "generation", vhost, "no-go", f"{probe.model} de génération {generation} est refusé par les modèles du hub",
            "le vHost n'a pas les modèles de cette génération : vérifiez le vHost, puis prévenez l'opérateur",
        )  # fmt: skip
    told = f"rapport {code}" if code is not None else "aucun rapport"
    return Check("generation", vhost, "unsure", f"{probe.model} : {told}", "relancez la vérification")


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
        return Check("clock", "hub", "go", f"à moins de {TOLERANCE:g} s de celle de cette machine")
    ahead, seconds = ("retarde", early) if early > late else ("avance", late)
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
            told = f"message {len(times) + 1} sur {ROUNDS} : pas arrivé en {patience:g} s"
            if arrived is not None:
                told = f"message {len(times) + 1} sur {ROUNDS} : refusé ({arrived.message.error_code})"
            return Check("round-trip", subject, "no-go", told, "prévenez l'opérateur du hub")
        times.append((arrived.clock - begun) * 1000)
    return Check("round-trip", subject, "go", f"{ROUNDS} messages, {_percentiles(times)}")


def _percentiles(times: Sequence[float]) -> str:
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms"
