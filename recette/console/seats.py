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
        self._ticket = secrets.token_urlsafe(32)
        """Lets one browser in, once."""
        self._let_in_by_ticket: Seat | None = None
        self._seats: dict[str, Seat] = {}
        self.acting: Seat | None = None

    def by_ticket(self, address: str) -> str:
        """An address, with its token, for the browser that is started with it: others may read how it was started.

        So it lets in once. Who comes second with it turns out who came first, since nobody knows which of them is whom.
        """
        return address.replace(self.token, self._ticket)

    def let_in(self, token: str, key: str = "") -> Seat | None:
        """A new seat for whoever has the token, or comes first with the ticket; the seat of `key` if that did."""
        first = self._let_in_by_ticket
        if hmac.compare_digest(token.encode(), self._ticket.encode()):
            if first is None:
                self._let_in_by_ticket = self._new()
                return self._let_in_by_ticket
            if first is self.at(key):
                return first
            if first in self._seats.values():
                self._leave(first)
            return None
        return self._new() if hmac.compare_digest(token.encode(), self.token.encode()) else None

    def _new(self) -> Seat:
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
