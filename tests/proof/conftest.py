"""A faulty run, recorded once, and keys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.reader import read_journal
from recette.report.story import tell
from recette.report.writing import write_all
from recette.sandbox.faults import FAULTS
from tests.cahier import of_the_cahier


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with findings, in its folder, with its reports."""
    folder = tmp_path_factory.mktemp("recorded")
    scenarios = of_the_cahier("15-15-partage-simple")
    options = Options(misbehaviour=FAULTS["code-hors-liste"].misbehaviour, vhost="15-15_v1.5")
    path = folder / "journal.jsonl"
    judgement = play_at_home(scenarios, (), path, options)
    assert judgement.verdict == "fail"
    write_all(tell(read_journal(path)), folder)
    return folder


@pytest.fixture
def run(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the recorded run, to be changed."""
    return Path(shutil.copytree(recorded, tmp_path / "run"))


@pytest.fixture(scope="session")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`private`, `encrypted` (phrase: sésame), `public`, and the public key of somebody else, `other`."""
    folder = tmp_path_factory.mktemp("keys")
    key = Ed25519PrivateKey.generate()
    contents = {
        "private": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "encrypted": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption("sésame".encode())
        ),
        "public": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "other": Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}
