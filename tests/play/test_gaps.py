"""A partner's link that breaks during a run: what was missed meanwhile is never the editor's fault."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.hub import lasting
from recette.hub.errors import HubError
from recette.journal.events import DeadlinePassed, DriverAsked, Entry, Received, Sent, Trouble
from recette.journal.link_events import LinkLost, LinkRestored
from recette.journal.reader import read_journal
from recette.journal.writer import JournalError
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play.target_file import load_target
from recette.report.audience import Audience
from tests.cahier import of_the_cahier
from tests.play.conftest import Served, target_file
from tests.proxy import Proxy


class Network:
    """A proxy before the hub, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self._serve(port)))
        self.thread.start()
        assert self._ready.wait(20)

    def does(self, what: Callable[[Proxy], None]) -> None:
        async def act() -> None:
            what(self.proxy)

        asyncio.run_coroutine_threadsafe(act(), self.loop).result(20)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self._stop.set)
        self.thread.join(20)
        self.loop.close()

    async def _serve(self, port: int) -> None:
        async with Proxy.before(port) as self.proxy:
            self._ready.set()
            await self._stop.wait()


@pytest.fixture
def network(served: Served) -> Iterator[Network]:
    found = Network(served.port)
    yield found
    found.close()


Plays = Callable[[Callable[[Entry], None]], Judgement]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def plays(
    served: Served, network: Network, tmp_path: Path, journal: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Plays:  # fmt: skip
    monkeypatch.setenv("MDP", served.password)
    through = Served(network.proxy.port, served.hook, served.password)
    path = target_file(tmp_path, through)
    path.write_text(path.read_text(encoding="utf-8").replace("answer: 5", "answer: 2"), encoding="utf-8")

    def play(listener: Callable[[Entry], None]) -> Judgement:
        scenarios = of_the_cahier("15-15-partage-simple")
        return play_on_target(load_target(path), scenarios, (), journal, Options(), Audience(listener))

    return play


def once(kind: type, act: Callable[[], None]) -> Callable[[Entry], None]:
    """Act at the first event of that kind, while it is being written."""
    done: list[int] = []

    def listen(entry: Entry) -> None:
        if isinstance(entry.event, kind) and not done:
            done.append(entry.number)
            act()

    return listen


def test_a_short_cut_changes_no_verdict(plays: Plays, network: Network, journal: Path) -> None:
    result = plays(once(DriverAsked, lambda: network.does(Proxy.cut)))
    assert result.verdict == "pass"
    assert any("a été coupée" in note for note in result.notes)
    events = [entry.event for entry in read_journal(journal).entries]
    assert sum(isinstance(one, LinkLost) for one in events) == 1
    assert sum(isinstance(one, LinkRestored) for one in events) == 1


def test_what_comes_again_for_want_of_its_ack_is_no_message_too_many(
    plays: Plays, network: Network, journal: Path
) -> None:
    result = plays(once(Received, lambda: network.does(Proxy.cut)))
    # The partner's own acknowledgment was leaving when the link was cut: it may not have left.
    assert {(one.rule, one.verdict) for play in result.scenarios for one in play.findings} <= {
        ("HUB-01", "inconc")
    }
    received = [entry.event for entry in read_journal(journal).entries if isinstance(entry.event, Received)]
    again = [one for one in received if one.redelivered]
    assert again
    assert again[0].body in [one.body for one in received if not one.redelivered]
    assert result.unclaimed == 0
    assert judge(read_journal(journal)) == result


def test_what_was_missed_in_a_gap_is_inconclusive(plays: Plays, network: Network) -> None:
    cut, back = (
        once(DriverAsked, lambda: network.does(Proxy.refuse)),
        once(DeadlinePassed, lambda: network.does(Proxy.accept)),
    )

    def listen(entry: Entry) -> None:
        cut(entry)
        back(entry)

    result = plays(listen)
    first = result.scenarios[0]
    assert first.verdict == "inconc"
    assert {(one.rule, one.attributed_to) for one in first.findings} == {("SC-01", "hub")}


def test_a_link_that_stays_away_ends_the_run_and_says_so(
    plays: Plays, network: Network, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lasting, "PATIENCE", 0.6)
    with pytest.raises(HubError, match="n'a pas pu être rétablie"):
        plays(once(DriverAsked, lambda: network.does(Proxy.refuse)))
    recorded = read_journal(journal)
    assert not recorded.complete
    troubles = [one.event for one in recorded.entries if isinstance(one.event, Trouble)]
    assert [one.text.partition(" : ")[0] for one in troubles][:-1] == [
        "La liaison de fr.health.samu992 ne revient pas encore"
    ]
    assert "n'a pas pu être rétablie" in troubles[-1].text
    assert judge(recorded).verdict == "inconc"


def test_an_ack_that_cannot_be_journaled_ends_the_run(plays: Plays, journal: Path) -> None:
    """Nobody waits for the partner's own acks: what goes wrong with them must not go unseen."""

    def full(entry: Entry) -> None:
        if isinstance(entry.event, Sent) and entry.event.purpose == "ack":
            raise JournalError("plus de place")

    with pytest.raises(JournalError, match="plus de place"):
        plays(full)
    assert not read_journal(journal).complete
