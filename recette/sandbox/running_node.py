"""A RabbitMQ node that runs, from whatever process: what it is told and asked goes through erl_call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recette.hub.errors import HubError
from recette.sandbox.broker.definitions import parse
from recette.sandbox.definitions import stored

SHORTAGE_TIMEOUT = 10.0
"""Seconds for a node to say whether it is short of anything."""
_RESOURCES = re.compile(r"\{\{resource_limit,\s*(\w+),")


class RabbitMqError(RuntimeError):
    """The node cannot be started, or does not do what it is told; the text says what to do."""


@dataclass(eq=False)
class RunningNode:
    """How a node on this machine is reached."""

    folder: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    """What it was started with: its name, its epmd, where its cookie lies."""
    host: str = "127.0.0.1"

    async def import_definitions(self, definitions: Mapping[str, Any]) -> None:
        """Add to what there is. Raises RabbitMqError."""
        parse(definitions)
        path = self.folder / f"more-{secrets.token_hex(4)}.json"
        path.write_text(json.dumps(stored(definitions)), encoding="utf-8", newline="\n")
        try:
            answer = await self.evaluate(
                f'{{ok, Body}} = file:read_file("{path}"),'
                ' lists:flatten(io_lib:format("~0tp", [rabbit_definitions:import_raw(Body)])).'
            )
        finally:
            path.unlink()
        if answer != '{ok, "ok"}':
            told = " ".join(answer.removeprefix('{ok, "').removesuffix('"}').replace('\\"', '"').split())[
                :300
            ]
            raise RabbitMqError(f"Le nœud RabbitMQ refuse les définitions : {told}.")

    async def delete(self, vhosts: Iterable[str]) -> None:
        """Take these vHosts away, those that there are, with all that is in them. Raises RabbitMqError."""
        names = ", ".join(f'<<"{one}">>' for one in vhosts)
        answer = await self.evaluate(
            f'[rabbit_vhost:delete(One, <<"recette">>) || One <- [{names}], rabbit_vhost:exists(One)], done.'
        )
        if answer != "{ok, done}":
            raise RabbitMqError(f"Le nœud RabbitMQ ne se vide pas : {' '.join(answer.split())[:300]}.")

    async def evaluate(self, expression: str) -> str:
        """What the node answers to an Erlang expression: `{ok, …}`, or what went wrong.

        By erl_call, a small program in C: rabbitmqctl starts a whole Erlang system for each command.
        """
        name = f"c{secrets.token_hex(4)}"  # the node refuses one that it has not yet seen leave
        process = await asyncio.create_subprocess_exec(
            "erl_call", "-h", name, "-n", self.environment["RABBITMQ_NODENAME"], "-e",
            env=self.environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await process.communicate(f"{expression}\n".encode())
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return output.decode(errors="replace").strip()

    async def shortage(self) -> str | None:
        """Why it takes no publications, as `connection.blocked` would say; None while it does. Raises HubError."""
        said = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHORTAGE_TIMEOUT):
                said = await self.evaluate("rabbit_alarm:get_alarms().")
        if not said.startswith("{ok"):
            raise HubError("Le nœud RabbitMQ ne dit pas s'il est en alarme.")
        found = _RESOURCES.findall(said)
        return f"low on {' and '.join(dict.fromkeys(found))}" if found else None
