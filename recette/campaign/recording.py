"""A run written down while it is played, and judged along the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from recette.campaign.live_judge import LiveJudge
from recette.campaign.options import Options
from recette.journal.events import NotLoaded, RunResumed, RunStarted
from recette.journal.link_events import Lagged
from recette.journal.writer import JournalLostError, JournalWriter
from recette.judge.verdicts import Judgement, ScenarioResult
from recette.platform.pulse import pulse
from recette.play.idle import run_when_idle
from recette.play.side_by_side import GoesOn
from recette.report.audience import Audience


async def recorded(
    play: Callable[[JournalWriter, GoesOn], Awaitable[float]],
    header: RunStarted,
    not_loaded: tuple[NotLoaded, ...],
    path: Path,
    options: Options,
    audience: Audience,
) -> Judgement:
    """What is played into a journal, judged along the way; `play` returns the seconds of its silences.

    `play` asks before each play whether another one is to begin.
    """
    failed: list[ScenarioResult] = []

    def judged(result: ScenarioResult) -> None:
        if result.verdict not in {"pass", "none"}:
            failed.append(result)
        audience.judged(result)

    with _journal(path, audience, options) as writer:
        _begin(writer, header, not_loaded, options)
        with LiveJudge(path, judged, audience.shown) as live:

            def goes_on() -> bool:
                while options.first_only and not failed and live.turn():
                    pass  # a play's end is on disk: it is judged before another one begins
                return not (options.first_only and failed)

            def late(seconds: float, over: float) -> None:
                with suppress(JournalLostError):  # whoever writes next is told
                    writer.write(Lagged(where="harness", seconds=seconds, over=over))

            with run_when_idle(live.turn), pulse(late):
                waited = await play(writer, goes_on)
            writer.close(waited=waited)
            story = live.story()
            audience.told(story)
            return story.judgement


@contextmanager
def _journal(path: Path, audience: Audience, options: Options) -> Iterator[JournalWriter]:
    """A journal that is left without its footer when the run is cut off."""
    writer = JournalWriter(path, after=options.resumes)
    writer.listen(audience.saw)
    try:
        yield writer
    except BaseException:
        writer.abandon()
        raise


def _begin(
    writer: JournalWriter, header: RunStarted, not_loaded: tuple[NotLoaded, ...], options: Options
) -> None:
    if options.resumes is not None:
        resumed = options.resumes
        writer.write(RunResumed(remaining=resumed.remaining, dropped=resumed.dropped))
        return
    writer.write(header)
    for one in not_loaded:
        writer.write(one)
