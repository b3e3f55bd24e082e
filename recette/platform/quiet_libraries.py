"""What libraries log of a link that breaks: whoever uses it is told in a sentence of ours."""

from __future__ import annotations

import logging

_LOUD = ("aio_pika", "aiormq", "asyncio")


def hush_libraries() -> None:
    """In this process, from now on."""
    for one in _LOUD:
        logging.getLogger(one).setLevel(logging.CRITICAL)
