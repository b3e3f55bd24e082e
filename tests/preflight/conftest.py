"""On the hub with TLS, one vHost for each thing that can be wrong with a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from recette.messages.json.schemas import SchemaSet
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.environments import SANDBOX
from recette.play.target import Deadlines, Target
from recette.preflight.checks import Check
from recette.preflight.preflight import preflight
from recette.sandbox.authority import Issued
from recette.sandbox.definitions import DISPATCHER, definitions
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.hub import Sandbox
from tests.served_hub import EDITOR, PARTNER, VHOST, TlsHub

SILENT, WRONG_MODELS, UNBOUND = "15-gps_v1.2", "15-smur_v1.6", "15-gps_v1.3"
"""Nobody dispatches; the dispatcher has other models; the editor's .ack is bound to nothing."""
MUTE, BOLD = "fr.health.muet", "fr.health.sans-bornes"
"""A client that may not publish; one that may publish with anyone's key."""


@dataclass(frozen=True)
class Ground:
    """Where a preflight is made."""

    hub: TlsHub
    mute: Issued
    bold: Issued

    def target(self, on: str = VHOST, **more: Any) -> Target:
        """The partner, played by the harness; the editor too when `editor` is given."""
        found = Target(
            name="cible.yaml",
            vhost=vhost(on),
            editor=EDITOR,
            role="LRM",
            partners={"LRM": (PARTNER,)},
            driver=DriverChoice("operator"),
            deadlines=Deadlines(ack=0.5 if on in {SILENT, UNBOUND} else 10.0),
            addresses={PARTNER: self.hub.address(user=PARTNER, vhost=on)},
            environment=SANDBOX,
        )
        return replace(found, **more)

    def with_editor(self, on: str = VHOST) -> Target:
        return self.target(on, editor_address=self.hub.address(vhost=on))


def made(target: Target, **more: Any) -> list[Check]:
    """The checks, each of which was told as it was made."""
    told: list[Check] = []
    checks = asyncio.run(preflight(target, told.append, **more))
    assert told == checks
    return checks


def found(checks: list[Check], name: str, subject: str = "") -> Check:
    return next(one for one in checks if one.id == name and subject in one.subject)


@pytest.fixture(scope="module")
def ground(tls_hub: TlsHub) -> Iterator[Ground]:
    started: list[Dispatcher] = []

    async def prepare(sandbox: Sandbox) -> None:
        names = dict.fromkeys((EDITOR, PARTNER, DISPATCHER), "")
        wrong = definitions([SILENT, WRONG_MODELS, UNBOUND], names)
        wrong["bindings"] = [
            one
            for one in wrong["bindings"]
            if (one["vhost"], one["destination"]) != (UNBOUND, f"{EDITOR}.ack")
        ]
        odd = definitions([VHOST], dict.fromkeys((MUTE, BOLD), ""))
        odd["permissions"] = [
            {**one, "write": "^$"} if one["user"] == MUTE else one
            for one in odd["permissions"]
            if one["user"] != DISPATCHER
        ]
        odd["topic_permissions"] = [
            {**one, "write": ".*"} for one in odd["topic_permissions"] if one["user"] == BOLD
        ]
        await sandbox.add(wrong)
        await sandbox.add(odd)
        for name, generation in ((WRONG_MODELS, 1), (UNBOUND, 3)):
            address = sandbox.address(DISPATCHER, name)
            started.append(
                await Dispatcher.start(address, lambda _: None, None, SchemaSet.builtin(generation))
            )

    async def end(_: Sandbox) -> None:
        for dispatcher in started:
            await dispatcher.close()

    tls_hub.run(prepare)
    yield Ground(tls_hub, tls_hub.authority.client(MUTE), tls_hub.authority.client(BOLD))
    tls_hub.run(end)
