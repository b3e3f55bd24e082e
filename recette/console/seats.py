"""Who has the console open: everybody sees the same, one acts at a time, and it is visible who."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

from recette.wording.values import plain

_NAME = 100
"""Characters of a name."""
_SEATS = 50
"""Browsers that may look on; the one that was let in first goes when one more comes."""


@dataclass(eq=False, slots=True)
class Seat:
    """One browser, let in by the token."""

    key: str = field(repr=False)
    name: str = ""
    """Who sits there, as they say; it signs what they attest."""

    @property
    def called(self) -> str:
        return self.name or "quelqu'un sans nom"


class Seats:
    """The browsers that were let in, and which of them acts."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        """Lets a browser in."""
        self._seats: dict[str, Seat] = {}
        self.acting: Seat | None = None

    def let_in(self, token: str) -> Seat | None:
        """A new seat for whoever has the token."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        seat = Seat(secrets.token_urlsafe(32))
        if len(self._seats) == _SEATS:
            self._leave(next(iter(self._seats.values())))
        self._seats[seat.key] = seat
        return seat

    def _leave(self, seat: Seat) -> None:
        del self._seats[seat.key]
        if self.acting is seat:
            self.acting = None

    def at(self, key: str) -> Seat | None:
        """The seat that a browser's cookie names."""
        return self._seats.get(key)

    def name(self, seat: Seat, name: str) -> None:
        """Whoever sits there says who they are."""
        seat.name = plain(name, _NAME).strip()

    def may_act(self, seat: Seat) -> bool:
        """Whether nobody else acts; whoever does from now on is `seat`."""
        if self.acting is None:
            self.acting = seat
        return self.acting is seat

    def take_over(self, seat: Seat) -> None:
        """Another one acts from now on."""
        self.acting = seat
