"""Whether a hub whose own side is not seen moves messages: the partner's own, to itself or another partner, tell."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recette.hub.wire import Delivery, PublishOutcome
from recette.journal.events import Event
from recette.journal.link_events import Probed
from recette.messages.clients import is_health
from recette.messages.conversion.operations import actions
from recette.messages.conversion.versions import steps
from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.models import UnknownModelError, model, models
from recette.messages.probes import MARK, Probe, is_probe, probe
from recette.messages.profile.reader import profile
from recette.messages.reading import XML_TYPE, inner, read
from recette.messages.vhosts import used_on
from recette.messages.xml.writing import NotInXmlError
from recette.play.target import Target
from recette.scenario.model import Casting
from recette.scenario.steps import MessageStep

_CONVERTED = ("RC-EDA", "RS-EDA", "GEO-POS", "RS-SAS-RDV")
"""Messages that no version of the models shares as they are, or that no converter takes, most telling first."""
_LOST = ("RS-BPV", "GEO-POS", "GEO-RES", "RPIS", "RS-RPIS", "RS-URL", "RS-SAS-RDV")
"""Messages that no converter takes, where the generation has them."""
_EXPIRED, _INVALID = 400, 300
ALWAYS_CARRIED = frozenset({"RC-REF", "RS-ERROR"})
"""What every vHost carries (2026 sheet 1.4)."""


@dataclass(frozen=True, slots=True)
class _Answer:
    outcome: str
    code: int | None = None
    reason: str = ""
    source: Mapping[str, Any] | None = None
    """What a report quotes of the message."""


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

    async def way_to_editor(self) -> None:
        """Whether the hub gives the editor on this vHost what its partners send: one message that expired before it left.

        The hub refuses it, and quotes it as it was when it would have been handed over: converted, where the editor is
        declared for another version and would get it on another vHost (2026 sheet 3.1, 4.1).
        """
        target, sender = self._target, self._writer()
        if sender is None or target.partners_vhost is not None:
            return
        for name in self._carried(_CONVERTED)[:1]:
            told = await self._on_its_way(name, sender)
            if told is not None and told.outcome == "silent":
                told = await self._unconvertible(sender) or told
            if (
                told is not None
                and told.outcome == "silent"
                and not profile(target.hub).reports_reach(sender)
            ):
                told = replace(told, outcome="untold")
            if told is not None:
                self._note(told)

    def _carried(self, names: Iterable[str]) -> list[str]:
        """Those that this vHost may carry."""
        here = self._target.meeting
        held = {one.name: one.key for one in models(here.edition) if used_on(one.name, here.perimeter)}
        hub = profile(self._target.hub)
        return [one for one in names if one in held and hub.carries(here.name, held[one]) is not False]

    async def _unconvertible(self, sender: str) -> Probed | None:
        """What no converter takes is refused here, where the report on what was converted may go to the other vHost, the
        sender being declared there too. None where that shows nothing.
        """
        here = self._target.meeting
        others = [one for one in generations() if one != here.generation]
        lost = (
            one
            for one in _LOST
            if not any(
                all(actions(one, step) is not None for step in steps(here.generation, other))
                for other in others
            )
        )
        for name in self._carried(lost)[:1]:
            told = await self._on_its_way(name, sender)
            if told is not None and (told.outcome, told.code) == ("refused", _INVALID):
                return replace(told, outcome="elsewhere")
        return None

    async def _on_its_way(self, name: str, sender: str) -> Probed | None:
        """What became of a message to the editor that expired before it left; None where it cannot be written."""
        target, begun = self._target, time.monotonic()
        try:
            one = probe(
                name,
                target.meeting.edition,
                sender=sender,
                recipient=target.editor,
                content_type=target.content_type(sender),
                expired=True,
            )
        except NotInXmlError:
            return None
        answer = await self._sent(one)
        return Probed(
            vhost=target.meeting.name,
            client=sender,
            recipient=target.editor,
            model=name,
            outcome=_way(one, model(name, target.meeting.edition).key, answer),
            code=answer.code,
            reason=answer.reason,
            seconds=round(time.monotonic() - begun, 3),
        )

    def _writer(self) -> str | None:
        """A partner of the editor's own domain where there is one, else any."""
        own = _domain(self._target.editor)
        return min(self._target.addresses, key=lambda one: (_domain(one) != own, one), default=None)

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
        if own or message.sender_id == self._target.editor:
            answer = _Answer("delivered")  # a hub that looks at no date gave the editor what had expired
        else:
            content = message.content or {}
            cause = str(content.get("errorCause", ""))[:300]
            source = content.get("sourceMessage")
            quoted = source if isinstance(source, Mapping) else None
            answer = _Answer("refused", message.error_code, cause, quoted)
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
        return await self._sent(one)

    async def _sent(self, one: Probe) -> _Answer:
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


def _way(one: Probe, key: str, answer: _Answer) -> str:
    """What became of a message that expired before it left.

    `delivered`: the editor answered it; `direct`: the hub would have handed it over here; `elsewhere`: on another vHost,
    converted; `untold`: it refused the message for its date, and does not say what it held by then.
    """
    if answer.outcome != "refused" or answer.code != _EXPIRED:
        return answer.outcome
    if one.content_type == XML_TYPE:
        return "direct"  # a report in XML is not converted: it would have gone to the other vHost (3.4)
    if answer.source is None:
        return "untold"
    sent = inner(json.loads(one.body)).get(key)
    return "direct" if inner(answer.source).get(key) == sent else "elsewhere"


def _domain(client: str) -> str:
    """Country and domain of a client id, by which a hub tells its families apart."""
    return ".".join(client.split(".")[:2])
