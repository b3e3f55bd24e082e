"""A run in a thread of its own: begun, followed entry by entry, stopped."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from recette.campaign import campaign
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.campaign.planning import facts_of
from recette.console.bell import Bell
from recette.console.book import Book
from recette.console.desk import Desk
from recette.console.driver import BrowserDriver
from recette.console.live import RunView
from recette.console.orders import Order, OrderError
from recette.console.watching import Watch
from recette.journal.events import Entry
from recette.journal.interrupted import Interrupted
from recette.judge.verdicts import ScenarioResult
from recette.play.drivers.driver import Driver, OperatorLeftError
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.report.audience import Audience
from recette.report.story import Body, Play, Story
from recette.report.writing import write_all
from recette.sandbox.faults import FAULTS
from recette.scenario.model import Scenario

Phase = Literal["playing", "writing", "over"]
_GATHERED = 0.02
"""Seconds in which what is told is gathered: each turn of the console's loop takes some from the run's."""
_SLICE = 100
"""Entries that are taken in before anybody else gets a turn."""
STOPPED = "Arrêtée : le journal garde ce qui a été joué, et la campagne peut reprendre."


class RunInProgress:
    """One run that was begun here. `view` and `phase` belong to the console's loop, the rest to the thread."""

    def __init__(self, folder: Path, order: Order, bell: Bell, titles: dict[str, str]) -> None:
        self.folder = folder
        self.order = order
        self.view = RunView(titles)
        self.phase: Phase = "playing"
        self.failure = ""
        """Why it ended before its end."""
        self.hint: tuple[str, ...] = ()
        """How the software under test reaches the hub that the run is."""
        self.desk = Desk(bell.ring_from_elsewhere)
        self.watch = Watch()
        self._bell = bell
        self._loop = asyncio.get_running_loop()
        self._come: deque[Callable[[], None]] = deque()
        self._draining = False
        self._task: asyncio.Task[object] | None = None
        self._playing_in: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def begin(self, play: Callable[[Audience, Callable[[Target], Driver]], None]) -> None:
        """Call `play` in a thread of its own, with who is to be told and who drives."""
        self._thread = threading.Thread(target=self._run, args=(play,), name="recette, campagne", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it now; what was played stays in the journal."""
        if self._task is not None and self._playing_in is not None and not self._playing_in.is_closed():
            self._playing_in.call_soon_threadsafe(self._task.cancel)

    async def over(self) -> None:
        """Until the thread has ended, and all it told is taken in."""
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._drain(all_of_it=True)

    def _run(self, play: Callable[[Audience, Callable[[Target], Driver]], None]) -> None:
        told: list[Story] = []
        audience = Audience(self._saw, self._judged, self._shown, told.append, self._ready)
        failure = ""
        try:
            play(audience, self._driver)
            for story in told:
                self._later(lambda story=story: self._writing(story))  # type: ignore[misc]
                write_all(story, self.folder)
        except (asyncio.CancelledError, OperatorLeftError):
            failure = STOPPED
        except (ValueError, RuntimeError, OSError) as error:
            failure = "\n".join([str(error), *getattr(error, "__notes__", ())])
        except Exception as error:  # noqa: BLE001 - a defect of ours is told as one
            failure = _defect(error)
        self._later(lambda: self._ended(failure))

    def _driver(self, target: Target) -> Driver:
        return BrowserDriver(self.desk, target, by=target.driver.name or self.order.by)

    def _saw(self, entry: Entry) -> None:
        if self._task is None:
            self._task, self._playing_in = asyncio.current_task(), asyncio.get_running_loop()
        self._later(lambda: self._take(entry))

    def _take(self, entry: Entry) -> None:
        self.view.take(entry)
        header = self.view.header
        if header is not None and header.hub_observed:
            self.watch.take(entry, header.vhosts[0])

    def _judged(self, result: ScenarioResult) -> None:
        self._later(lambda: self.view.judged(result))

    def _shown(self, play: Play, bodies: Mapping[int, Body]) -> None:
        self._later(lambda: self.view.shown(play, bodies))

    def _ready(self, lines: Sequence[str]) -> None:
        """What the terminal says of the account stays there: no page shows a secret."""
        print(*lines, sep="\n", flush=True)  # noqa: T201 - the terminal of whoever started the console
        self._later(lambda: setattr(self, "hint", (lines[0], lines[-1])))

    def _writing(self, story: Story) -> None:
        self.view.finished(story)
        self.phase = "writing"

    def _ended(self, failure: str) -> None:
        self.phase, self.failure = "over", failure
        self.desk.clear()

    def _later(self, what: Callable[[], None]) -> None:
        """To be done in the console's own thread, in this order."""
        self._come.append(what)
        if not self._draining:
            self._draining = True
            self._loop.call_soon_threadsafe(self._drain_soon)

    def _drain_soon(self) -> None:
        self._loop.call_later(_GATHERED, self._drain)

    def _drain(self, *, all_of_it: bool = False) -> None:
        self._draining = False
        taken = 0
        while self._come and (all_of_it or taken < _SLICE):
            self._come.popleft()()
            taken += 1
        if self._come and not self._draining:
            self._draining = True
            self._loop.call_soon(self._drain)
        if taken:
            self._bell.ring()


def _defect(error: Exception) -> str:
    *_, last = traceback.extract_tb(error.__traceback__)
    return (
        f"La recette a un défaut ({type(error).__name__} : {error}, {Path(last.filename).name}:{last.lineno}) : rien n'est "
        "dit de l'éditeur. Signalez-le avec cette ligne."
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run needs, read and checked."""

    order: Order
    folder: Path
    target: Target | None
    scenarios: Sequence[Scenario]
    options: Options
    titles: dict[str, str]

    def begin(self, bell: Bell) -> RunInProgress:
        """Begin it. To be called in the console's loop."""
        run = RunInProgress(self.folder, self.order, bell, self.titles)
        run.begin(self._play)
        return run

    def _play(self, audience: Audience, driver: Callable[[Target], Driver]) -> None:
        options, journal = replace(self.options, operator=driver), self.folder / "journal.jsonl"
        if self.target is None:
            campaign.play_at_home(self.scenarios, (), journal, options, audience)
        else:
            campaign.play_on_target(self.target, self.scenarios, (), journal, options, audience)


def prepare(order: Order, folder: Path, book: Book, resumes: Interrupted | None = None) -> Prepared:
    """Get ready what was ordered, its journal in `folder`. Raises OrderError, SelectionError, TargetError.

    Reads files: not to be called in the event loop.
    """
    if order.fault is not None and order.fault not in FAULTS:
        raise OrderError(f"La faute « {order.fault} » n'existe pas.")
    target = load_target(order.target) if order.target is not None else None
    if target is not None and target.driver.kind == "operator" and not (order.by or target.driver.name):
        raise OrderError(
            "Dites votre nom d'abord, en bas de la page : il figurera au journal et au procès-verbal."
        )
    chosen = book.chosen(order.names)
    options = Options(
        role=order.role,
        jobs=1 if target is not None or order.fault is not None else HOME_JOBS,
        allow_harmful=order.harmful,
        attest_received=order.attest_received,
        asked=order.asked(folder, book.own),
        cahiers=tuple(facts_of(one) for one in chosen.cahiers),
        cahier=book.scenarios,
        resumes=resumes,
    )
    if order.fault is not None:
        options = options.with_fault(FAULTS[order.fault])
    return Prepared(order, folder, target, chosen.scenarios, options, book.titles)
