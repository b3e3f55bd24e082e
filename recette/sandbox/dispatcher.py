"""The hub's dispatcher: checks, routes, reports, in the order and with the codes of the real one (fact sheet 7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Self

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.consumer import Handler, Settle, Turn
from recette.hub.publishing import RETURN_CORRELATION
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome
from recette.messages.building import serialise
from recette.messages.clients import HUB, is_health
from recette.messages.conversion.failures import ConversionError
from recette.messages.extracting import extracted_id
from recette.messages.hub_saw import CONVERSION_FAILED, HubSaw
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import JSON_TYPE, Message, inner, read
from recette.messages.vhosts import vhost
from recette.sandbox.checks import Checks, seconds_left
from recette.sandbox.conversions import BuiltIn, Conversions, Order
from recette.sandbox.definitions import DEFAULT_TTL
from recette.sandbox.error_report import DroppedError, RefusedError, report
from recette.sandbox.formats import with_offsets, written
from recette.sandbox.incoming import Incoming
from recette.sandbox.loose_xml import ControlCharacterError
from recette.sandbox.reading import read_as
from recette.sandbox.routing import Detour, detour, version
from recette.sandbox.settings import HubSettings
from recette.sandbox.transfer import exchange
from recette.sandbox.turned_round import TurnedRound
from recette.sandbox.turns import Turns

_LONGEST_KEY = 255
"""Bytes of a routing key in AMQP."""
_CHANNEL: dict[str, topology.Channel] = {
    "Report": "message",
    "Update": "message",
    "Cancel": "message",
    "Ack": "ack",
    "Error": "info",
}


Observer = Callable[[HubSaw], None]


class Dispatcher:
    """Serves one vHost until closed. What it does is told to `observer` before it is done."""

    def __init__(
        self,
        connection: HubConnection,
        observer: Observer,
        settings: HubSettings,
        schemas: SchemaSet | None = None,
        conversions: Conversions | None = None,
    ) -> None:
        self._connection = connection
        self._observe = observer
        self._settings = settings
        self._vhost = connection.address.vhost
        self._edition = schemas.edition if schemas is not None else vhost(self._vhost).edition
        self._checks = Checks(self._vhost, settings, schemas)
        self._conversions = conversions or BuiltIn()
        self._leave = TurnedRound(settings.reorder).place if settings.reorder else nullcontext

    @classmethod
    async def start(
        cls,
        address: BrokerAddress,
        observer: Observer,
        settings: HubSettings | None = None,
        schemas: SchemaSet | None = None,
        turns: Turns | None = None,
        conversions: Conversions | None = None,
    ) -> Self:
        """Connect and consume; `settings` are those of the newest profile unless said; `turns` are shared with the
        other dispatchers of this vHost, `conversions` with those of all. Raises HubError.
        """
        opened = await HubConnection.open(address, name="recette dispatcher")
        dispatcher = cls(opened, observer, settings or HubSettings(), schemas, conversions)
        turn: Turn | None = None if turns is None else lambda delivery: turns.of(delivery.routing_key)
        if dispatcher._settings.reorder:
            # What is done to each is done in order, what leaves does not (2026 sheet 2.1).
            turn = _at_once
        try:
            await opened.consume(
                topology.DISPATCH_QUEUE, dispatcher._or_settled(dispatcher._dispatch), turn=turn
            )
            await opened.consume(topology.DEAD_LETTER_QUEUE, dispatcher._or_settled(dispatcher._bury))
        except BaseException:
            await opened.close()
            raise
        return dispatcher

    def on_lost(self, callback: Callable[[BaseException], None]) -> None:
        """Call `callback` with the reason when the broker is lost."""
        self._connection.on_closed(callback)

    async def close(self) -> None:
        await self._connection.close()

    def _or_settled(self, handle: Handler) -> Handler:
        """A handler that no message stops: what it fails on twice is rejected, and that is told."""

        async def handled(delivery: Delivery) -> Settle:
            try:
                return await handle(delivery)
            except ConnectionError:
                raise
            except Exception:  # noqa: BLE001 - whatever one message does, the next is served
                try:
                    return await handle(delivery)
                except ConnectionError:
                    raise
                except Exception as error:  # noqa: BLE001 - likewise
                    reason = f"Le dispatcher échoue sur ce message ({type(error).__name__}) : abandonné sans rapport."
                    self._observe(self._refusal(delivery, None, None, None, reason))
                    return False

        return handled

    async def _dispatch(self, delivery: Delivery) -> bool:
        incoming: Incoming | None = None
        refusal: RefusedError | DroppedError | None = None
        try:
            incoming = self._checks.read(delivery)
            message = incoming.message
        except (RefusedError, DroppedError) as error:
            refusal = error
            message = read(delivery.body, read_as(delivery), self._edition)
        anew = incoming is not None and not incoming.exact
        self._tell_received(delivery, message, delivery.body if anew else None)
        try:
            if refusal is not None or incoming is None:
                raise refusal or DroppedError
            detour = self._checks.check(incoming)
            await (self._forward(incoming) if detour is None else self._transfer(incoming, detour))
        except RefusedError as refused:
            await self._report(refused, delivery, message)
            return False
        except DroppedError as dropped:
            self._observe(self._refusal(delivery, message, None, None, str(dropped)))
            return False
        return True

    def _tell_received(self, delivery: Delivery, message: Message, body: bytes | None) -> None:
        properties = delivery.properties
        self._observe(
            HubSaw(
                vhost=self._vhost,
                action="received",
                client=delivery.routing_key,
                distribution_id=message.distribution_id,
                content_type=properties.content_type,
                delivery_mode=properties.delivery_mode,
                expiration=properties.expiration,
                body=body,
            )
        )

    async def _forward(self, incoming: Incoming) -> None:
        """To the recipient's queue. Raises RefusedError when no queue takes the message, DroppedError."""
        message, delivery = incoming.message, incoming.delivery
        if any(isinstance(one, list) for one in delivery.properties.headers.values()):
            raise DroppedError("Un en-tête AMQP est une liste : abandonné sans rapport.")  # as measured (7.9)
        target = topology.queue(incoming.recipient, _CHANNEL[message.distribution_kind or ""])
        if len(target.encode()) > _LONGEST_KEY:
            raise DroppedError(
                "Le destinataire ne tient pas dans une clé de routage : abandonné sans rapport."
            )
        form = self._settings.content_type(incoming.recipient)
        body = self._converted(incoming, form)
        properties = self._passed_on(incoming, form)
        self._observe(
            HubSaw(
                vhost=self._vhost,
                action="forwarded",
                client=delivery.routing_key,
                distribution_id=message.distribution_id,
                recipient=target,
                content_type=form,
                reference_id=message.reference_id,
            )
        )
        outcome = await self._hand_over(topology.DISTRIBUTION_EXCHANGE, target, body, properties)
        if outcome.status == "returned":
            refused = incoming.refused(501, f"message could not be delivered to {target}: {outcome.reason}")
            if self._settings.profile.returned_reference == "lost" and is_health(target):
                refused.referenced = None  # it reads what came back as XML (7.1, 10)
            raise refused
        if outcome.status != "confirmed":
            raise ConnectionError(f"distribution vers {target} : {outcome.reason}")

    async def _hand_over(self, to: str, key: str, body: bytes, properties: Properties) -> PublishOutcome:
        """Raises DroppedError for what the broker would never take: the next message is served."""
        async with self._leave():
            outcome = await self._connection.publish(to, key, body, properties)
        if outcome.unfit:  # or another message closed the channel that both were on
            outcome = await self._connection.publish(to, key, body, properties)
        if outcome.unfit:
            raise DroppedError(f"Le broker n'en veut pas ({outcome.reason}) : abandonné sans rapport.")
        return outcome

    async def _transfer(self, incoming: Incoming, way: Detour) -> None:
        """Convert, and send what comes out on to the recipient's vHost; nothing may come out. Raises RefusedError."""
        order = Order(incoming.message.document, version(self._vhost), version(way.vhost), way.way)
        try:
            converted = await self._conversions.convert(order)
        except ConversionError as error:
            raise incoming.refused(300, f"{CONVERSION_FAILED}: {error}") from error
        if not converted:
            nothing = "la conversion n'en laisse rien"
            self._tell_transferred(incoming, way.vhost, None, nothing, incoming.delivery.body)
        for document in converted:  # all are told before any can be answered
            made = document.get("distributionID")
            body = serialise(document) if made != incoming.id else None
            self._tell_transferred(incoming, way.vhost, made, way.way, body)
        for document in converted:
            await self._send_on(document, way.vhost, incoming.delivery.routing_key)

    def _tell_transferred(
        self, incoming: Incoming, target: str, made: str | None, reason: str, body: bytes | None
    ) -> None:
        self._observe(
            HubSaw(
                vhost=self._vhost,
                action="transferred",
                client=incoming.delivery.routing_key,
                distribution_id=made,
                recipient=target,
                reason=reason,
                reference_id=incoming.id,
                content_type=JSON_TYPE if made is not None else incoming.content_type,
                body=body,
            )
        )

    async def _send_on(self, document: Mapping[str, Any], target: str, key: str) -> None:
        """To the exchange that leads to another vHost, always in JSON (hub-sante-2026 3.5)."""
        outcome = await self._hand_over(
            exchange(self._vhost, target),
            key,
            serialise(document),
            Properties(JSON_TYPE, PERSISTENT, headers=_corresponding()),
        )
        if outcome.status != "confirmed":
            raise ConnectionError(f"transfert vers {target} : {outcome.reason}")

    def _passed_on(self, incoming: Incoming, form: str) -> Properties:
        """The client's properties, less the delivery mode, with the hub's own (fact sheet 7.4, 7.9)."""
        received, profile = incoming.delivery.properties, self._settings.profile
        left = seconds_left(incoming.message)
        own = received.expiration if profile.client_expiration == "passed on" else None
        return Properties(
            content_type=form,
            expiration=str(left * 1000) if left < DEFAULT_TTL else own,
            headers={
                **received.headers,
                profile.origin_header: incoming.delivery.routing_key,
                **_corresponding(),
            },
            others=received.others,
        )

    def _converted(self, incoming: Incoming, form: str) -> bytes:
        """The body in the recipient's format. Raises DroppedError where no XML can hold it."""
        if form == incoming.content_type:
            return (
                incoming.delivery.body
                if incoming.exact
                else written(incoming.message.document, form, self._edition)
            )
        try:
            return written(with_offsets(incoming.message.document), form, self._edition)
        except ControlCharacterError as error:
            raise DroppedError("Un caractère que XML ne permet pas : abandonné sans rapport.") from error

    async def _report(self, refused: RefusedError, delivery: Delivery, message: Message) -> None:
        profile = self._settings.profile
        client = profile.reports_instead.get(delivery.routing_key, delivery.routing_key)
        reached = profile.reports_reach(client)
        target = topology.queue(client, "info") if reached else None
        self._observe(self._refusal(delivery, message, target, refused.code, refused.cause))
        if reached:
            await self._send_report(refused, client)

    async def _send_report(self, refused: RefusedError, client: str) -> None:
        """In the format that the client prefers (fact sheet 7.4)."""
        document = report(refused, client, self._settings.profile.sentinel)
        form = self._settings.content_type(client)
        elsewhere = detour(self._settings, self._vhost, HUB, client) if form == JSON_TYPE else None
        if elsewhere is not None:
            order = Order(document, version(self._vhost), version(elsewhere.vhost), elsewhere.way)
            for converted in await self._conversions.convert(order):
                await self._send_on(converted, elsewhere.vhost, HUB)
            return
        try:
            body = written(document, form, self._edition)
        except ControlCharacterError:
            inner(document)["error"].pop("sourceMessage", None)
            body = written(document, form, self._edition)
        await self._connection.publish(
            topology.DISTRIBUTION_EXCHANGE,
            topology.queue(client, "info"),
            body,
            Properties(form, PERSISTENT, headers=_corresponding(), others={"priority": 0}),
        )

    async def _bury(self, delivery: Delivery) -> bool:
        """A message that expired in a client's queue, or that a client rejected (fact sheet 7.3, 2026 sheet 3.4)."""
        headers: dict[str, Any] = dict(delivery.properties.headers)
        profile = self._settings.profile
        origin = headers.get(profile.origin_header)
        if not isinstance(origin, str) or origin.endswith(".info"):
            return False  # the hub's own reports carry no origin: dropped without a report
        buried = self._checks.readable(delivery)
        if buried is None:
            return False
        reason = str(headers.get("x-first-death-reason", "unknown"))
        client = profile.reports_instead.get(origin, origin)
        told = profile.reports_death(reason) and profile.reports_reach(client)
        self._observe(
            HubSaw(
                vhost=self._vhost,
                action="dead-lettered",
                client=origin,
                distribution_id=buried.message.distribution_id,
                recipient=str(headers.get("x-first-death-queue", "")),
                content_type=delivery.properties.content_type,
                code=500 if told else None,
                reason=reason,
                body=delivery.body,
            )
        )
        if told:
            cause = f"message {buried.id} was read from the dead-letter queue, reason was {reason}"
            await self._send_report(buried.refused(500, cause), client)
        return True

    def _refusal(
        self, delivery: Delivery, message: Message | None, target: str | None, code: int | None, reason: str
    ) -> HubSaw:
        known = message.distribution_id if message is not None else extracted_id(delivery.body)
        return HubSaw(
            vhost=self._vhost,
            action="refused",
            client=delivery.routing_key,
            distribution_id=known,
            recipient=target,
            content_type=delivery.properties.content_type,
            delivery_mode=delivery.properties.delivery_mode,
            code=code,
            reason=reason,
            reference_id=message.reference_id if message is not None else None,
            body=delivery.body,
        )


def _at_once(_: Delivery) -> AbstractAsyncContextManager[None]:
    """No delivery waits for another's end; each is handled up to where it leaves before the next one is looked at."""
    return nullcontext()


def _corresponding() -> dict[str, str]:
    return {RETURN_CORRELATION: str(uuid.uuid4())}
