"""Drives a reference editor of the sandbox, through what it is given to call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from recette.play.drivers.driver import Attestation, Driver, DriverError, Question, Request


class SimulatedDriver(Driver):
    name = "simulated"

    def __init__(
        self, perform: Callable[[Request], Awaitable[None]], shows: Callable[[str, float], Awaitable[bool]]
    ) -> None:
        self._perform = perform
        self._shows = shows

    async def ask(self, request: Request) -> int:
        try:
            await self._perform(request)
        except ValueError as error:
            raise DriverError(f"L'éditeur de référence ne peut pas : {error}.") from error
        return 1

    async def attest(self, question: Question) -> Attestation:
        """It goes by the check's name."""
        if not question.check:
            return Attestation("sans-reponse")
        try:
            shown = await self._shows(question.check, question.deadline.left)
        except ValueError as error:
            return Attestation("sans-reponse", comment=str(error))
        return Attestation("conforme" if shown else "non-conforme")
