"""The dispatcher answers as the agency's own did in March 2025 (fact sheet 7.9), and as its sources say it does in 2026."""

from __future__ import annotations

import pytest

from tests.sandbox.cases_of_2026 import in_2026
from tests.sandbox.recorded_cases import FOLDER, GENERATIONS, differences, load, play

LEAST = 0.98


THERE = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the recorded cases are not there ({FOLDER})")


@THERE
@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_recorded_message_is_answered_as_by_the_real_dispatcher(generation: int) -> None:
    cases = load(FOLDER, generation)
    answered = await play(cases, generation, "2025-03")
    different = [
        f"{case.id} {case.name}: {said}" for case, got in answered if (said := differences(case, got))
    ]
    assert len(answered) == len(cases) > 100
    assert len(different) <= (1 - LEAST) * len(cases), "\n".join(different)


@THERE
@pytest.mark.parametrize("generation", GENERATIONS)
async def test_each_difference_of_2026_is_one_that_the_sheet_names(generation: int) -> None:
    """No case differs from what the sheet makes of what was recorded; without the sheet's rules, some do."""
    recorded = load(FOLDER, generation)
    cases = [in_2026(case) for case in recorded]
    answered = await play(cases, generation, "2026")
    different = [
        f"{case.id} {case.name}: {said}" for case, got in answered if (said := differences(case, got))
    ]
    assert different == []
    changed = [one for one, before in zip(cases, recorded, strict=True) if one.real != before.real]
    assert len(changed) > 20
