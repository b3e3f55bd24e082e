"""What software says of its own screen, when a driver asks it: `action: check` of the contract.

It answers `{"shown": true or false, "values": {…}}`, where `values` is what the screen shows, name by name. An answer
without values says nothing that can be held against, or for, anybody: nobody has seen the screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from recette.play.drivers.driver import Attestation
from recette.wording.values import plain

MOST = 1 << 16
"""Bytes of an answer."""
_VALUES, _VALUE = 20, 200
"""Values that are kept of one, and characters of each."""


class Source(Protocol):
    """What an answer is read from."""

    async def read(self, n: int = -1, /) -> bytes: ...


async def bounded(source: Source) -> bytes:
    """An answer to its end, or to as much as is read of one."""
    body = b""
    while len(body) < MOST and (block := await source.read(MOST - len(body))):
        body += block
    return body


def attestation_of(body: bytes, by: str) -> Attestation:
    """The answer as an attestation of the software itself, which `by` names as no person's."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    values = found.get("values") if isinstance(found, Mapping) else None
    shown = found.get("shown") if isinstance(found, Mapping) else None
    if not isinstance(shown, bool) or not isinstance(values, Mapping) or not values:
        return Attestation("sans-reponse", by=by, comment="le logiciel n'a pas dit ce que montre son écran")
    told = [f"{plain(str(name), 80)} = {plain(str(value), _VALUE)}" for name, value in values.items()]
    comment = "le logiciel dit de son écran : " + ", ".join(told[:_VALUES])
    return Attestation("conforme" if shown else "non-conforme", by=by, comment=comment)


def unanswered(reason: str, by: str) -> Attestation:
    """Nothing was answered, and why."""
    return Attestation("sans-reponse", by=by, comment=reason)
