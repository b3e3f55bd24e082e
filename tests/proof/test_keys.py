"""Keys are read, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from recette.proof import keys
from recette.proof.errors import KeyFileError


def test_an_encrypted_key_takes_its_phrase_from_the_environment(
    key_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(keys.PASSPHRASE_VARIABLE, raising=False)
    with pytest.raises(KeyFileError, match="chiffrée : donnez sa phrase de passe dans la variable"):
        keys.private_key(key_files["encrypted"])
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "fausse")
    with pytest.raises(KeyFileError, match="n'est pas sa phrase de passe"):
        keys.private_key(key_files["encrypted"])
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, "sésame")
    found = keys.private_key(key_files["encrypted"]).public_key().public_bytes_raw().hex()
    assert found == keys.public_key(key_files["public"])


def test_what_is_no_ed25519_key_is_refused(key_files: dict[str, Path], tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "ec.pem").write_bytes(other)
    with pytest.raises(KeyFileError, match="Ed25519"):
        keys.private_key(tmp_path / "ec.pem")
    with pytest.raises(KeyFileError, match="clé privée en PEM"):
        keys.private_key(key_files["public"])
    with pytest.raises(KeyFileError, match="clé publique en PEM"):
        keys.public_key(key_files["private"])
    with pytest.raises(KeyFileError, match="ne peut pas être lue"):
        keys.private_key(tmp_path / "absente.pem")
