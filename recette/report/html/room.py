"""How much a page may hold: what does not fit is named and stays in the journal and in results.json."""

from __future__ import annotations

from recette.report.markup import Markup


class Room:
    """Characters that are left for one kind of content."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, content: Markup) -> bool:
        """Whether there is room for `content`; what fits is counted."""
        if len(content.text) > self._left:
            return False
        self._left -= len(content.text)
        return True


class Rooms:
    """What a page of five megabytes shares out, for three hundred plays or for a few with thousands of findings."""

    def __init__(self) -> None:
        self.drawings = Room(1_900_000)
        self.findings = Room(1_000_000)
        self.brief = Room(200_000)
        self.messages = Room(700_000)
