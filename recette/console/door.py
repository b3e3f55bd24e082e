"""What a request has to be to be let in, and what every answer forbids the browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from recette.console.gate import Gate
from recette.console.seats import Seat, Seats

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of the console's own pages: what they need comes from here, nothing is written into them."""
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
"""Of reports, which anybody may have written: they run nothing, ask for nothing and send nothing."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SEAT = web.RequestKey("seat", Seat)


class Door:
    """Lets in who has the token, at the address that the console has, from its own pages."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self.gate: Gate | None = None
        """What hears on which connection somebody was let in."""
        self._hosts: frozenset[str] = frozenset()
        self._scheme = "http"
        self._cookie = ""

    def stands_at(self, hosts: Iterable[str], port: int, scheme: str) -> None:
        """By which names the console is reached; until it is said nobody is let in."""
        self._hosts = frozenset(f"{host}:{port}" for host in hosts)
        self._scheme = scheme
        self._cookie = f"recette-{port}"

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse what is not for here, or not from here; then what is not from a seat."""
        return self._refusal(request) or await handler(request)

    async def guard(self, _: web.Request, response: web.StreamResponse) -> None:
        """What every answer says, just before it leaves."""
        response.headers.update(_HEADERS)
        response.headers.setdefault("Content-Security-Policy", POLICY)

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        host = request.headers.get("Host", "")
        if host not in self._hosts:
            return _refused(421, "Cette adresse n'est pas celle de la console.")
        if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            return _refused(403, "Cette demande vient d'un autre site : la console n'y répond pas.")
        if request.method == "POST" and request.headers.get("Origin") != f"{self._scheme}://{host}":
            return _refused(403, "Cette demande ne vient pas d'une page de la console.")
        if request.path == "/entrer":
            return None
        seat = self._seats.at(request.cookies.get(self._cookie, ""))
        if seat is None:
            return _refused(
                401, "Ouvrez la console par l'adresse, avec son jeton, que montre le terminal où elle tourne."
            )
        request[SEAT] = seat
        if self.gate is not None:
            self.gate.let_in(request.protocol)
        return None

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """The token is exchanged for a cookie, and leaves the address."""
        seat = self._seats.let_in(request.query.get("jeton", ""), request.cookies.get(self._cookie, ""))
        if seat is None:
            return _refused(
                401,
                "Cette adresse n'est pas celle de la console qui tourne ici, ou elle a déjà servi : ouvrez celle que montre le "
                "terminal.",
            )
        response = web.Response(status=303, headers={"Location": "/"})
        secure = self._scheme == "https"
        response.set_cookie(self._cookie, seat.key, httponly=True, samesite="Strict", path="/", secure=secure)
        return response


def _refused(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{text}\n")
