"""A person at a terminal is told what to do in the editor's software, sees what arrives, and attests the screen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

from recette.journal.events import DeadlinePassed, Entry, Received, ScenarioStarted, Sent
from recette.journal.link_events import LinkDisturbed
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from recette.messages.vhosts import VHost
from recette.play.drivers import operator_texts as texts
from recette.play.drivers.driver import (
    Answer,
    Attestation,
    Awaited,
    Driver,
    OperatorLeftError,
    Question,
    Request,
)
from recette.play.drivers.marks import WORDS, Mark, in_words, markable, worst
from recette.play.drivers.terminal import InputEndedError, Terminal
from recette.scenario.loader import load
from recette.wording.values import plain, shown

_ANSWERS: dict[str, Answer] = {"c": "conforme", "a": "approche", "n": "non-conforme"}
_MORE = re.compile(r"\+\s*(\d{0,3})(?:\s*min)?")
_COMMENT = 500
"""Characters of a comment or a name that are kept."""


class OperatorDriver(Driver):
    """One person, one step at a time."""

    name = "operator"

    def __init__(
        self,
        terminal: Terminal,
        on: VHost,
        editor: str,
        *,
        by: str,
        patience: float,
        meeting: VHost | None = None,
    ) -> None:
        """`by` is the person's name, asked for where it is empty; `meeting` where the partners live, if elsewhere."""
        self.by = by
        self.patience = patience
        self._terminal = terminal
        self._on = on
        self._meeting = meeting or on
        self._editor = editor
        self._awaited: Awaited | None = None
        self._asked: set[tuple[str, str]] = set()

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        with self._terminal.listening():
            try:
                while not self.by:
                    self._terminal.show("Votre nom (il figurera dans le journal et le procès-verbal) ?")
                    self.by = plain(await self._terminal.line(), _COMMENT)
            except InputEndedError as error:
                raise OperatorLeftError from error
            yield

    async def ask(self, request: Request) -> int:
        """A person who is told will do it, or say that it is impossible while it is awaited."""
        await self._begin()
        step = (request.scenario, request.step)
        self._terminal.show(*texts.request_lines(request, again=step in self._asked))
        self._asked.add(step)
        return 1

    async def attest(self, question: Question) -> Attestation:
        await self._begin()
        self._terminal.show(*texts.question_lines(question))
        marks: list[Mark] = []
        found = await question.deadline.within(self._answer(question, marks))
        if found is None:
            self._terminal.show("  Temps écoulé : cette étape n'est pas attestée.")
            told = f"temps écoulé après : {in_words(marks)}" if marks else ""
            return Attestation("sans-reponse", by=self.by, comment=told)
        if found.answer == "sans-reponse":
            self._terminal.show("  Passée : rien n'en est attesté.")
        else:
            self._terminal.show(f"  Attesté par {self.by} : {WORDS[found.answer]}.")
        return found

    def awaiting(self, awaited: Awaited) -> AbstractContextManager[None]:
        return self._attending(awaited)

    def saw(self, entry: Entry) -> None:
        """Show what concerns the person at the screen, as it is journaled."""
        self._terminal.show(*self._seen(entry))

    def _seen(self, entry: Entry) -> Iterator[str]:
        event = entry.event
        if isinstance(event, ScenarioStarted):
            scenario = load(event.file, event.sources, self._meeting.generation)
            yield ""
            yield texts.titled(scenario.title)
            yield plain(scenario.summary, 1000)
            yield f"Vous êtes « {texts.actor(event.editor)} » ({event.clients[event.editor]})."
        elif isinstance(event, Sent):
            message = read(event.body, event.content_type, self._meeting.edition)
            if event.purpose in {"ack", "error"}:
                yield texts.partner_answer(event.client, message)
            else:
                converted = self._meeting.name != self._on.name
                yield from texts.partner_lines(event.client, message, converted=converted)
        elif isinstance(event, Received):
            message = read(event.body, event.content_type, self._meeting.edition)
            *first, last = texts.arrival_lines(message)
            yield from first
            yield f"{last}{self._time_left()}"
        elif isinstance(event, HubSaw) and event.action == "refused":
            yield f"  ! Le hub a refusé un message de {event.client} ({event.code} : {plain(event.reason or '', 300)})"
        elif isinstance(event, LinkDisturbed):
            yield texts.disturbed(event.incident, event.seconds)
        elif isinstance(event, DeadlinePassed) and event.waiting_for not in {"silence", "return"}:
            yield from texts.nothing_came(self._editor, self._on.name, event.queues)

    def _time_left(self) -> str:
        return f" — reste {texts.spoken(self._awaited.deadline.left)}" if self._awaited else ""

    @contextmanager
    def _attending(self, awaited: Awaited) -> Iterator[None]:
        self._awaited = awaited
        self._remind(awaited)
        task = asyncio.create_task(self._attend(awaited))
        try:
            yield
        finally:
            self._awaited = None
            task.cancel()

    async def _begin(self) -> None:
        """What was typed before something new is shown answers nothing; whoever wants to leave, leaves."""
        if "q" in (line.lower() for line in self._terminal.fresh()):
            raise OperatorLeftError

    async def _attend(self, awaited: Awaited) -> None:
        """Take commands and say the time, until the run has what it awaits."""
        try:
            while True:
                try:
                    async with asyncio.timeout(texts.next_mark(awaited.deadline.left)):
                        line = await self._terminal.line()
                except TimeoutError:
                    self._terminal.show(f"  … reste {texts.spoken(awaited.deadline.left)}")
                else:
                    await self._obey(line.lower(), awaited)
        except InputEndedError:
            awaited.leave(OperatorLeftError())
        except OperatorLeftError as error:
            awaited.leave(error)

    async def _obey(self, line: str, awaited: Awaited) -> None:
        more = _MORE.fullmatch(line)
        if more:
            awaited.deadline.extend(60.0 * int(more[1] or 5))
            self._terminal.show(f"  Délai prolongé : reste {texts.spoken(awaited.deadline.left)}")
        elif line == "r" and awaited.ask_again is not None:
            await awaited.ask_again()
            self._remind(awaited)
        elif line == "?":
            self._terminal.show(
                *texts.nothing_came(self._editor, self._on.name, await awaited.queues()),
            )
        elif line == "i" and awaited.ask_again is not None:
            awaited.deadline.give_up(await self._comment("Pourquoi est-ce impossible ?"))
        elif line == "f" and awaited.done is not None:
            awaited.done()
            self._terminal.show(f"  C'est noté{self._time_left()}.")
        elif line == "q":
            raise OperatorLeftError
        else:
            self._remind(awaited)

    def _remind(self, awaited: Awaited) -> None:
        """What is awaited, how long still, and what can be typed."""
        commands = (texts.ON_REQUEST if awaited.done is not None else "") + texts.COMMANDS
        self._terminal.show(f"  En attente : {awaited.what}{self._time_left()}", f"  {commands}")

    async def _answer(self, question: Question, marks: list[Mark]) -> Attestation:
        """The values alone answer for what is asked of them; what a scenario asks may be more than that they are right.

        `marks` takes what is said of them, so that it is not lost with the time.
        """
        seen = ""
        try:
            while True:
                line = (await self._terminal.line()).lower()
                answer = _ANSWERS.get(line)
                if answer is not None:
                    told = " ; ".join(filter(None, (await self._what_differs(answer), seen)))
                    return Attestation(answer, by=self.by, comment=told)
                if line == "v" and await self._one_by_one(question, marks):
                    seen, found = in_words(marks), worst(marks)
                    if question.optional or found != "conforme":
                        return Attestation(found, by=self.by, comment=seen)
                    self._terminal.show(f"  Reste ce qui est demandé : {plain(question.text, 1000)}")
                elif line == "p" and question.optional:
                    return Attestation("sans-reponse", by=self.by)
                else:
                    self._more_time_or_leave(line, question)
                self._terminal.show(f"  {texts.answers(question)}")
        except InputEndedError as error:
            raise OperatorLeftError from error

    async def _one_by_one(self, question: Question, marks: list[Mark]) -> list[Mark]:
        """What is said of each value that the partner sent; nothing of those that are passed over."""
        marks.clear()
        for _, value in markable(question.values):
            self._terminal.show(f"  {value} ? {texts.ONE}")
            while (line := (await self._terminal.line()).lower()) not in ("", *_ANSWERS):
                if not self._more_time_or_leave(line, question):
                    self._terminal.show(f"  {shown(line)} n'est pas une réponse.")
                self._terminal.show(f"  {value} ? {texts.ONE}")
            if line:
                answer = _ANSWERS[line]
                marks.append(Mark(value, answer, await self._what_differs(answer)))
        return marks

    def _more_time_or_leave(self, line: str, question: Question) -> bool:
        """Whether that asked for more time. Raises OperatorLeftError."""
        more = _MORE.fullmatch(line)
        if more:
            question.deadline.extend(60.0 * int(more[1] or 5))
            self._terminal.show(f"  Délai prolongé : reste {texts.spoken(question.deadline.left)}")
        elif line == "q":
            raise OperatorLeftError
        return more is not None

    async def _what_differs(self, answer: Answer) -> str:
        if answer == "conforme":
            return ""
        return await self._comment("Qu'est-ce qui diffère ? (commentaire obligatoire)")

    async def _comment(self, question: str) -> str:
        text = ""
        while not text:
            self._terminal.show(f"  {question}")
            text = plain(await self._terminal.line(), _COMMENT)
        return text
