"""Strings that occur nowhere else are given as secrets, in every way there is; then all that is left is searched."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from recette.cli import main
from recette.sandbox.authority import Authority
from tests.sandbox.troubled import EDITOR, PARTNER, VHOST, Hub, embedded
from tests.served_hub import TlsHub, served

NAMES = ("mot-de-passe", "phrase", "signature", "jeton", "requete", "argument", "etranger")
SECRETS = {name: f"TRES-SECRET-{name}-{number}" for number, name in enumerate(NAMES, 7_001)}
TALKS = """\
import json, os, sys
asked = json.load(sys.stdin)
seen = os.environ["RECETTE_JETON"]
print(json.dumps({"shown": True, "values": {"jeton": seen}, "by": seen, "evidence": seen}))
print("refusé avec", seen, "ou", seen[:9] + "\\x1b[0m" + seen[9:], *os.environ.values(), file=sys.stderr)
sys.exit(0 if asked["action"] == "check" else 3)
"""


@pytest.fixture(scope="module")
def plain_hub() -> Iterator[Hub]:
    with embedded() as engine:
        hub = Hub.on(engine)
        yield hub
        hub.close()


@pytest.fixture(scope="module")
def secure_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHub]:
    with served("embedded", Authority.create(tmp_path_factory.mktemp("tls"))) as hub:
        yield hub


def _encrypted(key: Path, phrase: str, to: Path) -> Path:
    private = load_pem_private_key(key.read_bytes(), None)
    wrapped = BestAvailableEncryption(phrase.encode())
    to.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, wrapped))
    return to


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"RECETTE_{name.replace('-', '_').upper()}", value)
    monkeypatch.setenv("RECETTE_KEY_PASSPHRASE", SECRETS["signature"])
    wrapped = BestAvailableEncryption(SECRETS["signature"].encode())
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, wrapped)
    (tmp_path / "cle.pem").write_bytes(pem)
    (tmp_path / "pilote.py").write_text(TALKS, encoding="utf-8", newline="\n")
    return tmp_path


COMMAND = f"""\
driver: {{kind: command, env: [RECETTE_JETON],
  command: ["{sys.executable}", "pilote.py", "{SECRETS["argument"]}"]}}
"""
HTTP = f"""\
driver: {{kind: http, retries: 0, url: "http://127.0.0.1:9/agir?cle={SECRETS["requete"]}"}}
"""
DEADLINES = "deadlines: {ack: 1, answer: 1, quiet: 0.1}\n"


def _leaks(folder: Path, told: str) -> list[str]:
    """Where any of the secrets is; the streams of a PDF are read too."""
    found = [f"{name} : console" for name, value in SECRETS.items() if value in told]
    for path in folder.rglob("*"):
        if not path.is_file() or path.suffix in {".pem", ".py", ".yaml"}:
            continue
        content = path.read_bytes()
        for part in content.split(b"stream\n")[1:] if path.suffix == ".pdf" else ():
            try:
                content += zlib.decompress(part.strip())
            except zlib.error:
                continue
        for name, value in SECRETS.items():
            if value.encode() in content:
                found.append(f"{name} : {path.relative_to(folder)}")
    return found


def _all_that_is_said(target: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Play against the target, and show the run in every way there is."""
    play = ["15-15-partage-simple", "--target", str(target), "--verbose"]
    codes = [main(["run", *play, "--report", "r", "--sign", "cle.pem"])]
    codes += [main(["preflight", "--target", str(target)])]
    codes += [
        main(words) for words in (["verify", "r"], ["judge", "r", "--json"], ["report", "r", "--out", "o"])
    ]
    codes += [
        main(["redact", "r", "--out", "copie"]),
        main(["diff", "r", "o"]),
        main(["matrix", "r", "--csv", "m.csv"]),
    ]
    told = "".join(capsys.readouterr())
    assert codes[0] in {1, 3}, told
    assert Path("r/journal.jsonl").exists()
    assert Path("copie/journal.jsonl").exists(), told
    return told


@pytest.mark.parametrize("driver", [COMMAND, HTTP])
def test_passwords_and_drivers(
    plain_hub: Hub,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    driver: str,
) -> None:
    monkeypatch.setitem(SECRETS, "mot-de-passe", plain_hub.passwords[PARTNER])
    monkeypatch.setenv("RECETTE_MOT_DE_PASSE", SECRETS["mot-de-passe"])
    target = here / "cible.yaml"
    target.write_text(
        f"broker: amqp://127.0.0.1:{plain_hub.port}\nvhost: {VHOST}\neditor: {{id: {EDITOR}, role: LRM}}\n"
        f"partners: [{{id: {PARTNER}, role: LRM, password_env: RECETTE_MOT_DE_PASSE}}]\n{driver}{DEADLINES}",
        encoding="utf-8", newline="\n",
    )  # fmt: skip
    assert _leaks(here, _all_that_is_said(target, capsys)) == []


def test_the_passphrase_of_a_key(secure_hub: TlsHub, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    issued = secure_hub.certificates[PARTNER]
    key = _encrypted(issued.key, SECRETS["phrase"], here / "partenaire.pem")
    target = here / "cible.yaml"
    target.write_text(
        f"broker: amqps://localhost:{secure_hub.port}\nvhost: {VHOST}\neditor: {{id: {EDITOR}, role: LRM}}\n"
        f"tls: {{authority: {secure_hub.authority.file}, certificate: {issued.certificate}, key: {key}, "
        f"passphrase_env: RECETTE_PHRASE}}\npartners: [{{id: {PARTNER}, role: LRM}}]\n{HTTP}{DEADLINES}",
        encoding="utf-8", newline="\n",
    )  # fmt: skip
    assert _leaks(here, _all_that_is_said(target, capsys)) == []
