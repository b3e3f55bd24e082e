"""The cahier with one play at a time against several at once, where the editor takes a while to answer.

python benchmarks/jobs.py [jobs] [milliseconds] [generation]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.sandbox.temper import Temper
from recette.scenario.selection import select

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    seconds = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.05
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    scenarios = [one for one in select((), SCENARIOS).scenarios if wanted in {0, one.generation}]
    spent = {}
    for at_once in (1, jobs):
        options = Options(jobs=at_once, temper=Temper(seconds, seconds))
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            found = play_at_home(scenarios, (), Path(folder) / "journal.jsonl", options)
            spent[at_once] = time.perf_counter() - began
        print(f"{len(found.scenarios)} plays, {at_once} at a time: {spent[at_once]:.1f} s, {found.verdict}")
    print(f"ratio {spent[1] / spent[jobs]:.1f} where an editor takes {seconds * 1000:.0f} ms to answer")


if __name__ == "__main__":
    main()
