"""What a partner sees of clocks, names and reports: accused where it is wrong, and only there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Entry, Received, RunStarted
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Finding
from recette.messages.hub_saw import HubSaw
from recette.sandbox.faults import FAULTS
from tests.cahier import of_the_cahier
from tests.judge.journal_builder import JournalBuilder, by


def play(tmp_path: Path, name: str, fault: str | None = None, form: str = "json") -> Path:
    path = tmp_path / "played.jsonl"
    scenarios = of_the_cahier(name)
    misbehaviour = FAULTS[fault].misbehaviour if fault else None
    play_at_home(
        scenarios, (), path, Options(misbehaviour=misbehaviour, format="xml" if form == "xml" else "json")
    )
    return path


def rules(path: Path) -> set[str]:
    return {one.rule for scenario in judge(read_journal(path)).scenarios for one in scenario.findings}


def rewritten(path: Path, change: Callable[[Received], Received]) -> Path:
    """The same run, with other deliveries."""
    copy, previous = path.with_name("rewritten.jsonl"), ORIGIN
    with copy.open("wb") as file:
        for entry in read_journal(path).entries:
            event = change(entry.event) if isinstance(entry.event, Received) else entry.event
            line, previous = encode(replace(entry, event=event), previous)
            file.write(line + b"\n")
    return copy


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return play(tmp_path_factory.mktemp("run"), "15-15-partage-simple.g1@destinataire")


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return play(tmp_path_factory.mktemp("run"), "15-15-partage-simple.g1@origine")


def test_an_ack_in_another_clients_name_is_told(shared: Path) -> None:
    def other(event: Received) -> Received:
        body = event.body.replace(b'"senderID":"fr.health.samu991"', b'"senderID":"fr.health.samu995"')
        return replace(event, body=body)

    assert "EN-02" in rules(rewritten(shared, other))


@pytest.mark.parametrize(("seconds", "told"), [(-3600, True), (-290, False), (290, False), (3600, True)])
def test_a_clock_that_is_far_off_is_told_and_a_slow_network_is_not(
    sharing: Path, seconds: int, told: bool
) -> None:
    def shifted(event: Received) -> Received:
        def shift(found: re.Match[bytes]) -> bytes:
            moment = datetime.fromisoformat(found[2].decode()) + timedelta(seconds=seconds)
            return found[1] + moment.isoformat().encode() + b'"'

        return replace(event, body=re.sub(rb'("(?:dateTimeSent|sentAt)":")([^"]+)"', shift, event.body))

    found = rules(rewritten(sharing, shifted))
    assert found == ({"EN-05"} if told else set())


def test_an_editor_that_goes_deaf_is_told_what_it_did_not_cope_with(tmp_path: Path) -> None:
    name = "ecran-rapport-sans-reference.g3@destinataire"
    assert {"ER-03", "ER-05"} <= rules(play(tmp_path, name, "sourd-apres-un-code-recent"))


def test_an_editor_that_never_acknowledges_is_not_told_to_have_stopped(tmp_path: Path) -> None:
    found = rules(play(tmp_path, "ecran-rapport-sans-reference.g3@destinataire", "sans-acquittement"))
    assert "AC-01" in found
    assert not found & {"ER-03", "ER-04", "ER-05"}


def test_a_lost_item_is_a_list_badly_written_only_in_xml(tmp_path: Path) -> None:
    found = rules(play(tmp_path, "15-15-plusieurs-patients.g2@origine", "liste-d-un-seul"))
    assert "DA-05" in found
    assert "DA-18" not in found


def test_what_nobody_sees_is_named(sharing: Path, tmp_path: Path) -> None:
    entries = list(read_journal(sharing).entries)
    assert [one for one in judge(read_journal(sharing)).notes if "de retard" not in one] == []
    assert {one.requirement for one in judge(read_journal(sharing)).not_observed} == {"TR-15"}
    elsewhere, previous = tmp_path / "elsewhere.jsonl", ORIGIN
    with elsewhere.open("wb") as file:
        for entry in [_unobserved(one) for one in entries]:
            line, previous = encode(entry, previous)
            file.write(line + b"\n")
    unseen = {one.requirement: one.because for one in judge(read_journal(elsewhere)).not_observed}
    assert "seul le broker voit ce que l'éditeur y fait" in unseen["TR-07"]
    assert "seul l'opérateur du hub le voit" in unseen["TR-16"]
    assert "TR-17" not in unseen


def _unobserved(entry: Entry) -> Entry:
    if isinstance(entry.event, RunStarted):
        return replace(entry, event=replace(entry.event, hub_observed=False))
    return entry


def acted(*acts: tuple[str, str, str]) -> tuple[Finding, ...]:
    """What is found where the editor did that at the broker before the play: action, name, detail."""
    play = JournalBuilder("15-15-partage-simple.g3@origine")
    for action, name, detail in acts:
        play.write(
            HubSaw(
                vhost=play._target.vhost.name,
                client=play.casting.editor_client,
                action=action,
                recipient=name,
                reason=detail,
                distribution_id=None,
            )
        )
    return play.then("15-15-partage-simple.g3@origine").rest().judged().findings


@pytest.mark.parametrize(
    ("action", "rule", "actual"),
    [("bind-refused", "TR-07", "queue.bind"), ("read-refused", "TR-12", "theirs")],
)
def test_what_the_broker_refuses_is_told_once_with_its_count(action: str, rule: str, actual: str) -> None:
    def told(times: int) -> list[tuple[str, str | None]]:
        return [(one.rule, one.actual) for one in acted(*[(action, "theirs", "")] * times)]

    assert told(1) == [(rule, actual)]
    assert told(3) == [(rule, f"{actual}, 3 fois")]
    assert told(400) == [(rule, f"{actual}, 100 fois ou plus")]


def test_a_queue_that_is_emptied_again_is_told_once_with_all_that_is_lost() -> None:
    purged = [("purged", "q", "0"), ("purged", "q", "2"), ("purged", "r", "0"), ("purged", "q", "3")]
    found = [(one.rule, one.verdict, one.actual) for one in acted(*purged)]
    assert found == [
        ("TR-13", "fail", "queue.purge, 5 messages, 3 fois"),
        ("TR-13", "remark", "queue.purge, 0 message"),
    ]


def test_an_editor_that_asks_for_any_name_in_a_loop_is_held_in_bounds() -> None:
    names = [("read-refused", f"theirs-{number}", "") for number in range(1_200)]
    assert len(acted(*names)) == 1_000


def act(builder: JournalBuilder, action: str, recipient: str, reason: str = "") -> None:
    """The broker, or a relay before it, tells what the editor does there."""
    builder.write(
        HubSaw(
            vhost="15-15_v1.5",
            client=builder.casting.editor_client,
            action=action,
            recipient=recipient,
            reason=reason,
            distribution_id=None,
        )
    )


@pytest.mark.parametrize(
    ("reason", "verdict", "said"),
    [("3", "fail", "3 messages"), ("0", "remark", "où rien n'attendait"), ("", "remark", "pas voulu savoir")],
)
def test_what_a_purge_lost_is_claimed_only_where_it_was_told(reason: str, verdict: str, said: str) -> None:
    builder = JournalBuilder("15-15-partage-simple.g1@origine").rest()
    act(builder, "purged", "a.message", reason)
    (one,) = by(builder.judged(), "TR-13")
    assert (one.verdict, said in one.explanation) == (verdict, True), one.explanation


@pytest.mark.parametrize("own", [True, False])
def test_an_editor_that_was_not_granted_its_own_queue_read_nobody_elses(own: bool) -> None:
    builder = JournalBuilder("15-15-partage-simple.g1@origine").rest()
    editor = builder.casting.editor_client
    act(builder, "read-refused", f"{editor if own else 'fr.health.samu990'}.message")
    assert [one.verdict for one in by(builder.judged(), "TR-12")] == ([] if own else ["fail"])
