"""A target whose partners live on another vHost: whether the hub converts between them is looked at before a link opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from recette.messages.conversion.failures import ConversionError
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target
from recette.preflight.checks import Check
from recette.preflight.exchange import EXPIRED, check_conversion
from recette.preflight.preflight import preflight
from recette.preflight.probes import Probe, Probes
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.conversions import BuiltIn, Order
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings
from tests.preflight.conftest import found

SAMU, OTHER, FIRE = "fr.health.samu801", "fr.health.samu901", "fr.fire.nexsis.sdis801"
OLD, NEW, NEXSIS = "15-15_v1.5", "15-15_v2.1", "15-nexsis_vactive"


def lives(on: str) -> ClientSettings:
    perimeter, _, version = on.rpartition("_v")
    return ClientSettings(perimeters={perimeter: (version,)})


class Broken(BuiltIn):
    """A service that fails on all."""

    async def convert(self, order: Order) -> Sequence[Mapping[str, Any]]:
        raise ConversionError(500, "panne d'essai")


async def looked(
    editor: str, on: str, partner: str, there: str, declared: str, service: BuiltIn | None = None
) -> list[Check]:
    """A target's checks on a hub where the editor is declared for `declared`."""
    clients = {editor: lives(declared), partner: lives(there)}
    settings = hub_settings(clients=clients, fire_vhost=NEXSIS if NEXSIS in {on, there} else None)
    sandbox = await Sandbox.start(
        sorted({on, there, declared}), [*clients], settings=settings, conversions=service or BuiltIn()
    )
    try:
        target = Target(
            "essai",
            vhost(on),
            editor,
            "NEXSIS" if editor == FIRE else "LRM",
            {"LRM": (partner,)},
            DriverChoice("simulated"),
            Deadlines(ack=5.0),
            partners_vhost=vhost(there),
        )
        target = replace(target, addresses={partner: sandbox.address(partner, there)})
        return await preflight(target, lambda _: None)
    finally:
        await sandbox.stop()


@pytest.mark.parametrize(("editor", "on"), [(SAMU, OLD), (FIRE, NEXSIS)])
async def test_a_hub_that_converts_is_seen_to(editor: str, on: str) -> None:
    check = found(await looked(editor, on, OTHER, NEW, on), "conversion")
    assert (check.status, check.subject) == ("go", on)
    assert "qui n'a pas de conversion, est refusé (300)" in check.detail


async def test_an_editor_that_is_declared_elsewhere_is_told_of() -> None:
    check = found(await looked(SAMU, OLD, OTHER, NEW, NEW), "conversion")
    assert (check.status, "n'est pas converti" in check.detail) == ("no-go", True)
    assert f"si {SAMU} est déclaré pour la version de {OLD}" in check.advice


async def test_a_service_that_fails_is_no_go() -> None:
    check = found(await looked(SAMU, OLD, OTHER, NEW, OLD, Broken()), "conversion")
    assert (check.status, "rapport 300 au lieu de 400" in check.detail) == ("no-go", True)


@pytest.mark.parametrize("fire", [False, True])
@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        (None, "unsure", "GEO-POS : aucun rapport"),
        (501, "unsure", "GEO-POS : rapport 501"),
        (400, "no-go", "n'est pas converti"),
        (300, "go", "qui n'a pas de conversion, est refusé"),
    ],
)
async def test_a_hub_that_tells_nothing_of_it_is_no_go_ahead(
    code: int | None, status: str, said: str, fire: bool
) -> None:
    """What has no conversion is answered with `code`; what has one, as it is due."""
    there = vhost(NEW)

    async def ask(probe: Probe) -> int | None:
        return EXPIRED if probe.model == "RC-REF" else code

    probes = Probes(vhost(OLD), SAMU, "")
    check = await check_conversion(ask, probes, OTHER, there, fire=fire)
    assert (check.status, said in check.detail) == (status, True), check.detail
    assert bool(check.advice) == (status != "go")
