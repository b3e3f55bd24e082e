"""What a person is told of a campaign that is cut off: what there is of it, and how to go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from recette.hub.errors import HubError
from recette.journal.events import Entry, RunEnded, ScenarioStarted
from recette.journal.writer import JournalLostError
from recette.platform.stopping import ends_at_once, last_words
from recette.platform.typed import typed
from recette.play.drivers.driver import OperatorLeftError
from recette.report.audience import Audience


@contextmanager
def told_how_to_go_on(folder: Path, audience: Audience, *, resumed: bool) -> Iterator[Audience]:
    """Adds it, after the cause, to what ends the campaign in `folder`; yields who is to be told meanwhile."""
    begun, over = resumed, False

    def saw(entry: Entry) -> None:
        nonlocal begun, over
        begun = begun or isinstance(entry.event, ScenarioStarted)
        over = isinstance(entry.event, RunEnded)
        audience.saw(entry)

    try:
        with last_words(f"Interrompu sans attendre. {_resume(folder)}"):
            yield replace(audience, saw=saw)
    except (KeyboardInterrupt, OperatorLeftError, HubError, JournalLostError) as error:
        if over:
            error.add_note(_all_played(folder))
        elif begun:
            error.add_note(f"Le journal garde ce qui a été joué. {_resume(folder)}")
        else:
            error.add_note("Rien n'est joué : relancez la campagne, et non --resume.")
        raise


@contextmanager
def reports_can_be_made_again(folder: Path) -> Iterator[None]:
    """The same for whoever interrupts the making of reports."""
    with ends_at_once(), last_words(f"Interrompu. {_all_played(folder)}"):
        yield


def _resume(folder: Path) -> str:
    return f"Pour reprendre où la campagne s'arrête : recette run --resume {typed(folder)}"


def _all_played(folder: Path) -> str:
    """Of a campaign whose journal is whole."""
    return f"Tout est joué, et le journal est entier ; pour les rapports : recette report {typed(folder)}"
