"""Ctrl-C once ends what runs in order; Ctrl-C twice ends the process at once, whatever it is in the midst of."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from recette.platform import stopping
from recette.platform.stopping import (
    call_when_stopped,
    ended_with_us,
    ends_at_once,
    ends_in_order,
    ends_soon,
    last_words,
    run_stoppable,
    signals_heeded,
)


class _EndedError(BaseException):
    """What stands here for the end of the process."""


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The codes that this process would have ended with."""
    codes: list[int] = []

    def ended(code: int) -> None:
        codes.append(code)
        raise _EndedError

    monkeypatch.setattr(os, "_exit", ended)
    monkeypatch.setattr(stopping, "_PROCESS", stopping._Process())
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield codes
    for number, handler in before.items():
        signal.signal(number, handler)


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def test_before_anything_is_begun_once_is_enough(
    process: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(_EndedError), signals_heeded(3, "Avant.", ""):
        ctrl_c()
    assert process == [3]
    assert capfd.readouterr().err == "Avant.\n"


def test_once_interrupts_and_twice_ends_with_the_last_words(
    process: list[int], capfd: pytest.CaptureFixture[str]
) -> None:
    with signals_heeded(3, "Avant.", ""), ends_in_order():
        with pytest.raises(KeyboardInterrupt), last_words("Pendant."):
            ctrl_c()
        assert process == []
        with pytest.raises(_EndedError), last_words("Ensuite."):
            ctrl_c()
    assert process == [3]
    assert capfd.readouterr().err == "Ensuite.\n"


def test_what_runs_in_a_loop_ends_in_order(process: list[int], capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []

    async def work() -> None:
        asyncio.get_running_loop().call_soon(ctrl_c)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("closed")

    with signals_heeded(3, "", ""), ends_in_order(), pytest.raises(KeyboardInterrupt):
        run_stoppable(work())
    assert told == ["closed"]
    assert process == []
    assert capfd.readouterr().err == ""


def test_an_end_that_takes_its_time_is_told_and_the_second_time_cuts_it(
    process: list[int], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stopping, "PATIENCE", 0.0)
    said = asyncio.Event()

    def say(_: stopping._Process, words: str) -> None:
        os.write(2, words.encode())
        said.set()

    monkeypatch.setattr(stopping._Process, "say", say)

    async def work() -> None:
        asyncio.get_running_loop().call_soon(ctrl_c)
        try:
            await asyncio.Event().wait()
        finally:
            await said.wait()
            ctrl_c()

    with signals_heeded(3, "Avant. ", "En ordre. "), ends_in_order(), pytest.raises(_EndedError):
        run_stoppable(work())
    assert process == [3]
    assert capfd.readouterr().err == "En ordre. Avant. "


def test_whoever_asks_while_the_loop_is_closed_is_heard(process: list[int]) -> None:
    class Closing(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            loop = super().new_event_loop()
            close = loop.close

            def closed() -> None:
                ctrl_c()
                close()

            loop.close = closed  # type: ignore[method-assign]
            return loop

    async def work() -> int:
        return 1

    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(Closing())
    try:
        with signals_heeded(3, "", ""), ends_in_order(), pytest.raises(KeyboardInterrupt):
            run_stoppable(work())
    finally:
        asyncio.set_event_loop_policy(before)
    assert process == []


def test_who_serves_is_told_and_not_cancelled(process: list[int]) -> None:
    async def serve() -> str:
        stop = asyncio.Event()
        call_when_stopped(stop.set)
        asyncio.get_running_loop().call_soon(ctrl_c)
        await stop.wait()
        return "in order"

    with signals_heeded(3, "", ""), ends_in_order():
        assert run_stoppable(serve()) == "in order"
    assert process == []


def test_once_what_served_is_over_the_rest_can_be_interrupted(process: list[int]) -> None:
    async def serve() -> None:
        call_when_stopped(asyncio.Event().set)

    with signals_heeded(3, "", ""), ends_in_order():
        asyncio.run(serve())
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
    assert process == []


def test_what_ends_soon_is_not_cut_however_often_it_is_asked(process: list[int]) -> None:
    with signals_heeded(3, "Avant.", ""), ends_in_order(), ends_soon():
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
        ctrl_c()
    assert process == []


def test_where_nothing_has_to_end_in_order_once_is_enough(process: list[int]) -> None:
    with signals_heeded(3, "", ""), ends_in_order(), pytest.raises(_EndedError), ends_at_once():
        ctrl_c()
    assert process == [3]


def test_once_all_is_done_nothing_is_interrupted(process: list[int]) -> None:
    with signals_heeded(3, "", ""):
        with ends_in_order():
            pass
        ctrl_c()
    assert process == []


def test_what_would_outlive_it_ends_with_it(process: list[int]) -> None:
    with subprocess.Popen(["sleep", "600"]) as child:
        with signals_heeded(3, "", ""), pytest.raises(_EndedError), ended_with_us(child.kill):
            ctrl_c()
        assert child.wait(60) == -signal.SIGKILL
    with signals_heeded(3, "", ""), pytest.raises(_EndedError):
        ctrl_c()


def test_after_the_command_it_is_too_late(process: list[int]) -> None:
    with signals_heeded(3, "", ""):
        pass
    ctrl_c()
    assert process == []


def test_a_library_leaves_signals_to_whoever_calls_it() -> None:
    async def work() -> int:
        return 7

    before = signal.getsignal(signal.SIGINT)
    assert run_stoppable(work()) == 7
    assert signal.getsignal(signal.SIGINT) is before
