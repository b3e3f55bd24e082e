"""Getting the editor to act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Answer = Literal["conforme", "approche", "non-conforme", "sans-reponse"]


class DriverError(RuntimeError):
    """The driver could not get the editor to act: the driver's failure, never the editor's."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the editor is to do; the fields of the `http` driver's contract."""

    run: str
    scenario: str
    step: str
    action: str
    model: str
    vhost: str
    sender: str
    to: str
    case_id: str | None
    format: str
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The body of the `http` driver's POST."""
        return {
            "run": self.run,
            "scenario": self.scenario,
            "step": self.step,
            "action": self.action,
            "model": self.model,
            "vhost": self.vhost,
            "from": self.sender,
            "to": self.to,
            "caseId": self.case_id,
            "format": self.format,
            "data": dict(self.data),
        }


class Driver(Protocol):
    """Any way to get the editor to act."""

    name: str

    async def ask(self, request: Request) -> None:
        """Have it done, or at least promised. Raises DriverError."""

    async def attest(self, check: str, text: str, seconds: float) -> Answer:
        """What is on the editor's screen within `seconds`; `sans-reponse` where this driver cannot know."""


class SimulatedDriver:
    """Drives a reference editor of the sandbox, through what it is given to call."""

    name = "simulated"

    def __init__(
        self, perform: Callable[[Request], Awaitable[None]], shows: Callable[[str, float], Awaitable[bool]]
    ) -> None:
        self._perform = perform
        self._shows = shows

    async def ask(self, request: Request) -> None:
        try:
            await self._perform(request)
        except ValueError as error:
            raise DriverError(f"L'éditeur de référence ne peut pas : {error}.") from error

    async def attest(self, check: str, text: str, seconds: float) -> Answer:  # noqa: ARG002 - it goes by the check's name
        if not check:
            return "sans-reponse"
        return "conforme" if await self._shows(check, seconds) else "non-conforme"


class HttpDriver:
    """POSTs each request to the editor's test hook and takes any 2xx as « it will »."""

    name = "http"

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` in seconds for one POST."""
        self._url = url
        self._timeout = timeout

    async def ask(self, request: Request) -> None:
        import aiohttp

        try:
            limit = aiohttp.ClientTimeout(total=self._timeout)
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._url, json=request.to_json()) as response,
            ):
                if not response.ok:
                    raise DriverError(f"Le pilote http {self._url} a répondu {response.status}.")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            text = str(error) or type(error).__name__
            raise DriverError(
                f"Le pilote http {self._url} ne répond pas ({text}) : vérifiez qu'il est démarré."
            ) from error

    async def attest(self, check: str, text: str, seconds: float) -> Answer:  # noqa: ARG002 - nobody looks at a screen here
        return "sans-reponse"
