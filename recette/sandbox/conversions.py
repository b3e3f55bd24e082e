"""Who converts for the dispatchers: the built-in converter, or the agency's own behind `POST /convert`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from recette.messages.conversion.converter import Converter, Kind
from recette.messages.conversion.failures import ConversionError
from recette.messages.json.parsing import MAX_BODY, parse_json
from recette.wording.values import plain

Way = Literal["HealthVersionConversion", "CISUVersionConversion", "CISUTranscoding"]
"""What is converted, in the agency's words (hub-sante-2026 4.1)."""
_TIMEOUT = 10.0
"""Seconds that the service has; none is told by a source."""
_WORTH = 4
"""Messages as large as can be that an answer may hold: one may become several."""
_LONGEST_ANSWER = _WORTH * MAX_BODY
"""Bytes."""
_MOST_MESSAGES = 1_000
"""Messages that one may become: a list of resources is told one by one."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be converted: a whole message, from one vHost's version to another's."""

    document: Mapping[str, Any]
    source: str
    """`v1`, `v2`, `v3` or `vactive`."""
    target: str
    way: Way


class Conversions(Protocol):
    """A converter that dispatchers ask."""

    async def convert(self, order: Order) -> Sequence[Mapping[str, Any]]:
        """Every message that comes out; none where there is nothing to send. Raises ConversionError."""

    async def close(self) -> None:
        """Let go of whatever it holds."""


class BuiltIn:
    """The converter of this project, with what it keeps of each case as long as the hub stands."""

    def __init__(self) -> None:
        self._converter = Converter()

    async def convert(self, order: Order) -> Sequence[Mapping[str, Any]]:
        kind: Kind = "transcoding" if order.way == "CISUTranscoding" else "version"
        source, target = (_generation(one) for one in (order.source, order.target))
        return self._converter.convert(order.document, source, target, kind).documents

    async def close(self) -> None:
        """It holds nothing."""


def _generation(version: str) -> int:
    """`vactive` is the newest one (hub-sante-2026 1.3). Raises ConversionError."""
    known = {"v1": 1, "v2": 2, "v3": 3, "vactive": 3}
    if version not in known:
        raise ConversionError(400, f"La version « {version} » est inconnue du convertisseur.")
    return known[version]


class Remote:
    """The agency's service at `url`, asked in both its forms at once: `type`, and the older `cisuConversion`."""

    def __init__(self, url: str) -> None:
        import aiohttp

        self.url = url.rstrip("/") + "/convert"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT))

    async def convert(self, order: Order) -> Sequence[Mapping[str, Any]]:
        import aiohttp

        from recette.wording.http_errors import unanswered

        asked = {
            "edxl": order.document,
            "sourceVersion": order.source,
            "targetVersion": order.target,
            "type": order.way,
            "cisuConversion": order.way == "CISUTranscoding",
        }
        try:
            async with self._session.post(self.url, json=asked, allow_redirects=False) as answer:
                body = bytearray()
                while len(body) <= _LONGEST_ANSWER and (block := await answer.content.read(1 << 16)):
                    body += block
                return _answered(answer.status, bytes(body))
        except (aiohttp.ClientError, TimeoutError) as error:
            text = f"Le service de conversion ({self.url}) ne répond pas : {unanswered(error)}."
            raise ConversionError(500, text) from error

    async def close(self) -> None:
        await self._session.close()


def _answered(status: int, body: bytes) -> Sequence[Mapping[str, Any]]:
    """Raises ConversionError for anything but a list of messages."""
    tree, problems = parse_json(body, _WORTH)
    if not isinstance(tree, dict):
        why = f" ({problems[0].message.rstrip('.')})" if problems and body else ""
        raise ConversionError(
            status, f"Le service de conversion a répondu {status}, sans objet JSON lisible{why}."
        )
    if status != 200:
        raise ConversionError(status, plain(str(tree.get("error", "sans motif")), 200))
    found = tree.get("converted_messages")
    if not isinstance(found, list) or not all(_is_message(one) for one in found):
        raise ConversionError(500, "Le service de conversion n'a pas rendu de liste « converted_messages ».")
    if len(found) > _MOST_MESSAGES:
        told = f"Le service de conversion fait {len(found)} messages d'un seul : plus de {_MOST_MESSAGES} ne sont pas pris."
        raise ConversionError(500, told)
    return found


def _is_message(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("distributionID", ""), str)
