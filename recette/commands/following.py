"""`recette observe --follow`: what passes through running relays, told as it passes."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from recette.commands.capture import as_one, check_holds_messages
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.journal.capture_events import CaptureStarted
from recette.judge.observing import Observed, observe
from recette.messages.vhosts import VHost, vhost
from recette.platform.plain_files import open_plain
from recette.platform.stopping import call_when_stopped
from recette.relay.captures.reading import journal_read
from recette.relay.captures.relay_journal import RelayJournal
from recette.relay.captures.sighting import CaptureError
from recette.relay.recording import JOURNAL
from recette.report.unfolding import Unfolding
from recette.wording.os_errors import unread

LOOK_EVERY = 0.5
"""Seconds between two looks at the journals: no event tells that a file has grown."""
_SHARE = 3.0
"""How many times as long as a judgement took nothing is judged again: all of it is, each time."""


def follow(arguments: Namespace) -> tuple[CaptureStarted, Observed]:
    """Until somebody stops it, the time is over, or every relay has ended; returns all that passed, judged.

    Raises OptionsError, CaptureError and UnknownVHostError.
    """
    if arguments.vhost is None:
        raise OptionsError("De quel vHost cela vient-il ? Ajoutez --vhost NOM.")
    on = vhost(arguments.vhost)
    journals = [RelayJournal(_journal(Path(one)), on.name) for one in arguments.sources]
    following = _Following(arguments.sources, journals, on, arguments.ack, silent=arguments.json)
    asyncio.run(following.go_on(arguments.seconds))
    return following.judged()


def _journal(path: Path) -> Path:
    found = path / JOURNAL if path.is_dir() else path
    try:
        with open_plain(found) as file:
            if b'"kind":"relay-started"' in file.read(4096):
                return found
    except OSError as error:
        raise CaptureError(f"{found} ne peut pas être lu : {unread(error)}.") from error
    raise CaptureError(
        f"{path} n'est pas le dossier d'un relais : --follow suit celui de recette relay --report, une fois le relais prêt."
    )


class _Following:
    """The journals of some relays, as they grow."""

    def __init__(
        self,
        sources: list[str],
        journals: Sequence[RelayJournal],
        on: VHost,
        patience: float,
        *,
        silent: bool,
    ) -> None:
        self._sources = sources
        self._journals = journals
        self._on = on
        self._patience = patience
        self._silent = silent
        self._unfolding = Unfolding()

    async def go_on(self, seconds: float | None) -> None:
        stop = asyncio.Event()
        call_when_stopped(stop.set)
        loop = asyncio.get_running_loop()
        if seconds is not None:
            loop.call_later(seconds, stop.set)
        if not self._silent:
            say("Observation en cours ; Ctrl-C pour le verdict.", flush=True)
        rest, due = 0.0, float("inf")
        while not stop.is_set() and not all(one.ended for one in self._journals):
            grown = [one.read_on() for one in self._journals]
            begun = loop.time()
            if any(grown) or begun > due:
                self._tell()
                due = begun + self._patience + LOOK_EVERY if any(grown) else float("inf")
                rest = _SHARE * (loop.time() - begun)
            try:
                await asyncio.wait_for(stop.wait(), max(LOOK_EVERY, rest))
            except TimeoutError:
                continue

    def _tell(self) -> None:
        """What is new; an ack that is missing is, once it is overdue, though nothing more came."""
        captures = [journal_read(one) for one in self._journals]
        if not self._silent and any(one.sightings for one in captures):
            header, passed = as_one(self._sources, captures, self._on)
            found = observe(header, passed, self._patience, self._until())
            for line in self._unfolding.lines(found, header):
                say(line, flush=True)

    def _until(self) -> datetime:
        """Since when nothing more had passed: what a relay that has ended would have seen, nobody saw."""
        ended = [one.last for one in self._journals if one.ended and one.last is not None]
        return min([datetime.now(UTC), *ended])

    def judged(self) -> tuple[CaptureStarted, Observed]:
        """All of it, once it is over. Raises CaptureError where nothing passed."""
        for one in self._journals:
            one.read_on()
        captures = [journal_read(one) for one in self._journals]
        check_holds_messages(captures, self._on)
        header, passed = as_one(self._sources, captures, self._on)
        return header, observe(header, passed, self._patience, self._until())
