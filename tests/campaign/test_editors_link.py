"""Over which connections an editor reads, as a relay tells it: what is broken off is over, what comes after it is a return."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from recette.campaign.editors_link import ObservedLink
from recette.hub.observing import ObservationServer, ObservationStream
from recette.messages.hub_saw import IN_VAIN, HubSaw
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Queues
from recette.play.editors_link import returned
from recette.play.prompting import CannotGoOn
from recette.play.run import Run
from recette.play.waiting import Waiting
from recette.scenario.model import Casting
from recette.scenario.steps import DisturbStep, Incident

EDITOR = "fr.health.samu991"


def reads(connection: int, action: str = "consuming") -> HubSaw:
    queue = f"{EDITOR}.message" if action == "consuming" else None
    return HubSaw(
        vhost="v", client=EDITOR, action=action, recipient=queue, distribution_id=None, connection=connection
    )


def in_vain(connection: int) -> HubSaw:
    return replace(reads(connection, "incident-over"), reason=IN_VAIN)


class Relay:
    """A relay of another process, whose editor reads over connection 1, and the link that a run has to it."""

    def __init__(self, server: ObservationServer) -> None:
        self.server = server
        self.link = ObservedLink(EDITOR)

    async def open(self) -> None:
        self.link.stream = await ObservationStream.open(
            self.server.port, "word", self.link.told, lambda _: None, lambda *_: None
        )
        self.server.saw(reads(1))
        await self.caught_up()
        assert self.link.reads

    async def disturbs(self, incident: Incident, seconds: float = 0.0) -> None:
        """It is asked for that, and does it."""
        self.server.disturb = lambda *_: None
        assert await self.link.disturb(incident, seconds) is None

    async def caught_up(self) -> None:
        assert self.link.stream is not None
        await self.link.stream.caught_up()


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    server = await ObservationServer.open("word")
    found = Relay(server)
    await found.open()
    assert found.link.stream is not None
    yield found
    await found.link.stream.close()
    await server.close()


async def test_what_it_opened_just_before_the_cut_is_no_return(relay: Relay) -> None:
    """The run has not yet heard of it when it asks for the cut, which breaks that one too."""

    def cut(_what: str, _seconds: float) -> None:
        relay.server.saw(reads(2))

    relay.server.disturb = cut
    assert await relay.link.disturb("coupure", 0.0) is None
    await relay.caught_up()
    assert not relay.link.reads
    for gone in (1, 2):
        relay.server.saw(reads(gone, "disconnected"))
    relay.server.saw(reads(3))
    await relay.caught_up()
    assert relay.link.reads


async def test_a_return_that_is_told_with_the_answer_is_one(relay: Relay) -> None:
    """The relay's answer and the editor's new connection come at once."""

    def cut(_what: str, _seconds: float) -> None:
        relay.server.saw(reads(1, "disconnected"))
        asyncio.get_running_loop().call_soon(relay.server.saw, reads(2))  # the answer is written before

    relay.server.disturb = cut
    assert await relay.link.disturb("coupure", 0.0) is None
    await relay.caught_up()
    assert relay.link.reads


async def test_after_a_silence_it_reads_once_that_is_over(relay: Relay) -> None:
    await relay.disturbs("silence", 1.0)
    assert not relay.link.reads
    relay.server.saw(reads(1, "undisturbed"))
    await relay.caught_up()
    assert (relay.link.reads, relay.link.in_vain) == (True, False)


async def test_a_link_that_is_to_break_at_a_delivery_is_back_once_it_has(relay: Relay) -> None:
    await relay.disturbs("deux-fois")
    assert not relay.link.reads
    relay.server.saw(reads(1, "disconnected"))
    await relay.caught_up()
    assert not relay.link.reads
    relay.server.saw(reads(2))
    await relay.caught_up()
    assert (relay.link.reads, relay.link.in_vain) == (True, False)


@pytest.mark.parametrize("incident", ["deux-fois", "desordre"])
async def test_an_incident_without_the_messages_for_it_was_none(relay: Relay, incident: Incident) -> None:
    await relay.disturbs(incident)
    assert (relay.link.reads, relay.link.in_vain) == (False, True)
    relay.server.saw(in_vain(1))
    await relay.caught_up()
    assert (relay.link.reads, relay.link.in_vain) == (True, True)


async def test_no_messages_where_it_reads_nothing_say_nothing_of_an_incident(relay: Relay) -> None:
    """An editor may close, or leave idle, connections over which it only publishes."""
    await relay.disturbs("desordre")
    relay.server.saw(in_vain(2))
    await relay.caught_up()
    assert not relay.link.reads
    relay.server.saw(reads(1, "incident-over"))
    await relay.caught_up()
    assert (relay.link.reads, relay.link.in_vain) == (True, False)


async def test_a_connection_that_is_closed_before_the_messages_came_is_no_incident(relay: Relay) -> None:
    await relay.disturbs("deux-fois")
    relay.server.saw(in_vain(1))
    relay.server.saw(reads(1, "closed"))
    relay.server.saw(reads(2))
    await relay.caught_up()
    assert (relay.link.reads, relay.link.in_vain) == (True, True)


async def test_an_editor_whose_link_still_waits_for_its_incident_is_not_awaited_back(relay: Relay) -> None:
    """A deadline of the target's own may be shorter than the relay waits for messages."""
    await relay.disturbs("deux-fois")
    written: list[object] = []
    run = SimpleNamespace(link=relay.link, waiting=Waiting(), journal=SimpleNamespace(write=written.append))
    step = DisturbStep(id="coupure", title="", line=1, actor="origine", incident="deux-fois")

    async def queues() -> Queues:
        return {}

    with pytest.raises(CannotGoOn, match="n'a pas eu lieu"):
        await returned(cast("Run", run), cast("Casting", None), step, Deadline(0.01), queues)
    assert written == []


async def test_a_cut_that_the_relay_refuses_breaks_nothing(relay: Relay) -> None:
    relay.server.disturb = lambda *_: "aucun logiciel n'est connecté à ce relais"
    assert await relay.link.disturb("coupure", 0.0)
    assert relay.link.reads


async def test_a_connection_that_was_closed_is_read_over_no_more(relay: Relay) -> None:
    relay.server.saw(reads(1, "closed"))
    await relay.caught_up()
    assert not relay.link.reads
