"""What whoever drives the editor is asked in a play, and what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recette.journal.events import Attested, DriverAnswered, DriverAsked, StepDone
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Attestation, Awaited, DriverError, Question, Queues, Request
from recette.play.drivers.sheet import sheet
from recette.play.run import Run
from recette.play.target import UNKNOWN_CLIENT
from recette.scenario.matching import Progress
from recette.scenario.model import Casting
from recette.scenario.steps import AttestStep, MessageStep, Step
from recette.scenario.template import as_typed, fill


class CannotGoOn(Exception):  # noqa: N818 - an ending, not an error
    """The scenario ends before its last step; the text says why."""


def asked(casting: Casting, step: Step) -> MessageStep | None:
    """The step, where the editor is told to send in it."""
    if isinstance(step, MessageStep) and casting.by_editor(step) and step.by_editor.ask:
        return step
    return None


def recipient(casting: Casting, step: MessageStep) -> str:
    """The client id that a message goes to."""
    return UNKNOWN_CLIENT if step.to_unknown else casting.clients[step.recipient]


class Prompting:
    """The driver's part in one play; all of it is journaled."""

    def __init__(self, run: Run, progress: Progress, queues: Callable[[], Awaitable[Queues]]) -> None:
        """`queues` looks at the partners' queues, for whoever wants to know why nothing comes."""
        self._run = run
        self._progress = progress
        self._casting = progress.casting
        self._queues = queues
        self.said_done: set[str] = set()
        """Steps that a person says to have done."""

    async def attest(self, step: AttestStep, deadline: Deadline) -> None:
        """Have it said what the screen shows."""
        name = self._casting.name
        check, text = (self._filled(one) for one in (step.check, step.text))
        question = Question(
            name,
            step.id,
            step.title,
            check,
            text,
            deadline,
            self._check(step, check, text),
            self._received_before(step),
        )
        self._attested(step, await self._run.driver.attest(question))

    async def attest_received(self, step: MessageStep, deadline: Deadline) -> None:
        """Let it be said what the screen shows of what the partner has just sent; nothing where nobody says anything."""
        name = self._casting.name
        question = Question(
            name,
            step.id,
            step.title,
            "",
            f"Chaque valeur que {self._casting.clients[step.sender]} vient d'envoyer ({step.models}) est affichée telle quelle.",
            deadline,
            values=self._sent_in(step),
            optional=True,
        )
        found = await self._run.driver.attest(question)
        if found.answer != "sans-reponse":
            self._attested(step, found)

    def _attested(self, step: Step, said: Attestation) -> None:
        self._run.journal.write(
            Attested(
                scenario=self._casting.name,
                step=step.id,
                answer=said.answer,
                by=said.by,
                comment=said.comment,
            )
        )

    def _sent_in(self, step: Step) -> tuple[str, ...]:
        """The sheet of what the partner sent in a step: what it sent there several times is one and the same.

        Nothing where the hub converts it: the screen shows what the conversion leaves, which nobody saw here.
        """
        if self._run.target.partners_vhost is not None:
            return ()
        content = next((one.message.content for one in self._progress.sent_in(step.id)), None)
        return tuple(sheet(content)) if isinstance(content, dict) else ()

    def _received_before(self, step: AttestStep) -> tuple[str, ...]:
        """The sheet of what the partners sent last before a step."""
        steps = self._casting.steps
        sheets = (self._sent_in(one) for one in reversed(steps[: steps.index(step)]))
        return next(filter(None, sheets), ())

    def _check(self, step: AttestStep, check: str, text: str) -> dict[str, Any]:
        """What software is asked of its screen, in the words in which it is asked to act."""
        return Request(
            run=self._run.id,
            scenario=self._casting.name,
            step=step.id,
            action="check",
            model="",
            vhost=self._run.target.vhost.name,
            sender=self._casting.editor_client,
            to="",
            case_id=self._progress.case_id,
            format=self._run.target.format,
            data={"check": check, "text": text, "requirement": step.requirement},
        ).to_json()

    async def ask(self, step: MessageStep) -> None:
        """Have the message sent, or promised. Raises CannotGoOn."""
        if not step.by_editor.ask:
            return
        content = step.by_editor.typed or step.contents[0]
        request = Request(
            run=self._run.id,
            scenario=self._casting.name,
            step=step.id,
            action="send",
            model=content.model,
            vhost=self._run.target.vhost.name,
            sender=self._casting.editor_client,
            to=recipient(self._casting, step),
            case_id=self._progress.case_id,
            format=self._run.target.format,
            data=as_typed(self._progress.expected(step, content)),
            title=step.title,
            prompt=step.by_editor.prompt,
            key=content.key,
        )
        name = self._run.driver.name
        self._run.journal.write(
            DriverAsked(scenario=self._casting.name, step=step.id, driver=name, request=request.to_json())
        )
        try:
            attempts = await self._run.driver.ask(request)
        except DriverError as error:
            self._run.journal.write(
                DriverAnswered(
                    scenario=self._casting.name,
                    step=step.id,
                    accepted=False,
                    detail=str(error),
                    attempts=error.attempts,
                )
            )
            raise CannotGoOn(str(error)) from error
        self._run.journal.write(
            DriverAnswered(scenario=self._casting.name, step=step.id, accepted=True, attempts=attempts)
        )

    @contextmanager
    def attended(self, step: Step, what: str, deadline: Deadline) -> Iterator[Deadline]:
        """Whoever drives the editor knows what is awaited, and until when."""
        message = asked(self._casting, step)
        awaited = Awaited(
            scenario=self._casting.name,
            step=step.id,
            title=step.title,
            what=what,
            deadline=deadline,
            ask_again=(lambda: self.ask(message)) if message is not None else None,
            done=(lambda: self._done(step)) if message is not None else None,
            queues=self._queues,
            leave=self._run.fail,
        )
        with self._run.driver.awaiting(awaited):
            yield deadline

    def _done(self, step: Step) -> None:
        """A person says that it is done: what does not come from now on is not for want of being asked."""
        if step.id not in self.said_done:
            self.said_done.add(step.id)
            self._run.journal.write(
                StepDone(scenario=self._casting.name, step=step.id, by=self._run.driver.by)
            )
            self._run.waiting.wake()

    def check_given_up(self, step: Step, deadline: Deadline) -> None:
        """Raise CannotGoOn where whoever drives the editor said that it cannot be done."""
        if deadline.given_up:
            by = self._run.driver.by
            self._run.journal.write(
                DriverAnswered(
                    scenario=self._casting.name,
                    step=step.id,
                    accepted=False,
                    detail=deadline.given_up,
                    by=by,
                    attempts=0,
                )
            )
            raise CannotGoOn(f"L'étape {step.id} n'a pas pu être faite : {deadline.given_up}")

    def _filled(self, text: str) -> str:
        """A text with its variables, as far as they are known."""
        filled = fill(text, self._progress.values)
        return filled if isinstance(filled, str) else text
