"""A certificate authority of the sandbox's own: it lives as long as the sandbox, and nobody else trusts it."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from recette.platform.plain_files import OWNER_ALONE, write_anew
from recette.wording.os_errors import reason

VALIDITY = timedelta(days=90)
HOSTS = ("localhost", "127.0.0.1", "::1")
_SKEW = timedelta(minutes=5)
"""Certificates begin a little in the past: the clocks of two machines differ."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SERVER = "serveur"


class AuthorityError(RuntimeError):
    """A certificate cannot be made or written; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """PEM files of one certificate."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Period:
    """When a certificate is valid."""

    begin: datetime
    end: datetime

    @classmethod
    def from_now(cls) -> Self:
        now = datetime.now(UTC)
        return cls(now - _SKEW, now + VALIDITY)


class Authority:
    """Signs for servers and clients, into files of one folder: `ac.pem`, NAME.pem and NAME.key."""

    def __init__(self, folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.folder = folder
        self.file = folder / "ac.pem"
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, folder: Path, name: str = "recette, autorité du bac-à-sable") -> Self:
        """A new authority, whose key is kept in memory alone. Raises AuthorityError."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        certificate = (
            _builder(subject, subject, key.public_key(), Period.from_now())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        authority = cls(folder, certificate, key)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_anew(authority.file, certificate.public_bytes(Encoding.PEM))
        except OSError as error:
            raise AuthorityError(
                f"Les certificats ne peuvent pas être écrits dans {folder} ({reason(error)}) : "
                "donnez un autre dossier à --tls."
            ) from error
        return authority

    def client(self, name: str, period: Period | None = None) -> Issued:
        """The certificate of a client, whose CN is the client id. Raises AuthorityError."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, (), period or Period.from_now())

    def server(
        self, hosts: Sequence[str] = HOSTS, period: Period | None = None, name: str = _SERVER
    ) -> Issued:
        """The certificate of the broker, in files called `name`."""
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, hosts, period or Period.from_now())

    def server_context(self, issued: Issued) -> ssl.SSLContext:
        """For a server in this process: TLS 1.2 or later, and a client certificate of this authority is required."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(issued.certificate, issued.key)
        return context

    def _issue(self, name: str, usage: x509.ObjectIdentifier, hosts: Sequence[str], period: Period) -> Issued:
        if not _NAME.fullmatch(name) or (name in {_SERVER, "ac"} and not hosts):
            raise AuthorityError(
                f"« {name} » ne peut pas être le CN d'un certificat : 64 lettres, chiffres, points, tirets au plus."
            )
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            _builder(subject, self._certificate.subject, key.public_key(), period)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False
            )
        certificate = builder.sign(self._key, hashes.SHA256())
        issued = Issued(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_anew(issued.key, private, OWNER_ALONE)
        write_anew(issued.certificate, certificate.public_bytes(Encoding.PEM))
        return issued


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, period: Period
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period.begin)
        .not_valid_after(period.end)
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
