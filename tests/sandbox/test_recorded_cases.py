"""The dispatcher of March 2025 answers as the agency's own did (fact sheet 7.9, docs/sandbox-limites.md)."""

from __future__ import annotations

import pytest

from tests.sandbox.recorded_cases import FOLDER, GENERATIONS, differences, load, play

LEAST = 0.98


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the recorded cases are not there ({FOLDER})")
@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_recorded_message_is_answered_as_by_the_real_dispatcher(generation: int) -> None:
    cases = load(FOLDER, generation)
    answered = await play(cases, generation, "2025-03")
    different = [
        f"{case.id} {case.name}: {said}" for case, got in answered if (said := differences(case, got))
    ]
    assert len(answered) == len(cases) > 100
    assert len(different) <= (1 - LEAST) * len(cases), "\n".join(different)
