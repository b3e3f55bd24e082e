"""What is done by several processes, and that none of them speaks when it is asked to stop."""

from __future__ import annotations

import signal

from recette.platform.workers import in_workers


def how_it_ends(name: str) -> tuple[str, object, list[int]]:
    """What a worker does when it is asked to stop."""
    waiting = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return name, signal.getsignal(signal.SIGINT), sorted(waiting)


def test_a_worker_ends_without_a_word() -> None:
    found = list(in_workers(1, how_it_ends, [("a",), ("b",)]))
    assert found == [("a", signal.SIG_DFL, []), ("b", signal.SIG_DFL, [])]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
