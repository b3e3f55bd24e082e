"""seal.json: what a run's files were when they were written, in one statement that can be signed.

The digests of the files are keyed with what only the whole journal knows, so that a redacted copy, which carries the
same statement, gives nothing away; the digest of the redacted results is not, for that copy to be checked by it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recette import __version__
from recette.journal.kinds import fields_of
from recette.journal.reader import Journal
from recette.platform.plain_files import read_plain, write_anew
from recette.report import provenance
from recette.report.redaction import redacted_results

NAME = "seal.json"
_FORM = 1
MOST = 64 * 1024 * 1024
"""Bytes of a seal."""


class SealError(ValueError):
    """seal.json is not what this program writes; the text says where."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is sealed, and what a signature signs."""

    form: int
    run: str
    recette: str
    build: str
    """Digest of the program that judged and rendered."""
    events: int
    fingerprint: str
    """The hash of the journal's last line."""
    files: Mapping[str, str]
    """Keyed digest by path in the run's folder."""
    redacted_results: str

    def differences(self, other: Statement) -> list[str]:
        """The names of what is not the same."""
        names = [one.name for one in dataclasses.fields(self)]
        return [name for name in names if getattr(self, name) != getattr(other, name)]


@dataclass(frozen=True, slots=True)
class Signature:
    """An Ed25519 signature, its public key and what the signer says of the time, in hexadecimal and ISO 8601."""

    key: str
    at: str
    value: str


@dataclass(frozen=True, slots=True)
class Seal:
    statement: Statement
    signature: Signature | None = None

    def to_bytes(self) -> bytes:
        """The file, the same bytes for the same seal."""
        document = dataclasses.asdict(self)
        return (json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()

    def signed_bytes(self, key: str, at: str) -> bytes:
        """What is signed: the statement, the key and the time."""
        document = {"statement": dataclasses.asdict(self.statement), "key": key, "at": at}
        text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return b"recette seal 1\0" + text.encode("ascii")


def write(journal: Journal, written: Iterable[Path], folder: Path) -> Path:
    """Seal what was written into `folder`; a signature that is there already stays where it still signs the same."""
    files = sorted(set(written))
    statement = Statement(
        form=_FORM,
        run=journal.header.run,
        recette=__version__,
        build=provenance.build(),
        events=journal.entries[-1].number,
        fingerprint=journal.fingerprint,
        files={
            one.relative_to(folder).as_posix(): keyed_digest(journal.secret, one.read_bytes())
            for one in files
        },
        redacted_results=digest(redacted_results((folder / "results.json").read_bytes())),
    )
    seal = Seal(statement)
    try:
        before = read(folder)
    except (SealError, OSError):
        before = seal
    path = folder / NAME
    write_anew(path, (before if before.statement == statement else seal).to_bytes())
    return path


def read(folder: Path) -> Seal:
    """The seal of a run. Raises SealError and OSError."""
    content = read_plain(folder / NAME, MOST)
    try:
        document = json.loads(content)
        signature = document["signature"]
        seal = Seal(
            _row(Statement, document["statement"]), None if signature is None else _row(Signature, signature)
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SealError("ce n'est pas un sceau de cette version") from error
    try:
        same = seal.to_bytes() == content
    except UnicodeEncodeError:  # half a character
        same = False
    if not same:
        raise SealError("il n'est pas écrit comme recette l'écrit")
    return seal


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def keyed_digest(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode("ascii"), content, "sha256").hexdigest()


def _row(cls: Any, document: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of the two dataclasses above
    for name, hint in fields_of(cls).items():
        if not isinstance(document[name], hint if hint in {int, str} else dict):
            raise TypeError(f"« {name} »")
    return cls(**document)
