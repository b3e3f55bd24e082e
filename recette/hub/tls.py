"""Mutual TLS towards a hub: 1.2 or later, the server's certificate and name always verified (DST 2.2.1, 3.1)."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from recette.hub.certificates import (
    CertificateError,
    CertificateFacts,
    Identity,
    TrustedFileError,
    load_authorities,
    load_identity,
)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Which files make a TLS client. The passphrase is kept out of `repr`, logs and journals."""

    authority: Path | None = None
    """PEM; the system's own authorities without it."""
    certificate: Path | None = None
    """PEM, with its chain, or PKCS#12."""
    key: Path | None = None
    passphrase: str | None = field(default=None, repr=False)
    verify: bool = True
    """False is for a sandbox on the loopback alone: `BrokerAddress` refuses it for any other host."""


@dataclass(frozen=True, slots=True)
class ClientTls:
    """A TLS client that is ready, and what may be shown of it."""

    context: ssl.SSLContext = field(repr=False)
    chain: tuple[CertificateFacts, ...] = ()
    """The client's certificate first; empty when it has none."""
    authorities: tuple[CertificateFacts, ...] = ()

    @property
    def certificate(self) -> CertificateFacts | None:
        return self.chain[0] if self.chain else None

    @property
    def verifies(self) -> bool:
        return self.context.verify_mode is ssl.CERT_REQUIRED and self.context.check_hostname


def client_tls(files: TlsFiles) -> ClientTls:
    """Read the files. Dates are not looked at: whoever connects does. Raises CertificateError."""
    authorities = load_authorities(files.authority) if files.authority else ()
    try:
        context = ssl.create_default_context(cafile=files.authority)
    except ssl.SSLError as error:
        raise TrustedFileError(
            f"{files.authority} ne contient pas d'autorité utilisable ({error.reason}) : redemandez ce fichier."
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.certificate is None:
        return ClientTls(context, (), authorities)
    identity = load_identity(files.certificate, files.key, files.passphrase)
    _present(context, identity, files.certificate)
    return ClientTls(context, identity.chain, authorities)


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine."""
    if host.rstrip(".").lower() == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _present(context: ssl.SSLContext, identity: Identity, path: Path) -> None:
    """OpenSSL reads files only: this one is encrypted with a word that is forgotten at once, and removed."""
    word = secrets.token_urlsafe(32)
    key = identity.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(word.encode())
    )
    with tempfile.NamedTemporaryFile(prefix="recette-", suffix=".pem") as file:
        file.write(identity.chain_pem + key)
        file.flush()
        try:
            context.load_cert_chain(file.name, password=word)
        except ssl.SSLError as error:
            raise CertificateError(
                f"TLS refuse le certificat {path} ({error.reason}) : faites-en faire un autre."
            ) from error
