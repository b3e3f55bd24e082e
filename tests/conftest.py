"""What several rooms' tests share: fixtures, and how generated examples are tried."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

from recette.sandbox.authority import Authority
from recette.sandbox.hub import BrokerKind
from tests.served_hub import TlsHub, need_rabbitmq, served, threaded
from tests.session_node import SessionNode, borrowed, lent

# A tool's own dependency: jsonschema takes seconds to make a grammar of it, for a format that no model has.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
signal.signal(signal.SIGINT, signal.default_int_handler)  # inherited as ignored, Ctrl-C would reach no test
settings.register_profile("recette", deadline=None)  # as many as ever, however slow the machine is just then
settings.load_profile("recette")


@pytest.fixture(scope="session")
def rabbitmq_node() -> Iterator[SessionNode]:
    """One RabbitMQ node for all tests of this process."""
    need_rabbitmq()
    with threaded() as run:  # the tests' loops come and go, the node stays
        node = run(SessionNode.start({}))
        yield node
        run(node.stop())


@pytest.fixture
def lent_rabbitmq(rabbitmq_node: SessionNode) -> Iterator[None]:
    """Whatever starts RabbitMQ in this process gets the session's node."""
    with lent(rabbitmq_node):
        yield


@pytest.fixture(params=["embedded", "rabbitmq"])
def broker_kind(request: pytest.FixtureRequest) -> Iterator[BrokerKind]:
    """Each broker that a sandbox can start."""
    with borrowed(request):
        yield request.param


@pytest.fixture(scope="module", params=["embedded", "rabbitmq"])
def tls_hub(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHub]:
    """One hub with mutual TLS for the module, on each broker."""
    authority = Authority.create(tmp_path_factory.mktemp("tls"))
    with borrowed(request), served(request.param, authority) as hub:
        yield hub
