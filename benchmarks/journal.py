"""A long journal, checked and judged: seconds and peak memory, and CPU against parsing and hashing its lines alone.

    python benchmarks/journal.py [events] [file]

The journal is a real run of the default scenarios, repeated with other ids until it is long enough. It is judged by
`recette judge` in a process of its own, whose peak is what is told. With a file, the journal is kept there.
"""

from __future__ import annotations

import hashlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import orjson
from whole import COMPILED

from recette.campaign.campaign import play_at_home
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Confirmed, Entry, Event, RunEnded, RunStarted, ScenarioStarted
from recette.journal.reader import Journal, read_journal
from recette.scenario.selection import select

SCENARIOS = Path(__file__).parent.parent / "scenarios"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12}|(?<![+0-9])[0-9]{9,}")
"""uuids, the ids of runs, the numbers in cases, patients and resources."""


def main() -> None:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(folder) / "long.jsonl"
        recorded = Path(folder) / "journal.jsonl"
        play_at_home(select((), SCENARIOS).scenarios, (), recorded, Options(jobs=HOME_JOBS))
        events = write_long(read_journal(recorded), wanted, path)
        print(f"{events} events, {path.stat().st_size / 2**20:.0f} MiB")
        clock = time.perf_counter()
        told = subprocess.run(
            [sys.executable, "-m", "recette.cli", "judge", str(path)],
            capture_output=True,
            text=True,
            check=False,
            env=COMPILED,
        )
        seconds = time.perf_counter() - clock
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        floor = parsed_and_hashed(path)
    peak, cpu = spent.ru_maxrss / 1024, spent.ru_utime + spent.ru_stime
    print("\n".join(told.stdout.splitlines()[-2:]) or told.stderr)
    print(f"recette judge: {seconds:.2f} s, peak {peak:.0f} MiB, exit code {told.returncode}")
    print(f"CPU {cpu:.2f} s, of orjson and SHA-256 alone {floor:.2f} s: ratio {cpu / floor:.1f}")


def parsed_and_hashed(path: Path) -> float:
    """Seconds of CPU to parse each line and hash it, and no more."""
    began = time.process_time()
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)
            hashlib.sha256(line).digest()
    return time.process_time() - began


def write_long(journal: Journal, wanted: int, path: Path) -> int:
    """Write the run again and again into one journal; returns the number of its events."""
    once = [entry for entry in journal.entries if not isinstance(entry.event, RunStarted | RunEnded)]
    first, last = journal.entries[0], journal.entries[-1]
    sources = " ".join(
        text
        for entry in once
        if isinstance(entry.event, ScenarioStarted)
        for text in entry.event.sources.values()
    )
    kept = frozenset(_ID.findall(sources))
    rounds = -(-wanted // len(once))
    previous, number = ORIGIN, 0
    with path.open("wb", buffering=1 << 20) as file:
        for entry in _repeated(first, once, last, rounds, kept):
            number += 1
            event = replace(entry.event, events=number) if isinstance(entry.event, RunEnded) else entry.event
            line, previous = encode(replace(entry, number=number, event=event), previous)
            file.write(line + b"\n")
    return number


def _repeated(
    first: Entry, once: list[Entry], last: Entry, rounds: int, kept: frozenset[str]
) -> Iterator[Entry]:
    yield first
    for turn in range(rounds):
        for entry in once:
            yield replace(entry, event=_renamed(entry.event, turn, len(once), kept))
    yield last


def _renamed(event: Event, turn: int, length: int, kept: frozenset[str]) -> Event:
    """The event with every id in it turned into another, the same one wherever it stands; `kept` are the scenario's."""

    def id_for(found: re.Match[str]) -> str:
        return found[0] if found[0] in kept else _id(found[0], turn)

    def other(value: Any) -> Any:  # noqa: ANN401 - any value of an event
        if isinstance(value, str):
            return _ID.sub(id_for, value)
        if isinstance(value, bytes):
            return other(value.decode()).encode()
        if isinstance(value, dict):
            return {other(key): other(one) for key, one in value.items()}
        return type(value)(map(other, value)) if isinstance(value, list | tuple) else value

    names = [one.name for one in fields(event) if one.name not in {"sources", "file"}]
    changed = {name: other(getattr(event, name)) for name in names}
    if isinstance(event, Confirmed):
        changed["sent"] = event.sent + turn * length
    return replace(event, **changed)


def _id(text: str, turn: int) -> str:
    digest = hashlib.sha256(f"{turn}:{text}".encode()).hexdigest()
    if text.isdecimal():
        return str(int(digest, 16))[: len(text)]
    return text[:24] + digest[:12] if "-" in text else digest[: len(text)]


if __name__ == "__main__":
    main()
