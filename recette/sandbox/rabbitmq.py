"""A private RabbitMQ node: own ports, own folder, own epmd; nothing is left behind when it stops."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_TIMEOUT = 90.0
"""Seconds until a node that has not said it is ready counts as failed."""
STOP_TIMEOUT = 20.0
ATTEMPTS = 3
"""Free ports are found by trying: another process may take one in between."""


class RabbitMqError(RuntimeError):
    """The node cannot be started; the text says what to do."""


class RabbitMqNode:
    """One node with the given definitions, listening on the loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._processes: list[asyncio.subprocess.Process] = []
        self.host = "127.0.0.1"
        self.port = port

    @staticmethod
    def installed() -> bool:
        """Whether the server is on this machine."""
        return _SERVER.exists() and shutil.which("epmd") is not None

    @classmethod
    async def start(cls, definitions: Mapping[str, Any], *, port: int = 0) -> Self:
        """Start a node with users, rights, exchanges and queues in place. Raises RabbitMqError."""
        if not cls.installed():
            raise RabbitMqError(
                "RabbitMQ n'est pas installé : installez le paquet rabbitmq-server, ou jouez avec --broker embedded."
            )
        for attempt in range(ATTEMPTS):
            node = cls(Path(tempfile.mkdtemp(prefix="recette-rabbitmq-")), port or _free_port())
            try:
                await node._launch(definitions)
            except (RabbitMqError, TimeoutError) as error:
                log = node._log_tail()
                await node.stop()
                if attempt + 1 == ATTEMPTS:
                    raise RabbitMqError(f"Le nœud RabbitMQ n'a pas démarré : {log or error}.") from error
            except BaseException:
                await node.stop()
                raise
            else:
                return node
        raise AssertionError

    async def stop(self) -> None:
        """End the node, then its epmd, then remove the folder."""
        for process in reversed(self._processes):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    async with asyncio.timeout(STOP_TIMEOUT):
                        await process.wait()
                except TimeoutError:
                    process.kill()
                    await process.wait()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _launch(self, definitions: Mapping[str, Any]) -> None:
        environment = self._environment(epmd=_free_port(), distribution=_free_port())
        self._write_configuration(definitions)
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
                raise RabbitMqError("le serveur s'est arrêté" if done else "le serveur ne répond pas")

    async def _spawn(
        self, command: tuple[str, ...], environment: dict[str, str]
    ) -> asyncio.subprocess.Process:
        with (self._folder / "console.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                "setpriv",
                "--pdeathsig",
                "TERM",
                *command,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _environment(self, *, epmd: int, distribution: int) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "NOTIFY_SOCKET": str(folder / "notify"),
            "RABBITMQ_NODENAME": f"recette{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
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

    def _write_configuration(self, definitions: Mapping[str, Any]) -> None:
        folder = self._folder
        (folder / "definitions.json").write_text(json.dumps(_hashed(definitions)), encoding="utf-8")
        (folder / "advanced.config").write_text("[].\n", encoding="utf-8")
        (folder / "plugins").write_text("[].\n", encoding="utf-8")
        (folder / "conf.d").mkdir(exist_ok=True)
        settings = {
            "listeners.tcp.1": f"127.0.0.1:{self.port}",
            "loopback_users": "none",
            "disk_free_limit.absolute": "10MB",
            "log.console.level": "warning",
            "load_definitions": folder / "definitions.json",
            "default_user": "recette",
            "default_pass": secrets.token_urlsafe(16),
        }
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (folder / "rabbitmq.conf").write_text(text, encoding="utf-8")

    def _log_tail(self) -> str:
        log = self._folder / "console.log"
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")


async def _ready(notify: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while b"READY=1" not in await loop.sock_recv(notify, 4096):
        pass


def _hashed(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The same definitions, with passwords as RabbitMQ stores them: salt and SHA-256, in base64."""
    document = copy.deepcopy(dict(definitions))
    for user in document.get("users", ()):
        password = user.pop("password", "")
        salt = secrets.token_bytes(4)
        digest = hashlib.sha256(salt + password.encode()).digest()
        user["password_hash"] = base64.b64encode(salt + digest).decode() if password else ""
        user["hashing_algorithm"] = "rabbit_password_hashing_sha256"
        user.setdefault("tags", "")
    return document


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
