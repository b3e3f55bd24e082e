"""The operator's driver in the browser: the same questions and the same journal as at a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from recette.console.desk import Click, Desk, Sheet, until
from recette.journal.events import Entry, ScenarioStarted, Sent
from recette.messages.reading import read
from recette.play.drivers import operator_texts as texts
from recette.play.drivers.driver import Answer, Attestation, Awaited, Driver, Question, Request
from recette.play.drivers.sheet import sheet
from recette.play.target import Target
from recette.wording.values import plain

ANSWERS: dict[str, Answer] = {"conforme": "conforme", "approche": "approche", "non-conforme": "non-conforme"}
MORE = 300.0
"""Seconds that « plus de temps » gives."""


class BrowserDriver(Driver):
    """One person, one step at a time, at a desk that the console shows."""

    name = "operator"

    def __init__(self, desk: Desk, target: Target, *, by: str) -> None:
        """`by` is the person's name."""
        self.by = by
        self.patience = target.driver.patience
        self._desk = desk
        self._target = target
        self._asked: dict[tuple[str, str], Request] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._shown: dict[str, tuple[str, ...]] = {}
        """What the partners sent last, by play: it is to be found on the screen."""
        self._done: set[tuple[str, str]] = set()
        """Steps that the person says to have done."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, request: Request) -> int:
        """A person who sees it will do it, or say that it is impossible while it is awaited."""
        step = (request.scenario, request.step)
        self._asked[step] = request
        self._done.discard(step)
        self._times[step] = self._times.get(step, 0) + 1
        return 1

    async def attest(self, question: Question) -> Attestation:
        """What the person clicks, with the comment that they write."""
        answered: asyncio.Future[Attestation] = asyncio.get_running_loop().create_future()

        def hears(click: Click) -> None:
            if click.act == "more":
                question.deadline.extend(MORE)
                self._desk.amend(until=until(question.deadline))
            elif answered.done():
                return
            elif click.act == "attest" and click.answer in ANSWERS:
                answered.set_result(Attestation(ANSWERS[click.answer], by=self.by, comment=click.comment))
            elif click.act == "pass" and question.optional:
                answered.set_result(Attestation("sans-reponse", by=self.by))

        async def answer() -> Attestation:
            return await answered

        self._desk.lay(
            Sheet(
                "look",
                question.scenario,
                question.step,
                question.title,
                plain(question.text, 1000),
                until(question.deadline),
                data=question.values,
                optional=question.optional,
            ),
            hears,
        )
        found = await question.deadline.within(answer())
        self._desk.clear()
        return found if found is not None else Attestation("sans-reponse", by=self.by)

    @contextmanager
    def awaiting(self, awaited: Awaited) -> Iterator[None]:
        self._desk.lay(self._awaited(awaited), lambda click: self._obey(click, awaited))
        try:
            yield
        finally:
            self._desk.clear()

    def saw(self, entry: Entry) -> None:
        """What a partner sends is to be found on the screen, unless the hub converts it."""
        event = entry.event
        if isinstance(event, ScenarioStarted):
            self._shown[event.scenario] = ()
        elif isinstance(event, Sent) and event.purpose == "message" and self._target.partners_vhost is None:
            content = read(event.body, event.content_type, self._target.meeting.edition).content
            self._shown[event.scenario] = tuple(sheet(content if isinstance(content, dict) else {}))

    def _awaited(self, awaited: Awaited) -> Sheet:
        step = (awaited.scenario, awaited.step)
        asked = awaited.ask_again is not None and step not in self._done
        request = self._asked.get(step) if asked else None
        if request is None:
            shown = self._shown.get(awaited.scenario, ())
            return Sheet("wait", *step, awaited.title, awaited.what, until(awaited.deadline), data=shown)
        facts = [("Message", texts.model_name(request.model, request.vhost)), ("Destinataire", request.to)]
        if request.case_id:
            facts.append(("Dossier", plain(request.case_id, 200)))
        return Sheet(
            "do",
            *step,
            awaited.title,
            plain(request.prompt, 1000) or f"Envoyez {request.model} depuis votre logiciel.",
            until(awaited.deadline),
            data=tuple(sheet(request.data)),
            facts=tuple(facts),
            again=True,
        )

    def _obey(self, click: Click, awaited: Awaited) -> None:
        if click.act == "more":
            awaited.deadline.extend(MORE)
            self._desk.amend(until=until(awaited.deadline))
        elif click.act == "done" and awaited.done is not None:
            self._done.add((awaited.scenario, awaited.step))
            awaited.done()
            self._desk.amend(said_done=True)
        elif click.act == "impossible" and awaited.ask_again is not None and click.comment:
            awaited.deadline.give_up(click.comment)
        elif click.act == "again" and awaited.ask_again is not None:
            self._soon(self._again(awaited))
        elif click.act == "why":
            self._soon(self._explain(awaited))

    async def _again(self, awaited: Awaited) -> None:
        if awaited.ask_again is not None:
            await awaited.ask_again()
            asked = self._times.get((awaited.scenario, awaited.step), 1)
            self._desk.amend(facts=(*self._awaited(awaited).facts, ("Demandé", f"{asked} fois")))

    async def _explain(self, awaited: Awaited) -> None:
        lines = texts.nothing_came(self._target.editor, self._target.vhost.name, await awaited.queues())
        self._desk.amend(why=tuple(line.strip() for line in lines))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
