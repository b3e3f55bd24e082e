"""A run is alone on its partners' queues, and knows what already lay there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from recette.hub.errors import HubError
from recette.hub.wire import QueueStatus

Look = Callable[[str], Awaitable[QueueStatus]]


class SharedQueueError(HubError):
    """Somebody else reads a partner's queue: the broker would give each of us a part of what comes."""


async def left_there(queues: Iterable[str], look: Look) -> dict[str, int]:
    """How many messages lie in each queue, before any is read. Raises SharedQueueError and HubError."""
    return {one.name: one.messages for one in await _alone(queues, look, readers=0)}


async def check_alone(queues: Iterable[str], look: Look) -> None:
    """That nobody began to read when we did. Raises SharedQueueError and HubError."""
    await _alone(queues, look, readers=1)


async def _alone(queues: Iterable[str], look: Look, *, readers: int) -> list[QueueStatus]:
    seen = await asyncio.gather(*(look(name) for name in queues))
    shared = [one.name for one in seen if one.consumers > readers]
    if shared:
        raise SharedQueueError(
            f"{', '.join(shared)} {'ont' if len(shared) > 1 else 'a'} déjà un lecteur, qui prendrait une part de ce que l'éditeur envoie : "
            "arrêtez l'autre campagne ou l'autre client de ce partenaire (la connexion d'une campagne coupée net peut "
            "durer une minute), ou donnez d'autres partenaires à la cible."
        )
    return seen
