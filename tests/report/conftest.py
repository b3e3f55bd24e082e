"""Recorded runs to be shown: conformant, failing, and one whose messages are full of markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.home import HOME_DEADLINES
from recette.campaign.options import Options
from recette.journal.events import NotLoaded, RunStarted, Trouble
from recette.journal.reader import Journal, read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.scenario.model import Scenario
from tests.cahier import cahier

PAYLOAD = (
    "</pre></style></details><script>window.pwned=1</script><img src=http://127.0.0.1:1/x onerror='window.pwned=1'>"
    '"><a href="javascript:window.pwned=1">x</a><svg onload=window.pwned=1>\u202e\x00\x1b[31m]]>'
)
CHOSEN = frozenset(
    {
        "15-15-destinataire-inconnu",
        "15-15-partage-simple",
        "15-15-ressource-acceptee",
        "15-15-ressource-annulee",
        "15-15-ressource-refusee",
        "15-rpis-un-patient",
    }
)
"""What reports are shown of: as much of the cahier as they need, whatever becomes of the rest."""
SHORT = Deadlines(ack=0.2, answer=2.0, quiet=0.05)
"""Of faulty editors: only what never comes is waited for to the end."""


@dataclass(frozen=True)
class Recorded:
    """A run in its folder."""

    folder: Path
    journal: Journal
    judgement: Judgement


Recorder = Callable[..., Recorded]


WITH_FAULTS = {
    "15-15-destinataire-inconnu",
    "15-15-partage-simple",
    "15-15-ressource-acceptee",
    "15-15-ressource-annulee",
    "15-15-ressource-refusee",
    "15-rpis-un-patient",
}
"""What is played with a fault: enough to fill a report, and no more as the cahier grows."""


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    known = tuple(one for one in cahier() if one.id in CHOSEN)
    first = tuple(one for one in known if one.generation == 1 and one.id in WITH_FAULTS)

    def play(
        misbehaviour: Misbehaviour | None = None,
        scenarios: tuple[Scenario, ...] | None = None,
        not_loaded: tuple[NotLoaded, ...] = (),
        jobs: int = 1,
    ) -> Recorded:
        folder = tmp_path_factory.mktemp("run")
        options = Options(
            misbehaviour=misbehaviour, deadlines=SHORT if misbehaviour else HOME_DEADLINES, jobs=jobs
        )
        chosen = scenarios or (first if misbehaviour else known)
        judgement = play_at_home(chosen, not_loaded, folder / "journal.jsonl", options)
        return Recorded(folder, read_journal(folder / "journal.jsonl"), judgement)

    return play


@pytest.fixture(scope="session")
def conformant(record: Recorder) -> Recorded:
    return record(jobs=8)


@pytest.fixture(scope="session")
def failing(record: Recorder) -> Recorded:
    """Acks never come."""
    return record(FAULTS["sans-acquittement"].misbehaviour)


@pytest.fixture(scope="session")
def hostile(record: Recorder) -> Recorded:
    """Every text that the editor, the hub or a scenario can put into a report is markup."""

    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-EDA":
            out.content["location"]["freetext"] = PAYLOAD
            out.content[PAYLOAD] = [PAYLOAD]
        return [out]

    played = record(
        Misbehaviour(on_sending=send),
        not_loaded=(NotLoaded(scenario=PAYLOAD, title=PAYLOAD, reason=PAYLOAD),),
    )
    entries = []
    for entry in played.journal.entries:
        event = entry.event
        match event:
            case RunStarted():
                event = replace(event, target=PAYLOAD, recette=PAYLOAD)
            case HubSaw(action="refused"):
                event = replace(event, reason=PAYLOAD)
            case _:
                pass
        entries.append(replace(entry, event=event))
    entries[-1:-1] = [replace(entries[-1], event=Trouble(where="hub", text=PAYLOAD))]
    journal = Journal(tuple(entries))
    return Recorded(played.folder, journal, judge(journal))
