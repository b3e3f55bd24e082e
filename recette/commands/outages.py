"""Tells whoever left a sandbox running that its broker went away, and that it is back."""

from __future__ import annotations

import sys
from datetime import datetime

from recette.commands.saying import say
from recette.hub.errors import HubError
from recette.wording.counting import in_seconds


class Outages:
    """One line when the first link is lost, one for each reason why it does not come back, one when the last is back."""

    def __init__(self) -> None:
        self._away = 0
        self._told: set[str] = set()
        """Why it did not come back so far: several links meet the same."""

    def lost(self, reason: str) -> None:
        self._away += 1
        if self._away == 1:
            self._told.clear()
            self._say(
                f"le broker est perdu ({reason}) : la sandbox le rappelle jusqu'à son retour, Ctrl-C pour arrêter"
            )

    def failed(self, error: HubError) -> None:
        if str(error) not in self._told:
            self._told.add(str(error))
            self._say(f"pas encore retrouvé : {str(error).rstrip('.')}")

    def restored(self, away: float, _: int) -> None:
        self._away -= 1
        if self._away == 0:
            self._say(f"le broker est retrouvé après {in_seconds(away)}, tout est de nouveau servi")

    def gone(self, error: HubError) -> None:
        """Not while the sandbox stands: it is patient without end."""
        self._say(str(error))

    def blocked(self, reason: str | None) -> None:
        why = f"n'accepte plus de publications ({reason})"
        self._say(f"le broker {'accepte de nouveau les publications' if reason is None else why}")

    def _say(self, text: str) -> None:
        say(f"{datetime.now().astimezone():%d/%m/%Y %H:%M:%S} : {text}.", file=sys.stderr, flush=True)
