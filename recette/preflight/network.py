"""Up to the login: the broker's name, its port, TLS, the certificates and their dates."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Iterator
from datetime import datetime

from recette.hub.address import BrokerAddress
from recette.hub.certificates import CertificateFacts, date_problem
from recette.hub.errors import HubError
from recette.hub.handshake import Handshake, shake_hands
from recette.play.environments import Environment
from recette.preflight.checks import Check
from recette.wording.os_errors import reason

TIMEOUT = 10.0
SOON, TOO_SOON = 45, 7
"""Days to expiry: below the first a warning, below the second a no-go. No source gives any; they are this tool's."""


async def check_name(address: BrokerAddress) -> Check:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TIMEOUT):
            found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Check(
            "name", address.host, "no-go", f"ne se résout pas ({'pas de réponse' if isinstance(error, TimeoutError) else 'inconnu du DNS'})",
            "vérifiez l'adresse dans la cible, puis le DNS de ce réseau",
        )  # fmt: skip
    return Check("name", address.host, "go", ", ".join(sorted({str(one[4][0]) for one in found})))


async def check_port(address: BrokerAddress) -> Check:
    where = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(TIMEOUT):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except OSError as error:
        return _unreached(
            address, where, "pas de réponse" if isinstance(error, TimeoutError) else reason(error)
        )
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return Check("port", where, "go", "ouvert")


def _unreached(address: BrokerAddress, where: str, why: str) -> Check:
    """A refusal is the machine's own word: it is there, and nothing listens."""
    usual = "5672 en amqp://" if address.tls is None else "5671 en amqps://"
    advice = (
        f"démarrez le hub, ou vérifiez le port de la cible ({usual} d'ordinaire)"
        if why == "connexion refusée"
        else f"vérifiez le port ({usual} d'ordinaire), et que le pare-feu laisse sortir vers cet hôte"
    )
    return Check("port", where, "no-go", f"injoignable ({why})", advice)


async def check_tls(address: BrokerAddress, environment: Environment) -> tuple[Check, Handshake | None]:
    where = f"{address.host}:{address.port}"
    if address.tls is None:
        if environment.sandbox:
            return Check("tls", where, "go", "sans TLS, comme l'admet un bac-à-sable local"), None
        told = "le hub n'est joignable qu'en TLS mutuel : écrivez amqps:// et donnez « tls » dans la cible"
        return Check("tls", where, "no-go", "la cible est en amqp://, sans TLS", told), None
    try:
        shaken = await shake_hands(address)
    except HubError as error:
        detail, _, advice = str(error).rstrip(".").partition(" : ")
        return Check("tls", where, "no-go", detail, advice), None
    if not address.tls.verifies:
        return Check(
            "tls",
            where,
            "go",
            f"{shaken.version}, certificat non vérifié",
            "« verify: false » ne vaut qu'ici",
        ), shaken
    return Check("tls", where, "go", f"{shaken.version}, chaîne et nom d'hôte vérifiés"), shaken


def check_expiry(
    addresses: Iterable[BrokerAddress], shaken: Handshake | None, now: datetime
) -> Iterator[Check]:
    """Each certificate once: the broker's, the clients' with their chains, the authorities that they come from."""
    seen: set[tuple[str, datetime]] = set()
    for owner, one in _certificates(addresses, shaken):
        if (one.subject, one.not_after) in seen:
            continue
        seen.add((one.subject, one.not_after))
        yield _expiry(owner, one, now)


def _certificates(
    addresses: Iterable[BrokerAddress], shaken: Handshake | None
) -> Iterator[tuple[str, CertificateFacts]]:
    issuers: set[str] = set()
    known: dict[str, CertificateFacts] = {}
    if shaken is not None:
        issuers.add(shaken.server.issuer)
        yield "broker", shaken.server
    for address in addresses:
        if address.tls is None:
            continue
        known |= {one.subject: one for one in address.tls.authorities}
        for one in address.tls.chain:
            issuers.add(one.issuer)
            yield "autorité" if one.authority else "client", one
    for _ in range(len(known)):  # issuers of issuers
        issuers |= {one.issuer for name, one in known.items() if name in issuers}
    yield from (("autorité", one) for name, one in known.items() if name in issuers)


def _expiry(owner: str, one: CertificateFacts, now: datetime) -> Check:
    subject = f"{owner} {one.subject or '(sans CN)'}"
    days = one.days_left(now)
    told = f"encore {days} jours, jusqu'au {one.not_after:%d/%m/%Y}"
    renew = "prévenez l'opérateur du hub" if owner == "broker" else "faites-le renouveler"
    problem = date_problem(one, now)
    if problem is not None:
        detail, _, advice = problem.rstrip(".").partition(" : ")
        return Check("expiry", subject, "no-go", detail, renew if owner == "broker" else advice)
    if days < TOO_SOON:
        return Check("expiry", subject, "no-go", told, f"{renew} avant l'ouverture")
    return Check("expiry", subject, "go", told, f"{renew} bientôt" if days < SOON else "")
