"""The journal: what is written is read back, what was changed is found, what was taken out is still vouched for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recette.journal.codec import ORIGIN, decode, encode, redacted, take_apart
from recette.journal.events import EVENT_TYPES, Entry, Received, Trouble
from recette.journal.reader import UnreadableJournalError, read_journal
from recette.journal.writer import JournalError, JournalWriter
from recette.messages.hub_saw import HubSaw


def received(body: bytes, headers: dict[str, object] | None = None) -> Received:
    return Received(
        vhost="15-15_v1.5",
        client="c",
        queue="c.message",
        routing_key="c.message",
        redelivered=False,
        content_type=None,
        delivery_mode=None,
        expiration=None,
        headers=headers or {},
        body=body,
    )


SCALARS = st.text(max_size=10) | st.integers() | st.booleans() | st.none()


@settings(deadline=None)
@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=10), SCALARS, max_size=3))
def test_every_body_survives_and_its_redacted_line_keeps_its_hash(
    body: bytes, headers: dict[str, object]
) -> None:
    entry = Entry(7, "2026-01-01T00:00:00+00:00", 1.5, received(body, headers))
    line, digest = encode(entry, ORIGIN)
    assert b"\n" not in line
    assert decode(line) == entry
    assert take_apart(line).claimed == take_apart(line).hash_after(ORIGIN) == digest
    blank = redacted(line)
    assert take_apart(blank).claimed == take_apart(blank).hash_after(ORIGIN) == digest
    assert redacted(blank) == blank
    assert decode(blank) == Entry(7, entry.at, 1.5, received(b""), redacted=True)


def test_what_looks_like_a_part_of_a_line_is_not_taken_for_one() -> None:
    hostile = '", "private":{"body":"x"}, "salt":"' + "0" * 32 + '", "sealed":"' + "0" * 64 + '"'
    for event in (received(hostile.encode(), {hostile: hostile}), Trouble(where=hostile, text=hostile)):
        line, _ = encode(Entry(1, "t", 0.0, event), ORIGIN)
        assert decode(line).event == event
        assert take_apart(line).hash_after(ORIGIN) == take_apart(line).claimed
        assert take_apart(redacted(line)).hash_after(ORIGIN) == take_apart(line).claimed


def test_the_same_body_has_another_commitment_each_time() -> None:
    entry = Entry(1, "t", 0.0, received(b"M"))
    assert take_apart(encode(entry, ORIGIN)[0]).sealed != take_apart(encode(entry, ORIGIN)[0]).sealed


def test_private_fields_that_say_nothing_are_not_there_to_be_taken_out() -> None:
    passed_on = HubSaw(vhost="v", action="forwarded", client="c", distribution_id="c_1")
    line, digest = encode(Entry(1, "t", 0.0, passed_on), ORIGIN)
    assert b"private" not in line
    assert decode(line) == Entry(1, "t", 0.0, passed_on)
    assert redacted(line) == line
    assert take_apart(line).hash_after(ORIGIN) == digest
    for told in (replace(passed_on, reason="x"), replace(passed_on, body=b"")):
        line, digest = encode(Entry(1, "t", 0.0, told), ORIGIN)
        assert b"private" in line
        assert b"private" not in redacted(line)
        assert decode(redacted(line)).redacted
        assert take_apart(redacted(line)).hash_after(ORIGIN) == digest


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    writer = JournalWriter(path)
    for number in range(4):
        writer.write(Trouble(where="harness", text=f"n° {number}"))
    writer.write(received(b"\xff\xfe", {"age": 10**30, "half": "\ud800"}))
    writer.close()
    return path


def test_an_untouched_journal_has_no_defect(journal: Path) -> None:
    read = read_journal(journal)
    assert read.defects == ()
    assert read.complete
    assert [entry.number for entry in read.entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.number for entry in read.entries[1:3]] == [2, 3]
    assert read.entries[-1].number == 6
    assert read.fingerprint == json.loads(journal.read_bytes().splitlines()[-1])["hash"]


Change = Callable[[bytes], bytes]


def _line_of(content: bytes, place: int) -> int:
    return content[:place].count(b"\n") + 1


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("copy", [lambda line: line, redacted], ids=["whole", "redacted"])
def test_any_changed_byte_is_found_where_it_is(
    journal: Path, tmp_path: Path, copy: Change, data: st.DataObject
) -> None:
    content = b"".join(copy(line) + b"\n" for line in journal.read_bytes().splitlines())
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != content[place]))
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
    found = read_journal(changed)
    assert found.defects
    # a line feed that is gone makes one line of two; the rest follows from there
    assert found.defects[0].line == _line_of(content, place)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lines_in_another_order_or_missing_are_found_at_the_first_of_them(
    journal: Path, tmp_path: Path, data: st.DataObject
) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    kept = data.draw(
        st.lists(st.integers(0, len(lines) - 1), min_size=1, unique=True).filter(
            lambda some: some != list(range(len(some)))
        )
    )
    changed = tmp_path / "changed.jsonl"
    changed.write_bytes(b"".join(lines[one] for one in kept))
    first = next(at for at, one in enumerate(kept) if one != at)
    found = read_journal(changed)
    assert found.altered
    assert found.defects[0].line == first + 1


def test_what_happened_is_told(journal: Path, tmp_path: Path) -> None:
    lines = journal.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"

    def told(some: list[str]) -> list[str]:
        path.write_text("".join(some), encoding="utf-8", errors="surrogateescape")
        return [str(one) for one in read_journal(path).defects]

    assert told([*lines[:1], *lines[3:]]) == [
        "ligne 2 : l'événement n° 4 ne suit pas le précédent : il manque ici 2 à 3"
    ]
    assert told([lines[1], lines[0], *lines[2:]])[1] == (
        "ligne 2 : l'événement n° 1 n'est pas à sa place : le n° 3 était attendu"
    )
    assert told([*lines[:2], lines[2].replace("n° 2", "n° 9"), *lines[3:]]) == [
        "ligne 3 : cette ligne, ou l'empreinte de la précédente, a été changée"
    ]


@pytest.mark.parametrize("kept", [20, -1])
def test_a_cut_journal_is_read_and_says_so(journal: Path, tmp_path: Path, kept: int) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(lines[:3]) + lines[3][:kept])
    read = read_journal(path)
    assert len(read.entries) == 3
    assert not read.complete
    assert not read.altered
    assert [one.line for one in read.defects] == [4, 4]
    assert "coupée" in read.defects[0].text
    assert "interrompue" in read.defects[1].text


def test_a_line_of_another_version_is_not_called_changed(tmp_path: Path) -> None:
    line = b'{"n":1,"at":"t","ms":0.0,"kind":"of-later"'
    digest = hashlib.sha256(ORIGIN.encode() + line).hexdigest().encode()
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line + b', "hash":"' + digest + b'"}\n')
    with pytest.raises(
        UnreadableJournalError, match="ligne 1, est telle qu'écrite, mais par une autre version"
    ):
        read_journal(path)


def test_no_journal_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableJournalError, match="ne peut pas être lu"):
        read_journal(tmp_path / "absent")
    (tmp_path / "x").write_text("bonjour")
    with pytest.raises(UnreadableJournalError, match="n'est pas un journal"):
        read_journal(tmp_path / "x")


def test_a_journal_is_never_overwritten(journal: Path) -> None:
    with pytest.raises(JournalError, match="ne peut pas être créé"):
        JournalWriter(journal)


def test_what_people_and_messages_say_is_private_in_every_event() -> None:
    """A redacted copy keeps open fields: none of these may be one, whatever events there come to be."""
    said = {"body", "headers", "request", "detail", "text", "comment", "by", "values", "sources"}
    harmless = {("step-opened", "values")}  # dates that the harness drew
    open_fields = {
        (kind, name)
        for kind, cls in EVENT_TYPES.items()
        for name in set(cls.__dataclass_fields__) - cls.private
    }
    assert {one for one in open_fields if one[1] in said} == harmless
    assert all(cls.private <= set(cls.__dataclass_fields__) for cls in EVENT_TYPES.values())
