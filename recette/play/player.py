"""Plays one cast scenario, step by step; it writes down what happens and decides nothing about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from recette.hub.errors import HubError
from recette.journal.events import (
    DeadlineExtended,
    DeadlinePassed,
    ScenarioEnded,
    ScenarioStarted,
    StepClosed,
    StepOpened,
    Trouble,
)
from recette.journal.link_events import QueuesShared
from recette.journal.queues import shared
from recette.messages.building import format_datetime
from recette.messages.xml.writing import NotInXmlError
from recette.play.carried import check_carried
from recette.play.deadline import Deadline
from recette.play.drawing import drawn, drawn_names
from recette.play.drivers.driver import Queues
from recette.play.editors_link import disturb, returned
from recette.play.outbound import Outbound, Written
from recette.play.prompting import CannotGoOn, Prompting, asked, recipient
from recette.play.run import Run
from recette.scenario.matching import Progress, unsettled
from recette.scenario.model import Casting
from recette.scenario.ownership import anchored
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, SilenceStep, Step

LOOK_EVERY = 0.5
FORGOTTEN = 20.0
"""Seconds within which a broker that lost a node or a link has forgotten who read there."""


class Player:
    """Plays `casting` within `run`.

    More than 20 methods: each kind of step is begun, awaited and found missing in its own way.
    """

    def __init__(
        self,
        run: Run,
        casting: Casting,
        values: Mapping[str, str] | None = None,
        look: Callable[[], Awaitable[Queues]] | None = None,
    ) -> None:
        """`values` are those of the identifiers that partners make, drawn where None; `look` tells of the partners'
        queues where the run does not.
        """
        self.run = run
        self.casting = casting
        self.progress = Progress(casting, drawn(casting) if values is None else values)
        self._partners = [one for actor, one in casting.clients.items() if actor != casting.editor]
        """Their clients."""
        # No method of this object: a play that is over goes at once, with all its messages.
        self._queues = partial(_queues, look or partial(run.queues, self._partners))
        self._prompting = Prompting(run, self.progress, self._queues)
        self._reason = ""
        self._sent: dict[str, list[Written]] = {}
        self._refusals_before = 0
        self._in_doubt: dict[str, str] = {}
        """Steps of which the broker did not say whether it has the partner's message, and why not."""

    async def play(self) -> None:
        """From the first step to the last one that can be played; the end is written by `finish`."""
        with self.run.silences.at_work():
            await self._play()

    def start(self) -> None:
        """The play begins."""
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
        self.run.arrivals.begin(self.progress)

    def stop(self, reason: str) -> None:
        """It ends before its last step."""
        self._reason = reason

    async def _play(self) -> None:
        self.start()
        try:
            check_carried(self.run, self.casting)
            for group in self.casting.groups:
                async with self._no_other_unanchored(group):
                    await self._play_group(group)
        except CannotGoOn as ending:
            self.stop(str(ending))
        queues = await self._queues()
        deadline = Deadline(FORGOTTEN if self.run.came_back else 0.0)
        while shared(queues) and deadline.left:
            await asyncio.sleep(LOOK_EVERY)  # a broker tells nobody when it forgets a link that broke
            queues = await self._queues()
        if shared(queues):
            self.run.journal.write(QueuesShared(scenario=self.casting.name, queues=queues))

    async def finish(self) -> None:
        """Leave time for what may yet satisfy a step better, and for what should not come; then close."""
        if not self._reason:
            rest = Deadline(self.run.target.deadlines.named("answer", "answer"))
            await self.run.waiting.until(lambda: not unsettled(self.progress.matches.values()), rest)
        await self.run.waiting.until(lambda: False, Deadline(self.run.target.deadlines.quiet))
        await self.run.answers.given(self.progress)
        await self.run.caught_up()
        self.run.journal.write(ScenarioEnded(scenario=self.casting.name, reason=self._reason))
        self.run.arrivals.end(self.progress)

    @asynccontextmanager
    async def _no_other_unanchored(self, steps: list[Step]) -> AsyncIterator[None]:
        """Only one play at a time awaits a message that it could not tell from another play's."""
        awaited = [step for step in steps if isinstance(step, MessageStep) and self.casting.by_editor(step)]
        if all(anchored(self.progress, step) for step in awaited):
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
            await self.begin(step)
        for step in steps:
            await self.end(step)

    async def begin(self, step: Step) -> None:
        """Open a step: the partner sends, or the editor is asked to. Raises CannotGoOn."""
        now = format_datetime(datetime.now(UTC).astimezone())
        self._refusals_before = len(self.progress.refusals)
        await self._check_known(step)
        self.run.journal.write(
            StepOpened(
                scenario=self.casting.name, step=step.id, deadline=self._seconds(step), values={"now": now}
            )
        )
        self.progress.open(step.id, now)
        if isinstance(step, DisturbStep):
            await disturb(self.run, self.casting, step)
        elif isinstance(step, MessageStep):
            await (self._prompting.ask(step) if self.casting.by_editor(step) else self._send(step))

    async def _check_known(self, step: Step) -> None:
        """That all is known that the partner has to say; what comes in parts is waited for. Raises CannotGoOn."""
        if not isinstance(step, MessageStep) or self.casting.by_editor(step):
            return
        names = step.contents[0].names - {"now"}
        if not names <= self.progress.values.keys() and unsettled(self.progress.matches.values()):
            rest = Deadline(self.run.target.deadlines.named("answer", "answer"))
            await self.run.waiting.until(lambda: names <= self.progress.values.keys(), rest)
        missing = sorted(names - self.progress.values.keys())
        if missing:
            raise CannotGoOn(
                f"L'étape {step.id} a besoin de {', '.join(missing)}, que l'éditeur n'a pas donné."
            )

    async def end(self, step: Step) -> None:
        """Wait for what is to come of a step, and close it. Raises CannotGoOn."""
        await self._await(step)
        self.run.journal.write(StepClosed(scenario=self.casting.name, step=step.id))

    async def _await(self, step: Step) -> None:
        match step:
            case AttestStep() if step.requirement in self.run.target.left_out:
                pass
            case AttestStep():
                await self._prompting.attest(step, self._deadline(step))
            case SilenceStep():
                await self._silence(step, self._seconds(step), lambda: False)
                self._passed(step, "silence", await self._queues(), self._seconds(step))
            case DisturbStep():
                with self._prompting.attended(
                    step, "le retour de votre logiciel", self._deadline(step)
                ) as deadline:
                    await returned(self.run, self.casting, step, deadline, self._queues)
            case MessageStep():
                await (self._await_editor(step) if self.casting.by_editor(step) else self._await_answer(step))
                self._check_left(step)

    async def _await_editor(self, step: MessageStep) -> None:
        if step.refused is not None or step.vanishes:
            await self._await_refusal(step)
        else:
            await self._await_message(step)

    async def _await_answer(self, step: MessageStep) -> None:
        """What the editor, or the hub, answers to the partner's message; nobody acknowledges an error."""
        if (step.ack or step.refused is not None) and step.contents[0].model != "RS-ERROR":
            await self._await_ack(step)

    async def _await_message(self, step: MessageStep) -> None:
        matches = self.progress.matches
        deadline = self._deadline(step)
        with self._prompting.attended(step, f"{step.models} de votre logiciel", deadline):
            if not await self.run.waiting.until(lambda: step.id in matches or self._refused(), deadline):
                self._prompting.check_given_up(step, deadline)
                await self._missed(step, "message", deadline)
        if step.id not in matches and not step.by_editor.optional:
            raise CannotGoOn(f"L'étape {step.id} attend un message de l'éditeur qui n'est pas venu.")

    async def _send(self, step: MessageStep) -> None:
        leaving = [self.run.publish(self.progress, step.id, one) for one in self._written(step)]
        outcomes = [await leaving[0]] if len(leaving) == 1 else await asyncio.gather(*leaving)
        failed = next((one for one in outcomes if one.status not in {"confirmed", "unknown"}), None)
        if failed is not None:
            text = f"Le broker n'a pas accepté le message du partenaire ({failed.status} : {failed.reason})."
            self.run.journal.write(Trouble(where="hub", text=text, scenario=self.casting.name, step=step.id))
            raise CannotGoOn(text)
        unsure = next((one for one in outcomes if one.status == "unknown"), None)
        if unsure is not None:
            self._in_doubt[step.id] = unsure.reason

    def _check_left(self, step: MessageStep) -> None:
        """What the broker never confirmed is not sent again: only an answer to it proves that it left."""
        if step.id not in self._in_doubt:
            return
        sent = self.progress.sent_in(step.id)
        if not sent or not all(one.acks or one.errors for one in sent):
            raise CannotGoOn(
                f"Rien ne prouve que le message du partenaire à l'étape {step.id} est parti "
                f"({self._in_doubt[step.id]})."
            )

    def _written(self, step: MessageStep) -> list[Written]:
        """What leaves in this step. Raises CannotGoOn where the target's format has no words for it."""
        how = step.by_partner
        if how.again:
            return self._sent[how.again]
        content = step.contents[0]
        client = self.casting.clients[step.sender]
        target = self.run.target
        outbound = Outbound(
            client,
            recipient(self.casting, step),
            content.key,
            self.progress.expected(step, content),
            target.content_type_for(client, how.format),
            how.expires,
        )
        try:
            self._sent[step.id] = [
                outbound.written(target.meeting.edition, target.status) for _ in range(how.times)
            ]
        except NotInXmlError as error:
            raise CannotGoOn(f"Étape {step.id} : {error}") from error
        return self._sent[step.id]

    async def _await_ack(self, step: MessageStep) -> None:
        def settled() -> bool:
            sent = self.progress.sent_in(step.id)  # a conversion may make several of one
            return all(one.acks or one.errors for one in sent) or self._refused()

        deadline = self._deadline(step)
        with self._prompting.attended(step, "l'acquittement de votre logiciel", deadline):
            settled_in_time = await self.run.waiting.until(settled, deadline)
            if not settled_in_time:
                await self._missed(step, "ack", deadline)
        publications = self.progress.sent_in(step.id)
        if settled_in_time and any(one.errors for one in publications) and not step.refused:
            raise CannotGoOn(f"Le hub ou l'éditeur a refusé le message du partenaire à l'étape {step.id}.")
        shown_as_sent = self.run.target.attest_received and self.run.target.partners_vhost is None
        if settled_in_time and shown_as_sent and not self._looked_at(step):
            await self._prompting.attest_received(step, self._looking(step))

    def _looked_at(self, step: MessageStep) -> bool:
        """Whether the scenario itself has the screen looked at before anything else is sent."""
        steps = self.casting.steps
        later = (one for one in steps[steps.index(step) + 1 :] if not isinstance(one, SilenceStep))
        return step.refused is not None or isinstance(next(later, None), AttestStep)

    async def _await_refusal(self, step: MessageStep) -> None:
        """The hub's own side proves it where it is seen; elsewhere only the partner's silence can be watched."""
        matches = self.progress.matches
        quiet = self.run.target.deadlines.quiet
        if self.run.observed:
            deadline = self._deadline(step)
            with self._prompting.attended(step, "votre envoi, que le hub doit refuser", deadline):
                await self.run.waiting.until(lambda: self._refused() or step.id in matches, deadline)
            self._prompting.check_given_up(step, deadline)
            quiet = deadline.granted
        else:
            await self._until_done(step)
            await self._silence(step, quiet, lambda: step.id in matches)
        if step.id not in matches and not self._refused():
            await self.run.alarms.look(self._partners)
            self._passed(step, "silence", {}, quiet)

    async def _until_done(self, step: MessageStep) -> None:
        """A person has to have done it before the silence that follows says anything."""
        if not self.run.driver.patience:
            return
        deadline = self._deadline(step)
        with self._prompting.attended(step, "votre envoi, que le hub doit refuser", deadline):
            await self.run.waiting.until(
                lambda: step.id in self._prompting.said_done or step.id in self.progress.matches, deadline
            )
        self._prompting.check_given_up(step, deadline)

    def _refused(self) -> bool:
        """Whether the hub refused a message of the editor since the step began: nothing more will come of it."""
        return len(self.progress.refusals) > self._refusals_before

    async def _silence(self, step: Step, seconds: float, broken: Callable[[], bool]) -> None:
        deadline = Deadline(seconds)
        with self.run.silences.watching(), self._prompting.attended(step, "rien ne doit arriver", deadline):
            await self.run.waiting.until(broken, deadline)

    async def _missed(self, step: Step, waiting_for: str, deadline: Deadline) -> None:
        await self.run.alarms.look(self._partners)
        self._passed(step, waiting_for, await self._queues(), deadline.granted)
        await self._probe(step, waiting_for)

    async def _probe(self, step: Step, waiting_for: str) -> None:
        """Whether the hub still moves such a message to who awaited it in vain."""
        if self.run.prober is None or not isinstance(step, MessageStep):
            return
        if waiting_for == "message":
            names, actor = [content.model for content in step.contents], step.recipient
        else:
            names, actor = ["RC-REF"], step.sender
        recipient = self.casting.clients[actor]
        if recipient in self.run.target.addresses:
            await self.run.prober.after(self.casting, step.id, names[0], recipient)

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
        return self._running(step, self._seconds(step))

    def _looking(self, step: Step) -> Deadline:
        """The time that a person has to look at what a step left on the screen, running from now."""
        return self._running(step, self.run.target.deadlines.named(None, "ack") + self.run.driver.patience)

    def _running(self, step: Step, seconds: float) -> Deadline:
        def extended(seconds: float) -> None:
            self.run.journal.write(
                DeadlineExtended(
                    scenario=self.casting.name, step=step.id, seconds=seconds, by=self.run.driver.by
                )
            )

        return Deadline(seconds, extended)

    def _seconds(self, step: Step) -> float:
        match step:
            case SilenceStep():
                default, prompted = "quiet", False
            case DisturbStep():
                return step.lasts + self.run.target.deadlines.named(step.within, "answer")
            case AttestStep():
                default, prompted = "answer" if self.casting.by_editor(step) else "ack", True
            case MessageStep():
                default = "answer" if self.casting.by_editor(step) else "ack"
                prompted = asked(self.casting, step) is not None
        more = self.run.driver.patience if prompted else 0.0
        return self.run.target.deadlines.named(step.within, default) + more


async def _queues(look: Callable[[], Awaitable[Queues]]) -> Queues:
    """The partners' queues; none where they cannot be looked at."""
    try:
        return await look()
    except HubError:
        return {}
