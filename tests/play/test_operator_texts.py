"""What the operator's terminal says when nothing comes."""

from __future__ import annotations

from recette.play.drivers.operator_texts import nothing_came

EDITOR, QUEUE = "fr.health.samu991", "fr.health.samu992.message"


def test_what_explains_it_best_comes_first() -> None:
    lines = list(nothing_came(EDITOR, "15-15_v1.5", {QUEUE: {"messages": 2, "consumers": 2}}))
    assert QUEUE in lines[0]
    assert "autre lecteur" in lines[0]
    assert "attendent" in lines[1]
    advice = "\n".join(lines[2:])
    for hint in (f"{EDITOR}.info", "vHost 15-15_v1.5", "hubsante", "explicitAddressValue"):
        assert hint in advice


def test_without_a_rival_only_the_advice() -> None:
    lines = list(nothing_came(EDITOR, "15-15_v1.5", {QUEUE: {"messages": 0, "consumers": 1}}))
    assert "!" not in "\n".join(lines)
