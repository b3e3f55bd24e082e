"""Who named which patient: looked up once for a case, however long it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from recette.judge.order import Before
from recette.judge.rules.ids import SharedPatients
from recette.judge.view import EditorMessage, View


def of(number: int, *patients: str, model: str = "RS-EDA-MAJ") -> EditorMessage:
    found = SimpleNamespace(number=number, message=SimpleNamespace(model=model, patient_ids=patients))
    return cast("EditorMessage", found)


class Counting(Before):
    """Counts how often it is asked where a message stands."""

    asked = 0

    def place(self, one: EditorMessage) -> int:
        self.asked += 1
        return super().place(one)


def case(*ours: EditorMessage, theirs: tuple[EditorMessage, ...] = ()) -> View:
    progress = SimpleNamespace(published={str(one.number): one for one in theirs})
    return cast("View", SimpleNamespace(functional=ours, progress=progress))


def test_what_was_named_before_is_known_and_what_comes_later_is_not() -> None:
    ours = (of(2, "a", model="RS-EDA"), of(4, ""), of(6, "b"), of(8))
    shared = SharedPatients(case(*ours, theirs=(of(5, "c"),)), Before(ours))
    assert [shared.begun(one) for one in ours] == [False, True, True, True]
    assert [list(shared.all(one)) for one in ours] == [[], ["a"], ["", "a", "c"], ["", "a", "b", "c"]]
    assert shared.known("b", ours[3])
    assert not shared.known("b", ours[2])
    assert not shared.known("c", ours[1])


def test_a_patient_without_a_name_does_not_begin_a_case() -> None:
    ours = (of(2, ""), of(4))
    shared = SharedPatients(case(*ours), Before(ours))
    assert not shared.begun(ours[1])
    assert shared.known("", ours[1])


@pytest.mark.parametrize("many", [10, 1000])
def test_a_long_case_takes_as_many_questions_as_it_has_messages(many: int) -> None:
    ours = (of(0, "a", model="RS-EDA"), *(of(number, "a") for number in range(1, many)))
    before = Counting(ours)
    shared = SharedPatients(case(*ours), before)
    assert all(shared.begun(one) and shared.known("a", one) for one in ours[1:])
    assert before.asked < 10 * many
