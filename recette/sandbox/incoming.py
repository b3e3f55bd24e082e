"""A message that a client sent, as each of the dispatcher's checks looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recette.hub.wire import Delivery
from recette.messages.clients import is_health
from recette.messages.extracting import extracted_id
from recette.messages.reading import XML_TYPE, Message
from recette.sandbox.error_report import RefusedError
from recette.sandbox.reading import raw_map


@dataclass(frozen=True, slots=True)
class Incoming:
    """One delivery that could be read."""

    delivery: Delivery
    message: Message
    content_type: str
    """What it was read as."""
    exact: bool
    """Whether its bytes may be forwarded as they came."""

    @property
    def health(self) -> bool:
        """Whether its sender, by the routing key, is a health actor."""
        return is_health(self.delivery.routing_key)

    @property
    def sender(self) -> str:
        return self.message.sender_id or ""

    @property
    def recipient(self) -> str:
        return self.message.recipient_id or ""

    @property
    def id(self) -> str:
        return self.message.distribution_id or ""

    @property
    def quoted(self) -> Mapping[str, Any]:
        """What a report holds as `sourceMessage`: of XML the raw map of its elements (fact sheet 7.9)."""
        if self.message.source is not None:
            found = raw_map(self.message.source)
            return found if isinstance(found, dict) else {}
        document: Mapping[str, Any] = self.message.document
        return document

    def refused(self, code: int, cause: str, *, from_text: bool = False) -> RefusedError:
        """The refusal, with the id of the envelope, or the first one in the text."""
        known = self.message.distribution_id
        if from_text or known is None or (not known and self.content_type == XML_TYPE):
            known = extracted_id(self.delivery.body)
        return RefusedError(code, cause, referenced=known, source=self.quoted)
