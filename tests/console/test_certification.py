"""The whole certification of an editor that is foreign software (pika), by clicking: what the command line says of it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.campaign.planning import facts_of
from recette.console.book import Book
from recette.console.orders import Order
from recette.console.server import served
from recette.console.state import Console
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.proof.verification import verify
from recette.report.audience import Audience
from recette.report.story import Story
from recette.report.writing import write_all
from recette.sandbox.hub import Sandbox
from tests.console.conftest import Opened
from tests.console.test_acting import AtTerminal, begin, folder_of, next_sheet
from tests.play.conftest import EDITOR, PARTNER, VHOST, Served, operated

SCREEN, RECEIVED, REFUSED = "ecran-dossier-recu", "15-15-partage-simple", "15-15-destinataire-inconnu"
WHY = "ce logiciel ne fait qu'acquitter"
_IDS = re.compile(r"fr\.health\.\w+[._][\w.-]+|[0-9a-f]{8}-[0-9a-f-]{27}")
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?|\d+([.,]\d+)? (ms|s)\b")
_OWN = frozenset({"run", "started", "ended", "event", "duration", "seconds"})
"""Fields that name one run and no other."""


def alike(node: Any) -> Any:
    """A results.json without ids and times."""
    if isinstance(node, dict):
        return {name: alike(child) for name, child in node.items() if name not in _OWN}
    if isinstance(node, list):
        return [alike(one) for one in node]
    return _TIMES.sub("<t>", _IDS.sub("<id>", node)) if isinstance(node, str) else node


@asynccontextmanager
async def pika_on(sandbox: Sandbox) -> AsyncIterator[None]:
    """The editor written with pika, which acknowledges and does nothing else."""
    script = Path(__file__).parents[1] / "sandbox" / "pika_editor.py"
    login = (str(sandbox.port), VHOST, EDITOR, sandbox.passwords[EDITOR])
    pipe = asyncio.subprocess.PIPE
    editor = await asyncio.create_subprocess_exec(
        sys.executable, str(script), *login, "ack", stdin=pipe, stdout=pipe
    )
    assert editor.stdin is not None
    assert editor.stdout is not None
    try:
        assert await editor.stdout.readline() == b"ready\n"
        yield
    finally:
        editor.stdin.close()
        await editor.wait()


class Terminal(AtTerminal):
    """Who attests what the screen shows, and gives up what the software cannot do."""

    async def ask(self, request: Any) -> int:
        times = await super(AtTerminal, self).ask(request)
        for typed in ("i", WHY):
            self._typed.typed.put_nowait(typed)
        return times


async def clicks(opened: Opened, *names: str) -> Path:
    """Everything that is asked, by clicking; returns the folder of the run."""
    async with opened.visitor("Zoé Essai") as one:
        status, where = await begin(one, opened, *names)
        assert status == 303, where
        serial = 0
        while (sheet := await next_sheet(opened, serial)) is not None:
            serial = sheet.serial
            if sheet.kind == "look":
                wrong = "Crèche des Mélèzes" in sheet.told and "accents" in sheet.told
                answer = (
                    {"reponse": "non-conforme", "commentaire": "accents perdus"}
                    if wrong
                    else {"reponse": "conforme"}
                )
                status, told = await one.post("/poste", {"feuille": str(serial), "geste": "attest", **answer})
                assert status == 303, told
            elif sheet.kind == "do":
                said = {"feuille": str(serial), "geste": "impossible", "commentaire": WHY}
                assert (await one.post("/poste", said))[0] == 303
        await opened.over()
        going = opened.console.runs.going
        assert going is not None
        assert going.failure == ""
        _, page = await one.get(where)
        assert "pv.pdf" in page
    return folder_of(opened, where)


async def test_a_foreign_editor_is_certified_by_clicking_as_from_the_command_line(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cahier = tmp_path / "cahier"
    shutil.copytree(few, cahier)
    for path in cahier.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if f"id: {RECEIVED}\n" in text:
            path.write_text(text.replace("editor: [origine]", "editor: [destinataire]"), encoding="utf-8")
    book, names = Book((cahier,)), (SCREEN, RECEIVED, REFUSED)
    async with asyncio.timeout(120):
        sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER])
        monkeypatch.setenv("MDP", sandbox.passwords[PARTNER])
        target = operated(tmp_path, Served(sandbox.port, 9, sandbox.passwords[PARTNER]))
        try:
            async with pika_on(sandbox):
                console = Console(book, [target], tmp_path / "reports", tmp_path / "miens")
                async with served(console) as address:
                    by_clicking = await clicks(Opened(console, address), *names)
                at_terminal = await asyncio.to_thread(
                    typed, load_target(target), book, names, tmp_path / "terminal"
                )
        finally:
            await sandbox.stop()
    first, second = (
        json.loads((folder / "results.json").read_text(encoding="utf-8"))
        for folder in (by_clicking, at_terminal)
    )
    assert alike(first) == alike(second)
    assert {one["id"].partition(".")[0]: one["verdict"] for one in first["scenarios"]} == {
        SCREEN: "fail",
        RECEIVED: "pass",
        REFUSED: "inconc",
    }
    assert (by_clicking / "pv.pdf").read_bytes().startswith(b"%PDF")
    assert verify(by_clicking).problems == []


def typed(target: Target, book: Book, names: tuple[str, ...], folder: Path) -> Path:
    """The same as `recette run --target`, by a person who types."""
    told: list[Story] = []
    chosen = book.chosen(names)
    options = Options(
        operator=lambda on: Terminal(on, 9),
        asked=Order(names, Path("cible.yaml")).asked(folder, None),
        cahiers=tuple(facts_of(one) for one in chosen.cahiers),
        cahier=book.scenarios,
    )
    folder.mkdir()
    audience = Audience(told=told.append)
    play_on_target(target, chosen.scenarios, (), folder / "journal.jsonl", options, audience)
    write_all(told[0], folder)
    return folder
