"""TLS alone, before any AMQP: what the hub presents, and why it refuses a client."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from recette.hub.address import BrokerAddress
from recette.hub.certificates import CertificateFacts, facts_of_der
from recette.hub.errors import HubError, tls_error

TIMEOUT = 10.0
"""Seconds for one handshake."""
ALERT_TIMEOUT = 2.0
"""Seconds in which a broker that refuses a client says so; one that takes it waits in silence."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What both sides agreed on, and who the server is."""

    version: str
    server: CertificateFacts


async def shake_hands(address: BrokerAddress) -> Handshake:
    """Negotiate TLS and leave; the server's certificate and name are verified. Raises HubError."""
    async with _negotiated(address) as (_, transport):
        peer = transport.getpeercert(binary_form=True) or b""
        return Handshake(transport.version() or "", facts_of_der(peer))


async def refusal(address: BrokerAddress) -> HubError | None:
    """The alert by which the broker refuses this client's certificate, if it sends one.

    Whoever has written in the meantime may get a reset instead of the alert; here nothing is written.
    """
    try:
        async with _negotiated(address) as (reader, _):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ALERT_TIMEOUT):
                    await reader.read(1)
    except HubError as error:
        return error if isinstance(error.__cause__, ssl.SSLError) else None
    return None


@asynccontextmanager
async def _negotiated(
    address: BrokerAddress,
) -> AsyncIterator[tuple[asyncio.StreamReader, ssl.SSLObject]]:
    """A connection on which TLS is up. Raises HubError, from within too."""
    if address.tls is None:
        raise HubError(f"L'adresse {address.shown} est sans TLS : écrivez amqps://.")
    where = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(
                address.host, address.port, ssl=address.tls.context
            )
        try:
            yield reader, writer.get_extra_info("ssl_object")
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
    except (OSError, EOFError) as error:
        raise tls_error(where, error) from error
