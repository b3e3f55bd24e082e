"""The messages that preflight publishes: the hub refuses them, or they stay between the clients of the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.examples import Size, example
from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.models import models
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import JSON_TYPE, from_document
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, used_on
from recette.messages.xml.writing import NotInXmlError
from recette.play.target import UNKNOWN_CLIENT

_AGO = timedelta(hours=1)
_VALIDITY = timedelta(minutes=5)
_LEFT_OUT = {"RS-ERROR", "customContent", "RC-EDA", "RS-EDA"}
"""Reports are not sent to nobody; cases between health and the others, the hub converts before it looks at dates."""
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

    def of_this_generation_alone(self) -> Probe | None:
        """An expired message that no other generation's models take; None where there is none."""
        for name, key, content in self._examples():
            if all(
                self._valid(name, key, content, generation) == (generation == self._generation)
                for generation in generations()
            ):
                try:
                    return self._made(UNKNOWN_CLIENT, name, key, content, expired=True)
                except NotInXmlError:
                    continue
        return None

    def _examples(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        for one in models(self._generation):
            if used_on(one.name, self._perimeter) and one.name not in _LEFT_OUT:
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
            distribution_id=new_distribution_id(self._client),
            sent_at=sent,
            expires_at=now - _AGO if expired else now + _VALIDITY,
            kind="Ack" if name == "RC-REF" else "Report",
            status="Exercise",
        )

    def _made(self, to: str, name: str, key: str, content: Mapping[str, Any], *, expired: bool) -> Probe:
        document = self._document(to, name, key, content, expired=expired)
        body = serialise(document, self._type, self._generation)
        return Probe(str(document["distributionID"]), name, self._type or JSON_TYPE, body)
