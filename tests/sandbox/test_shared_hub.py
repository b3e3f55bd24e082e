"""A hub that others use too: what earlier runs left, other readers, other campaigns. None takes another's messages."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.journal.events import DriverAsked, Received, ScenarioStarted, Sent, StepOpened
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play.readers import SharedQueueError
from recette.report.audience import Audience
from recette.sandbox.editor import Misbehaviour
from tests.sandbox.troubled import (
    EDITOR,
    EDITOR_TOO,
    PARTNER,
    PARTNER_TOO,
    Hub,
    findings,
    once,
    played,
    scenario,
)

SENDS = scenario("15-15-partage-simple.g1", "origine")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def bodies(journal: Path) -> list[tuple[int, bytes]]:
    """What arrived, with the number of its event."""
    return [
        (one.number, one.event.body)
        for one in read_journal(journal).entries
        if isinstance(one.event, Received)
    ]


def test_what_an_earlier_run_left_is_nobodys(hub: Hub, journal: Path, tmp_path: Path) -> None:
    with hub.editor() as url:
        before = played(hub.target(url), SENDS, tmp_path / "earlier.jsonl")
        receives = scenario("15-15-partage-simple.g1", "destinataire")
        played(hub.target(url), receives, tmp_path / "acks.jsonl")
        left = [body for name in ("earlier", "acks") for _, body in bodies(tmp_path / f"{name}.jsonl")]
        hub.leave(EDITOR, *left)  # the messages and the acks of runs that nobody read to their end
        mute = Misbehaviour(on_sending=lambda _, out: [] if out.model != "RC-REF" else [out])
    with hub.editor(misbehaviour=mute) as url:
        found = played(hub.target(url, answer=1.0), SENDS, journal)
    assert before.verdict == "pass"
    assert found.verdict == "fail"  # what lay there makes no mute editor conformant
    assert findings(found) == [("SC-01", "fail", "editor")]
    recorded = read_journal(journal)
    begun = next(one.number for one in recorded.entries if isinstance(one.event, ScenarioStarted))
    assert sorted(body for _, body in bodies(journal)) == sorted(left)
    assert all(number < begun for number, _ in bodies(journal))
    assert found.unclaimed == len(left)
    assert any(f"{len(left)} étaient dans les files avant" in note for note in found.notes)
    assert judge(recorded) == found


def test_a_faultless_editor_is_not_held_to_what_was_left(hub: Hub, journal: Path, tmp_path: Path) -> None:
    receives = scenario("15-15-partage-simple.g1", "destinataire")
    with hub.editor() as url:
        played(hub.target(url), receives, tmp_path / "earlier.jsonl")
        hub.leave(EDITOR, *[body for _, body in bodies(tmp_path / "earlier.jsonl")])
        found = played(hub.target(url), receives, journal)
    assert (found.verdict, findings(found)) == ("pass", [])
    assert found.unclaimed == len(bodies(tmp_path / "earlier.jsonl"))


def test_an_ack_of_an_earlier_runs_message_is_nobodys(hub: Hub, journal: Path, tmp_path: Path) -> None:
    """It had waited in the editor's queue: the editor reads it now, and does right to acknowledge it."""
    receives = scenario("15-15-partage-simple.g1", "destinataire")
    with hub.editor() as url:
        played(hub.target(url), receives, tmp_path / "earlier.jsonl")
    events = [one.event for one in read_journal(tmp_path / "earlier.jsonl").entries]
    earlier = next(one.body for one in events if isinstance(one, Sent) and one.purpose == "message")
    with hub.editor() as url:
        found = played(hub.target(url), receives, journal, once(Sent, lambda: hub.leave(PARTNER, earlier)))
    assert (found.verdict, findings(found), found.unclaimed) == ("pass", [], 1)
    assert judge(read_journal(journal)) == found


def test_a_partner_whose_queues_are_read_already_is_not_played(hub: Hub, journal: Path) -> None:
    """Two campaigns with the same partner: the second does not begin, and takes nothing from the first."""
    refused: list[SharedQueueError] = []
    with hub.editor() as url:

        def second() -> None:
            with pytest.raises(SharedQueueError, match=r"(a|ont) déjà un lecteur") as error:
                played(hub.target(url), SENDS, journal.with_name("second.jsonl"))
            refused.append(error.value)

        def meanwhile() -> None:
            thread = threading.Thread(target=second)  # as in another process, with a loop of its own
            thread.start()
            thread.join(60)

        found = played(hub.target(url), SENDS, journal, once(DriverAsked, meanwhile))
    assert [f"{PARTNER}.message" in str(one) for one in refused] == [True]
    assert (found.verdict, findings(found)) == ("pass", [])
    recorded = read_journal(journal.with_name("second.jsonl"))
    assert not recorded.complete
    assert not bodies(journal.with_name("second.jsonl"))
    told = judge(recorded)
    assert told.verdict == "inconc"
    assert any("déjà un lecteur" in note for note in told.notes)


def test_a_reader_who_comes_meanwhile_makes_it_inconclusive(hub: Hub, journal: Path) -> None:
    with hub.editor() as url, hub.reader(PARTNER) as begin:
        found = played(hub.target(url, answer=1.0), SENDS, journal, once(DriverAsked, begin))
    assert found.verdict == "inconc"
    assert {(verdict, party) for _, verdict, party in findings(found)} == {("inconc", "operator")}
    assert any(rule == "HUB-01" for rule, _, _ in findings(found))
    assert judge(read_journal(journal)) == found


def test_a_silence_that_another_reader_shares_proves_nothing(hub: Hub, journal: Path) -> None:
    """Somebody comes to read when nothing is to come: what they took, if anything, nobody here saw."""
    silence = scenario("15-15-cloture.g1", "destinataire")
    with hub.editor() as url, hub.reader(PARTNER) as begin:
        found = played(
            hub.target(url),
            silence,
            journal,
            once(StepOpened, begin, lambda event: event.step == "rien-n-est-rouvert"),
        )
    assert found.verdict == "inconc"
    assert {"SC-03", "HUB-01"} == {rule for rule, _, _ in findings(found)}
    assert {(verdict, party) for _, verdict, party in findings(found)} == {("inconc", "operator")}
    assert judge(read_journal(journal)) == found


def test_an_ack_that_another_reader_took_is_not_missed(hub: Hub, journal: Path) -> None:
    """They may take all of the acks or none: either way, none of it is the editor's."""
    answers = scenario("15-15-ressource-refusee.g1", "sollicite")
    with hub.editor() as url, hub.reader(PARTNER) as begin:
        found = played(hub.target(url, ack=0.5, answer=0.5), answers, journal, once(Sent, begin))
    assert found.verdict == "inconc"
    assert {(verdict, party) for _, verdict, party in findings(found)} == {("inconc", "operator")}
    assert judge(read_journal(journal)) == found


def test_two_campaigns_side_by_side_keep_to_their_own(hub: Hub, journal: Path) -> None:
    found: dict[str, Judgement] = {}
    hub.run(hub.empty())
    with hub.editor() as url, hub.editor(EDITOR_TOO) as url_too:
        ours = hub.target(url)
        theirs = hub.target(url_too, editor=EDITOR_TOO, partner=PARTNER_TOO)
        both = threading.Barrier(2, timeout=60)

        def play(name: str) -> None:
            target = {"ours": ours, "theirs": theirs}[name]
            found[name] = play_on_target(
                target,
                [SENDS],
                (),
                journal.with_name(name),
                Options(),
                Audience(once(DriverAsked, both.wait)),
            )

        threads = [threading.Thread(target=play, args=[name]) for name in ("ours", "theirs")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    for name, editor in (("ours", EDITOR), ("theirs", EDITOR_TOO)):
        assert (found[name].verdict, findings(found[name]), found[name].unclaimed) == ("pass", [], 0)
        assert all(f'"senderID":"{editor}"'.encode() in body for _, body in bodies(journal.with_name(name)))
        assert bodies(journal.with_name(name))
