"""A journal as somebody else would write it: its events changed, its chain whole again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Event
from recette.journal.reader import read_journal
from recette.report import seal


def rewrite(folder: Path, change: Callable[[Event], Event]) -> None:
    """Change events of the run in `folder`, and seal the result as far as that can be done without judging it."""
    path = folder / "journal.jsonl"
    entries, previous, lines = list(read_journal(path).entries), ORIGIN, []
    for entry in entries:
        line, previous = encode(replace(entry, event=change(entry.event)), previous)
        lines.append(line + b"\n")
    path.write_bytes(b"".join(lines))
    before = seal.read(folder)
    statement = replace(before.statement, fingerprint=previous)
    (folder / seal.NAME).write_bytes(replace(before, statement=statement).to_bytes())
