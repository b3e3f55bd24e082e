"""What a partner answers by itself to the editor's messages: acks, errors, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from recette.hub.wire import PublishOutcome
from recette.journal.events import Trouble
from recette.play.deadline import Deadline
from recette.play.outbound import Outbound, Written, error, receipt
from recette.play.target import Target
from recette.play.waiting import Waiting
from recette.scenario.matching import Arrival, Progress
from recette.scenario.steps import PartnerAck

_UNANSWERED = frozenset({None, "RC-REF", "RS-ERROR"})
"""What nobody acknowledges."""


class Publish(Protocol):
    """Publishes what is written, and journals it."""

    def __call__(self, progress: Progress, step: str, written: Written, /) -> Awaitable[PublishOutcome]: ...


class Answers:
    """The partner's own answers that are under way, each for its play."""

    def __init__(
        self,
        target: Target,
        publish: Publish,
        waiting: Waiting,
        note: Callable[[Trouble], None],
        fail: Callable[[BaseException], None],
    ) -> None:
        """`note` journals what nobody waits for; `fail` is told what ends the run."""
        self._target = target
        self._publish = publish
        self._waiting = waiting
        self._note = note
        self._fail = fail
        self._answered: set[str] = set()
        self._tasks: dict[asyncio.Task[None], Progress] = {}

    def to(self, progress: Progress, arrival: Arrival) -> None:
        """Begin to answer a message of the editor, once for each (DST 3.3.2)."""
        identifier = arrival.message.distribution_id
        if arrival.message.model in _UNANSWERED or arrival.channel != "message" or identifier is None:
            return
        name = progress.step_of(arrival)
        step = progress.casting.scenario.message(name) if name else None
        if identifier in self._answered or (step is not None and not step.ack):
            return
        self._answered.add(identifier)
        plan = step.by_editor.answer if step is not None else PartnerAck()
        task = asyncio.create_task(self._answer(progress, name, arrival, plan))
        self._tasks[task] = progress
        task.add_done_callback(self._over)

    async def given(self, progress: Progress | None = None) -> None:
        """Until all is said that is to be said, in one play or in all."""
        while under_way := [task for task, of in self._tasks.items() if progress in {None, of}]:
            await asyncio.wait(under_way)

    async def _answer(self, progress: Progress, step: str, arrival: Arrival, plan: PartnerAck) -> None:
        """An RC-REF, an RS-ERROR, or both, as the scenario wants it."""
        if plan.after:
            await self._waiting.until(lambda: False, Deadline(plan.after))
        identifier = arrival.message.distribution_id or ""
        error_id = None
        if plan.answer != "ack":
            content = error(identifier, plan.code, plan.cause)
            error_id = await self._send(progress, step, arrival, "error", content)
        if plan.answer != "error":
            await self._send(progress, step, arrival, "reference", receipt(identifier, error_id))

    async def _send(
        self, progress: Progress, step: str, arrival: Arrival, key: str, content: dict[str, Any]
    ) -> str:
        """Returns its distributionID."""
        client = arrival.client
        to = arrival.message.sender_id or ""
        purpose = "error" if key == "error" else "ack"
        outbound = Outbound(client, to, key, content, self._target.content_type(client), purpose=purpose)
        written = outbound.written(self._target.meeting.edition, self._target.status)
        outcome = await self._publish(progress, step, written)
        if outcome.status not in {"confirmed", "unknown"}:
            told = f"{outcome.status} : {outcome.reason}"
            text = f"L'acquittement du partenaire n'a pas été accepté par le broker ({told})."
            self._note(Trouble(where="hub", text=text, scenario=progress.casting.name, step=step))
        return written.distribution_id

    def _over(self, task: asyncio.Task[None]) -> None:
        """Nobody awaits it: what went wrong in it ends the run."""
        self._tasks.pop(task, None)
        wrong = None if task.cancelled() else task.exception()
        if wrong is not None:
            self._fail(wrong)
