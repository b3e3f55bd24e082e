"""Hubs with TLS and EXTERNAL, with the topology and the rights of the real one, in a thread of their own."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.tls import TlsFiles, client_tls
from recette.messages.hub_saw import HubSaw
from recette.sandbox.authority import Authority, Issued
from recette.sandbox.hub import BrokerKind, Sandbox
from recette.sandbox.rabbitmq import RabbitMqNode

VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"
LIMIT = 120.0
Result = TypeVar("Result")
Run = Callable[[Callable[[Sandbox], Coroutine[Any, Any, None]]], None]


@dataclass(frozen=True)
class TlsHub:
    """A running hub and its authority."""

    broker: BrokerKind
    port: int
    authority: Authority
    certificates: dict[str, Issued]
    run: Run
    """Does something in the hub's own thread."""
    seen: list[HubSaw]

    def observed(self) -> int:
        """How many messages the dispatcher has got so far."""
        return sum(one.action == "received" for one in self.seen)

    def address(
        self,
        issued: Issued | None = None,
        *,
        user: str = EDITOR,
        vhost: str = VHOST,
        host: str = "127.0.0.1",
        anonymous: bool = False,
    ) -> BrokerAddress:
        """How `user` connects: with its own certificate, or with `issued`, or with none."""
        shown = None if anonymous else issued or self.certificates[user]
        files = (
            TlsFiles(self.authority.file, shown.certificate, shown.key)
            if shown is not None
            else TlsFiles(self.authority.file)
        )
        return BrokerAddress(host, self.port, vhost, user, tls=client_tls(files), external=True)


def need_rabbitmq() -> None:
    if not RabbitMqNode.installed():
        if os.environ.get("CI"):
            pytest.fail("rabbitmq-server n'est pas installé, et la CI doit l'avoir")
        pytest.skip("rabbitmq-server n'est pas installé")


@contextmanager
def threaded() -> Iterator[Callable[[Coroutine[Any, Any, Result]], Result]]:
    """A loop in a thread of its own, and what does something in it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(LIMIT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()


@contextmanager
def standing(start: Callable[[], Coroutine[Any, Any, Sandbox]]) -> Iterator[tuple[Sandbox, Run]]:
    """The tests' loops come and go, the hub stays; `run` does something in its own thread."""
    with threaded() as does:
        sandbox = does(start())
        try:
            yield sandbox, lambda work: does(work(sandbox))
        finally:
            does(sandbox.stop())


@contextmanager
def served(
    kind: BrokerKind, authority: Authority, clients: tuple[str, ...] = (EDITOR, PARTNER), **more: Any
) -> Iterator[TlsHub]:
    """A hub with mutual TLS."""
    seen: list[HubSaw] = []

    async def start() -> Sandbox:
        return await Sandbox.start([VHOST], clients, broker=kind, tls=authority, observer=seen.append, **more)

    with standing(start) as (sandbox, run):
        yield TlsHub(kind, sandbox.port, authority, sandbox.certificates, run, seen)
