"""The files of one play: its diagram, its course in words, the messages that findings are about."""

from __future__ import annotations

import uuid
from pathlib import Path

from recette.judge.verdicts import Finding
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.report.diagram.drawing import standalone
from recette.report.diagram.sentences import sentences
from recette.report.story import Play, Story
from recette.report.text import safe

_SUFFIXES = {JSON_TYPE: "json", XML_TYPE: "xml"}
_LONGEST = 1_000_000
"""Bytes of a message that are attached."""


class Attachments:
    """Writes attachments under names that follow from the play: rendered again, they are the same files."""

    def __init__(self, folder: Path, play: str) -> None:
        self._folder = folder
        self._play = play
        self.uuid = self._name("")

    def of_play(self, play: Play) -> list[dict[str, str]]:
        """The diagram and what it shows, in words."""
        if not play.lifelines:
            return []
        told = "".join(f"{safe(one)}\n" for one in sentences(play))
        return [
            self._write("diagramme de séquence", "image/svg+xml", "svg", standalone(play).encode()),
            self._write("déroulé", "text/plain", "txt", told.encode()),
        ]

    def of_findings(self, story: Story, findings: tuple[Finding, ...]) -> list[dict[str, str]]:
        """The messages of findings, each once."""
        bodies = {one.event: body for one in findings if (body := story.body(one)) is not None}
        shown = []
        for event, body in bodies.items():
            kind = body.content_type if body.content_type in _SUFFIXES else "text/plain"
            suffix = _SUFFIXES.get(kind, "txt")
            shown.append(self._write(f"message, événement {event}", kind, suffix, body.data[:_LONGEST]))
        return shown

    def _write(self, name: str, kind: str, suffix: str, content: bytes) -> dict[str, str]:
        source = f"{self._name(name)}-attachment.{suffix}"
        (self._folder / source).write_bytes(content)
        return {"name": name, "source": source, "type": kind}

    def _name(self, part: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._play}:{part}"))
