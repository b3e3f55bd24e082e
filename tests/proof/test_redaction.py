"""What a redacted copy shows is what docs/preuve.md lists; everything else is searched for in it."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import typing
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.journal.codec import ORIGIN, encode, redacted, take_apart
from recette.journal.events import EVENT_TYPES, Entry, Event, RunStarted
from recette.journal.facts import CertificateShown
from recette.journal.kinds import fields_of, kind_of
from recette.journal.reader import read_journal
from recette.journal.wire_events import RelayStarted, WireBlocked, WireOpened
from recette.proof.copying import redact
from recette.proof.errors import CopyError
from recette.proof.verification import verify
from recette.relay.recording import Recording
from recette.report.recorded import read_results
from recette.report.story import tell
from recette.report.writing import write_all
from tests.journal.rewriting import rewrite

ROOT = Path(__file__).parents[2]
HOME = "home-de-camille-dupont"
SECRETS = (
    HOME,
    "camille",
    "CHU de Nulle-Part",
    "Éditions Fictives",
    "cible-secrète",
    "+33199000001",
    "AMUU",
    ".yaml",
)
IDENTITY = {"vendor": "Éditions Fictives", "pilot": "CHU de Nulle-Part"}
SHOWN = CertificateShown(
    vhost="15-15_v1.5",
    client="fr.health.samu991",
    subject="CN=CHU de Nulle-Part",
    issuer="CN=camille",
    not_before="2026-01-01",
    not_after="2027-01-01",
)


def _named(event: Event) -> Event:
    if not isinstance(event, RunStarted):
        return event
    return replace(event, identity=IDENTITY, certificates=(SHOWN,), target="cible-secrète.yaml")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of somebody's own scenarios, by their absolute path, with names in all that may bear some."""
    home = tmp_path_factory.mktemp("machine") / HOME
    shutil.copytree(ROOT / "scenarios" / "15-15", home / "mes-cas")
    run = home / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.chdir(home)
        words = ["run", str(home / "mes-cas" / "partage-simple.yaml"), "--vhost", "15-15_v1.5"]
        assert main([*words, "--fault", "code-hors-liste", "--report", str(run)]) == 1
        assert main(["verify", str(run)]) == 0
    assert HOME not in "".join(
        one.read_text(encoding="utf-8")
        for one in (run / "journal.jsonl", run / "results.json", run / "report.html")
    ), "a journal names files as seen from where the run was started"
    rewrite(run, _named)
    write_all(tell(read_journal(run / "journal.jsonl")), run)
    return run


def _leaves(node: Any) -> Iterator[str]:
    for child in (
        (*node.values(), *node) if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _leaves(child)
    if isinstance(node, str):
        yield node


def _private(run: Path) -> set[str]:
    """Every text of the parts that are taken out."""
    texts = set()
    for line in (run / "journal.jsonl").read_bytes().splitlines():
        if take_apart(line).salt:
            texts |= set(_leaves(json.loads(line)["private"]))
    return texts


def test_nothing_else_stays_in_a_copy(played: Path, tmp_path: Path) -> None:
    redact(played, tmp_path / "copy")
    copy = "".join(one.read_text(encoding="utf-8") for one in (tmp_path / "copy").iterdir())
    original = (played / "journal.jsonl").read_text(encoding="utf-8")
    original += (played / "results.json").read_text(encoding="utf-8")
    for secret in SECRETS:
        assert secret in original or secret in "".join(_private(played)) or secret in str(played)
        assert secret not in copy
    lines = (tmp_path / "copy" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    open_texts = set(_leaves([json.loads(one) for one in lines]))
    longer = {one for one in _private(played) - open_texts if len(one) > 24}
    assert len(longer) > 20
    assert [one for one in longer if one in copy] == []
    found = verify(tmp_path / "copy")
    assert found.problems == []
    assert dict(read_results(tmp_path / "copy").identity) == {}


def _listed() -> set[str]:
    """The fields that docs/preuve.md says to stay."""
    page = (ROOT / "docs" / "preuve.md").read_text(encoding="utf-8")
    rows = [
        one.split("|")[2]
        for one in page.split("### Ce qui reste lisible")[1].splitlines()
        if one.startswith("|")
    ]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_the_fields_of_a_copy_are_those_that_the_page_lists(played: Path, tmp_path: Path) -> None:
    redact(played, tmp_path / "copy")
    lines = [json.loads(one) for one in (tmp_path / "copy" / "journal.jsonl").read_text("utf-8").splitlines()]
    found = {name for line in lines for name in line} | {
        name for line in lines for one in line.get("targets", ()) for name in one
    }
    assert found - _listed() == set()
    assert {"sealed", "routing_key", "plan"} <= found


def _holding(hint: Any, word: str) -> Any:
    """A value of that kind which holds `word`, where it can hold one."""
    kind = kind_of(hint)
    if dataclasses.is_dataclass(kind):
        made = {name: _holding(inner, word) for name, inner in fields_of(kind).items()}  # type: ignore[arg-type]
        return kind(**made)  # type: ignore[operator]
    if kind is Mapping:
        (_, held) = typing.get_args(hint)
        return {word: _holding(held, word)}
    if kind is tuple:
        return (_holding(typing.get_args(hint)[0], word),)
    plain = {bytes: word.encode(), int: 1, float: 1.0, bool: True}
    return plain.get(kind, word)


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=lambda cls: cls.kind)
def test_no_event_lays_open_more_than_the_page_lists(cls: type[Event]) -> None:
    """A word in each field of each event: those in the fields that the page names stay, no other."""
    held = {name: _holding(hint, f"Dr Camille, champ {name}.") for name, hint in fields_of(cls).items()}
    line, _ = encode(Entry(1, "2026-01-01T00:00:00+00:00", 0.0, cls(**held)), ORIGIN)
    copy = redacted(line).decode()
    stays = set(re.findall(r"Dr Camille, champ (\w+)\.", copy))
    opened = set(json.loads(copy)) - {"n", "at", "ms", "kind", "sealed", "hash"}
    assert stays <= opened
    assert opened - _listed() == set()


def test_the_copy_of_a_relay_s_journal_names_neither_hub_nor_software(tmp_path: Path) -> None:
    """What free text there is in it: of the hub, of the software, of the machine that the relay stands on."""
    secrets = ("hub.chu-nulle-part.fr", "poste-de-camille", "Logiciel de Camille", "disque de Camille")
    recording = Recording(tmp_path, pytest.fail, redact=True)
    hub, here, product, full = secrets
    recording.tell(
        RelayStarted(recette="0", hub=f"amqps://{hub}", listening=f"amqp://{here}:1", external=True)
    )
    opened = {"mechanism": "PLAIN", "tls": "", "heartbeat": 0, "vhost": "v"}
    recording.tell(WireOpened(connection=1, user="u", product=product, **opened))  # type: ignore[arg-type]
    recording.tell(WireBlocked(connection=1, blocked=True, reason=full))
    recording.close()
    copy = (tmp_path / "journal.jsonl").read_text(encoding="utf-8")
    assert [one for one in secrets if one in copy] == []
    assert copy.count('"sealed"') == len(("started", "opened", "blocked"))


def test_an_older_run_that_laid_names_open_is_not_copied(played: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(played, tmp_path / "old"))
    path = folder / "journal.jsonl"
    first, rest = path.read_bytes().split(b"\n", 1)
    opened = first.replace(b'{"n":1,', b'{"n":1,"identity":{"pilot":"camille"},', 1)
    path.write_bytes(opened + b"\n" + rest)
    with pytest.raises(
        CopyError, match="ligne 1, a été écrite par une recette d'avant, qui y laisse identity en clair"
    ):
        redact(folder, tmp_path / "copy")
