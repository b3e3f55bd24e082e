"""The dispatcher's checks, each by its name in a profile (fact sheet 7.1, 7.9; 2026 sheet 3.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from recette.hub.wire import PERSISTENT, Delivery
from recette.messages.clients import is_health
from recette.messages.error_codes import error_codes
from recette.messages.extracting import extracted_id
from recette.messages.json.schemas import SchemaSet
from recette.messages.profile.reader import Check
from recette.messages.profile.supported import class_of
from recette.messages.reading import HEADER_FIELDS, JSON_TYPE, XML_TYPE, Message, from_document, inner
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import perimeter_of, vhost
from recette.messages.xml.names import XLINK_NS, local_name
from recette.messages.xml.validation import xsd_holds
from recette.sandbox.dates import has_refused_date, instant
from recette.sandbox.error_report import DroppedError, RefusedError
from recette.sandbox.incoming import Incoming
from recette.sandbox.reading import UnreadableError, VoidError, read_as, read_body
from recette.sandbox.routing import Detour, detour
from recette.sandbox.settings import HubSettings

_INTERNAL = "An internal server error has occurred"
_FIRE = "fr.fire"
_LEFT_OPEN = frozenset({"$.descriptor.language", "$.content"})
"""What XML may leave out, for the real one."""
_A_DATE = "2072-01-10T14:07:00+01:00"
_STRICT_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_MANY = 1e15
"""Codes beyond this are no number of the hub's classes."""
_EXTRAS = {
    "content": {"jsonContent"},
    "jsonContent": {"embeddedJsonContent"},
    "embeddedJsonContent": {"message"},
}


class Checks:
    """What one vHost's dispatcher looks at before it forwards."""

    def __init__(self, vhost_name: str, settings: HubSettings, schemas: SchemaSet | None = None) -> None:
        self._vhost = vhost_name
        self._settings = settings
        self._edition = schemas.edition if schemas is not None else vhost(vhost_name).edition
        self._validator = Validator(schemas or SchemaSet.builtin(self._edition), bounded=False)
        by_name: Mapping[Check, Callable[[Incoming], Detour | None]] = {
            "schema": self._schema,
            "reading": self._readable,
            "class": self._class,
            "use-case": self._use_case,
            "health-actor": _health_actor,
            "sender": _sender,
            "delivery-mode": _delivery_mode,
            "prefix": _prefix,
            "route": self._route,
            "expiry": _expiry,
        }
        self._steps = tuple(by_name[name] for name in settings.profile.checks if name != "content-type")

    def check(self, incoming: Incoming) -> Detour | None:
        """Whatever comes after reading, in the profile's order; where the message goes on to, if not to its recipient.

        What comes after the way is found is looked at where the message arrives. Raises RefusedError and DroppedError.
        """
        for step in self._steps:
            found = step(incoming)
            if found is not None:
                return found
        return None

    def readable(self, delivery: Delivery) -> Incoming | None:
        """A message that was forwarded once, read anew; None where that is no longer possible (7.3)."""
        try:
            incoming = self.read(delivery)
            self._schema(incoming)
            self._readable(incoming)
        except (RefusedError, DroppedError):
            return None
        return incoming

    def read(self, delivery: Delivery) -> Incoming:
        """The message of a delivery. Raises RefusedError and DroppedError."""
        said = delivery.properties.content_type
        if said not in {JSON_TYPE, XML_TYPE} and is_health(delivery.routing_key):
            text = f"content type {said} is not handled, use {JSON_TYPE} or {XML_TYPE}"
            raise RefusedError(101, text, referenced=extracted_id(delivery.body))
        content_type = read_as(delivery)
        try:
            reading = read_body(delivery.body, content_type, self._edition)
        except UnreadableError as error:
            found = extracted_id(delivery.body)
            raise RefusedError(error.code, _INTERNAL, referenced=found, source=error.source) from error
        except VoidError as error:
            raise DroppedError(f"{error} : abandonné sans rapport.") from error
        return Incoming(delivery, reading.message, content_type, reading.exact)

    def _schema(self, incoming: Incoming) -> None:
        errors = _errors(self._validator, incoming.message)
        if errors and incoming.message.source is not None:
            self._lax_envelope(incoming, errors)
        elif errors and self._one_branch_holds(incoming.message):
            errors = []
        if errors or _linked_otherwise(incoming.message):
            broken = any(one.layer == "envelope" for one in errors)
            from_text = broken or self._settings.profile.invalid_reference == "text"
            if _separated_by_a_blank(incoming.message, self._validator):
                raise incoming.refused(102, _INTERNAL, from_text=True)
            raise incoming.refused(300, _validation_text(errors), from_text=from_text)
        if ":60" in (incoming.message.date_time_expires or ""):
            raise incoming.refused(300, "dateTimeExpires has a 60th second", from_text=True)
        if incoming.content_type == JSON_TYPE and has_refused_date(incoming.delivery.body):
            raise incoming.refused(300, "a date-time is not of the form that the schemas take")

    def _lax_envelope(self, incoming: Incoming, errors: list[Diagnostic]) -> None:
        """What the XSD of the envelope takes and what follows it does not (fact sheet 3.3, 7.4, 7.9).

        Leaves `errors` empty where the message goes on.
        """
        message = incoming.message
        if _addresses(message) > 1:
            raise DroppedError("Plusieurs adresses en XML : abandonné sans rapport.")
        if not xsd_holds(message.source, message.document, self._validator.xml):
            return
        if "descriptor" not in message.document or not _addresses(message):
            raise DroppedError("XML sans descriptor, ou sans adresse : abandonné sans rapport.")
        dates = {f"$.{name}": message.document.get(name) for name in ("dateTimeSent", "dateTimeExpires")}
        for error in errors:
            if error.path in _LEFT_OPEN:
                continue
            form = 102 if _STRICT_DATE.fullmatch(str(dates.get(error.path, _A_DATE))) else 300
            raise incoming.refused(form, _INTERNAL, from_text=True)
        errors.clear()

    def _one_branch_holds(self, message: Message) -> bool:
        """Whether exactly one content is valid, whatever unknown or invalid ones stand beside it."""
        body = inner(message.document)
        known = [key for key in message.keys if key in self._validator.schemas.use_cases]
        if len(message.keys) < 2 or not known:
            return False
        held = 0
        for key in known:
            alone = {name: body[name] for name in body if name in {*HEADER_FIELDS, key}}
            held += not _errors(self._validator, from_document(_with_message(message, alone), self._edition))
        return held == 1

    def _readable(self, incoming: Incoming) -> None:
        """What the schemas take and the hub's classes do not hold."""
        message = incoming.message
        if _addresses(message) != 1:
            raise DroppedError("Il faut une adresse et une seule : abandonné sans rapport.")
        body = inner(message.document)
        strange = [key for key in body if key not in {*HEADER_FIELDS, message.key}]
        known = self._validator.schemas.use_cases.get(message.key or "")
        bare = known is not None and not known.has_header
        if (
            strange
            or _has_extras(message.document)
            or (bare and any(name in body for name in HEADER_FIELDS))
            or not self._known_code(message)
            or _has_header_extras(body)
            or instant(message.date_time_sent or "") is None
            or instant(message.date_time_expires or "") is None
        ):
            raise incoming.refused(102, _INTERNAL, from_text=True)

    def _known_code(self, message: Message) -> bool:
        if message.model != "RS-ERROR":
            return True
        pair = (message.content or {}).get("errorCode", {})
        code = pair.get("statusCode")
        number = int(code) if isinstance(code, float) and abs(code) < _MANY else code
        return bool(error_codes(self._edition).get(number) == pair.get("statusString"))

    def _class(self, incoming: Incoming) -> None:
        key = incoming.message.key
        if key is None:
            return  # no source has what a hub of 2026 does with XML without a content: what that of 2025 did
        if not self._settings.carries(self._vhost, key):
            raise incoming.refused(501, f"{class_of(key)}Wrapper is not supported on vhost {self._vhost}")

    def _use_case(self, incoming: Incoming) -> None:
        name = class_of(incoming.message.key or "")
        if name in self._settings.of(incoming.recipient).inhibited:
            raise incoming.refused(501, f"use case {name} is not supported for client {incoming.recipient}")

    def _route(self, incoming: Incoming) -> Detour | None:
        profile = self._settings.profile
        for one in (incoming.sender, incoming.recipient):
            if not profile.routes(one):
                raise DroppedError(f"Aucun acheminement n'existe pour {one} : abandonné sans rapport.")
        fire = incoming.recipient.startswith(_FIRE) and is_health(incoming.sender)
        perimeter = perimeter_of(self._vhost)
        if fire and profile.fire_from is not None and perimeter not in profile.fire_from:
            raise incoming.refused(501, f"there is no way from vhost {self._vhost} to NexSIS")
        return detour(self._settings, self._vhost, incoming.sender, incoming.recipient)


def _health_actor(incoming: Incoming) -> None:
    if not is_health(incoming.sender) and not is_health(incoming.recipient):
        raise incoming.refused(501, f"message {incoming.id} cannot be routed, it involves no health actor")


def _sender(incoming: Incoming) -> None:
    key = incoming.delivery.routing_key
    if incoming.health and key != incoming.sender:
        raise incoming.refused(
            200, f"message {incoming.id} has sender {incoming.sender} but routing key {key}"
        )


def _delivery_mode(incoming: Incoming) -> None:
    if incoming.health and incoming.delivery.properties.delivery_mode != PERSISTENT:
        raise incoming.refused(100, f"message {incoming.id} was sent non persistent")


def _prefix(incoming: Incoming) -> None:
    if not incoming.health or incoming.id.partition("_")[0] == incoming.sender:
        return
    if incoming.id and not incoming.id.strip("_"):
        raise DroppedError("distributionID fait de « _ » seuls : abandonné sans rapport.")
    raise incoming.refused(
        300, f"distributionID {incoming.id} does not begin with sender {incoming.sender} and _"
    )


def _expiry(incoming: Incoming) -> None:
    if seconds_left(incoming.message) <= 0:
        raise incoming.refused(400, f"message {incoming.id} expired before reaching the recipient queue")


def seconds_left(message: Message) -> int:
    """Whole seconds until dateTimeExpires, as the real one counts (fact sheet 7.4)."""
    return (instant(message.date_time_expires or "") or 0) - int(datetime.now(UTC).timestamp())


def _errors(validator: Validator, message: Message) -> list[Diagnostic]:
    return [one for one in validator.validate(message) if one.severity == "error"]


def _with_message(message: Message, inside: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope around another `message`."""
    content = [{"jsonContent": {"embeddedJsonContent": {"message": dict(inside)}}}]
    return {**message.document, "content": content}


def _separated_by_a_blank(message: Message, validator: Validator) -> bool:
    """Whether dateTimeSent alone is wrong, having a blank where a T belongs: the schemas take that."""
    sent = message.date_time_sent or ""
    if sent[10:11] != " ":
        return False
    mended = {**message.document, "dateTimeSent": f"{sent[:10]}T{sent[11:]}"}
    return not _errors(validator, from_document(mended, validator.schemas.edition))


def _linked_otherwise(message: Message) -> bool:
    """Whether the root of an XML envelope has another link type than its XSD fixes."""
    return message.source is not None and message.source.get(f"{{{XLINK_NS}}}type") != "extended"


def _has_extras(document: Mapping[str, Any]) -> bool:
    """Whether anything stands beside what leads to the message, which the schemas leave open."""
    for node in document.get("content", ()):
        step = "content"
        while isinstance(node, dict) and step in _EXTRAS:
            if node.keys() - _EXTRAS[step]:
                return True
            step = next(iter(_EXTRAS[step]))
            node = node.get(step)  # noqa: PLW2901 - one level further down
    return False


def _has_header_extras(body: Mapping[str, Any]) -> bool:
    recipients = body.get("recipient")
    ends = [body.get("sender"), *(recipients if isinstance(recipients, list) else ())]
    return any(isinstance(one, dict) and one.keys() - {"name", "URI"} for one in ends)


def _addresses(message: Message) -> int:
    """How many recipients an envelope names: XML leaves it open."""
    if message.source is None:
        return 1
    names = [
        local_name(one.tag) for one in message.source.iter("{*}explicitAddress", "{*}explicitAddressValue")
    ]
    return max(names.count(one) for one in ("explicitAddress", "explicitAddressValue"))


def _validation_text(errors: list[Diagnostic]) -> str:
    lines = [f"{one.path}: {one.message}" for one in errors[:20]]
    return "Could not validate message against schema : errors occurred.\n" + "\n".join(lines)
