"""Whether a hub whose own side is not seen moves messages: the partner's own, to itself or another partner, tell."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from recette.hub.wire import Delivery, PublishOutcome
from recette.journal.events import Event, Probed
from recette.messages.clients import is_health
from recette.messages.dictionary.models import UnknownModelError
from recette.messages.probes import MARK, Probe, is_probe, probe
from recette.messages.reading import read
from recette.messages.xml.writing import NotInXmlError
from recette.play.target import Target
from recette.scenario.model import Casting
from recette.scenario.steps import MessageStep

ALWAYS_CARRIED = frozenset({"RC-REF", "RS-ERROR"})
"""What every vHost carries (2026 sheet 1.4)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: str
    code: int | None = None
    reason: str = ""


class Prober:
    """Sends probes of the target's partners, and journals what became of each."""

    def __init__(
        self,
        target: Target,
        send: Callable[[Probe], Awaitable[PublishOutcome]],
        note: Callable[[Event], None],
    ) -> None:
        self._target = target
        self._send = send
        self._note = note
        self._awaited: dict[str, asyncio.Future[_Answer]] = {}
        self.refused: dict[str, str] = {}
        """Models that the hub refused when the run began, with its reason."""

    async def classes(self, castings: Iterable[Casting]) -> None:
        """One probe of each model that is to pass between editor and partners, before anything is played."""
        wanted = {
            (content.model, casting.clients[partner])
            for casting in castings
            for step in casting.steps
            if isinstance(step, MessageStep) and step.refused is None
            for partner in (step.recipient if casting.by_editor(step) else step.sender,)
            for content in step.contents
            if content.model not in ALWAYS_CARRIED and casting.clients.get(partner) in self._target.addresses
        }
        by_model: dict[str, str] = {}
        for name, recipient in sorted(wanted):
            by_model.setdefault(name, recipient)
        for told in await asyncio.gather(*(self._probed(*one) for one in by_model.items())):
            self._note(told)
            if told.outcome == "refused":
                self.refused[told.model] = told.reason

    async def after(self, casting: Casting, step: str, name: str, recipient: str) -> None:
        """A probe after a message of that model that `recipient` awaited in vain."""
        told = await self._probed(name, recipient)
        self._note(replace(told, scenario=casting.name, step=step))

    def take(self, delivery: Delivery) -> bool:
        """Whether a delivery is a probe that came back, or the report on one: it belongs to no play."""
        if MARK not in delivery.body:
            return False
        message = read(delivery.body, delivery.properties.content_type, self._target.meeting.edition)
        own = is_probe(message.distribution_id)
        if not own and not is_probe(message.reference_id):
            return False
        identifier = (message.distribution_id if own else message.reference_id) or ""
        waiting = self._awaited.pop(identifier, None)
        if own:
            answer = _Answer("delivered")
        else:
            cause = str((message.content or {}).get("errorCause", ""))[:300]
            answer = _Answer("refused", message.error_code, cause)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
        return True

    async def _probed(self, name: str, recipient: str) -> Probed:
        begun = time.monotonic()
        sender, answer = self._sender(recipient), _Answer("impossible", reason=self._nobody)
        if sender is not None:
            answer = await self._answer(name, sender, recipient)
        return Probed(
            vhost=self._target.meeting.name,
            client=sender or "",
            recipient=recipient,
            model=name,
            outcome=answer.outcome,
            code=answer.code,
            reason=answer.reason,
            seconds=round(time.monotonic() - begun, 3),
        )

    async def _answer(self, name: str, sender: str, recipient: str) -> _Answer:
        try:
            one = probe(
                name,
                self._target.meeting.edition,
                sender=sender,
                recipient=recipient,
                content_type=self._target.content_type(sender),
            )
        except (NotInXmlError, UnknownModelError) as error:
            return _Answer("impossible", reason=str(error))
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._awaited[one.id] = answer
        sent = await self._send(one)
        if sent.status != "confirmed":
            return _Answer("not-accepted", reason=sent.reason)
        try:
            async with asyncio.timeout(self._target.deadlines.ack):
                return await asyncio.shield(answer)
        except TimeoutError:
            return _Answer("silent")

    def _sender(self, recipient: str) -> str | None:
        """Who takes the same way as the editor: the recipient itself, or else another of the editor's own domain.

        A hub converts between health and the others, whatever is sent, by who the recipient is (2026 sheet 4.1).
        """
        if is_health(self._target.editor) and is_health(recipient):
            return recipient
        own = _domain(self._target.editor)
        return next((one for one in self._target.addresses if _domain(one) == own and one != recipient), None)

    @property
    def _nobody(self) -> str:
        return (
            f"aucun partenaire en {_domain(self._target.editor)}, comme l'éditeur, ne peut écrire à ce destinataire "
            "par le même chemin que lui"
        )


def _domain(client: str) -> str:
    """Country and domain of a client id, by which a hub tells its families apart."""
    return ".".join(client.split(".")[:2])
