"""Randomness is given out once, in this process and in one that is split off."""

from __future__ import annotations

import os

from recette.platform.random_bytes import random_bytes


def test_none_is_given_out_twice() -> None:
    drawn = [random_bytes() for _ in range(2000)]
    assert {len(one) for one in drawn} == {16}
    assert len(set(drawn)) == len(drawn)


def test_a_child_process_draws_its_own() -> None:
    random_bytes()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(random_bytes() for _ in range(300)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        theirs = file.read()
    assert os.waitpid(child, 0)[1] == 0
    assert len(theirs) == 300 * 16
    drawn_there = {theirs[at : at + 16] for at in range(0, len(theirs), 16)}
    assert not drawn_there & {random_bytes() for _ in range(300)}
