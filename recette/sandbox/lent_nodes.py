"""RabbitMQ nodes for many plays: a start takes longer than most plays, so each is lent one after the other, empty."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Any, BinaryIO, Self

from recette.platform.file_lock import lock
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.sandbox.running_node import RunningNode


@contextmanager
def lent_nodes(many: int) -> Iterator[tuple[RunningNode, ...]]:
    """Nodes to take, here or in other processes, stopped afterwards; no event loop runs here. Raises RabbitMqError."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield tuple(runner.run(_start(stack)) for _ in range(many))
        finally:
            runner.run(stack.aclose())


async def _start(stack: AsyncExitStack) -> RunningNode:
    node = await RabbitMqNode.start({})
    stack.push_async_callback(node.stop)
    return RunningNode(node.folder, node.port, node.environment)


class LentNode(RunningNode):
    """A node that is somebody's until `stop`, or until their process ends."""

    _held: ExitStack

    @classmethod
    async def take(cls, lent: Sequence[RunningNode], definitions: Mapping[str, Any]) -> Self | None:
        """One of these that nobody has, with these definitions and no vHost of whoever had it before; None where all are
        taken. Raises RabbitMqError.
        """
        for one in lent:
            with ExitStack() as stack:
                file = stack.enter_context((one.folder / "lent").open("a+b"))
                try:
                    lock(file)
                except BlockingIOError:
                    continue
                node = cls(one.folder, one.port, one.environment)
                await node.delete(_left_in(file))
                file.write(json.dumps([vhost["name"] for vhost in definitions["vhosts"]]).encode())
                file.flush()
                await node.import_definitions(definitions)
                node._held = stack.pop_all()
                return node
        return None

    async def stop(self) -> None:
        """Give it back."""
        self._held.close()


def _left_in(file: BinaryIO) -> list[str]:
    """The vHosts of whoever had the node last: what ends a process leaves it no time to take them away."""
    file.seek(0)
    written = file.read()
    file.truncate(0)
    return [str(one) for one in json.loads(written)] if written else []
