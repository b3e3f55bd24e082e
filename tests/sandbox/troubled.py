"""A hub on either broker in a thread of its own, with editors on it, to be played against and put to trouble."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import aio_pika

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Properties
from recette.journal.events import Entry
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target
from recette.report.audience import Audience
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.definitions import DISPATCHER, definitions, new_passwords
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.editor import Misbehaviour, Order, ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.settings import HubSettings
from recette.scenario.model import Scenario
from tests.cahier import of_the_cahier
from tests.proxy import Proxy

VHOST = "15-15_v1.5"
EDITOR, PARTNER, EDITOR_TOO, PARTNER_TOO = (f"fr.health.samu99{n}" for n in range(1, 5))
FRAGILE = "fr.health.samu995"
"""An editor that may leave things in its queues."""
LIMIT = 120.0
JSON = Properties("application/json", PERSISTENT)
Result = TypeVar("Result")
Listener = Callable[[Entry], None]


class Engine(Protocol):
    port: int

    async def import_definitions(self, definitions: dict[str, Any], /) -> None: ...


class Hub:
    """Clients on one vHost; the dispatcher is started again by `revive`, as the real one starts itself."""

    def __init__(self, engine: Engine, passwords: dict[str, str]) -> None:
        self._engine = engine
        self.port = engine.port
        self.passwords = passwords
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._dispatcher: Dispatcher | None = None
        self._acts: list[HubSaw] = []
        self._told = asyncio.Event()

    @classmethod
    def on(cls, engine: Engine, *, quorum: bool = False) -> Hub:
        """`quorum`: queues as in production, which keep what the dispatcher forwards, transient or not."""
        passwords = new_passwords([EDITOR, PARTNER, EDITOR_TOO, PARTNER_TOO, FRAGILE])
        hub = cls(engine, passwords)
        try:
            hub.run(engine.import_definitions(definitions([VHOST], passwords, quorum=quorum)))
            hub.revive()
        except BaseException:
            hub.close()
            raise
        return hub

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the hub's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LIMIT)

    def revive(self, settings: HubSettings | None = None) -> None:
        self.kill()
        self._dispatcher = self.run(Dispatcher.start(self.address(DISPATCHER), self._saw, settings))

    def _saw(self, act: HubSaw) -> None:
        self._acts.append(act)
        self._told.set()

    async def answered(self, distribution_id: str) -> None:
        """Until the dispatcher hands over what answers that message."""
        async with asyncio.timeout(LIMIT):
            while not any(
                one.action == "forwarded" and one.reference_id == distribution_id for one in self._acts
            ):
                self._told.clear()
                await self._told.wait()

    async def empty(self) -> None:
        """Nothing that earlier tests left waits in a client's queue any more."""
        for client in self.passwords.keys() - {DISPATCHER}:
            address = self.address(client)
            async with await aio_pika.connect(
                host=address.host, port=address.port, virtualhost=address.vhost,
                login=address.user, password=address.password,
            ) as connection:  # fmt: skip
                channel = await connection.channel()
                for name in topology.CHANNELS:
                    await (await channel.get_queue(topology.queue(client, name), ensure=False)).purge()

    def kill(self) -> None:
        """The dispatcher ends; what is sent from now on stays where it is."""
        if self._dispatcher is not None:
            self.run(self._dispatcher.close())
            self._dispatcher = None

    @contextmanager
    def forbidden(self, client: str) -> Iterator[Callable[[], None]]:
        """What is given takes the right to publish from `client`, until the end."""

        def may(write: str) -> None:
            right = {"vhost": VHOST, "user": client, "configure": "^$", "write": write, "read": ".*"}
            self.run(self._engine.import_definitions({"permissions": [right]}))

        try:
            yield lambda: may("^$")
        finally:
            may("^hubsante$")

    def close(self) -> None:
        self.kill()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()

    def address(self, client: str) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, VHOST, client, self.passwords[client])

    def target(
        self,
        url: str,
        *,
        editor: str = EDITOR,
        partner: str = PARTNER,
        ack: float = 10.0,
        answer: float = 10.0,
    ) -> Target:
        return Target(
            "trouble", vhost(VHOST), editor, "LRM", {"LRM": (partner,)}, DriverChoice("http", url=url),
            Deadlines(ack=ack, answer=answer, quiet=0.1), {partner: self.address(partner)},
        )  # fmt: skip

    @contextmanager
    def editor(self, client: str = EDITOR, misbehaviour: Misbehaviour | None = None) -> Iterator[str]:
        """A reference editor; gives the address at which it takes orders."""
        with self.mortal(client, misbehaviour) as (url, _):
            yield url

    @contextmanager
    def mortal(
        self, client: str = EDITOR, misbehaviour: Misbehaviour | None = None
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        """The same, with what starts it anew once its broker was away."""

        def start() -> ReferenceEditor:
            return self.run(ReferenceEditor.start(self.address(client), client, "LRM", misbehaviour))

        class Current:
            editor = start()

            async def perform(self, order: Order) -> None:
                await self.editor.perform(order)

        def anew() -> None:
            self.run(current.editor.close())
            current.editor = start()

        current = Current()
        hook = self.run(Hook.open(cast("ReferenceEditor", current)))
        try:
            yield hook.url, anew
        finally:
            self.run(hook.close())
            self.run(current.editor.close())

    @contextmanager
    def foreign(self, *command: str) -> Iterator[None]:
        """An editor that is another program: it says `ready`, and ends with its input."""
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as editor:
            assert editor.stdin is not None
            assert editor.stdout is not None
            try:
                assert editor.stdout.readline() == "ready\n"
                yield
            finally:
                editor.stdin.close()
                editor.wait(20)

    @contextmanager
    def pika(self, manner: str, port: int | None = None, client: str = EDITOR) -> Iterator[None]:
        """The editor written with pika."""
        script = str(Path(__file__).with_name("pika_editor.py"))
        login = (str(port or self.port), VHOST, client, self.passwords[client])
        with self.foreign(sys.executable, script, *login, manner):
            yield

    @contextmanager
    def proxy(self) -> Iterator[tuple[int, Callable[[], None]]]:
        """A way to the broker that can be cut."""
        with self.way() as way:
            yield way.port, lambda: self.does(way.cut)

    @contextmanager
    def way(self) -> Iterator[Proxy]:
        """A way to the broker, in the hub's own thread."""
        context = Proxy.before(self.port)
        proxy = self.run(context.__aenter__())
        try:
            yield proxy
        finally:
            self.run(context.__aexit__(None, None, None))

    def does(self, what: Callable[[], None]) -> None:
        """The same as `run`, for what awaits nothing."""

        async def act() -> None:
            what()

        self.run(act())

    def leave(self, sender: str, *bodies: bytes) -> None:
        """Publish as `sender`, once and for all."""
        self.run(self._leave(sender, bodies))

    async def _leave(self, sender: str, bodies: tuple[bytes, ...]) -> None:
        async with await HubConnection.open(self.address(sender), name="ailleurs") as connection:
            for body in bodies:
                outcome = await connection.publish("hubsante", sender, body, JSON)
                assert outcome.status == "confirmed"

    @contextmanager
    def reader(self, client: str) -> Iterator[Callable[[], None]]:
        """Somebody else who logs in as `client`; what is given begins to read its queues, and keeps what it gets."""
        address = self.address(client)

        async def connect() -> aio_pika.abc.AbstractConnection:
            return await aio_pika.connect(
                host="127.0.0.1", port=self.port, login=client, password=address.password, virtualhost=VHOST
            )

        async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await message.ack()

        async def read() -> None:
            channel = await connection.channel()
            for name in ("message", "ack"):
                queue = await channel.get_queue(f"{client}.{name}", ensure=False)
                await queue.consume(take)

        connection = self.run(connect())
        try:
            yield lambda: self.run(read())
        finally:
            self.run(connection.close())


@contextmanager
def embedded() -> Iterator[EmbeddedBroker]:
    """An embedded broker in a thread of its own, without a vHost yet."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    broker = asyncio.run_coroutine_threadsafe(EmbeddedBroker.start({}), loop).result(LIMIT)
    try:
        yield broker
    finally:
        asyncio.run_coroutine_threadsafe(broker.stop(), loop).result(LIMIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()


def scenario(edition: str, actor: str) -> Scenario:
    (found,) = of_the_cahier(edition)
    return replace(found, testable=(actor,))


def played(target: Target, wanted: Scenario, journal: Path, listener: Listener = lambda _: None) -> Judgement:
    return play_on_target(target, [wanted], (), journal, Options(), Audience(listener))


def once(kind: type, act: Callable[[], object], when: Callable[[Any], bool] = lambda _: True) -> Listener:
    """Act at the first event of that kind, while it is being written."""
    done: list[int] = []

    def listen(entry: Entry) -> None:
        if isinstance(entry.event, kind) and not done and when(entry.event):
            done.append(entry.number)
            act()

    return listen


def findings(judgement: Judgement) -> list[tuple[str, str, str]]:
    return [
        (one.rule, one.verdict, one.attributed_to) for play in judgement.scenarios for one in play.findings
    ]
