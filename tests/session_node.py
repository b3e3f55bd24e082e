"""One RabbitMQ node for all that a test process plays on RabbitMQ: what would start a node of its own borrows this one.

A node takes four seconds of CPU to start, and vHosts on one that runs a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Self

import pytest

from recette.sandbox import hub
from recette.sandbox.rabbitmq import ATTEMPTS, NodeTls, RabbitMqNode, _free_port


class SessionNode(RabbitMqNode):
    """It can speak TLS too, on ports that are opened and closed while it runs."""

    def _listener(self) -> dict[str, object]:
        plain = super()._listener()
        return {
            **plain,
            "auth_mechanisms.1": "PLAIN",
            "auth_mechanisms.2": "EXTERNAL",
            "ssl_cert_login_from": "common_name",
            "ssl_options.verify": "verify_peer",  # without it, no certificate is a login
        }

    def _write_configuration(self) -> None:
        super()._write_configuration()
        plugins = "[rabbitmq_auth_mechanism_ssl].\n"
        (self.folder / "plugins").write_text(plugins, encoding="utf-8", newline="\n")

    async def open_tls(self, tls: NodeTls) -> int:
        """A port for TLS alone, with the options that a node of its own would have."""
        options = (
            f'[{{cacertfile, "{tls.authority}"}}, {{certfile, "{tls.certificate}"}}, {{keyfile, "{tls.key}"}},'
            " {verify, verify_peer}, {fail_if_no_peer_cert, true}]"
        )
        said = ""
        for _ in range(ATTEMPTS):  # another process may take a free port first
            port = _free_port()
            said = await self.evaluate(
                f"rabbit_networking:start_ssl_listener({_place(port)},"
                f" rabbit_networking:fix_ssl_options({options}), 2)."
            )
            if said == "{ok, ok}":
                return port
        raise AssertionError(said)

    @contextmanager
    def loading(self, file: Path) -> Iterator[None]:
        """For as long as this lasts, the node loads that file whenever its broker starts."""
        named = self.folder / "none.json"
        named.write_bytes(file.read_bytes())
        yield
        named.write_text("{}", encoding="utf-8", newline="\n")

    async def close_tls(self, port: int) -> None:
        said = await self.evaluate(f"rabbit_networking:stop_tcp_listener({_place(port)}).")
        assert said == "{ok, ok}", said


class Lodger:
    """What `RabbitMqNode.start` gives, on a node that runs already; `stop` takes away what was imported."""

    host = "127.0.0.1"

    def __init__(self, node: SessionNode) -> None:
        self._node = node
        self._imported: dict[str, set[str]] = {"vhosts": set(), "users": set()}
        self._tls: int | None = None
        self.port = node.port
        self.shortage = node.shortage

    @classmethod
    async def start(cls, node: SessionNode, wanted: Mapping[str, Any], tls: NodeTls | None = None) -> Self:
        found = cls(node)
        await found.import_definitions(wanted)
        if tls is not None:
            found.port = await found.open_tls(tls)
        return found

    async def open_tls(self, tls: NodeTls) -> int:
        self._tls = await self._node.open_tls(tls)
        return self._tls

    async def import_definitions(self, wanted: Mapping[str, Any]) -> None:
        await self.claim(wanted)
        await self._node.import_definitions(wanted)

    async def claim(self, wanted: Mapping[str, Any]) -> None:
        """Two on one vHost would take each other's messages: nobody else may have it."""
        names = {kind: {one["name"] for one in wanted.get(kind, ())} for kind in self._imported}
        if new := names["vhosts"] - self._imported["vhosts"]:
            there = await self._node.evaluate("rabbit_vhost:list_names().")
            taken = [one for one in new if f'<<"{one}">>' in there]
            assert not taken, f"{taken} still in use"
        for kind, more in names.items():
            self._imported[kind] |= more

    async def stop(self) -> None:
        if self._tls is not None:
            await self._node.close_tls(self._tls)
        acts = [
            f'{act}(<<"{name}">>, <<"tests">>)'
            for kind, act in (
                ("vhosts", "rabbit_vhost:delete"),
                ("users", "rabbit_auth_backend_internal:delete_user"),
            )
            for name in sorted(self._imported[kind])
        ]
        said = await self._node.evaluate(f"[{', '.join(acts)}].")
        assert said.startswith("{ok,"), said
        assert "error" not in said, said


@contextmanager
def lent(node: SessionNode) -> Iterator[None]:
    """For as long as this lasts, a sandbox that starts RabbitMQ gets this node."""

    class Lent:
        @staticmethod
        async def start(wanted: Mapping[str, Any], *, port: int, tls: NodeTls | None) -> Lodger:
            assert port == 0, "a port of its own needs a node of its own"
            return await Lodger.start(node, wanted, tls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "RabbitMqNode", Lent)
        yield


def borrowed(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """`lent` for a fixture whose parameter is the broker, where that is RabbitMQ."""
    return lent(request.getfixturevalue("rabbitmq_node")) if request.param == "rabbitmq" else nullcontext()


def _place(port: int) -> str:
    return f'{{"127.0.0.1", {port}, auto}}'
