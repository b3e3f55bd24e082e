"""Names of machines: what may be looked up at all."""

from __future__ import annotations

_LONGEST = 253


def may_be_a_host(name: str) -> bool:
    """Whether a name can be looked up, or is an address; Python's sockets raise no OSError for what cannot."""
    try:
        return 0 < len(name.encode("idna")) <= _LONGEST and "\0" not in name
    except UnicodeError:
        return False
