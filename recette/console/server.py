"""The console as a web application, on the loopback address unless it is told otherwise."""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from errno import EADDRNOTAVAIL
from socket import gaierror

from aiohttp import web
from aiohttp.typedefs import Middleware

from recette.console.door import SEAT, Handler
from recette.console.gate import Gate
from recette.console.handlers.acting import Acting
from recette.console.handlers.exchanging import Exchanging
from recette.console.handlers.playing import Playing
from recette.console.handlers.preparing import Preparing
from recette.console.handlers.reading import Reading
from recette.console.handlers.watching import Watching
from recette.console.handlers.writing import Writing
from recette.console.orders import OrderError
from recette.console.pages import layout
from recette.console.pages.operator import AnswerError
from recette.console.runs import NoSuchRunError
from recette.console.state import Console, NotYoursError
from recette.console.writing.drafts import DraftError
from recette.hub.errors import HubError
from recette.journal.interrupted import CannotResumeError
from recette.journal.reader import UnreadableJournalError
from recette.messages.dictionary.models import UnknownModelError
from recette.messages.vhosts import UnknownVHostError
from recette.messages.xml.writing import NotInXmlError
from recette.play.permitted import ProductionError
from recette.play.target_error import TargetError
from recette.proof.errors import KeyFileError
from recette.report.recorded import UnreadableResultsError
from recette.report.seal import SealError
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import SelectionError
from recette.wording.os_errors import reason

_LARGEST = 1 << 20
"""Bytes of a form."""
_USERS = (
    AnswerError,
    CannotResumeError,
    DraftError,
    HubError,
    KeyFileError,
    NotInXmlError,
    OrderError,
    ProductionError,
    ScenarioError,
    SealError,
    SelectionError,
    TargetError,
    UnreadableJournalError,
    UnknownModelError,
    UnknownVHostError,
    UnreadableResultsError,
)
"""What a user can cause, and is told in a sentence."""
LOOPBACK = "127.0.0.1"


class PortError(ValueError):
    """The console cannot listen there; the text says why and what to do."""


def application(console: Console) -> web.Application:
    """The application, which nobody enters before its door knows where it stands."""
    app = web.Application(middlewares=[console.door.check, _sentences(console)], client_max_size=_LARGEST)
    app.on_response_prepare.append(console.door.guard)
    app.on_shutdown.append(console.streams.close)
    exchanging = Exchanging(console)
    app.on_cleanup.append(exchanging.close)
    watching = Watching(console, lambda: exchanging.watch)
    app.on_startup.append(watching.begin)
    app.on_cleanup.append(watching.close)
    playing = Playing(console)
    preparing = Preparing(console)
    app.on_cleanup.append(preparing.close)
    app.add_routes(
        [
            web.get("/entrer", console.door.enter),
            web.get("/style.css", _file("text/css", layout.sheet_of_style)),
            web.get("/console.js", _file("text/javascript", lambda: layout.static("console.js"))),
            web.get("/editeur.js", _file("text/javascript", lambda: layout.static("editor/editor.js"))),
            web.get("/icone.svg", _file("image/svg+xml", lambda: layout.static("icone.svg"))),
            *playing.routes(),
            *Acting(console).routes(),
            *exchanging.routes(),
            *preparing.routes(),
            *Reading(console).routes(),
            *Writing(console, playing.launch).routes(),
            *watching.routes(),
        ]
    )
    return app


def _file(kind: str, text: Callable[[], str]) -> Handler:
    content = text()

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=content, content_type=kind, charset="utf-8")

    return answer


def _sentences(console: Console) -> Middleware:
    """What a user can cause is a page with a sentence, never a traceback."""

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except NoSuchRunError as error:
            text, status = str(error), 404
        except NotYoursError as error:
            text, status = str(error), 409
        except _USERS as error:
            text, status = str(error), 400
        except web.HTTPNotFound:
            text, status = "Cette page n'existe pas.", 404
        except OSError as error:
            text, status = f"La machine ne suit pas : {reason(error)}.", 500
        except web.HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours is said where it can be read
            text, status = f"La console a un défaut ({type(error).__name__} : {error}). Signalez-le.", 500
        if SEAT not in request:
            return web.Response(status=status, text=f"{text}\n")
        return console.page(
            request, "Ce n'est pas possible", layout.notice(text, "bad"), room="", status=status
        )

    return told


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the console answers: on this machine alone, unless an address and TLS are given."""

    port: int = 0
    """0 for any that is free."""
    host: str = LOOPBACK
    tls: ssl.SSLContext | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """By which a browser asks for it."""
        if self.host == LOOPBACK:
            return (LOOPBACK, "localhost")
        return (f"[{self.host}]" if ":" in self.host else self.host.lower(),)


@asynccontextmanager
async def served(console: Console, at: Listening | None = None) -> AsyncIterator[str]:
    """The address, with its token, at which the console answers for as long as this is held. Raises PortError."""
    at = at or Listening()
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # what is no HTTP is answered, and no news
    runner = web.AppRunner(application(console), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        try:
            assert runner.server is not None
            gate = await Gate.open(runner.server, at.host, at.port, at.tls)
        except OSError as error:
            elsewhere = isinstance(error, gaierror) or error.errno == EADDRNOTAVAIL
            other = (
                "donnez à --listen une adresse de cette machine"
                if elsewhere
                else "choisissez un autre --port"
            )
            raise PortError(
                f"La console ne peut pas écouter sur {at.host}:{at.port} ({reason(error)}) : {other}."
            ) from error
        console.door.gate, found = gate, gate.port
        scheme = "https" if at.tls is not None else "http"
        console.door.stands_at(at.names, found, scheme)
        yield f"{scheme}://{at.names[0]}:{found}/entrer?jeton={console.seats.token}"
    finally:
        if console.runs.going is not None and console.runs.busy:
            console.runs.going.stop()
            await console.runs.going.over()
        if console.door.gate is not None:
            await console.door.gate.close()
        await runner.cleanup()
