"""A journal is whoever's: judging it reads nothing else, ends, and says in one sentence what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import os
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from recette.cli import main
from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Event, RunStarted, ScenarioStarted
from recette.journal.reader import MAX_LINE, UnreadableJournalError, read_journal
from recette.judge.judging import judge
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import BundleError, SchemaSet
from recette.messages.vhosts import UnknownVHostError
from recette.report import junit, results
from recette.report.html.page import render
from recette.report.story import tell
from recette.scenario.problems import ScenarioError
from tests.bundles import write_bundle
from tests.fuzzing import fuzzed, spoil
from tests.journal.rewriting import rewrite
from tests.messages.json.test_closed import Listener, listener
from tests.proof.conftest import recorded, run
from tests.scenario.test_hostile_yaml import HOSTILE

EVENTS = int(os.environ.get("RECETTE_HOSTILE_EVENTS", "20000"))
"""A million on demand."""
__all__ = ["listener", "recorded", "run"]


def with_schemas(folder: Path, change: Callable[[dict[str, Any]], object]) -> Callable[[Event], Event]:
    models = json.loads(json.dumps(SchemaSet.from_bundle(write_bundle(folder), 1).to_json()))
    change(models)

    def changed(event: Event) -> Event:
        return replace(event, models=models) if isinstance(event, RunStarted) else event

    return changed


@pytest.mark.parametrize("command", ["judge", "verify", "report", "redact", "sign"])
def test_schemas_in_a_journal_call_nobody(
    command: str, run: Path, listener: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = {"properties": {"a": {"$ref": listener.url}}}
    rewrite(run, with_schemas(tmp_path / "lot", lambda one: one["schemas"].update({"RS-EDA": inner})))
    more = {"redact": ["--out", str(tmp_path / "copy")], "sign": ["--key", "absent"]}.get(command, [])
    capsys.readouterr()
    assert main([command, str(run), *more]) in {1, 2}
    told = "".join(capsys.readouterr())
    assert command == "sign" or "RS-EDA.schema.json, #/properties/a/$ref : la référence" in told
    assert listener.calls == 0


def with_source(text: str) -> Callable[[Event], Event]:
    def changed(event: Event) -> Event:
        if isinstance(event, ScenarioStarted):
            return replace(event, sources={**event.sources, event.file: text})
        return event

    return changed


@pytest.mark.parametrize(
    "name", ["brackets", "self", "laughs", "sexagesimal", "laughs as a key", "deep anchors"]
)
def test_a_scenario_in_a_journal_is_held_to_the_bounds_of_a_file(
    name: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(run, with_source(HOSTILE[name]))
    for command in ("judge", "verify", "report"):
        code = main([command, str(run)])
        told = "".join(capsys.readouterr())
        assert code in {1, 2}
        assert "défaut" not in told
        assert "YAML" in told or "valeurs dans ce fichier" in told or "ancre" in told or "nombre" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"x" * (MAX_LINE + 10), "dépasse"),
        (b"[" * 1_000_000, "aucune ligne lisible"),
        (b"", "aucune ligne lisible"),
        (b"\n" * 200_000, "aucune ligne lisible"),
    ],
)
def test_a_line_without_end_is_no_journal(
    line: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").write_bytes(line)
    for command in ("judge", "verify", "report"):
        assert main([command, str(tmp_path)]) == 2
        (told,) = capsys.readouterr().err.splitlines()
        assert said in told


def test_a_pipe_or_a_device_is_no_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "journal.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "zero.jsonl"):
        assert main(["judge", str(path)]) == 2
        assert "ce n'est pas un fichier ordinaire" in capsys.readouterr().err


def test_many_events_are_judged_in_bounded_time_and_memory(run: Path) -> None:
    """As many lines as a hub that floods makes, each of them well chained."""
    path = run / "journal.jsonl"
    entries = list(read_journal(path).entries)
    seen = HubSaw(vhost="15-15_v1.5", action="forwarded", client="x", distribution_id="x")
    previous, number = ORIGIN, 0
    with path.open("wb") as file:
        for entry in [entries[0]] + [replace(entries[1], event=seen)] * EVENTS + entries[1:]:
            number += 1
            line, previous = encode(replace(entry, number=number), previous)
            file.write(line + b"\n")
    tracemalloc.start()
    began = time.process_time()
    journal = read_journal(path)
    assert judge(journal).verdict == "fail"
    taken, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert journal.altered is False
    assert taken < EVENTS / 1_000
    assert peak < 200 * 2**20


def _sealed_again(records: list[Any]) -> bytes:
    """Lines as the codec lays them out, whatever they hold."""
    previous, lines = ORIGIN, []
    for record in records:
        hidden = record.pop("private", None)
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        start = ('{"exact":true,' + text[1:])[:-1].encode("utf-8", "surrogatepass")
        sealed = salted = b""
        if hidden is not None:
            inner = json.dumps(hidden, ensure_ascii=False, separators=(",", ":")).encode(
                "utf-8", "surrogatepass"
            )
            salt = b"0" * 32
            salted = b', "private":' + inner + b', "salt":"' + salt + b'"'
            sealed = b', "sealed":"' + hashlib.sha256(salt + inner).hexdigest().encode() + b'"'
        previous = hashlib.sha256(previous.encode() + start + sealed).hexdigest()
        lines.append(start + salted + b', "hash":"' + previous.encode() + b'"}\n')
    return b"".join(lines)


USERS_ERRORS = (UnreadableJournalError, ScenarioError, UnknownVHostError, BundleError)


@fuzzed(100)
@given(data=st.data())
def test_any_journal_is_judged_and_shown_or_refused_in_one_sentence(
    recorded: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Whatever is in its lines, as long as they are chained: no defect of ours, whoever wrote it."""
    records = [json.loads(one) for one in (recorded / "journal.jsonl").read_bytes().splitlines()]
    for record in records:
        record.pop("hash")
        record.pop("salt", None)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(records) - 1))
        how = data.draw(st.sampled_from(["change", "change", "change", "drop", "swap", "repeat"]))
        if how == "change":
            records[at] = spoil(records[at], data)
        elif how == "drop" and len(records) > 2:
            del records[at]
        elif how == "swap":
            records[at], records[-1 - at] = records[-1 - at], records[at]
        else:
            records.insert(at, json.loads(json.dumps(records[at])))
    for number, record in enumerate(records, 1):
        if data.draw(st.integers(0, 9)):
            record["n"] = number
    path = tmp_path / "journal.jsonl"
    path.write_bytes(_sealed_again(records))
    try:
        told = ""
        story = tell(read_journal(path))
        crashed = [
            one.explanation
            for play in story.judgement.scenarios
            for one in play.findings
            if "a échoué (" in one.explanation
        ]
        render(story)
        (tmp_path / "out").mkdir(exist_ok=True)
        results.write(story, tmp_path / "out")
        junit.write(story, tmp_path / "out")
        event(f"jugé : {story.judgement.verdict}")
    except USERS_ERRORS as error:
        told, crashed = str(error), []
        event(f"refusé : {type(error).__name__}")
    assert crashed == []
    assert "Traceback" not in told
