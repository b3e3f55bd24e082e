"""Certificates and keys from PEM or PKCS#12 files; whatever is wrong in them is one French sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from recette.platform.plain_files import read_plain
from recette.wording.os_errors import reason

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey
_LARGEST = 1024 * 1024
"""Bytes of a file of certificates."""
_PEM = b"-----BEGIN "
_HOW_TO_GIVE = "la phrase secrète se donne par passphrase_env ou passphrase_file"


class CertificateError(ValueError):
    """A certificate or key file that cannot be used; the text says which, why, and what to do."""


class TrustedFileError(CertificateError):
    """The same of the file of authorities that the broker's certificate is to come from."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What may be shown of a certificate."""

    subject: str
    """The CN, empty where there is none."""
    issuer: str
    not_before: datetime
    not_after: datetime
    authority: bool = False

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.not_after - now).days

    @classmethod
    def of(cls, certificate: x509.Certificate) -> CertificateFacts:
        return cls(
            subject=_common_name(certificate.subject),
            issuer=_common_name(certificate.issuer) or certificate.issuer.rfc4514_string(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            authority=_is_authority(certificate),
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key, and the chain that came with it."""

    chain: tuple[CertificateFacts, ...]
    """The certificate itself first."""
    chain_pem: bytes = field(repr=False)
    key: PrivateKey = field(repr=False)

    @property
    def certificate(self) -> CertificateFacts:
        return self.chain[0]


def load_identity(certificate: Path, key: Path | None = None, passphrase: str | None = None) -> Identity:
    """Read a client's certificate and key; `key` is left out for PKCS#12 and for a PEM that holds both.

    Dates are not looked at. Raises CertificateError.
    """
    data = _read(certificate)
    if _PEM not in data:
        if _is_der(data):
            raise CertificateError(
                f"{certificate} est un certificat en DER : convertissez-le en PEM (openssl x509 -inform DER -in … -out …)"
                f"{', et donnez sa clé par « key »' if key is None else ''}."
            )
        if key is not None:
            raise CertificateError(
                f"{certificate} n'est pas un fichier PEM : un PKCS#12 contient déjà sa clé, enlevez « key »."
            )
        return _from_pkcs12(certificate, data, passphrase)
    certificates = _certificates(certificate, data)
    if key is None and b"PRIVATE KEY-----" not in data:
        raise CertificateError(
            f"{certificate} ne contient pas de clé : donnez le fichier de la clé par « key »."
        )
    key_file = key or certificate
    private = _private_key(key_file, _read(key_file), passphrase)
    return _matched(
        certificates, private, f"la clé de {key_file} n'est pas celle du certificat {certificate}"
    )


def load_authorities(path: Path) -> tuple[CertificateFacts, ...]:
    """The authorities of a PEM file. Raises TrustedFileError."""
    try:
        data = _read(path)
        if _PEM not in data:
            raise TrustedFileError(
                f"{path} n'est pas un fichier PEM : convertissez les certificats d'autorité en PEM."
            )
        return tuple(CertificateFacts.of(one) for one in _certificates(path, data))
    except CertificateError as error:
        raise TrustedFileError(str(error)) from error


def facts_of_der(der: bytes) -> CertificateFacts:
    """What the other side presented."""
    return CertificateFacts.of(x509.load_der_x509_certificate(der))


def date_problem(certificate: CertificateFacts, now: datetime) -> str | None:
    """Why a certificate cannot be used today, if so."""
    if certificate.not_after <= now:
        return (
            f"Le certificat « {certificate.subject} » a expiré le {certificate.not_after:%d/%m/%Y à %H:%M} UTC : "
            "faites-le renouveler."
        )
    if certificate.not_before > now:
        return (
            f"Le certificat « {certificate.subject} » n'est valable qu'à partir du "
            f"{certificate.not_before:%d/%m/%Y à %H:%M} UTC : vérifiez l'horloge de cette machine, ou attendez."
        )
    return None


def _read(path: Path) -> bytes:
    try:
        return read_plain(path, _LARGEST)
    except OSError as error:
        raise CertificateError(
            f"Le fichier {path} ne peut pas être lu ({reason(error)}) : vérifiez son chemin et ses droits."
        ) from error


def _is_der(data: bytes) -> bool:
    """Whether this is a bare certificate, as others than PEM hold it."""
    try:
        x509.load_der_x509_certificate(data)
    except ValueError:
        return False
    return True


def _certificates(path: Path, data: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise CertificateError(
            f"{path} ne contient pas de certificat PEM lisible : redemandez ce fichier ou refaites sa conversion."
        ) from error


def _private_key(path: Path, data: bytes, passphrase: str | None) -> PrivateKey:
    encrypted = b"ENCRYPTED" in data
    if encrypted and passphrase is None:
        raise CertificateError(f"La clé de {path} est chiffrée : {_HOW_TO_GIVE}.")
    secret = passphrase.encode() if passphrase is not None and encrypted else None
    try:
        key = load_pem_private_key(data, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise CertificateError(
                f"La phrase secrète de la clé {path} n'est pas la bonne : vérifiez passphrase_env ou passphrase_file."
            ) from error
        raise CertificateError(
            f"{path} ne contient pas de clé privée PEM lisible : vérifiez que c'est le fichier de la clé."
        ) from error
    return _usable(path, key)


def _usable(path: Path, key: object) -> PrivateKey:
    if not isinstance(key, PrivateKey):
        raise CertificateError(f"La clé de {path} est d'un type que TLS n'utilise pas : prenez RSA ou EC.")
    return key


def _from_pkcs12(path: Path, data: bytes, passphrase: str | None) -> Identity:
    try:
        bag = pkcs12.load_pkcs12(data, passphrase.encode() if passphrase is not None else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if "password" not in str(error).lower():
            raise CertificateError(
                f"{path} n'est ni un fichier PEM ni un fichier PKCS#12 lisible : refaites son export."
            ) from error
        if passphrase is None:
            raise CertificateError(f"Le fichier PKCS#12 {path} est chiffré : {_HOW_TO_GIVE}.") from error
        raise CertificateError(
            f"La phrase secrète de {path} n'est pas la bonne : vérifiez passphrase_env ou passphrase_file."
        ) from error
    if bag.cert is None or bag.key is None:
        raise CertificateError(
            f"{path} ne contient pas un certificat avec sa clé : refaites l'export avec la clé."
        )
    certificates = [bag.cert.certificate, *(one.certificate for one in bag.additional_certs)]
    return _matched(
        certificates, _usable(path, bag.key), f"la clé de {path} n'est pas celle de son certificat"
    )


def _matched(certificates: list[x509.Certificate], key: PrivateKey, unless: str) -> Identity:
    """The certificate of this key first, whatever the order in the file."""
    wanted = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = [
        one
        for one in certificates
        if one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == wanted
    ]
    if not own:
        raise CertificateError(
            f"{unless[0].upper()}{unless[1:]} : prenez la clé avec laquelle le certificat a été demandé."
        )
    chain = [own[0], *(one for one in certificates if one is not own[0])]
    return Identity(
        tuple(CertificateFacts.of(one) for one in chain),
        b"".join(one.public_bytes(Encoding.PEM) for one in chain),
        key,
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
