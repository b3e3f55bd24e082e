"""The messages that preflight publishes: the hub refuses them, or they stay between the clients of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.clients import is_health
from recette.messages.conversion.converter import TO_FIRE
from recette.messages.conversion.operations import actions
from recette.messages.conversion.versions import steps
from recette.messages.dictionary.examples import Size, example
from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.models import models
from recette.messages.json.schemas import SchemaSet
from recette.messages.probes import probe_id
from recette.messages.reading import JSON_TYPE, from_document
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, used_on
from recette.messages.xml.writing import NotInXmlError
from recette.play.target import UNKNOWN_CLIENT

_AGO = timedelta(hours=1)
_VALIDITY = timedelta(minutes=5)
_LEFT_OUT = frozenset({"RS-ERROR", "RS-INFO", "TECHNICAL", "TECHNICAL_NOREQ", "customContent"})
"""Reports are not sent to nobody; the others no editor needs."""
_CONVERTED = frozenset({"RC-EDA", "RS-EDA"})
"""Cases between health and the others, the hub converts before it looks at dates."""
_SIZES: tuple[Size, ...] = ("minimal", "maximal")


@dataclass(frozen=True, slots=True)
class Probe:
    """A message that is ready to go."""

    id: str
    model: str
    content_type: str
    body: bytes


class Probes:
    """Makes messages of one client for one vHost, all of them `Exercise`."""

    def __init__(self, vhost: VHost, client: str, content_type: str) -> None:
        self._generation = vhost.generation
        self._perimeter = vhost.perimeter
        served = {one.generation for one in vhost.served}
        self._others = served if len(served) > 1 else set(generations())
        """The generations that this vHost may speak, as far as anybody knows."""
        self._client = client
        self._type = content_type

    def reference(self, to: str) -> Probe:
        """A valid acknowledgment of a message that never was."""
        return self._made(
            to, "RC-REF", "reference", {"distributionID": new_distribution_id(to)}, expired=False
        )

    def expired(self) -> Probe:
        """An acknowledgment to nobody that has expired: valid, and never to be delivered."""
        content = {"distributionID": new_distribution_id(self._client)}
        return self._made(UNKNOWN_CLIENT, "RC-REF", "reference", content, expired=True)

    def expired_to(self, to: str) -> Probe:
        """An acknowledgment to a client of the target that has expired: a hub converts it, and never delivers it."""
        content = {"distributionID": new_distribution_id(self._client)}
        return self._made(to, "RC-REF", "reference", content, expired=True)

    def unconvertible(self, to: str, there: VHost) -> Iterator[Probe]:
        """Expired messages that have no conversion to the vHost of `to`: a hub that converts refuses them before it looks
        at the date.
        """
        told: set[str] = set()
        for name, key, content in self._examples():
            if name not in told and not _converts(name, self._perimeter, self._generation, there):
                with suppress(NotInXmlError):
                    yield self._made(to, name, key, content, expired=True)
                    told.add(name)

    def of_this_generation_alone(self) -> Iterator[Probe]:
        """Expired messages that no other generation's models take, one of each model."""
        told: set[str] = set()
        for name, key, content in self._examples():
            if name in told:
                continue
            if all(
                self._valid(name, key, content, generation) == (generation == self._generation)
                for generation in self._others
            ):
                with suppress(NotInXmlError):
                    yield self._made(UNKNOWN_CLIENT, name, key, content, expired=True)
                    told.add(name)

    def of_each_class(self) -> Iterator[Probe]:
        """An expired message of each model that this perimeter uses."""
        told: set[str] = set()
        for name, key, content in self._examples():
            if name not in told:
                with suppress(NotInXmlError):
                    yield self._made(UNKNOWN_CLIENT, name, key, content, expired=True)
                    told.add(name)

    def _examples(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for one in models(self._generation):
            left_out = _LEFT_OUT if is_health(self._client) else _LEFT_OUT | _CONVERTED
            if used_on(one.name, self._perimeter) and one.name not in left_out:
                for size in _SIZES:
                    yield one.name, one.key, example(one, size)

    def _valid(self, name: str, key: str, content: Mapping[str, Any], generation: int) -> bool:
        document = self._document(UNKNOWN_CLIENT, name, key, content, expired=True)
        message = from_document(document, generation)
        found = Validator(SchemaSet.builtin(generation)).validate(message)
        return not any(one.severity == "error" for one in found)

    def _document(
        self, to: str, name: str, key: str, content: Mapping[str, Any], *, expired: bool
    ) -> dict[str, Any]:
        now = datetime.now(UTC).astimezone()
        sent = now - 2 * _AGO if expired else now
        return envelope(
            content,
            key,
            sender=self._client,
            recipient=to,
            distribution_id=probe_id(self._client),
            sent_at=sent,
            expires_at=now - _AGO if expired else now + _VALIDITY,
            kind="Ack" if name == "RC-REF" else "Report",
            status="Exercise",
        )

    def _made(self, to: str, name: str, key: str, content: Mapping[str, Any], *, expired: bool) -> Probe:
        document = self._document(to, name, key, content, expired=expired)
        body = serialise(document, self._type, self._generation)
        return Probe(str(document["distributionID"]), name, self._type or JSON_TYPE, body)


def _converts(name: str, perimeter: str, generation: int, there: VHost) -> bool:
    """Whether a message of health has a conversion (hub-sante-2026 4.3)."""
    if perimeter != there.perimeter:
        return name in TO_FIRE
    return all(actions(name, step) is not None for step in steps(generation, there.generation))
