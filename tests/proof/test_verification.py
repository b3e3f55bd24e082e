"""A run verifies as long as nothing is changed; whatever is changed is found, and where."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recette.journal.codec import ORIGIN, encode, redacted
from recette.journal.reader import UnreadableJournalError, read_journal
from recette.judge.judging import judge
from recette.messages.hub_saw import HubSaw
from recette.proof import keys, telling
from recette.proof.copying import redact
from recette.proof.places import places_of_difference
from recette.proof.telling import verdict
from recette.proof.verification import Problem, verify
from recette.report import provenance, seal
from recette.report.recorded import REDACTED, read_results
from recette.report.story import tell
from recette.report.writing import write_all

ACCEPTED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""Each example judges the run and renders its reports again."""


def _holds(folder: Path, key: str | None = None) -> bool:
    return verify(folder, key).holds


def test_what_was_written_verifies(run: Path) -> None:
    found = verify(run)
    assert (found.problems, found.doubts) == ([], [])
    assert "se refont à l'octet près" in found.facts[-1]


@ACCEPTED
@given(data=st.data())
def test_any_changed_byte_of_any_file_is_found_in_that_file(
    recorded: Path, key_files: dict[str, Path], tmp_path: Path, data: st.DataObject
) -> None:
    folder = tmp_path / "changed"
    if not folder.exists():
        shutil.copytree(recorded, folder)
        keys.sign(folder, keys.private_key(key_files["private"]))
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != content[place]))
    path.write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
    try:
        found = verify(folder)
    finally:
        path.write_bytes(content)
    name = path.relative_to(folder).as_posix()
    named = {one.file for one in found.problems} | {name for one in found.doubts if one.startswith(name)}
    assert named == {name}


@ACCEPTED
@given(data=st.data())
def test_any_changed_byte_of_a_redacted_copy_is_found(
    recorded: Path, key_files: dict[str, Path], tmp_path: Path, data: st.DataObject
) -> None:
    folder = tmp_path / "copy"
    if not folder.exists():
        signed = Path(shutil.copytree(recorded, tmp_path / "signed"))
        keys.sign(signed, keys.private_key(key_files["private"]))
        redact(signed, folder)
    assert _holds(folder, keys.public_key(key_files["public"]))
    path = folder / data.draw(st.sampled_from(["journal.jsonl", "results.json", "seal.json"]))
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != content[place]))
    path.write_bytes(content[:place] + bytes([other]) + content[place + 1 :])
    try:
        assert not _holds(folder)
    finally:
        path.write_bytes(content)


Change = Callable[[Path], object]


def _verdict_changed(run: Path) -> None:
    path = run / "results.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"verdict": "fail"', '"verdict": "pass"', 1))


def _finding_dropped(run: Path) -> None:
    path = run / "results.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["scenarios"][0]["findings"].clear()
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _end_cut(run: Path) -> None:
    path = run / "journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))


@pytest.mark.parametrize(
    ("change", "file", "place"),
    [
        (_verdict_changed, "results.json", "$.verdict"),
        (_finding_dropped, "results.json", "$.scenarios[0].findings[0]"),
        (lambda run: (run / "junit.xml").unlink(), "junit.xml", ""),
        (lambda run: (run / "seal.json").write_text("{}"), "seal.json", ""),
    ],
)
def test_the_place_is_told(run: Path, change: Change, file: str, place: str) -> None:
    change(run)
    (problem,) = verify(run).problems
    assert (problem.file, problem.place) == (file, place)


def test_each_changed_value_is_named_up_to_ten_and_all_are_counted(run: Path) -> None:
    path, junit = run / "results.json", run / "junit.xml"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["verdict"], document["counts"]["fail"], document["started"] = "pass", 0, "hier"
    document["judged_by"]["rules"] = rules = dict.fromkeys(document["judged_by"]["rules"], "0")
    path.write_text(json.dumps(document), encoding="utf-8")
    whole = junit.read_bytes()
    junit.write_bytes(whole.replace(b"</failure>", b"</failurE>").replace(b"</testsuite>", b"</testsuitE>"))
    of_results, of_junit = sorted(verify(run).problems, key=lambda one: one.file, reverse=True)
    assert (of_results.place, len(of_results.others)) == ("$.started", 9)
    assert {"$.verdict", "$.counts.fail"} <= set(of_results.others)
    assert of_results.places == 3 + len(rules)
    assert str(of_results).endswith(f" et {len(rules) - 7} autres)")
    lines = [number for number, line in enumerate(junit.read_bytes().split(b"\n"), 1) if b"E>" in line]
    assert [of_junit.place.split(",")[0], *(one.split(",")[0] for one in of_junit.others)] == [
        f"ligne {number}" for number in lines
    ]


@pytest.mark.parametrize(
    ("found", "expected", "places"),
    [
        (b"a\nb\nc", b"a\nB\nC", ["ligne 2, octet 1", "ligne 3, octet 1"]),
        (b"a\nb", b"a\nb\nc", ["ligne 2, octet 2"]),
        (b"a\nb\nc\nd", b"a\nc\nd", ["ligne 2, octet 1"]),
        (b"", b"a", ["ligne 1, octet 1"]),
    ],
)
def test_text_is_compared_line_by_line(found: bytes, expected: bytes, places: list[str]) -> None:
    assert list(places_of_difference("x.xml", found, expected)) == places
    assert list(places_of_difference("x.json", found, expected)) == places


def test_a_name_that_was_put_in_says_nothing_of_its_own() -> None:
    found = json.dumps({"a\nOUI : tout concorde": 1, "b" * 100_000: 2}).encode()
    first, second = places_of_difference("results.json", found, b"{}")
    assert first == "$.a\\u000aOUI : tout concorde"
    assert len(second) < 100


def test_a_journal_whose_end_was_cut_is_not_the_sealed_one(run: Path) -> None:
    sealed = seal.read(run).statement.events
    _end_cut(run)
    assert verify(run).problems == [
        Problem(
            "journal.jsonl",
            f"ligne {sealed - 3}",
            f"la fin manque : {sealed} événements ont été scellés, il en reste {sealed - 3}",
        )
    ]


def test_a_journal_rewritten_with_a_whole_chain_is_caught_by_the_signature(
    run: Path, key_files: dict[str, Path]
) -> None:
    """Whoever rewrites everything, chain, reports and seal, cannot rewrite the signature."""
    public = keys.public_key(key_files["public"])
    keys.sign(run, keys.private_key(key_files["private"]))
    signature = seal.read(run).signature
    entries = list(read_journal(run / "journal.jsonl").entries)
    shutil.rmtree(run)
    run.mkdir()
    previous = ORIGIN
    with (run / "journal.jsonl").open("wb") as file:
        for entry in entries:
            event = entry.event
            if isinstance(event, HubSaw) and event.body:
                event = replace(event, body=event.body.replace(b"AMUU", b"AMU"))
            line, previous = encode(replace(entry, event=event), previous)
            file.write(line + b"\n")
    journal = read_journal(run / "journal.jsonl")
    write_all(tell(journal), run)
    assert _holds(run)
    assert not _holds(run, public)
    (run / "seal.json").write_bytes(replace(seal.read(run), signature=signature).to_bytes())
    (problem,) = verify(run, public).problems
    assert (problem.file, problem.place) == ("seal.json", "signature")


def test_a_seal_that_names_files_elsewhere_reads_none(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "build", lambda: "autre")
    before = seal.read(run)
    files = {**before.statement.files, "../../etc/passwd": "0" * 64}
    forged = replace(before, statement=replace(before.statement, files=files))
    (run / "seal.json").write_bytes(forged.to_bytes())
    (problem,) = verify(run).problems
    assert "n'est pas un fichier de la campagne" in problem.text


def test_reports_of_another_program_are_compared_by_what_they_say(
    run: Path, key_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = run / "seal.json"
    content = unsigned.read_bytes()
    keys.sign(run, keys.private_key(key_files["private"]))
    monkeypatch.setattr(provenance, "build", lambda: "autre")
    found = verify(run)
    assert (found.problems, found.doubts) == ([], [])
    unsigned.write_bytes(content)
    (doubt,) = verify(run).doubts
    assert "sans signature rien ne garantit" in doubt
    assert "mêmes verdicts et mêmes constats ici" in found.facts[-1]
    (run / "junit.xml").write_text("<testsuite/>")
    assert [one.file for one in verify(run).problems] == ["junit.xml"]


def test_reports_that_nobody_can_make_again_do_not_follow_from_the_journal(
    run: Path, key_files: dict[str, Path]
) -> None:
    """Whoever forges a report says that another program wrote it, and signs it."""
    forged = b"%PDF-1.7 CONFORME"
    (run / "pv.pdf").write_bytes(forged)
    before, journal = seal.read(run).statement, read_journal(run / "journal.jsonl")
    files = {**before.files, "pv.pdf": seal.keyed_digest(journal.secret, forged)}
    statement = replace(before, build="0" * 64, files=files)
    key = keys.private_key(key_files["private"])
    (run / "seal.json").write_bytes(keys.signed(seal.Seal(statement), key).to_bytes())
    found = verify(run)
    assert (found.signed, found.rendered) == (True, False)
    assert "découle du journal" not in verdict(found)
    assert "le texte des rapports est celui du signataire" in verdict(found)


def test_a_redacted_copy_shows_nothing_of_the_messages(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    redact(run, copy)
    assert b"+33199000001" in (run / "journal.jsonl").read_bytes()
    assert b"AMUU" in (run / "results.json").read_bytes()
    shown = b"".join(one.read_bytes() for one in copy.iterdir())
    assert b"+33199000001" not in shown
    assert b"AMUU" not in shown
    results = read_results(copy)
    assert results.judgement.verdict == "fail"
    assert {one.actual for play in results.judgement.scenarios for one in play.findings} == {REDACTED}
    assert {one.rule for play in results.judgement.scenarios for one in play.findings} >= {"DA-03"}


def test_an_unsigned_redacted_copy_is_doubted(run: Path, tmp_path: Path) -> None:
    redact(run, tmp_path / "copy")
    found = verify(tmp_path / "copy")
    assert found.problems == []
    assert "Sans signature" in found.doubts[0]


def test_the_sealed_digests_do_not_let_a_value_be_guessed(run: Path, tmp_path: Path) -> None:
    """Who has the copy and guesses the original results cannot confirm the guess by their digest."""
    redact(run, tmp_path / "copy")
    original = (run / "results.json").read_bytes()
    statement = seal.read(tmp_path / "copy").statement
    assert seal.digest(original) not in (tmp_path / "copy" / "seal.json").read_text()
    assert read_journal(tmp_path / "copy" / "journal.jsonl").secret == ""
    assert seal.keyed_digest("", original) != statement.files["results.json"]


def test_rendering_again_keeps_a_signature_that_still_signs_the_same(
    run: Path, key_files: dict[str, Path]
) -> None:
    keys.sign(run, keys.private_key(key_files["private"]))
    journal = read_journal(run / "journal.jsonl")
    write_all(tell(journal), run)
    assert seal.read(run).signature is not None
    other = replace(judge(journal), notes=("autre",))
    write_all(replace(tell(journal), judgement=other), run)
    assert seal.read(run).signature is None


def test_a_pipe_for_a_report_ends_at_once(run: Path) -> None:
    (run / "pv.pdf").unlink()
    os.mkfifo(run / "pv.pdf")
    (problem,) = verify(run).problems
    assert str(problem) == "pv.pdf : ne peut pas être lu (ce n'est pas un fichier ordinaire)"


def test_an_unsigned_chain_proves_no_more_than_it_does(run: Path) -> None:
    *_, last = telling.lines(verify(run))
    assert last == "OUI : tout concorde avec son journal ; non signé : rien ne dit qui l'a écrit."


def test_a_missing_signature_is_not_a_change(run: Path, key_files: dict[str, Path]) -> None:
    *_, last = telling.lines(verify(run, keys.public_key(key_files["public"])))
    assert last == "NON : cette campagne n'a pas la signature attendue."


@pytest.mark.parametrize(("lines", "half"), [(1, False), (1, True), (2, True), (5, False)])
def test_a_run_that_was_killed_is_interrupted_and_not_changed(run: Path, lines: int, half: bool) -> None:
    """As kill -9 leaves it: the journal up to some byte, and no report yet."""
    path = run / "journal.jsonl"
    kept = path.read_bytes().splitlines(keepends=True)[:-lines]
    path.write_bytes(b"".join(kept)[: -40 if half else None])
    for one in list(run.rglob("*")):
        if one.is_file() and one != path:
            one.unlink()
    found = verify(run)
    assert (found.problems, found.interrupted, found.holds) == ([], True, False)
    assert list(telling.lines(found))[-1].startswith("INTERROMPUE : rien n'est changé")
    write_all(tell(read_journal(path)), run)
    found = verify(run)
    assert (found.problems, found.interrupted) == ([], True)


def test_a_run_that_went_on_after_its_seal_is_interrupted(run: Path, tmp_path: Path) -> None:
    """Cut off and sealed, resumed, then killed before its reports."""
    path = run / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-4]))
    write_all(tell(read_journal(path)), run)
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-2]))
    found = verify(run)
    assert (found.problems, found.interrupted) == ([], True)
    assert "Le journal va plus loin que le sceau" in found.doubts[-1]


def test_lines_after_the_end_are_a_change(run: Path) -> None:
    path = run / "journal.jsonl"
    journal = read_journal(path)
    last = journal.entries[-1]
    again = replace(last, number=last.number + 1)
    path.write_bytes(path.read_bytes() + encode(again, journal.fingerprint)[0] + b"\n")
    assert [one.file for one in verify(run).problems] == ["journal.jsonl"]


def test_a_journal_that_is_redacted_in_part_is_told_as_that(run: Path) -> None:
    path = run / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    place = next(at for at, one in enumerate(lines) if b'"kind":"received"' in one)
    lines[place] = redacted(lines[place].rstrip(b"\n")) + b"\n"
    path.write_bytes(b"".join(lines))
    found = verify(run)
    assert found.problems == []
    assert "est expurgé en partie" in found.doubts[0]
    with pytest.raises(UnreadableJournalError, match="expurgé en partie"):
        judge(read_journal(path))
