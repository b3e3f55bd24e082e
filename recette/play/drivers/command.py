"""Runs a command for each request, with the contract's JSON on its standard input; exit code 0 means « it will »."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from recette.platform.pipes import reading
from recette.platform.processes import end_group, own_group
from recette.platform.stopping import ended_with_us
from recette.play.drivers.driver import Attestation, Driver, DriverError, Question, Request
from recette.play.drivers.screen_answer import attestation_of, bounded, unanswered
from recette.wording.counting import in_seconds
from recette.wording.os_errors import reason
from recette.wording.values import plain

_KEPT = 4096
"""Bytes of standard error that are kept, the last ones."""
_GRACE = 2.0
"""Seconds between asking a command to end and ending it; also for what it left behind to close its output."""
_SHOWN = 300
_USUAL = frozenset(
    {"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "PWD", "VIRTUAL_ENV"}
    | {
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "COMSPEC",
        "PATHEXT",
        "TEMP",
        "TMP",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
    }
    | {"PYTHONUTF8", "PYTHONIOENCODING"}
)
"""What a program needs to find itself, its language and its place."""
_MASK = "…"


class CommandDriver(Driver):
    """The command gets a process group of its own, so that what it starts ends with it when time is up."""

    name = "command"

    def __init__(self, command: Sequence[str], timeout: float, env: Sequence[str] = ()) -> None:
        """`command` is a program and its arguments, no shell between; `env` names what it gets of our environment.

        The rest, passphrases of the harness among it, is none of its business.
        """
        self._command = tuple(command)
        self._timeout = timeout
        self._given = {name: os.environ[name] for name in env if name in os.environ}
        self._usual = {name: value for name, value in os.environ.items() if _is_usual(name)}

    async def ask(self, request: Request) -> int:
        async with (
            _errors(self._given.values()) as (sink, last_line),
            self._running(request.to_json(), sink) as process,
        ):
            try:
                async with asyncio.timeout(self._timeout):
                    await _feed(process, json.dumps(request.to_json(), ensure_ascii=False).encode())
                    code = await process.wait()
            except TimeoutError as error:
                await _end(process)
                raise DriverError(
                    f"La commande {self._command[0]} n'a pas fini en {in_seconds(self._timeout)}{await last_line()} : "
                    "vérifiez-la, ou allongez « timeout »."
                ) from error
            except BaseException:
                await _end(process)
                raise
            if code != 0:
                how = f"a fini avec le code {code}" if code > 0 else f"a été arrêtée par le signal {-code}"
                raise DriverError(f"La commande {self._command[0]} {how}{await last_line()}.")
        return 1

    async def attest(self, question: Question) -> Attestation:
        """Ask the command what the screen shows: its standard output is the answer, when it ends with 0."""
        by = "le logiciel lui-même (pilote command)"
        try:
            body = await question.deadline.within(self._checked(question))
        except DriverError as error:
            return unanswered(str(error), by)
        return (
            unanswered("la commande n'a pas répondu à temps", by)
            if body is None
            else attestation_of(body, by)
        )

    async def _checked(self, question: Question) -> bytes:
        """What the command wrote, as far as it is read. Raises DriverError."""
        async with (
            _errors(self._given.values()) as (sink, last_line),
            self._running(question.document, sink, PIPE) as process,
        ):
            assert process.stdout is not None
            try:
                async with asyncio.timeout(self._timeout):
                    await _feed(process, json.dumps(dict(question.document), ensure_ascii=False).encode())
                    body = await bounded(process.stdout)
                    code = await process.wait()
            except TimeoutError as error:
                raise DriverError(f"la commande n'a pas fini en {in_seconds(self._timeout)}") from error
            finally:
                if process.returncode is None:
                    await _end(process)
            if code != 0:
                raise DriverError(f"la commande a fini avec le code {code}{await last_line()}")
            return body

    @asynccontextmanager
    async def _running(
        self, document: Mapping[str, Any], sink: int, output: int = DEVNULL
    ) -> AsyncIterator[Process]:
        """The command, which does not outlive a recette that is ended at once."""
        process = await self._start(document, sink, output)
        with ended_with_us(lambda: end_group(process.pid, force=True)):
            yield process

    async def _start(self, document: Mapping[str, Any], sink: int, output: int = DEVNULL) -> Process:
        variables = {
            f"RECETTE_{name.upper()}": "" if value is None else str(value)
            for name, value in document.items()
            if name not in {"data", "caseId"}
        }
        variables["RECETTE_CASE_ID"] = str(document.get("caseId") or "")
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=output,
                stderr=sink,
                env={**self._usual, **self._given, **variables},
                **own_group(),
            )
        except OSError as error:
            raise DriverError(
                f"La commande {self._command[0]} ne peut pas être lancée ({reason(error)}) : "
                "vérifiez « driver.command » dans la cible."
            ) from error
        finally:
            os.close(sink)


def _is_usual(name: str) -> bool:
    return name.upper() in _USUAL or name.startswith("LC_")


async def _feed(process: Process, document: bytes) -> None:
    """A command that does not read its input is free not to."""
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(document)
        await process.stdin.drain()
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.close()
        await process.stdin.wait_closed()


@asynccontextmanager
async def _errors(secrets: Iterable[str]) -> AsyncIterator[tuple[int, Callable[[], Awaitable[str]]]]:
    """Where a command may write its errors (to be closed once it has it), and what asks for their last line.

    What it was given of the environment is not repeated: it may be a secret.

    The pipe is our own: asyncio's would have the command last as long as what it leaves behind.
    """
    source, sink = os.pipe()
    reader, close = await reading(source)
    task = asyncio.create_task(_last_of(reader))

    async def last_line() -> str:
        with suppress(TimeoutError):
            line = await asyncio.wait_for(asyncio.shield(task), _GRACE)
            for secret in sorted(filter(None, secrets), key=len, reverse=True):
                line = line.replace(secret, _MASK)
            return f" : « {plain(line[-_SHOWN:], _SHOWN)} »" if line else ""
        return ""

    try:
        yield sink, last_line
    finally:
        task.cancel()
        close()


async def _last_of(stream: asyncio.StreamReader) -> str:
    """The last line, however much comes before it."""
    kept = b""
    while block := await stream.read(_KEPT):
        kept = (kept + block)[-_KEPT:]
    lines = [line.strip() for line in kept.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


async def _end(process: Process) -> None:
    """End the command and all that it started in its group."""
    for force in (False, True):
        end_group(process.pid, force=force)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
