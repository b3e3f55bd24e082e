"""The whole command against the bare exchange: CPU, wall time and peak memory, as ratios in one run.

    python benchmarks/whole.py [rounds] [options of recette run…]

The bare exchange is the same messages through the same broker and dispatcher, published and consumed one after the other
in a process of its own, with no harness. Each round plays the whole command, then the exchange, so that whatever else
the machine does touches both. CPU is that of the process and of all that it started, from its start to its end; memory
is the largest sum over these processes of what each has for itself and its share of what they share (PSS, Linux).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from floor import replayed, sent_bodies

from recette.journal.reader import read_journal

LOOK = 0.05
"""Seconds between two looks at the memory."""
RESULTS = "results.json"
COMPILED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment in which modules are compiled once, as an installed package's are, and not at each start."""


@dataclass(frozen=True)
class Cost:
    """Seconds and MiB."""

    cpu: float
    wall: float
    memory: float
    until_results: float = 0.0
    """Wall time until results.json was there."""

    def __str__(self) -> str:
        until = f" (results.json after {self.until_results:.2f} s)" if self.until_results else ""
        return f"CPU {self.cpu:.2f} s, wall {self.wall:.2f} s{until}, peak {self.memory:.0f} MiB"


def main() -> None:
    if sys.argv[1:2] == ["--exchange"]:
        _exchange(Path(sys.argv[2]))
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    options = sys.argv[2:]
    found: list[tuple[Cost, Cost]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "r"
            command = [sys.executable, "-m", "recette.cli", "run", "--report", str(report), *options]
            whole = cost(command, report / RESULTS)
            bare = cost([sys.executable, __file__, "--exchange", str(report / "journal.jsonl")])
        found.append((whole, bare))
        print(f"whole command: {whole}\nbare exchange: {bare}\n    ratio of CPU {whole.cpu / bare.cpu:.2f}")
    print(
        f"{rounds} rounds: median ratio of CPU {statistics.median(one.cpu / two.cpu for one, two in found):.2f}, of wall "
        f"{statistics.median(one.wall / two.wall for one, two in found):.2f}; peak of the whole command "
        f"{max(one.memory for one, _ in found):.0f} MiB, of the exchange {max(two.memory for _, two in found):.0f} MiB"
    )


def _exchange(journal: Path) -> None:
    """The messages of a journal, with no harness."""
    bodies = sent_bodies(read_journal(journal))
    before = os.times()
    asyncio.run(replayed("embedded", bodies))
    spent = os.times()
    print(f"{spent.user + spent.system - before.user - before.system:.3f}")


def cost(command: Sequence[str], results: Path | None = None) -> Cost:
    """What a command costs until it ends; of the bare exchange, CPU without reading the journal."""
    began = perf_counter()
    before = os.times()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, env=COMPILED)
        watch = _Watch(process.pid, results, began)
        watch.start()
        process.wait()
        wall = perf_counter() - began
        watch.ended.set()
        watch.join()
        told.seek(0)
        said = told.read()
    assert process.returncode == 0, said
    spent = os.times()
    cpu = spent.children_user + spent.children_system - before.children_user - before.children_system
    if results is None:
        cpu = float(said)
    return Cost(cpu, wall, watch.peak, watch.until_results)


class _Watch(threading.Thread):
    """Looks at the memory of a process and of all that it started, until it is told to end."""

    def __init__(self, process: int, results: Path | None, began: float) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.peak = self.until_results = 0.0
        self._process = process
        self._results = results
        self._began = began

    def run(self) -> None:
        while not self.ended.wait(LOOK):
            self.peak = max(self.peak, sum(map(_memory, _family(self._process))))
            if self._results is not None and not self.until_results and self._results.exists():
                self.until_results = perf_counter() - self._began


def _family(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [process, *(one for child in text.split() for one in _family(int(child)))]


def _memory(process: int) -> float:
    """MiB."""
    try:
        rolled = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in rolled.splitlines() if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
