"""What a reference editor does about a link that broke off and came back: nothing, unless it is faulty."""

from __future__ import annotations

from typing import Protocol

from recette.hub.errors import HubError


class Hears(Protocol):
    """Who is told of a break and of the return from it."""

    def lost(self) -> None: ...

    def back(self) -> None: ...


class CameBack:
    """Watches the link of an editor."""

    def __init__(self) -> None:
        self.hearing: list[Hears] = []
        self.returned = False
        """Whether it has been away, and is back."""

    def lost(self, reason: str) -> None:  # noqa: ARG002 - as a Watcher is told
        for one in self.hearing:
            one.lost()

    def failed(self, error: HubError) -> None:
        """It tries again."""

    def restored(self, seconds: float, attempts: int) -> None:  # noqa: ARG002 - as a Watcher is told
        self.returned = True
        for one in self.hearing:
            one.back()

    def gone(self, error: HubError) -> None:
        """It has all the time there is."""

    def blocked(self, reason: str | None) -> None:
        """Its publications wait."""
