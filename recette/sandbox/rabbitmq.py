"""A private RabbitMQ node: own ports, own folder, own epmd; nothing is left behind when it stops.

It ends with the process that started it, even a killed one. Debian's server script is run directly: the wrapper in
/usr/sbin insists on root or on the rabbitmq user, and drops the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from recette.platform.processes import end_group
from recette.platform.stopping import ended_with_us
from recette.sandbox.broker.definitions import parse
from recette.sandbox.broker.errors import PortTakenError
from recette.sandbox.running_node import RabbitMqError, RunningNode

_PROGRAMS = Path("/usr/lib/rabbitmq/bin")
_SERVER = _PROGRAMS / "rabbitmq-server"
START_TIMEOUT = 90.0
"""Seconds until a node that has not said it is ready counts as failed."""
STOP_TIMEOUT = 20.0
ATTEMPTS = 3
"""Free ports are found by trying: another process may take one in between."""


class _BootError(RabbitMqError):
    """The server does not come up."""


@dataclass(frozen=True, slots=True)
class NodeTls:
    """PEM files of a node that speaks TLS only, asks for a client certificate and offers EXTERNAL."""

    authority: Path
    certificate: Path
    key: Path


class RabbitMqNode(RunningNode):
    """One node with the given definitions, listening on the loopback."""

    def __init__(self, folder: Path, port: int, tls: NodeTls | None) -> None:
        super().__init__(folder, port)
        self._tls = tls
        self._processes: list[asyncio.subprocess.Process] = []
        self._with_us = contextlib.ExitStack()
        self._with_us.enter_context(ended_with_us(self._end_at_once))

    @staticmethod
    def installed() -> bool:
        """Whether the server is on this machine."""
        return _SERVER.exists() and all(shutil.which(program) for program in ("epmd", "erl_call", "setpriv"))

    @classmethod
    async def start(
        cls, definitions: Mapping[str, Any], *, port: int = 0, tls: NodeTls | None = None
    ) -> Self:
        """Start a node with users, rights, exchanges and queues in place; it takes 7 to 16 s.

        Raises RabbitMqError, PortTakenError, or the embedded broker's DefinitionsError for malformed definitions.
        """
        if not cls.installed():
            raise RabbitMqError(
                "RabbitMQ n'est pas installé : installez le paquet rabbitmq-server, ou jouez avec --broker embedded."
            )
        parse(definitions)
        if port and not _is_free(port):
            raise PortTakenError(f"Le port {port} est déjà pris : choisissez un autre --port.")
        for attempt in range(1, ATTEMPTS + 1):
            node = cls(Path(tempfile.mkdtemp(prefix="recette-rabbitmq-")), port or _free_port(), tls)
            try:
                await node._launch()
                await node.import_definitions(definitions)
            except _BootError as error:
                reason = node._reason()
                await node.stop()
                if attempt == ATTEMPTS or "eaddrinuse" not in reason:
                    raise RabbitMqError(f"Le nœud RabbitMQ n'a pas démarré : {error} ({reason}).") from error
            except BaseException:
                await node.stop()
                raise
            else:
                return node
        raise AssertionError

    async def stop(self) -> None:
        """End the node, then its epmd, then remove the folder."""
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_TIMEOUT):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
        self._with_us.close()

    def _end_at_once(self) -> None:
        for process in self._processes:
            end_group(process.pid, force=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _launch(self) -> None:
        environment = self.environment = self._make_environment(_free_port(), _free_port())
        self._write_configuration()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with notify:
            notify.setblocking(False)
            notify.bind(environment["NOTIFY_SOCKET"])
            epmd = ("epmd", "-address", "127.0.0.1", "-port", environment["ERL_EPMD_PORT"])
            await self._spawn(epmd, environment)
            server = await self._spawn((str(_SERVER),), environment)
            ended = asyncio.create_task(server.wait())
            ready = asyncio.create_task(_ready(notify))
            try:
                done, _ = await asyncio.wait(
                    {ended, ready}, timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                ended.cancel()
                ready.cancel()
                await asyncio.gather(ended, ready, return_exceptions=True)
            if ready not in done:
                raise _BootError("le serveur s'est arrêté" if done else "le serveur ne répond pas")

    async def _spawn(
        self, command: tuple[str, ...], environment: dict[str, str]
    ) -> asyncio.subprocess.Process:
        with (self.folder / "console.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                "setpriv", "--pdeathsig", "TERM", *command,
                env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._processes.append(process)
        return process

    def _make_environment(self, epmd: int, distribution: int) -> dict[str, str]:
        folder = self.folder
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "NOTIFY_SOCKET": str(folder / "notify"),
            "RABBITMQ_NODENAME": f"recette{secrets.token_hex(4)}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "ERL_EPMD_PORT": str(epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        }

    def _write_configuration(self) -> None:
        folder = self.folder
        # Definitions to load, even none, keep RabbitMQ from making its default user and vHost. The real ones are
        # imported once it runs: it starts all the same, without a word, when it cannot load a file.
        (folder / "none.json").write_text("{}", encoding="utf-8", newline="\n")
        (folder / "advanced.config").write_text("[].\n", encoding="utf-8", newline="\n")
        plugins = "[rabbitmq_auth_mechanism_ssl].\n" if self._tls else "[].\n"
        (folder / "plugins").write_text(plugins, encoding="utf-8", newline="\n")
        (folder / "conf.d").mkdir(exist_ok=True)
        settings = {
            **self._listener(),
            "loopback_users": "none",
            "disk_free_limit.absolute": "10MB",
            "log.console.level": "warning",
            "load_definitions": folder / "none.json",
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (folder / "rabbitmq.conf").write_text(text, encoding="utf-8", newline="\n")

    def _listener(self) -> dict[str, object]:
        address = f"127.0.0.1:{self.port}"
        if self._tls is None:
            return {"listeners.tcp.1": address}
        return {
            "listeners.tcp": "none",
            "listeners.ssl.1": address,
            "ssl_options.cacertfile": self._tls.authority,
            "ssl_options.certfile": self._tls.certificate,
            "ssl_options.keyfile": self._tls.key,
            "ssl_options.verify": "verify_peer",
            "ssl_options.fail_if_no_peer_cert": "true",
            "auth_mechanisms.1": "PLAIN",
            "auth_mechanisms.2": "EXTERNAL",
            "ssl_cert_login_from": "common_name",
        }

    def _reason(self) -> str:
        """The first error of the node's log, or its last line."""
        log = self.folder / "console.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        lines = [line.strip() for line in text.split("\n") if line.strip()] or ["journal vide"]
        return next((line for line in lines if "[error]" in line), lines[-1])[:400]


async def _ready(notify: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while b"READY=1" not in await loop.sock_recv(notify, 4096):
        pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
