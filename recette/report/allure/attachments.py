"""The files of one play: its diagram, its course in words, the messages that findings are about."""

from __future__ import annotations

import uuid
from pathlib import Path

from allure_commons.model2 import ATTACHMENT_PATTERN, Attachment
from allure_commons.types import AttachmentType

from recette.judge.verdicts import Finding
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.platform.plain_files import write_anew
from recette.report.diagram.drawing import standalone
from recette.report.diagram.sentences import sentences
from recette.report.story import Play, Story
from recette.report.text import safe

_KINDS = {JSON_TYPE: AttachmentType.JSON, XML_TYPE: AttachmentType.XML}
_LONGEST = 1_000_000
"""Bytes of a message that are attached."""


class Attachments:
    """Writes attachments under names that follow from the play: rendered again, they are the same files."""

    def __init__(self, folder: Path, play: str) -> None:
        self._folder = folder
        self._play = play
        self.uuid = self._name("")
        self.written: list[str] = []
        """Names of the files that were attached."""

    def of_play(self, play: Play) -> list[Attachment]:
        """The diagram and what it shows, in words."""
        if not play.lifelines:
            return []
        told = "".join(f"{safe(one)}\n" for one in sentences(play))
        return [
            self._write("diagramme de séquence", AttachmentType.SVG, standalone(play).encode()),
            self._write("déroulé", AttachmentType.TEXT, told.encode()),
        ]

    def of_findings(self, story: Story, findings: tuple[Finding, ...]) -> list[Attachment]:
        """The messages of findings, each once."""
        bodies = {one.event: body for one in findings if (body := story.body(one)) is not None}
        shown = []
        for event, body in bodies.items():
            kind = _KINDS.get(body.content_type or "", AttachmentType.TEXT)
            shown.append(self._write(f"message, événement {event}", kind, body.data[:_LONGEST]))
        return shown

    def _write(self, name: str, kind: AttachmentType, content: bytes) -> Attachment:
        source = ATTACHMENT_PATTERN.format(prefix=self._name(name), ext=kind.extension)
        write_anew(self._folder / source, content)
        self.written.append(source)
        return Attachment(name=name, source=source, type=kind.mime_type)

    def _name(self, part: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._play}:{part}"))
