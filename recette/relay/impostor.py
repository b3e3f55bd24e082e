"""A false hub: whether software goes on to speak AMQP with a server whose certificate it must not accept.

It gets no further than the software's first word: nobody logs in here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

Outcome = Literal["accepted", "refused", "no-tls", "silent", "not-amqp"]
"""It spoke AMQP · it broke off once it had seen the certificate · it never began TLS · it kept the connection without a
word · it spoke something else. The last three prove nothing."""
PATIENCE = 10.0
"""Seconds for a handshake, and for the first word after it."""
_GREETING = b"AMQP"


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files."""

    chain: str
    key: str


class Door:
    """Listens with one certificate; tells of each connection what came of it."""

    def __init__(self, certificate: Certificate, told: Callable[[Outcome, str], None]) -> None:
        self._certificate = certificate
        self._told = told
        self._server: asyncio.Server | None = None

    @classmethod
    async def open(
        cls, certificate: Certificate, told: Callable[[Outcome, str], None], host: str, port: int
    ) -> Self:
        """`told` gets each outcome with what TLS says of it. Raises OSError."""
        found = cls(certificate, told)
        found._server = await asyncio.start_server(found._serve, host, port)
        return found

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun = asyncio.Event()
        try:
            async with asyncio.timeout(PATIENCE):
                await writer.start_tls(self._context(begun))
            async with asyncio.timeout(PATIENCE):
                greeting = await reader.readexactly(len(_GREETING))
            self._told("accepted" if greeting == _GREETING else "not-amqp", "")
        except asyncio.IncompleteReadError as error:
            self._told("not-amqp" if error.partial else "refused", "")
        except TimeoutError:
            self._told("silent" if begun.is_set() else "no-tls", "")
        except (OSError, EOFError) as error:
            reason = str(getattr(error, "reason", "") or "")
            self._told("refused" if begun.is_set() else "no-tls", reason)
        finally:
            writer.transport.abort()

    def _context(self, begun: asyncio.Event) -> ssl.SSLContext:
        """For one connection: `begun` is set once the software has said that it wants TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate.chain, self._certificate.key)
        context.sni_callback = lambda *_: begun.set()
        return context
