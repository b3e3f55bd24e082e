"""What several rooms' tests share: fixtures, and how generated examples are tried."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from recette.sandbox.authority import Authority
from tests.served_hub import TlsHub, served

# A tool's own dependency: jsonschema takes seconds to make a grammar of it, for a format that no model has.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited as ignored, Ctrl-C would reach no test
settings.register_profile("recette", deadline=None)  # as many as ever, however slow the machine is just then
settings.load_profile("recette")


@pytest.fixture(scope="session", params=["embedded", "rabbitmq"])
def tls_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHub]:
    """One hub with mutual TLS for the session, on each broker."""
    authority = Authority.create(tmp_path_factory.mktemp("tls"))
    with served(request.param, authority) as hub:
        yield hub
