"""A person in front of a pseudo-terminal: reads what is shown, types, and acts in the editor's software."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from recette.journal.events import DriverAsked, Event
from recette.journal.reader import read_journal


class Person:
    """Runs `recette` with its input and output on a terminal of its own."""

    def __init__(self, folder: Path, hook: int, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self._hook = f"http://127.0.0.1:{hook}/agir"
        self._master, slave = pty.openpty()
        self.seen = ""
        self._from = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "recette.cli", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        os.close(slave)

    def sees(self, text: str, seconds: float = 60.0) -> str:
        """Read on until `text` is shown; returns what came up to it since the last time."""
        until = time.monotonic() + seconds
        while (at := self.seen.find(text, self._from)) < 0:
            ready, _, _ = select.select([self._master], [], [], max(0.0, until - time.monotonic()))
            more = bool(ready) and self._read()
            assert more, f"« {text} » n'apparaît pas :\n{self.seen}"
        start, self._from = self._from, at + len(text)
        return self.seen[start : self._from]

    def types(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def acts(self) -> None:
        """Does in the editor's software what was asked last."""
        body = json.dumps(self.asked()).encode()
        request = urllib.request.Request(self._hook, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 202

    def asked(self) -> dict[str, Any]:
        return dict([one.request for one in self.events() if isinstance(one, DriverAsked)][-1])

    def events(self) -> list[Event]:
        return [entry.event for entry in read_journal(self.folder / "journal.jsonl").entries]

    def leaves(self) -> int:
        """Until the command has ended; its exit code."""
        while self._read():
            pass
        code = self.process.wait(60)
        os.close(self._master)
        return code

    def goes(self) -> None:
        """Whatever became of the command, it is over."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
            os.close(self._master)

    def _read(self) -> bool:
        try:
            block = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.seen += block.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(block)
