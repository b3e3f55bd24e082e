"""What a relay does to a link on purpose, and that it changes no message by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from recette.amqp import frames, methods
from recette.cli import main
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.journal.wire_events import WireClosed, WireDisturbed, WireOpened
from recette.messages.hub_saw import IN_VAIN
from recette.relay.acts import Acts
from recette.relay.disturbances import DELAY, KINDS, Disturbance, Turner
from recette.relay.relay import Relay
from recette.sandbox.broker import EmbeddedBroker
from tests.relay.told import LIMIT, Told
from tests.sandbox.broker.conftest import own_definitions

BROKEN = (ConnectionError, asyncio.IncompleteReadError)


@dataclass(kw_only=True)
class Before(Told):
    """A relay before something that listens, and what it tells."""

    relay: Relay


@asynccontextmanager
async def before(port: int, *, turns: bool = False) -> AsyncIterator[Before]:
    found = Before(relay=None)  # type: ignore[arg-type]  # it tells what it is given here
    hub = BrokerAddress("127.0.0.1", port, "own", "nobody")
    found.relay = await Relay.open(hub, found.tell, lambda _: None, turns=turns)
    try:
        yield found
    finally:
        await found.relay.close()


@dataclass
class Ends:
    """Both ends of a relayed link, as bare streams."""

    before: Before
    editor: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    hub: tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    came: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *two: came.put_nowait(two), "127.0.0.1", 0)
    async with before(server.sockets[0].getsockname()[1], turns=True) as relayed:
        editor = await asyncio.open_connection("127.0.0.1", relayed.relay.port)
        hub = await asyncio.wait_for(came.get(), LIMIT)
        yield Ends(relayed, editor, hub)
        editor[1].close()
        hub[1].close()
    server.close()


async def _over(relayed: Before, what: str) -> None:
    await relayed.until(lambda one: isinstance(one, WireDisturbed) and one.what == what and one.over)


@pytest.mark.parametrize("what", ["deux-fois", "desordre"])
async def test_a_link_that_ends_before_its_messages_came_was_not_disturbed(ends: Ends, what: str) -> None:
    ends.before.relay.disturb(Disturbance(what))
    ends.hub[1].close()
    ends.editor[1].close()
    await ends.before.until(lambda one: isinstance(one, WireClosed))
    told = [one for one in ends.before.events if isinstance(one, WireDisturbed | WireClosed)]
    assert [getattr(one, "in_vain", None) for one in told] == [False, True, None]


async def test_a_cut_breaks_both_ends_and_is_told(ends: Ends) -> None:
    ends.before.relay.disturb(Disturbance("coupure"))
    with pytest.raises(BROKEN):
        await asyncio.wait_for(ends.editor[0].readexactly(1), LIMIT)
    await ends.before.until(lambda one: isinstance(one, WireClosed) and not one.clean)
    assert any(isinstance(one, WireDisturbed) and one.what == "coupure" for one in ends.before.events)


async def test_a_cut_in_mid_frame_lets_half_of_it_through(ends: Ends) -> None:
    ends.before.relay.disturb(Disturbance("coupure-en-trame"))
    ends.hub[1].write(b"x" * 1000)
    with pytest.raises(asyncio.IncompleteReadError) as caught:
        await asyncio.wait_for(ends.editor[0].readexactly(1000), LIMIT)
    assert len(caught.value.partial) == 500


async def test_nothing_passes_in_a_silence_and_all_of_it_afterwards(ends: Ends) -> None:
    ends.before.relay.disturb(Disturbance("silence", 0.3))
    ends.hub[1].write(b"from the hub")
    ends.editor[1].write(b"from the editor")
    reading = asyncio.create_task(ends.editor[0].readexactly(12))
    await _over(ends.before, "silence")
    assert not reading.done()
    assert await asyncio.wait_for(reading, LIMIT) == b"from the hub"
    assert await asyncio.wait_for(ends.hub[0].readexactly(15), LIMIT) == b"from the editor"


async def test_a_slow_link_is_late_and_keeps_the_order(ends: Ends) -> None:
    begun = asyncio.get_running_loop().time()
    ends.before.relay.disturb(Disturbance("lenteur", 0.2))
    pieces = [bytes([65 + place]) * 3 for place in range(20)]
    for piece in pieces:
        ends.hub[1].write(piece)
        await ends.hub[1].drain()
    assert await asyncio.wait_for(ends.editor[0].readexactly(60), LIMIT) == b"".join(pieces)
    assert asyncio.get_running_loop().time() - begun >= DELAY
    await _over(ends.before, "lenteur")


async def test_a_server_that_restarts_takes_nobody_until_it_is_back(ends: Ends) -> None:
    ends.before.relay.disturb(Disturbance("redemarrage", 0.4))
    with pytest.raises(BROKEN):
        await asyncio.wait_for(ends.editor[0].readexactly(1), LIMIT)
    assert ends.before.relay.refuses
    reader, writer = await asyncio.open_connection("127.0.0.1", ends.before.relay.port)
    with pytest.raises(BROKEN):
        await asyncio.wait_for(reader.readexactly(1), LIMIT)
    writer.close()


class _Told:
    def lost(self, reason: str) -> None: ...
    def failed(self, error: HubError) -> None: ...
    def restored(self, seconds: float, attempts: int) -> None: ...
    def gone(self, error: HubError) -> None: ...
    def blocked(self, reason: str | None) -> None: ...


@asynccontextmanager
async def brokered(*, turns: bool = False) -> AsyncIterator[tuple[Before, EmbeddedBroker]]:
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    async with before(broker.port, turns=turns) as relayed:
        yield relayed, broker
    await broker.stop()


async def test_a_delivery_is_handed_over_again() -> None:
    """The editor's ack cannot have passed: the broker hands the message over once more, and says so."""
    async with brokered() as (relayed, broker):
        taken: asyncio.Queue[Delivery] = asyncio.Queue()

        async def take(delivery: Delivery) -> bool:
            taken.put_nowait(delivery)
            return True

        through = BrokerAddress("127.0.0.1", relayed.relay.port, "own", "owner", "secret")
        editor = await LastingConnection.open(through, name="editor", watcher=_Told())
        await editor.consume("dispatch", take)
        await relayed.until(lambda one: isinstance(one, WireOpened))
        relayed.relay.disturb(Disturbance("deux-fois"))
        direct = BrokerAddress("127.0.0.1", broker.port, "own", "owner", "secret")
        async with await HubConnection.open(direct, name="hub") as hub:
            await hub.publish("hubsante", "key", b"once", Properties("application/json", PERSISTENT))
        first = await asyncio.wait_for(taken.get(), LIMIT)
        second = await asyncio.wait_for(taken.get(), LIMIT)
        assert (first.body, first.redelivered) == (b"once", False)
        assert (second.body, second.redelivered) == (b"once", True)
        await editor.close()


async def test_two_deliveries_are_turned_round_and_settled_all_the_same() -> None:
    async with brokered(turns=True) as (relayed, broker):
        bodies: list[bytes] = []
        enough = asyncio.Event()

        async def take(delivery: Delivery) -> bool:
            bodies.append(delivery.body)
            if len(bodies) == 4:
                enough.set()
            return True

        through = BrokerAddress("127.0.0.1", relayed.relay.port, "own", "owner", "secret")
        async with await HubConnection.open(through, name="editor") as editor:
            await editor.consume("dispatch", take, prefetch=10)
            relayed.relay.disturb(Disturbance("desordre"))
            direct = BrokerAddress("127.0.0.1", broker.port, "own", "owner", "secret")
            async with await HubConnection.open(direct, name="hub") as hub:
                for body in (b"1" * 200_000, b"2", b"3", b"4"):
                    await hub.publish("hubsante", "key", body, Properties("application/json", PERSISTENT))
            await asyncio.wait_for(enough.wait(), LIMIT)
            assert [one[:1] for one in bodies] == [b"2", b"1", b"3", b"4"]
            async with await HubConnection.open(direct, name="look") as look:
                async with asyncio.timeout(LIMIT):
                    while (await look.inspect("dispatch")).messages:
                        await relayed.until(lambda _: True)
                        await asyncio.sleep(0)


async def test_what_is_not_armed_passes_byte_by_byte() -> None:
    written = bytearray()
    turner = Turner(written.extend)
    sent = b"\x01\x00\x01\x00\x00\x00\x04\x00\x3c\x00\x3c\xce" * 3
    for octet in sent:
        turner(bytes([octet]))
    assert written == sent


async def test_a_message_that_no_other_follows_goes_on_and_that_is_told() -> None:
    written, over = bytearray(), list[bool]()
    turner = Turner(written.extend, over.append)
    turner.arm()
    alone = frames.content(1, methods.deliver("tag", 1, False, "", "key"), b"\0\0", b"body", frames.FRAME_MAX)
    turner(alone)
    assert (bytes(written), over) == (b"", [])
    turner.disarm()
    assert (bytes(written), over) == (alone, [False])
    turner.disarm()
    assert over == [False]


def test_a_run_that_observes_hears_of_what_held_the_link_back() -> None:
    acts = Acts()
    opened = WireOpened(
        connection=1, user="a", vhost="own", mechanism="PLAIN", product="", tls="", heartbeat=0
    )
    list(acts.of(opened))
    told = [
        one.action
        for over in (False, True)
        for one in acts.of(WireDisturbed(connection=1, what="silence", seconds=1.0, over=over))
    ]
    assert told == ["disturbed", "undisturbed"]
    assert list(acts.of(WireDisturbed(connection=1, what="coupure", seconds=1.0))) == []
    vain = WireDisturbed(connection=1, what="desordre", seconds=1.0, over=True, in_vain=True)
    assert [(one.action, one.reason) for one in acts.of(vain)] == [("incident-over", IN_VAIN)]


@pytest.mark.parametrize(
    ("hub", "more", "said"),
    [
        ("amqps://messaging.hub.esante.gouv.fr:5671", ["--allow-harmful"], "où rien n'est gêné, jamais"),
        ("amqps://hub.esante.gouv.fr:5671", ["--allow-harmful"], "où rien n'est gêné, jamais"),
        ("amqps://hub.exemple.invalid:5671", [], "ajoutez --allow-harmful"),
        ("amqps://messaging.bac-a-sable.hub.esante.gouv.fr:5671", [], "ajoutez --allow-harmful"),
    ],
)
def test_it_is_refused_where_others_would_suffer(
    hub: str, more: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["relay", "--hub", hub, "--disturb", "coupure", *more, "--report", str(tmp_path / "r")])
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("panne", "n'est pas un incident"), ("silence:0", "en secondes"), ("silence:x", "en secondes")],
)
def test_what_is_no_disturbance_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Disturbance.parse(text)


def test_each_kind_is_known() -> None:
    assert [Disturbance.parse(f"{one}:3").seconds for one in KINDS] == [3.0] * len(KINDS)
