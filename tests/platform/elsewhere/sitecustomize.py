"""Put on PYTHONPATH: what Windows has not is taken away, and what it forbids is refused, as far as Linux can imitate it."""

from __future__ import annotations

import asyncio
import asyncio.unix_events
import fcntl
import os
import select
import selectors  # noqa: F401 - asyncio's own choice is made before select.poll is gone
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_TAKEN = ("fcntl", "termios", "resource", "tty", "pty", "grp", "pwd")
_FAR = 1 << 30
_RESERVED = {"con", "prn", "aux", "nul", *(f"{one}{n}" for one in ("com", "lpt") for n in range(1, 10))}
_FORBIDDEN = set('<>:"|?*\\') | {chr(one) for one in range(32)}


def _console() -> ModuleType:
    """`msvcrt` over the terminal that standard input is."""
    keys: list[str] = []
    console = ModuleType("msvcrt")
    lockf, exclusive = fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB
    waits = select.select

    def locking(descriptor: int, mode: int, size: int) -> None:
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        assert at > _FAR, "a lock on bytes that others read"
        lockf(descriptor, exclusive, size, at)

    def kbhit() -> bool:
        while waits([0], [], [], 0)[0]:
            block = os.read(0, 4096)
            keys.extend(block.decode().replace("\n", "\r") if block else "\x1a")
            if not block:
                break
        return bool(keys)

    def getwch() -> str:
        return keys.pop(0)

    def putwch(key: str) -> None:
        os.write(1, key.encode())

    for one in (locking, kbhit, getwch, putwch):
        setattr(console, one.__name__, one)
    console.LK_NBLCK = 2  # type: ignore[attr-defined]
    return console


def _is_open(path: Any) -> bool:
    wanted = os.path.realpath(path)
    return any(os.path.realpath(one) == wanted for one in Path("/proc/self/fd").iterdir())


def _closed_only(name: str) -> None:
    """Windows removes and renames no file that is open."""
    real = getattr(os, name)

    def checked(path: Any, *more: Any, **options: Any) -> Any:
        if options.get("dir_fd") is None and _is_open(path):
            raise PermissionError(13, "is open", str(path))
        return real(path, *more, **options)

    setattr(os, name, checked)


def _named_well(event: str, arguments: tuple[Any, ...]) -> None:
    """Windows makes no file of such a name."""
    writes = event == "os.mkdir" or (
        event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wxa")
    )
    if (
        not writes
        or not isinstance(arguments[0], str | Path)
        or str(arguments[0]).startswith(("/dev/", "/proc/"))
    ):
        return
    for part in Path(arguments[0]).parts[1:]:
        bad = (
            set(part) & _FORBIDDEN or part != part.rstrip(". ") or part.partition(".")[0].lower() in _RESERVED
        )
        if bad:
            raise OSError(22, "no name on Windows", str(arguments[0]))


def _refuse(*_: Any, **__: Any) -> Any:
    raise NotImplementedError


def _take_away() -> None:
    sys.modules["msvcrt"] = _console()
    loop: Any = asyncio.unix_events._UnixSelectorEventLoop
    for name in ("add_signal_handler", "remove_signal_handler", "add_reader", "connect_read_pipe"):
        setattr(loop, name, _refuse)
    for name in _TAKEN:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in (
        (os, ("fork", "killpg", "setsid", "getpgid")),
        (signal, ("SIGKILL",)),
        (select, ("poll",)),
    ):
        for name in names:
            delattr(module, name)
    for name in ("unlink", "remove", "rename", "replace"):
        _closed_only(name)
    sys.addaudithook(_named_well)


_take_away()
