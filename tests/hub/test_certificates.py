"""Certificate files as people have them: PEM or PKCS#12, in order or not, right or wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from recette.hub.certificates import CertificateError, load_authorities, load_identity
from recette.hub.tls import TlsFiles, client_tls
from recette.sandbox.authority import Authority, Issued

NAME, SECRET = "fr.health.samu991", "phrase-très-secrète"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path)


@pytest.fixture
def issued(authority: Authority) -> Issued:
    return authority.client(NAME)


def key_of(issued: Issued) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(issued.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def encrypted_key(issued: Issued, file: Path) -> Path:
    file.write_bytes(
        key_of(issued).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())
        )
    )
    return file


def bag(issued: Issued, authority: Authority, file: Path, secret: str | None = SECRET) -> Path:
    own = x509.load_pem_x509_certificate(issued.certificate.read_bytes())
    above = x509.load_pem_x509_certificate(authority.file.read_bytes())
    how: KeySerializationEncryption = BestAvailableEncryption(secret.encode()) if secret else NoEncryption()
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key_of(issued), own, [above], how))
    return file


def test_pem_in_two_files_or_in_one(issued: Issued, tmp_path: Path) -> None:
    assert load_identity(issued.certificate, issued.key).certificate.subject == NAME
    both = tmp_path / "both.pem"
    both.write_bytes(issued.certificate.read_bytes() + issued.key.read_bytes())
    assert load_identity(both).certificate.subject == NAME


def test_the_certificate_of_the_key_comes_first(issued: Issued, authority: Authority, tmp_path: Path) -> None:
    chain = tmp_path / "chain.pem"
    chain.write_bytes(authority.file.read_bytes() + issued.certificate.read_bytes())
    found = load_identity(chain, issued.key).chain
    assert [one.subject for one in found] == [NAME, found[0].issuer]
    assert [one.authority for one in found] == [False, True]
    assert found[0].days_left(datetime.now(UTC)) in {89, 90}


@pytest.mark.parametrize("secret", [SECRET, None])
def test_pkcs12(issued: Issued, authority: Authority, tmp_path: Path, secret: str | None) -> None:
    file = bag(issued, authority, tmp_path / "x.p12", secret)
    tls = client_tls(TlsFiles(authority.file, file, passphrase=secret))
    assert tls.chain[0].subject == NAME
    assert len(tls.chain) == 2
    assert len(tls.authorities) == 1
    assert SECRET not in repr(TlsFiles(authority.file, file, passphrase=SECRET)) + repr(tls)


def test_an_encrypted_key(issued: Issued, tmp_path: Path) -> None:
    key = encrypted_key(issued, tmp_path / "encrypted.key")
    assert load_identity(issued.certificate, key, SECRET).certificate.subject == NAME
    with pytest.raises(CertificateError, match="chiffrée"):
        load_identity(issued.certificate, key)
    with pytest.raises(CertificateError, match=r"phrase secrète .* pas la bonne"):
        load_identity(issued.certificate, key, "autre")
    assert load_identity(issued.certificate, issued.key, "de trop").certificate.subject == NAME


def test_what_is_wrong_is_said(issued: Issued, authority: Authority, tmp_path: Path) -> None:
    other, junk, p12 = authority.client("fr.health.autre"), tmp_path / "junk", tmp_path / "y.p12"
    junk.write_bytes(b"\x00junk")
    der = tmp_path / "x.cer"
    der.write_bytes(
        x509.load_pem_x509_certificate(issued.certificate.read_bytes()).public_bytes(Encoding.DER)
    )
    halved = tmp_path / "halved.pem"
    halved.write_bytes(issued.certificate.read_bytes()[:200])
    bag(issued, authority, p12)
    for certificate, key, secret, said in (
        (issued.certificate, other.key, None, "n'est pas celle du certificat"),
        (issued.certificate, None, None, "ne contient pas de clé"),
        (issued.certificate, issued.certificate, None, "pas de clé privée PEM lisible"),
        (tmp_path / "absent.pem", None, None, "ne peut pas être lu"),
        (junk, None, None, "ni un fichier PEM ni un fichier PKCS#12"),
        (junk, issued.key, None, "enlevez « key »"),
        (der, issued.key, None, "est un certificat en DER : convertissez-le en PEM"),
        (der, None, None, "et donnez sa clé par « key »"),
        (halved, issued.key, None, "pas de certificat PEM lisible"),
        (p12, None, None, "est chiffré"),
        (p12, None, "autre", "n'est pas la bonne"),
    ):
        with pytest.raises(CertificateError) as caught:
            load_identity(certificate, key, secret)
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(CertificateError, match="n'est pas un fichier PEM"):
        load_authorities(junk)
    with pytest.raises(CertificateError, match="certificat PEM lisible"):
        client_tls(TlsFiles(halved))
