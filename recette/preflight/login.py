"""What one client of the target may do on its vHost, looked at without taking or publishing anything."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.wire import QueueStatus
from recette.preflight.checks import Check
from recette.wording.counting import counted


@dataclass(frozen=True, slots=True)
class Account:
    """A client id that the target says how to log in as."""

    client: str
    address: BrokerAddress
    editor: bool
    """Whether it is the software's own, which may be connected already."""

    @property
    def login(self) -> str:
        """Who the broker takes it for; several clients may share one."""
        certificate = self.address.tls.certificate if self.address.tls else None
        return certificate.subject if self.address.external and certificate else self.address.user


def check_cn(account: Account, others: Collection[str]) -> Check:
    """The broker takes the user from the CN; DST 4 wants the client id there, the Charte 8 a domain name."""
    certificate = account.address.tls.certificate if account.address.tls else None
    if not account.address.external or certificate is None:
        told = "la connexion se fait par mot de passe, sans certificat"
        return Check("cn", account.client, "skipped", told)
    if not certificate.subject:
        return Check(
            "cn", account.client, "no-go", "le certificat n'a pas de CN",
            "le hub prend l'utilisateur dans le CN : faites-en faire un autre",
        )  # fmt: skip
    if certificate.subject == account.client:
        return Check("cn", account.client, "go", "le CN est l'identifiant client")
    if certificate.subject in others:
        return Check(
            "cn", account.client, "no-go", f"le certificat est celui de « {certificate.subject} »",
            "deux certificats sont intervertis dans la cible : rendez à chaque client le sien",
        )  # fmt: skip
    return Check(
        "cn", account.client, "go", f"le CN est « {certificate.subject} », pas l'identifiant client",
        "admis si l'opérateur du hub a donné à ce CN les droits du client : les contrôles qui suivent le disent",
    )  # fmt: skip


async def check_vhost(account: Account) -> tuple[Check, HubConnection | None]:
    address = account.address
    try:
        connection = await HubConnection.open(address, name=f"recette preflight {account.client}")
    except HubError as error:
        detail, _, advice = str(error).rstrip(".").partition(" : ")
        return Check("vhost", account.client, "no-go", detail, advice), None
    how = "EXTERNAL" if address.external else "mot de passe"
    return Check("vhost", account.client, "go", f"ouvert sur {address.vhost} ({how})"), connection


async def check_queues(
    account: Account, connection: HubConnection
) -> tuple[Check, dict[topology.Channel, QueueStatus]]:
    """Passive declarations only (DST 3.1)."""
    found: dict[topology.Channel, QueueStatus] = {}
    missing = []
    for channel in topology.CHANNELS:
        name = topology.queue(account.client, channel)
        try:
            found[channel] = await connection.inspect(name)
        except HubError:
            missing.append(name)
    if missing:
        return Check(
            "queues", account.client, "no-go", f"{', '.join(missing)} : absente, ou fermée à ce compte",
            "vérifiez l'identifiant client ; l'opérateur du hub crée les files",
        ), found  # fmt: skip
    return Check("queues", account.client, "go", ".message, .ack et .info sont là"), found


async def check_read(account: Account, connection: HubConnection) -> Check:
    refused = []
    for channel in topology.CHANNELS:
        name = topology.queue(account.client, channel)
        try:
            if not await connection.may_read(name):
                refused.append(name)
        except HubError as error:
            return Check(
                "read", account.client, "unsure", str(error), "relancez ; sinon, demandez à l'opérateur"
            )
    if refused:
        certificate = account.address.tls.certificate if account.address.tls else None
        named = certificate.subject if certificate is not None and account.address.external else ""
        advice = "demandez à l'opérateur du hub le droit de lire ces files"
        if named.startswith("fr.") and named != account.client:
            advice = f"ce certificat est celui de {named} : donnez à la cible celui de {account.client}"
        return Check("read", account.client, "no-go", f"lecture refusée : {', '.join(refused)}", advice)
    return Check("read", account.client, "go", "les trois files peuvent être lues")


async def check_others(account: Account, connection: HubConnection, others: Collection[str]) -> Check:
    """That this login may not read another client's queues (DST 3.1)."""
    try:
        opened = [
            topology.queue(one, "message")
            for one in others
            if await connection.may_read(topology.queue(one, "message"))
        ]
    except HubError as error:
        return Check(
            "others", account.client, "unsure", str(error), "relancez ; sinon, demandez à l'opérateur"
        )
    if not others:
        return Check("others", account.client, "skipped", "la cible ne donne accès qu'à ce client")
    if not opened:
        return Check(
            "others", account.client, "go", "les files des autres clients de la cible lui sont fermées"
        )
    return Check(
        "others", account.client, "no-go", f"ce compte peut lire {', '.join(opened)}",
        "demandez à l'opérateur du hub de limiter ce compte à ses trois files",
    )  # fmt: skip


def check_leftovers(account: Account, queues: dict[topology.Channel, QueueStatus], taken: int = 0) -> Check:
    """`taken`: how many were those of an earlier check, and are gone."""
    left = {one.name: one.messages for one in queues.values() if one.messages}
    if not left:
        own = counted(
            taken,
            "reste d'une vérification antérieure, retiré",
            "restes de vérifications antérieures, retirés",
        )
        return Check("leftovers", account.client, "go", f"aucun ({own})" if taken else "aucun")
    told = ", ".join(f"{count} sur {name}" for name, count in left.items())
    return Check(
        "leftovers", account.client, "no-go", told,
        "ils seraient les premiers lus : relevez-les avec le logiciel, ou faites vider ces files",
    )  # fmt: skip


def check_consumers(account: Account, queues: dict[topology.Channel, QueueStatus]) -> Check:
    busy = {one.name: one.consumers for one in queues.values() if one.consumers}
    if not busy:
        return Check("consumers", account.client, "go", "aucun")
    told = ", ".join(f"{count} sur {name}" for name, count in busy.items())
    if account.editor:
        return Check(
            "consumers", account.client, "go", told,
            "c'est sans doute votre logiciel : s'il est arrêté, quelqu'un d'autre lit vos messages",
        )  # fmt: skip
    return Check(
        "consumers", account.client, "no-go", told,
        "un autre programme prendrait les messages du partenaire : arrêtez-le (une autre recette ?)",
    )  # fmt: skip
