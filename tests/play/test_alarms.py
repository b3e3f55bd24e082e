"""An alarm that no partner meets, since none publishes meanwhile, is asked for; what is missing then is not the editor's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.hub.errors import HubError
from recette.journal.events import Event
from recette.journal.link_events import LinkBlocked, LinkUnblocked
from recette.play import alarms as module
from recette.play.alarms import Alarms
from recette.play.target import Deadlines
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.editor import Misbehaviour
from tests.sandbox.troubled import scenario

PLACE = {"vhost": "v", "client": "a"}
LOW = "low on memory"


async def test_it_is_told_once_and_its_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    answers = [LOW, LOW, LOW, None]
    noted: list[Event] = []
    over = asyncio.Event()

    def note(event: Event) -> None:
        noted.append(event)
        if isinstance(event, LinkUnblocked):
            over.set()

    async def ask() -> str | None:
        return answers.pop(0) if answers else None

    alarms = Alarms("v", note)
    alarms.ask = ask
    await alarms.look(["a"])
    alarms.told("a", LOW)
    async with asyncio.timeout(30):
        await over.wait()
    await alarms.look(["a"])
    await alarms.close()
    assert noted == [LinkBlocked(**PLACE, reason=LOW), LinkUnblocked(**PLACE)]


async def test_a_hub_that_does_not_answer_has_not_said_that_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    answers: list[str | HubError | None] = [LOW, HubError("muet"), HubError("muet"), None]
    left: list[int] = []
    over = asyncio.Event()

    def note(event: Event) -> None:
        if isinstance(event, LinkUnblocked):
            left.append(len(answers))
            over.set()

    async def ask() -> str | None:
        said = answers.pop(0)
        if isinstance(said, HubError):
            raise said
        return said

    alarms = Alarms("v", note)
    alarms.ask = ask
    await alarms.look(["a"])
    async with asyncio.timeout(30):
        await over.wait()
    await alarms.close()
    assert left == [0]


async def test_a_link_that_was_lost_is_told_again() -> None:
    noted: list[Event] = []
    alarms = Alarms("v", noted.append)
    alarms.told("a", LOW)
    alarms.gone("a")
    alarms.told("a", None)
    alarms.told("a", LOW)
    assert noted == [LinkBlocked(**PLACE, reason=LOW)] * 2


async def test_a_hub_that_does_not_answer_has_no_alarm() -> None:
    async def ask() -> str | None:
        raise HubError("coupé")

    noted: list[Event] = []
    alarms = Alarms("v", noted.append)
    alarms.ask = ask
    await alarms.look(["a"])
    assert noted == []


@pytest.mark.parametrize("reason", [LOW, None])
@pytest.mark.parametrize(
    ("which", "rule"),
    [
        (("15-15-partage-simple.g3", "origine"), "SC-01"),
        (("15-15-destinataire-inconnu.g3", "origine"), "SC-04"),
    ],
)
def test_a_silent_editor_at_home(
    which: tuple[str, str], rule: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under an alarm nobody knows what it published; without one it is named."""

    async def shortage(_: EmbeddedBroker) -> str | None:
        return reason

    monkeypatch.setattr(EmbeddedBroker, "shortage", shortage)
    mute = Misbehaviour(on_sending=lambda _, out: [] if out.model == "RS-EDA" else [out])
    options = Options(misbehaviour=mute, deadlines=Deadlines(0.5, 0.5, 0.1))
    judgement = play_at_home([scenario(*which)], (), tmp_path / "journal.jsonl", options)
    (found,) = [one for one in judgement.scenarios[0].findings if one.rule == rule]
    assert (found.verdict, found.attributed_to) == (("inconc", "hub") if reason else ("fail", "editor"))
    assert (LOW in found.explanation) == bool(reason)
