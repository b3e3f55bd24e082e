"""What can be told of a message without reading it."""

from __future__ import annotations

import re

_IN_JSON = re.compile(rb'"distributionID"\s*:\s*"([\w._-]+)"')
_IN_XML = re.compile(rb"<distributionID>([\w._-]+)</distributionID>")


def extracted_id(body: bytes) -> str | None:
    """The first distributionID in the text, which may be a referenced one (fact sheet 7.2); None without any."""
    found = _IN_JSON.search(body) or _IN_XML.search(body)
    return found[1].decode("ascii", "replace") if found else None
