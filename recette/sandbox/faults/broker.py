"""Faults at the broker, which only its operator sees (requirements TR)."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import ChannelClosed

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.wire import Delivery, Properties
from recette.messages.building import serialise
from recette.messages.reading import JSON_TYPE
from recette.sandbox.editor import Outgoing, ReferenceEditor, StartFault
from recette.sandbox.faults.seeding import ASKED, SHARED, SHARER, SeededFault, fault, on, wire

_RETURNS = 6
Ending = Callable[[], Awaitable[None]]


async def _connected(address: BrokerAddress) -> tuple[AbstractConnection, AbstractChannel]:
    connection = await aio_pika.connect(
        host=address.host,
        port=address.port,
        login=address.user,
        password=address.password,
        virtualhost=address.vhost,
        ssl=address.tls is not None,
        ssl_context=address.tls.context if address.tls else None,
        auth="EXTERNAL" if address.external else "PLAIN",
    )
    return connection, await connection.channel(publisher_confirms=False)


async def _declare(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
    """It creates its queue, is refused, and goes on with the one there is."""
    connection, channel = await _connected(address)
    with contextlib.suppress(ChannelClosed):
        await channel.declare_queue(topology.queue(editor.client, "message"), durable=True)
    return connection.close


async def _take_without_acks(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
    """What comes is lost, and the broker believes it handled."""
    connection, channel = await _connected(address)
    queue = await channel.get_queue(topology.queue(editor.client, "message"), ensure=False)

    async def lose(_: AbstractIncomingMessage) -> None:
        """Nothing is done with it."""

    await queue.consume(lose, no_ack=True)
    return connection.close


def _read(*, no_ack: bool) -> StartFault:
    """What comes is stored and acknowledged to its sender; the broker is never told, or takes it for done at once."""

    async def start(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
        connection, channel = await _connected(address)
        queue = await channel.get_queue(topology.queue(editor.client, "message"), ensure=False)

        async def read(message: AbstractIncomingMessage) -> None:
            await editor.receive(_delivery(queue.name, message))

        await queue.consume(read, no_ack=no_ack)
        return connection.close

    return start


def _delivery(queue: str, message: AbstractIncomingMessage) -> Delivery:
    properties = Properties(message.content_type)
    return Delivery(
        queue,
        message.exchange or "",
        message.routing_key or "",
        redelivered=bool(message.redelivered),
        properties=properties,
        body=message.body,
    )


async def _give_back(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
    """What comes is given back again and again before it is taken."""
    connection, channel = await _connected(address)
    queue = await channel.get_queue(topology.queue(editor.client, "message"), ensure=False)
    returned: dict[bytes, int] = {}

    async def give_back(message: AbstractIncomingMessage) -> None:
        returned[message.body] = returned.get(message.body, 0) + 1
        if returned[message.body] <= _RETURNS:
            await message.reject(requeue=True)
        else:
            await editor.receive(_delivery(queue.name, message))
            await message.ack()

    await queue.consume(give_back)
    return connection.close


async def _read_anothers(_: ReferenceEditor, address: BrokerAddress) -> Ending:
    connection, channel = await _connected(address)
    queue = await channel.get_queue(topology.queue("fr.health.samu992", "message"), ensure=False)
    with contextlib.suppress(ChannelClosed):
        await queue.get(fail=False)
    return connection.close


async def _bind(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
    connection, channel = await _connected(address)
    queue = await channel.get_queue(topology.queue(editor.client, "message"), ensure=False)
    with contextlib.suppress(ChannelClosed):
        await queue.bind(topology.CLIENT_EXCHANGE, "#")
    return connection.close


async def _empty(editor: ReferenceEditor, address: BrokerAddress) -> Ending:
    connection, channel = await _connected(address)
    await (await channel.get_queue(topology.queue(editor.client, "message"), ensure=False)).purge()
    return connection.close


def _after_the_end(out: Outgoing) -> None:
    out.body = serialise(out.document, JSON_TYPE, out.edition) + b"}"


def _sender_twice(out: Outgoing) -> None:
    whole = serialise(out.document, JSON_TYPE, out.edition)
    out.body = whole.replace(b"{", b'{"senderID":"fr.health.samu990",', 1)


FAULTS: tuple[SeededFault, ...] = (
    fault("declare-sa-file", "TR-07", ASKED, "déclare sa file au lieu de l'ouvrir", starts=_declare),
    fault(
        "cle-d-un-autre",
        "TR-09",
        ASKED,
        "publie sous la clé de routage d'un autre",
        sends=on()(wire(routing_key="fr.health.samu990")),
    ),
    fault("info-non-lue", "TR-12", ASKED, "ne lit pas sa file .info", skips=("info",)),
    fault(
        "lit-la-file-d-un-autre",
        "TR-12",
        SHARED,
        "veut lire la file d'un partenaire",
        starts=_read_anothers,
    ),
    fault("lie-sa-file", "TR-07", SHARED, "veut lier sa file à l'exchange du hub", starts=_bind),
    fault("vide-sa-file", "TR-13", SHARED, "vide sa file au démarrage", starts=_empty),
    fault(
        "accolade-de-trop",
        "DA-01",
        SHARER,
        "écrit une accolade de trop après son JSON",
        sends=on()(_after_the_end),
    ),
    fault(
        "emetteur-ecrit-deux-fois",
        "DA-01",
        SHARER,
        "écrit deux fois senderID dans l'enveloppe",
        sends=on()(_sender_twice),
    ),
    fault(
        "lit-sans-acquitter",
        "TR-13",
        SHARED,
        "lit en acquittement automatique, et perd ce qu'il lit",
        also={"AC-01": "ce qui est perdu n'est pas acquitté non plus"},
        starts=_take_without_acks,
        skips=("message",),
    ),
    fault(
        "lit-en-acquittement-automatique",
        "TR-13",
        SHARED,
        "lit en acquittement automatique",
        starts=_read(no_ack=True),
        skips=("message",),
    ),
    fault(
        "n-acquitte-jamais",
        "TR-13",
        "palier-2-acquittement-technique.g2@editeur",
        "lit en acquittement manuel, et n'acquitte jamais auprès du broker",
        starts=_read(no_ack=False),
        skips=("message",),
    ),
    fault(
        "rend-sans-cesse",
        "TR-14",
        SHARED,
        "rend sans cesse le même message au broker",
        starts=_give_back,
        skips=("message",),
    ),
    fault(
        "fixe-une-duree-de-vie",
        "TR-16",
        ASKED,
        "fixe une durée de vie à ses messages",
        sends=on()(wire(expiration="60000")),
    ),
)
