"""Plays one cast scenario, step by step; it writes down what happens and decides nothing about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

from recette.hub.errors import HubError
from recette.journal.events import (
    Attested,
    DeadlineExtended,
    DeadlinePassed,
    DriverAnswered,
    DriverAsked,
    QueuesShared,
    ScenarioEnded,
    ScenarioStarted,
    StepClosed,
    StepDone,
    StepOpened,
    Trouble,
)
from recette.journal.queues import shared
from recette.messages.building import format_datetime
from recette.messages.xml.writing import NotInXmlError
from recette.play.deadline import Deadline
from recette.play.drawing import drawn, drawn_names
from recette.play.drivers.driver import Awaited, DriverError, Question, Queues, Request
from recette.play.outbound import Outbound, Written
from recette.play.run import Run
from recette.play.target import UNKNOWN_CLIENT
from recette.scenario.matching import Progress
from recette.scenario.model import Casting, Step
from recette.scenario.template import as_typed, fill


class _CannotGoOn(Exception):  # noqa: N818 - an ending, not an error
    """The scenario ends before its last step; the text says why."""


class Player:
    """Plays `casting` within `run`."""

    def __init__(self, run: Run, casting: Casting) -> None:
        self.run = run
        self.casting = casting
        self.progress = Progress(casting, drawn(casting))
        self._reason = ""
        self._sent: dict[str, list[Written]] = {}
        self._refusals_before = 0
        self._said_done: set[str] = set()
        self._in_doubt: dict[str, str] = {}
        """Steps of which the broker did not say whether it has the partner's message, and why not."""

    async def play(self) -> None:
        """From the first step to the last one that can be played; the end is written by `finish`."""
        with self.run.silences.at_work():
            await self._play()

    async def _play(self) -> None:
        scenario = self.casting.scenario
        values = {
            name: self.progress.values[name]
            for name in drawn_names(self.casting)
            if name in self.progress.values
        }
        self.run.journal.write(
            ScenarioStarted(
                scenario=self.casting.name,
                vhost=self.run.target.vhost.name,
                file=scenario.file,
                sources=scenario.sources,
                editor=self.casting.editor,
                clients=self.casting.clients,
                values=values,
            )
        )
        self.run.running.append(self.progress)
        try:
            for group in self.casting.groups:
                async with self._told_apart(group):
                    await self._play_group(group)
        except _CannotGoOn as ending:
            self._reason = str(ending)
        queues = await self._queues()
        if shared(queues):
            self.run.journal.write(QueuesShared(scenario=self.casting.name, queues=queues))

    async def finish(self) -> None:
        """Leave time for what should not come any more, then close the scenario."""
        await self.run.wait(lambda: False, Deadline(self.run.target.deadlines.quiet))
        await self.run.answered(self.progress)
        self.run.journal.write(ScenarioEnded(scenario=self.casting.name, reason=self._reason))
        self.run.running.remove(self.progress)
        self.run.past.add(self.progress)

    @asynccontextmanager
    async def _told_apart(self, steps: list[Step]) -> AsyncIterator[None]:
        """Only one play at a time awaits a message that it could not tell from another play's."""
        awaited = [step for step in steps if step.action == "message" and self.casting.by_editor(step)]
        if all(self.progress.anchored(step) for step in awaited):
            yield
            return
        with self.run.silences.watching():
            await self.run.unanchored.acquire()
        try:
            yield
        finally:
            self.run.unanchored.release()

    async def _play_group(self, steps: list[Step]) -> None:
        for step in steps:
            await self._begin(step)
        for step in steps:
            await self._await(step)
            self.run.journal.write(StepClosed(scenario=self.casting.name, step=step.id))

    async def _begin(self, step: Step) -> None:
        now = format_datetime(datetime.now(UTC).astimezone())
        self._refusals_before = len(self.progress.refusals)
        if step.action == "message" and not self.casting.by_editor(step):
            missing = sorted(step.contents[0].names - {"now", *self.progress.values})
            if missing:
                raise _CannotGoOn(
                    f"L'étape {step.id} a besoin de {', '.join(missing)}, que l'éditeur n'a pas donné."
                )
        self.run.journal.write(
            StepOpened(
                scenario=self.casting.name, step=step.id, deadline=self._seconds(step), values={"now": now}
            )
        )
        self.progress.open(step.id, now)
        if step.action == "message":
            await (self._ask(step) if self.casting.by_editor(step) else self._send(step))

    async def _await(self, step: Step) -> None:
        if step.action == "attest":
            await self._attest(step)
        elif step.action == "nothing":
            await self._silence(step, self._seconds(step), lambda: False)
            self._passed(step, "silence", await self._queues(), self._seconds(step))
        elif step.refused is not None and self.casting.by_editor(step):
            await self._await_refusal(step)
        elif self.casting.by_editor(step):
            await self._await_message(step)
        elif (step.ack or step.refused is not None) and step.contents[0].model != "RS-ERROR":
            await self._await_ack(step)
        self._check_left(step)

    async def _attest(self, step: Step) -> None:
        name = self.casting.name
        check, text = (self._filled(one) for one in (step.check, step.prompt))
        question = Question(name, step.id, step.title, check, text, self._deadline(step))
        found = await self.run.driver.attest(question)
        self.run.journal.write(
            Attested(scenario=name, step=step.id, answer=found.answer, by=found.by, comment=found.comment)
        )

    def _filled(self, text: str) -> str:
        """A text with its variables, as far as they are known."""
        filled = fill(text, self.progress.values)
        return filled if isinstance(filled, str) else text

    async def _await_message(self, step: Step) -> None:
        matches = self.progress.matches
        models = " ou ".join(content.model for content in step.contents)
        deadline = self._deadline(step)
        with self._attended(step, f"{models} de votre logiciel", deadline):
            if not await self.run.wait(lambda: step.id in matches or self._refused(), deadline):
                self._check_given_up(step, deadline)
                await self._missed(step, "message", deadline)
        if step.id not in matches and not step.optional:
            raise _CannotGoOn(f"L'étape {step.id} attend un message de l'éditeur qui n'est pas venu.")

    @contextmanager
    def _attended(self, step: Step, what: str, deadline: Deadline) -> Iterator[None]:
        """Whoever drives the editor knows what is awaited."""
        asked = step.ask and self.casting.by_editor(step) and step.action == "message"
        awaited = Awaited(
            scenario=self.casting.name,
            step=step.id,
            title=step.title,
            what=what,
            deadline=deadline,
            ask_again=(lambda: self._ask(step)) if asked else None,
            done=(lambda: self._done(step)) if asked else None,
            queues=self._queues,
            leave=self.run.fail,
        )
        with self.run.driver.awaiting(awaited):
            yield

    def _done(self, step: Step) -> None:
        """A person says that it is done: what does not come from now on is not for want of being asked."""
        if step.id not in self._said_done:
            self._said_done.add(step.id)
            self.run.journal.write(StepDone(scenario=self.casting.name, step=step.id, by=self.run.driver.by))
            self.run.wake()

    def _check_given_up(self, step: Step, deadline: Deadline) -> None:
        if deadline.given_up:
            by = self.run.driver.by
            self.run.journal.write(
                DriverAnswered(
                    scenario=self.casting.name,
                    step=step.id,
                    accepted=False,
                    detail=deadline.given_up,
                    by=by,
                    attempts=0,
                )
            )
            raise _CannotGoOn(f"L'étape {step.id} n'a pas pu être faite : {deadline.given_up}")

    async def _send(self, step: Step) -> None:
        leaving = [self.run.publish(self.progress, step.id, one) for one in self._written(step)]
        outcomes = [await leaving[0]] if len(leaving) == 1 else await asyncio.gather(*leaving)
        failed = next((one for one in outcomes if one.status not in {"confirmed", "unknown"}), None)
        if failed is not None:
            text = f"Le broker n'a pas accepté le message du partenaire ({failed.status} : {failed.reason})."
            self.run.journal.write(Trouble(where="hub", text=text, scenario=self.casting.name, step=step.id))
            raise _CannotGoOn(text)
        unsure = next((one for one in outcomes if one.status == "unknown"), None)
        if unsure is not None:
            self._in_doubt[step.id] = unsure.reason

    def _check_left(self, step: Step) -> None:
        """What the broker never confirmed is not sent again: only an answer to it proves that it left."""
        if step.id not in self._in_doubt:
            return
        sent = self.progress.sent_in(step.id)
        if not sent or not all(one.acks or one.errors for one in sent):
            raise _CannotGoOn(
                f"Rien ne prouve que le message du partenaire à l'étape {step.id} est parti "
                f"({self._in_doubt[step.id]})."
            )

    def _written(self, step: Step) -> list[Written]:
        """What leaves in this step. Raises _CannotGoOn where the target's format has no words for it."""
        if step.again:
            return self._sent[step.again]
        content = step.contents[0]
        client = self.casting.clients[step.sender]
        target = self.run.target
        outbound = Outbound(
            client,
            self._recipient(step),
            content.key,
            self.progress.expected(step, content),
            target.content_type_for(client, step.format),
            step.expires,
        )
        try:
            self._sent[step.id] = [
                outbound.written(target.vhost.generation, target.status) for _ in range(step.times)
            ]
        except NotInXmlError as error:
            raise _CannotGoOn(f"Étape {step.id} : {error}") from error
        return self._sent[step.id]

    async def _await_ack(self, step: Step) -> None:
        publications = self.progress.sent_in(step.id)

        def settled() -> bool:
            return all(one.acks or one.errors for one in publications) or self._refused()

        deadline = self._deadline(step)
        with self._attended(step, "l'acquittement de votre logiciel", deadline):
            settled_in_time = await self.run.wait(settled, deadline)
            if not settled_in_time:
                await self._missed(step, "ack", deadline)
        if settled_in_time and any(one.errors for one in publications) and not step.refused:
            raise _CannotGoOn(f"Le hub ou l'éditeur a refusé le message du partenaire à l'étape {step.id}.")

    async def _ask(self, step: Step) -> None:
        if not step.ask:
            return
        content = step.contents[0]
        request = Request(
            run=self.run.id,
            scenario=self.casting.name,
            step=step.id,
            action="send",
            model=content.model,
            vhost=self.run.target.vhost.name,
            sender=self.casting.editor_client,
            to=self._recipient(step),
            case_id=self.progress.case_id,
            format=self.run.target.format,
            data=as_typed(self.progress.expected(step, content)),
            title=step.title,
            prompt=step.prompt,
            key=content.key,
        )
        name = self.run.driver.name
        self.run.journal.write(
            DriverAsked(scenario=self.casting.name, step=step.id, driver=name, request=request.to_json())
        )
        try:
            attempts = await self.run.driver.ask(request)
        except DriverError as error:
            self.run.journal.write(
                DriverAnswered(
                    scenario=self.casting.name,
                    step=step.id,
                    accepted=False,
                    detail=str(error),
                    attempts=error.attempts,
                )
            )
            raise _CannotGoOn(str(error)) from error
        self.run.journal.write(
            DriverAnswered(scenario=self.casting.name, step=step.id, accepted=True, attempts=attempts)
        )

    async def _await_refusal(self, step: Step) -> None:
        """The hub's own side proves it where it is seen; elsewhere only the partner's silence can be watched."""
        matches = self.progress.matches
        quiet = self.run.target.deadlines.quiet
        if self.run.observed:
            deadline = self._deadline(step)
            with self._attended(step, "votre envoi, que le hub doit refuser", deadline):
                await self.run.wait(lambda: self._refused() or step.id in matches, deadline)
            self._check_given_up(step, deadline)
            quiet = deadline.granted
        else:
            await self._until_done(step)
            await self._silence(step, quiet, lambda: step.id in matches)
        if step.id not in matches and not self._refused():
            self._passed(step, "silence", {}, quiet)

    async def _until_done(self, step: Step) -> None:
        """A person has to have done it before the silence that follows says anything."""
        if not self.run.driver.patience:
            return
        deadline = self._deadline(step)
        with self._attended(step, "votre envoi, que le hub doit refuser", deadline):
            await self.run.wait(
                lambda: step.id in self._said_done or step.id in self.progress.matches, deadline
            )
        self._check_given_up(step, deadline)

    def _refused(self) -> bool:
        """Whether the hub refused a message of the editor since the step began: nothing more will come of it."""
        return len(self.progress.refusals) > self._refusals_before

    async def _silence(self, step: Step, seconds: float, broken: Callable[[], bool]) -> None:
        deadline = Deadline(seconds)
        with self.run.silences.watching(), self._attended(step, "rien ne doit arriver", deadline):
            await self.run.wait(broken, deadline)

    async def _missed(self, step: Step, waiting_for: str, deadline: Deadline) -> None:
        self._passed(step, waiting_for, await self._queues(), deadline.granted)

    async def _queues(self) -> Queues:
        """The partners' queues; none where they cannot be looked at."""
        partners = [client for actor, client in self.casting.clients.items() if actor != self.casting.editor]
        try:
            return await self.run.queues(partners)
        except HubError:
            return {}

    def _passed(self, step: Step, waiting_for: str, queues: Queues, seconds: float) -> None:
        self.run.journal.write(
            DeadlinePassed(
                scenario=self.casting.name,
                step=step.id,
                waiting_for=waiting_for,
                seconds=seconds,
                queues=queues,
            )
        )

    def _deadline(self, step: Step) -> Deadline:
        """The step's deadline, running from now; more time for it is journaled."""

        def extended(seconds: float) -> None:
            self.run.journal.write(
                DeadlineExtended(
                    scenario=self.casting.name, step=step.id, seconds=seconds, by=self.run.driver.by
                )
            )

        return Deadline(self._seconds(step), extended)

    def _seconds(self, step: Step) -> float:
        by_editor = self.casting.by_editor(step) and step.action != "nothing"
        default = "quiet" if step.action == "nothing" else "answer" if by_editor else "ack"
        asked = step.action == "attest" or (by_editor and step.ask)
        more = self.run.driver.patience if asked else 0.0
        return self.run.target.deadlines.named(step.within, default) + more

    def _recipient(self, step: Step) -> str:
        return UNKNOWN_CLIENT if step.to_unknown else self.casting.clients[step.recipient]
