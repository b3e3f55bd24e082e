"""The hub's dispatcher: checks, routes, reports, in the order and with the codes of the real one (fact sheet 7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import serialise
from recette.messages.clients import is_health
from recette.messages.error_codes import error_codes
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import HEADER_FIELDS, JSON_TYPE, XML_TYPE, Message, inner, read
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import vhost
from recette.messages.xml.validation import xsd_holds
from recette.messages.xml.writing import NotInXmlError
from recette.sandbox.definitions import DEFAULT_TTL
from recette.sandbox.error_report import (
    SENTINEL,
    DroppedError,
    RefusedError,
    extracted_id,
    report,
)
from recette.sandbox.formats import Formats, received_type, with_offsets, written_report
from recette.sandbox.turns import Turns

ORIGIN_HEADER = "x-death-original-routing-key"
_CHANNEL = {"Report": "message", "Update": "message", "Cancel": "message", "Ack": "ack", "Error": "info"}


Observer = Callable[[HubSaw], None]


class Dispatcher:
    """Serves one vHost until closed. What it does is told to `observer` before it is done."""

    def __init__(
        self,
        connection: HubConnection,
        observer: Observer,
        schemas: SchemaSet | None = None,
        xml_clients: frozenset[str] = frozenset(),
    ) -> None:
        self._formats = Formats(xml_clients)
        self._connection = connection
        self._observe = observer
        self._vhost = connection.address.vhost
        self._edition = vhost(self._vhost).edition
        self._validator = Validator(schemas or SchemaSet.builtin(self._edition))
        self._cancels: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    async def start(
        cls,
        address: BrokerAddress,
        observer: Observer,
        schemas: SchemaSet | None = None,
        xml_clients: frozenset[str] = frozenset(),
        turns: Turns | None = None,
    ) -> Self:
        """Connect and consume; `xml_clients` are those whose preference is XML; `turns` are shared with the other
        dispatchers of this vHost. Raises HubError.
        """
        opened = await HubConnection.open(address, name="recette dispatcher")
        dispatcher = cls(opened, observer, schemas, xml_clients)
        turn = None if turns is None else lambda delivery: turns.of(delivery.routing_key)
        try:
            dispatcher._cancels += [
                await opened.consume(topology.DISPATCH_QUEUE, dispatcher._dispatch, turn=turn),
                await opened.consume(topology.DEAD_LETTER_QUEUE, dispatcher._bury),
            ]
        except BaseException:
            await opened.close()
            raise
        return dispatcher

    def on_lost(self, callback: Callable[[BaseException], None]) -> None:
        """Call `callback` with the reason when the broker is lost."""
        self._connection.on_closed(callback)

    async def close(self) -> None:
        await self._connection.close()

    async def _dispatch(self, delivery: Delivery) -> bool:
        message = read(delivery.body, received_type(delivery), self._edition)
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
            )
        )
        try:
            self._check(delivery, message)
            await self._forward(delivery, message)
        except RefusedError as refused:
            await self._report(refused, delivery)
            return False
        except DroppedError as dropped:
            self._observe(self._refusal(delivery, message, None, None, str(dropped)))
            return False
        return True

    def _check(self, delivery: Delivery, message: Message) -> None:
        """Checks 1 to 8, in order. Raises RefusedError."""
        key, properties = delivery.routing_key, delivery.properties
        health = is_health(key)
        if properties.content_type not in {JSON_TYPE, XML_TYPE} and health:
            text = f"content type {properties.content_type} is not handled, use {JSON_TYPE} or {XML_TYPE}"
            raise RefusedError(101, text, referenced=extracted_id(delivery.body))
        self._check_schema(delivery, message)
        refuse = _refuser(message)
        self._check_deserialisation(message, delivery.body)
        sender, recipient = message.sender_id or "", message.recipient_id or ""
        identifier = message.distribution_id or ""
        if not is_health(sender) and not is_health(recipient):
            raise refuse(501, f"message {identifier} cannot be routed, it involves no health actor")
        if health and key != sender:
            raise refuse(200, f"message {identifier} has sender {sender} but routing key {key}")
        if health and properties.delivery_mode != PERSISTENT:
            raise refuse(100, f"message {identifier} was sent non persistent")
        if health and identifier.partition("_")[0] != sender:
            raise refuse(300, f"distributionID {identifier} does not begin with sender {sender} and _")
        if _seconds_left(message) <= 0:
            raise refuse(400, f"message {identifier} expired before reaching the recipient queue")

    def _check_schema(self, delivery: Delivery, message: Message) -> None:
        errors = [one for one in self._validator.validate(message) if one.severity == "error"]
        if message.problems:
            # The real one answers a body that is no JSON with a generic internal error (fact sheet 7.1, 1b).
            code = 301 if received_type(delivery) != XML_TYPE else 300
            raise RefusedError(
                code, "An internal server error has occurred", referenced=extracted_id(delivery.body)
            )
        if errors and message.source is not None:
            self._check_lax_envelope(delivery, message)
        if errors:
            broken = any(one.layer == "envelope" for one in errors)
            referenced = extracted_id(delivery.body) if broken else message.distribution_id or SENTINEL
            raise RefusedError(300, _validation_text(errors), referenced=referenced, source=message.document)

    def _check_lax_envelope(self, delivery: Delivery, message: Message) -> None:
        """What the XSD of the envelope takes and what follows it does not (fact sheet 3.3, 7.4)."""
        if not xsd_holds(message.source, message.document, self._validator.xml):
            return
        if "descriptor" not in message.document or "content" not in message.document:
            raise DroppedError("XML sans descriptor ou sans contenu : abandonné sans rapport.")
        text = "An internal server error has occurred"
        raise RefusedError(102, text, referenced=extracted_id(delivery.body), source=message.document)

    def _check_deserialisation(self, message: Message, body: bytes) -> None:
        unknown = [key for key in inner(message.document) if key not in {*HEADER_FIELDS, message.key}]
        pair = (message.content or {}).get("errorCode", {}) if message.model == "RS-ERROR" else None
        known = error_codes(self._edition)
        if unknown or (pair is not None and known.get(pair.get("statusCode")) != pair.get("statusString")):
            text = "An internal server error has occurred"
            raise RefusedError(102, text, referenced=extracted_id(body), source=message.document)

    async def _forward(self, delivery: Delivery, message: Message) -> None:
        """Steps 9 and 10. Raises RefusedError when no queue takes the message."""
        channel = _CHANNEL[message.distribution_kind or ""]
        target = f"{message.recipient_id}.{channel}"
        left = _seconds_left(message)
        form = self._formats.of(message.recipient_id or "")
        body = self._converted(delivery, message, form)
        properties = Properties(
            content_type=form,
            delivery_mode=PERSISTENT,
            expiration=str(left * 1000) if left < DEFAULT_TTL else None,
            headers={**delivery.properties.headers, ORIGIN_HEADER: delivery.routing_key},
        )
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
        outcome = await self._connection.publish(topology.DISTRIBUTION_EXCHANGE, target, body, properties)
        if outcome.status == "returned":
            # For a health recipient the real one reads the returned message as XML and finds no id (7.1, 10).
            health = is_health(target)
            referenced = SENTINEL if health else message.distribution_id or SENTINEL
            raise RefusedError(
                501,
                f"message could not be delivered to {target}: {outcome.reason}",
                referenced=referenced,
                source=message.document,
            )
        if outcome.status != "confirmed":
            raise ConnectionError(f"distribution vers {target} : {outcome.reason}")

    def _converted(self, delivery: Delivery, message: Message, form: str) -> bytes:
        """The body in the recipient's format. Raises RefusedError where that format has no words for it."""
        if form == received_type(delivery):
            return delivery.body
        try:
            return serialise(with_offsets(message.document), form, self._edition)
        except NotInXmlError as error:
            raise _refuser(message)(102, f"message {message.distribution_id}: {error}") from error

    async def _report(self, refused: RefusedError, delivery: Delivery) -> None:
        # partage-affaire is the fire side's old routing key (fact sheet 1.1).
        client = "fr.health.fire" if delivery.routing_key == "partage-affaire" else delivery.routing_key
        written = report(refused, client)
        target = topology.queue(client, "info")
        self._observe(
            self._refusal(
                delivery,
                read(delivery.body, received_type(delivery), self._edition),
                target,
                refused.code,
                refused.cause,
            )
        )
        await self._send_report(written.document, client)

    async def _send_report(self, document: Mapping[str, Any], client: str) -> None:
        """In the format that the client prefers (fact sheet 7.4)."""
        form = self._formats.of(client)
        await self._connection.publish(
            topology.DISTRIBUTION_EXCHANGE,
            topology.queue(client, "info"),
            written_report(document, form, self._edition),
            Properties(form, PERSISTENT),
        )

    async def _bury(self, delivery: Delivery) -> bool:
        """A message that expired in a client's queue, or that a client rejected (fact sheet 7.3)."""
        headers: dict[str, Any] = dict(delivery.properties.headers)
        origin = headers.get(ORIGIN_HEADER)
        if not isinstance(origin, str) or origin.endswith(".info"):
            return False  # the hub's own reports carry no origin: dropped without a report
        message = read(delivery.body, received_type(delivery), self._edition)
        if any(one.severity == "error" for one in self._validator.validate(message)):
            return False
        reason = str(headers.get("x-first-death-reason", "unknown"))
        cause = f"message {message.distribution_id} was read from the dead-letter queue, reason was {reason}"
        refused = RefusedError(
            500, cause, referenced=message.distribution_id or SENTINEL, source=message.document
        )
        written = report(refused, origin)
        self._observe(
            HubSaw(
                vhost=self._vhost,
                action="dead-lettered",
                client=origin,
                distribution_id=message.distribution_id,
                recipient=str(headers.get("x-first-death-queue", "")),
                content_type=delivery.properties.content_type,
                code=500,
                reason=reason,
                body=delivery.body,
            )
        )
        await self._send_report(written.document, origin)
        return True

    def _refusal(
        self, delivery: Delivery, message: Message, target: str | None, code: int | None, reason: str
    ) -> HubSaw:
        properties = delivery.properties
        return HubSaw(
            vhost=self._vhost,
            action="refused",
            client=delivery.routing_key,
            distribution_id=message.distribution_id,
            recipient=target,
            content_type=properties.content_type,
            delivery_mode=properties.delivery_mode,
            code=code,
            reason=reason,
            reference_id=message.reference_id,
            body=delivery.body,
        )


def _refuser(message: Message) -> Callable[[int, str], RefusedError]:
    identifier = message.distribution_id or SENTINEL
    return lambda code, text: RefusedError(code, text, referenced=identifier, source=message.document)


def _seconds_left(message: Message) -> int:
    """Whole seconds until dateTimeExpires, as the real one counts (fact sheet 7.4)."""
    expires = datetime.fromisoformat(message.date_time_expires or "")
    now = datetime.now(UTC)
    return int((expires if expires.tzinfo else expires.astimezone()).timestamp()) - int(now.timestamp())


def _validation_text(errors: list[Diagnostic]) -> str:
    lines = [f"{one.path}: {one.message}" for one in errors[:20]]
    return "Could not validate message against schema : errors occurred.\n" + "\n".join(lines)
