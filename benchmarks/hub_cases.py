"""How far the dispatcher at home answers as the agency's own: every recorded case, played on the embedded broker.

    python benchmarks/hub_cases.py [FOLDER] [--hub PROFILE] [--differences]

FOLDER holds `g1.jsonl`, `g2.jsonl`, `g3.jsonl` (../shared/hub-cases by default). Prints one line a generation.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from pathlib import Path

from tests.sandbox.recorded_cases import FOLDER, GENERATIONS, differences, load, play


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--hub", default="2025-03")
    parser.add_argument("--differences", action="store_true")
    asked = parser.parse_args()
    for generation in GENERATIONS:
        cases = load(asked.folder, generation)
        got = asyncio.run(play(cases, generation, asked.hub))
        different = [(case, seen, said) for case, seen in got if (said := differences(case, seen))]
        same = len(cases) - len(different)
        print(f"generation {generation}: {same} of {len(cases)} identical ({same / len(cases):.1%})")
        if asked.differences:
            for case, _, said in different:
                print(f"    {case.id} {case.name}: {'; '.join(said)}")
            print(f"    by group: {dict(Counter(case.name.partition('/')[0] for case, _, _ in different))}")


if __name__ == "__main__":
    main()
