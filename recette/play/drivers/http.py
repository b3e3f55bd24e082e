"""POSTs each request to the editor's test hook and takes any 2xx as « it will »."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recette.hub.backoff import Backoff
from recette.play.drivers.driver import Attestation, Driver, DriverError, Question, Request
from recette.play.drivers.screen_answer import attestation_of, bounded, unanswered
from recette.wording.counting import in_seconds
from recette.wording.values import plain

if TYPE_CHECKING:
    import aiohttp

_QUOTED = 2_048
"""Bytes of an answer that may be read for a sentence."""


class _TryAgainError(Exception):
    """An attempt failed in a way that may pass; the text says how."""


class HttpDriver(Driver):
    """Time-outs, connection errors and 5xx are tried again; an Idempotency-Key lets the hook know a repetition."""

    name = "http"

    def __init__(self, url: str, timeout: float, retries: int = 2, backoff: Backoff | None = None) -> None:
        """`timeout` in seconds for one POST, `retries` beyond the first."""
        self._url = url
        self._shown = urlsplit(url)._replace(query="", fragment="").geturl()
        """Without what may be a key."""
        self._timeout = timeout
        self._retries = retries
        self._backoff = backoff or Backoff(first=0.5, ceiling=5.0)

    async def ask(self, request: Request) -> int:
        for attempt, delay in zip(count(1), self._backoff.delays(), strict=False):
            try:
                await self._post(request)
            except _TryAgainError as error:
                if attempt > self._retries:
                    tried = f" ({attempt} essais)" if attempt > 1 else ""
                    raise DriverError(f"Le pilote http {self._shown} {error}{tried}.", attempt) from error
            else:
                return attempt
            await asyncio.sleep(delay)
        raise AssertionError  # the delays have no end

    async def attest(self, question: Question) -> Attestation:
        """Ask the hook what the screen shows; a hook that does not know the question has not answered it."""
        by = "le logiciel lui-même (pilote http)"
        try:
            body = await question.deadline.within(self._checked(question))
        except (DriverError, _TryAgainError) as error:
            return unanswered(str(error), by)
        return (
            unanswered("le pilote n'a pas répondu à temps", by) if body is None else attestation_of(body, by)
        )

    async def _checked(self, question: Question) -> bytes:
        """The hook's answer, as far as one is read. Raises DriverError."""
        import aiohttp

        from recette.wording.http_errors import unanswered as why_unanswered

        limit = aiohttp.ClientTimeout(total=self._timeout)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._url, json=dict(question.document), allow_redirects=False) as response,
            ):
                if not 200 <= response.status < 300:
                    raise DriverError(f"le pilote http a répondu {response.status}")
                return await bounded(response.content)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise DriverError(f"le pilote http ne répond pas ({why_unanswered(error)})") from error

    async def _post(self, request: Request) -> None:
        import aiohttp

        from recette.wording.http_errors import unanswered as why_unanswered

        limit = aiohttp.ClientTimeout(total=self._timeout)
        again = {"Idempotency-Key": f"{request.run}/{request.scenario}/{request.step}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(
                    self._url, json=request.to_json(), headers=again, allow_redirects=False
                ) as response,
            ):
                status, said = response.status, await _said(response)
                response.close()  # what it has to say beyond is not read, however long it is
        except TimeoutError as error:
            raise _TryAgainError(
                f"n'a pas répondu en {in_seconds(self._timeout)} : vérifiez qu'il avance"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            why = f"ne répond pas ({why_unanswered(error)}) : vérifiez qu'il est démarré, et « driver.url »"
            raise _TryAgainError(why) from error
        if status >= 500:
            raise _TryAgainError(f"a répondu {status}{said}")
        if 300 <= status < 400:
            raise DriverError(
                f"Le pilote http {self._shown} renvoie ailleurs ({status}) : la recette ne suit aucun renvoi, et n'envoie ses "
                "demandes qu'à l'adresse de la cible. Écrivez-y celle qui répond."
            )
        if not 200 <= status < 300:
            raise DriverError(f"Le pilote http {self._shown} a répondu {status}{said}.")


async def _said(response: aiohttp.ClientResponse) -> str:
    """The beginning of what it answered, for a sentence; empty where it said nothing, or all went well."""
    if response.ok:
        return ""
    body = (await response.content.read(_QUOTED)).decode("utf-8", "replace")
    text = " ".join(plain(" ".join(body.split()), 300).split()).strip(" .")
    return f" : « {text} »" if text else ""
