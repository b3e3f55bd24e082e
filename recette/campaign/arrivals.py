"""When software under test has come to the hub that the run is."""

from __future__ import annotations

import asyncio

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.messages.hub_saw import READS, HubSaw
from recette.play.target import Target
from recette.sandbox.definitions import DISPATCHER
from recette.sandbox.hub import Sandbox

LOOK_EVERY = 0.25
"""Seconds between two looks on a broker that does not tell who reads."""


class EditorAbsentError(RuntimeError):
    """The software under test did not come; the text says where it was awaited."""


class Arrivals:
    """Who reads the queue for messages, as the broker tells it."""

    def __init__(self) -> None:
        self._reading: dict[str, asyncio.Event] = {}

    def saw(self, seen: HubSaw) -> None:
        """Hear of an act at the broker."""
        if seen.action in READS and seen.recipient is not None:
            self._event(f"{seen.vhost} {seen.recipient}").set()

    async def wait(self, sandbox: Sandbox, target: Target, address: BrokerAddress) -> None:
        """Until the target's editor, which connects to `address`, reads its messages. Raises EditorAbsentError."""
        assert target.home is not None
        queue = topology.queue(target.editor, "message")
        try:
            async with asyncio.timeout(target.home.wait):
                if sandbox.looker(target.vhost.name) is not None:
                    await self._event(f"{target.vhost.name} {queue}").wait()
                else:
                    await _looked_for(sandbox, target, queue)
        except TimeoutError as error:
            where = address.place
            raise EditorAbsentError(
                f"Aucun logiciel ne lit {queue} sur {where}, vHost {target.vhost.name}, après {target.home.wait:.0f} s : "
                "connectez-le au hub de la recette, ou donnez-lui plus de temps (home: {wait: <secondes>})."
            ) from error

    def _event(self, name: str) -> asyncio.Event:
        return self._reading.setdefault(name, asyncio.Event())


async def _looked_for(sandbox: Sandbox, target: Target, queue: str) -> None:
    connection = await HubConnection.open(
        sandbox.address(DISPATCHER, target.vhost.name), name="recette, en attente"
    )
    try:
        while not (await connection.inspect(queue)).consumers:  # noqa: ASYNC110 - RabbitMQ tells nobody who reads
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await connection.close()
