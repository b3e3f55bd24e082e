"""What a copy of the process does is what this one would have done."""

from __future__ import annotations

import os
import signal

import pytest

from recette.platform import second_core
from recette.platform.second_core import SecondCore

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*fork:DeprecationWarning"
)  # the test's own process has threads
HERE = os.getpid


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of these tests waits for no thread."""
    monkeypatch.setattr(second_core, "_can_be_copied", lambda: True)


def test_the_work_is_done_by_another_process(copied: None) -> None:
    with SecondCore(lambda: [str(os.getpid()), "é"]) as second:
        told = second.result()
    assert int(told[0]) != HERE()
    assert told[1] == "é"


def test_what_a_copy_could_not_do_is_done_here(copied: None) -> None:
    here = HERE()

    def work() -> list[str]:
        if os.getpid() != here:
            os._exit(3)
        return ["here"]

    with SecondCore(work) as second:
        assert second.result() == ["here"]


def test_what_neither_can_do_is_raised(copied: None) -> None:
    def work() -> list[str]:
        raise OSError(28, "disk full")

    with SecondCore(work) as second, pytest.raises(OSError, match="disk full"):
        second.result()


def test_whoever_leaves_leaves_no_process_behind(copied: None, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    fork = os.fork

    def remembered() -> int:
        made.append(fork())
        return made[-1]

    monkeypatch.setattr(os, "fork", remembered)

    def work() -> list[str]:
        signal.pause()
        return []

    def leave() -> None:
        with SecondCore(work):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    with pytest.raises(ChildProcessError):
        os.waitpid(made[0], os.WNOHANG)


def test_where_nothing_can_be_copied_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_core, "_can_be_copied", lambda: False)
    with SecondCore(lambda: [str(os.getpid())]) as second:
        assert second.result() == [str(HERE())]
