"""Work done by several processes at once, each begun afresh: none of them speaks when it is asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import TypeVar

from recette.platform.quiet_libraries import hush_libraries
from recette.platform.stopping import ended_with_us, signals_end_it, signals_wait

Result = TypeVar("Result")


def in_workers(
    many: int, work: Callable[..., Result], asked: Sequence[tuple[object, ...]]
) -> Iterator[Result]:
    """What `work` makes of each of `asked`, in that order, by at most `many` processes."""
    # A fork would take the threads of whoever asks along.
    at_once = min(many, max(1, len(asked)))
    pool = ProcessPoolExecutor(at_once, mp_context=get_context("spawn"), initializer=_begin_worker)
    try:
        with ended_with_us(_end_workers):
            with signals_wait():  # until the worker knows what to do about them
                tasks = [pool.submit(work, *one) for one in asked]
            for task in tasks:
                yield task.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    signals_end_it()
    hush_libraries()


def _end_workers() -> None:
    for one in active_children():
        one.kill()
