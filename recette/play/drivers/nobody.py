"""Nobody gets the editor to act: whoever sits at it does what the scenario says, or not."""

from __future__ import annotations

from recette.play.drivers.driver import Driver, Request


class NobodyDriver(Driver):
    """It asks nothing, and leaves time for others to do so."""

    name = "none"

    def __init__(self, patience: float) -> None:
        self.patience = patience

    async def ask(self, request: Request) -> int:  # noqa: ARG002 - it is only journaled
        return 0
