"""Ed25519 keys of the user's, as PEM files, and the signatures they make."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from recette.platform.plain_files import read_plain, write_anew
from recette.proof.errors import KeyFileError
from recette.report.seal import NAME, Seal, Signature, read
from recette.wording.os_errors import reason

PASSPHRASE_VARIABLE = "RECETTE_KEY_PASSPHRASE"  # noqa: S105 - a variable's name
_MOST = 1024 * 1024
"""Bytes of a file of a key."""
_MAKE = "openssl genpkey -algorithm ed25519 -out cle.pem en fait une"


def private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key, with the passphrase of the environment where there is one. Raises KeyFileError."""
    phrase = os.environ.get(PASSPHRASE_VARIABLE)
    content = _content(path)
    encrypted = b"ENCRYPTED" in content
    if encrypted and phrase is None:
        raise KeyFileError(
            f"La clé {path} est chiffrée : donnez sa phrase de passe dans la variable {PASSPHRASE_VARIABLE}."
        )
    try:
        key = load_pem_private_key(content, phrase.encode() if encrypted and phrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        cause = f"ou {PASSPHRASE_VARIABLE} n'est pas sa phrase de passe" if encrypted else f"({_MAKE})"
        raise KeyFileError(f"{path} n'est pas une clé privée en PEM {cause}.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"La clé {path} n'est pas de type Ed25519 : {_MAKE}.")
    return key


def public_key(path: Path) -> str:
    """Read a public key, in hexadecimal. Raises KeyFileError."""
    try:
        key = load_pem_public_key(_content(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"{path} n'est pas une clé publique en PEM : openssl pkey -in cle.pem -pubout la donne."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"La clé {path} n'est pas de type Ed25519.")
    return key.public_bytes_raw().hex()


def signed(seal: Seal, key: Ed25519PrivateKey) -> Seal:
    """The same seal with a signature of now."""
    name = key.public_key().public_bytes_raw().hex()
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(seal, signature=Signature(name, at, key.sign(seal.signed_bytes(name, at)).hex()))


def sign(folder: Path, key: Ed25519PrivateKey) -> str:
    """Sign the seal of a run; returns the public key. Raises SealError and OSError."""
    write_anew(folder / NAME, signed(read(folder), key).to_bytes())
    return key.public_key().public_bytes_raw().hex()


def holds(seal: Seal) -> bool:
    """Whether the signature is that of its key over this statement."""
    signature = seal.signature
    if signature is None:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature.key))
        key.verify(bytes.fromhex(signature.value), seal.signed_bytes(signature.key, signature.at))
    except (ValueError, InvalidSignature):
        return False
    return True


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, _MOST)
    except OSError as error:
        raise KeyFileError(f"La clé {path} ne peut pas être lue : {reason(error)}.") from error
