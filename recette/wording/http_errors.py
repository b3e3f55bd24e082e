"""Why an address gave no answer over HTTP, in French whatever the client library says of it."""

from __future__ import annotations

import aiohttp

from recette.wording.os_errors import reason


def unanswered(error: aiohttp.ClientError | OSError) -> str:
    """Why, without the address."""
    match error:
        case aiohttp.ClientConnectorError():
            return reason(error.os_error)
        case aiohttp.ServerDisconnectedError():
            return "la connexion a été fermée sans réponse"
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return "ce qui répond ne suit pas HTTP"
        case aiohttp.InvalidURL():
            return "l'adresse n'en est pas une"
        case OSError():
            return reason(error)
    return "la connexion n'aboutit pas"
