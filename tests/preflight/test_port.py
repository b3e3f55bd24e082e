"""Whoever finds no hub at a port is told what to do about this one."""

from __future__ import annotations

import pytest

from recette.hub.address import BrokerAddress
from recette.preflight.network import check_port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_hub_that_is_stopped_is_to_be_started(host: str) -> None:
    found = await check_port(BrokerAddress(host, 1, "15-15_v2.1", "fr.health.samu991", ""))
    assert (found.status, found.detail) == ("no-go", "injoignable (connexion refusée)")
    assert found.advice == "démarrez le hub, ou vérifiez le port de la cible (5672 en amqp:// d'ordinaire)"
