"""How a header may name a client: the sources do not agree (DST 3.4.5, description of RC-DE, official samples).

For the client id `fr.health.samu991`, name and URI are `fr.health.samu991` and `hubex:fr.health.samu991` by the DST. The
official samples and the agency's own screen leave the first two segments out of the name (`samu991`). The description of
RC-DE has `{client id}-{software}`, and for a sender since the second generation `{software}-{client id}`, with
`{vendor}:{name}` or `sge:{name}` as URI.
"""

from __future__ import annotations

from collections.abc import Iterable

_SHORT = 2
"""Segments that the short name goes without: country and domain."""


def is_name(name: str | None, client: str, others: Iterable[str] = ()) -> bool:
    """Whether a name is that of the client in one of the readings, and none of the `others`' besides."""
    if not name or any(_names(name, other) for other in others):
        return False
    short = ".".join(client.split(".")[_SHORT:])
    around = name.startswith(f"{client}-") or name.endswith(f"-{client}")
    return name in {client, short} or (around and len(name) > len(client) + 1)


def is_address(uri: str | None, client: str, others: Iterable[str]) -> bool:
    """Whether a URI is that of the client in one of the readings, and names none of the `others`."""
    scheme, _, name = (uri or "").partition(":")
    return bool(scheme) and is_name(name, client, others)


def _names(name: str, client: str) -> bool:
    """Whether a client id stands in a name, and not as a part of a longer one."""
    before, found, after = name.partition(client)
    return bool(found) and not (before[-1:].isalnum() or after[:1].isalnum())
