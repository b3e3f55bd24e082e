"""Many small campaigns at once, each on a hub of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from recette.campaign.options import Options
from recette.platform.workers import in_workers
from recette.sandbox.lent_nodes import lent_nodes
from recette.scenario.model import Scenario

Result = TypeVar("Result")
NODES = 4
"""How many nodes of RabbitMQ run at most: each takes the memory of many plays."""


def on_hubs_of_their_own(
    work: Callable[[str, list[Scenario], Options], Result],
    asked: Sequence[tuple[str, list[Scenario]]],
    options: Options,
) -> Iterator[Result]:
    """What `work` makes of each of `asked`, in that order. Raises RabbitMqError."""
    processors = os.cpu_count() or 1
    if options.broker == "embedded":  # most of a play is waiting
        yield from in_workers(2 * processors, work, [(*one, options) for one in asked])
        return
    many = min(processors, NODES, len(asked))
    with lent_nodes(many) as nodes:
        yield from in_workers(many, work, [(*one, replace(options, lent=nodes)) for one in asked])
