"""What relays tell, each in its own order, is put in the order in which it must have happened."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from recette.campaign import relays
from recette.campaign.relays import Relayed
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationError
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import envelope, serialise
from recette.messages.dictionary.models import model
from recette.messages.reading import JSON_TYPE
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.run import Run
from recette.play.target import Deadlines, Target

ALPHA, BETA = "fr.health.samu991", "fr.health.samu992"
SHARE, ACK = f"{ALPHA}_1", f"{BETA}_1"


class Told(Relayed):
    """Keeps what is journaled, by the channel that it came on."""

    def __init__(self) -> None:
        super().__init__({one: cast("Run", object()) for one in (ALPHA, BETA)}, "")
        self.seen: list[str] = []

    def see(self, recipient: str, delivery: Delivery) -> None:
        self.seen.append(delivery.queue)

    async def nothing_is_held(self) -> None:
        await asyncio.gather(*self._asking)


def hand(told: Told, to: str, channel: str, name: str, content: dict[str, Any], identifier: str) -> None:
    on = vhost("15-15_v2.1")
    sender = ALPHA if to == BETA else BETA
    now = datetime.now(UTC)
    document = envelope(
        content,
        model(name, 3).key,
        sender=sender,
        recipient=to,
        distribution_id=identifier,
        sent_at=now,
        expires_at=now + timedelta(hours=1),
    )
    said = Properties(JSON_TYPE, PERSISTENT)
    address = BrokerAddress("127.0.0.1", 1, on.name, "x", "x")
    target = Target("x", on, to, "LRM", {}, DriverChoice("operator"), Deadlines(), {sender: address})
    queue = f"{to}.{channel}"
    told.handed(target, on.name, Delivery(queue, "", queue, False, said, serialise(document)))


def share(told: Told) -> None:
    hand(told, BETA, "message", "RS-EDA", {"caseId": "x"}, SHARE)


def ack(told: Told) -> None:
    hand(told, ALPHA, "ack", "RC-REF", {"distributionID": SHARE}, ACK)


IN_ORDER = [f"{BETA}.message", f"{ALPHA}.ack"]


def test_an_ack_that_one_relay_tells_of_first_waits_for_what_it_acknowledges() -> None:
    told = Told()
    told.published(SHARE)
    ack(told)
    assert told.seen == []
    share(told)
    assert told.seen == IN_ORDER


def test_what_comes_in_order_waits_for_nothing() -> None:
    told = Told()
    told.published(SHARE)
    share(told)
    ack(told)
    assert told.seen == IN_ORDER


def test_an_ack_of_what_nobody_published_is_told_at_once() -> None:
    told = Told()
    ack(told)
    assert told.seen == IN_ORDER[1:]


def test_an_ack_of_what_no_relay_handed_over_is_told_once_all_have_told() -> None:
    told = Told()
    told.published(SHARE)
    ack(told)
    told.caught_up()
    assert told.seen == IN_ORDER[1:]


class Relay:
    """Of an editor, and how far it has told."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.asked, self.told = asyncio.Event(), asyncio.Event()
        self._breaks = breaks

    async def caught_up(self) -> None:
        self.asked.set()
        await self.told.wait()
        if self._breaks:
            raise ObservationError("interrompue")


def behind_relays(**of: Relay) -> Told:
    told = Told()
    told.relays = cast("dict[str, relays._Relay]", {ALPHA: of.get("alpha", Relay()), BETA: of["beta"]})
    told.published(SHARE)
    return told


def answer(told: Told, identifier: str = f"{BETA}_2") -> None:
    """To a request that beta's relay has yet to tell of."""
    content = {"caseId": "x", "requestId": "r", "response": {"answer": "ACCEPTEE"}}
    hand(told, ALPHA, "message", "RS-RR", content, identifier)


async def test_an_answer_waits_for_its_sender_s_relay_which_tells_of_the_request_first() -> None:
    told = behind_relays(beta=Relay())
    answer(told)
    assert told.seen == []
    share(told)
    assert told.seen == IN_ORDER[:1]
    told.published(f"{BETA}_2")
    assert told.seen == [f"{BETA}.message", f"{ALPHA}.message"]


@pytest.mark.parametrize("breaks", [False, True])
async def test_what_passed_by_a_relay_waits_no_longer_than_it_takes_to_ask_it(breaks: bool) -> None:
    beta = Relay(breaks=breaks)
    told = behind_relays(beta=beta)
    answer(told)
    answer(told, f"{BETA}_3")
    await asyncio.wait_for(beta.asked.wait(), 60)
    assert told.seen == []
    beta.told.set()
    await asyncio.wait_for(told.nothing_is_held(), 60)
    assert told.seen == [f"{ALPHA}.message"] * 2
