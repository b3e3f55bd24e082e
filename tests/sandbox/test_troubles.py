"""Trouble that is not the editor's, and an editor that foreign software is: the verdict is right on both brokers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.journal.events import DriverAsked, Sent
from recette.journal.link_events import LinkLost, LinkRestored
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.report.audience import Audience
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.scenario.loader import load
from tests.sandbox.node_control import start_app, stop_app
from tests.sandbox.troubled import FRAGILE, Hub, findings, once, played, scenario

RECEIVES = scenario("15-15-partage-simple.g1", "destinataire")
SENDS = scenario("15-15-partage-simple.g1", "origine")
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.mark.parametrize(
    ("manner", "verdict", "expected"),
    [
        ("ack", "pass", set()),
        ("mute", "fail", {("AC-01", "fail", "editor")}),
        ("report", "fail", {("AC-03", "fail", "editor"), ("HD-05", "fail", "editor")}),
        ("twice", "pass", {("AC-07", "remark", "editor")}),
    ],
)
def test_a_pika_editor_is_judged_right(
    hub: Hub, journal: Path, manner: str, verdict: str, expected: set[tuple[str, str, str]]
) -> None:
    target = hub.target(NOWHERE, ack=0.5 if manner == "mute" else 10.0)
    with hub.pika(manner):
        found = played(target, RECEIVES, journal)
    assert (found.verdict, set(findings(found))) == (verdict, expected)


@pytest.mark.parametrize(("manner", "verdict"), [("ack", "pass"), ("fragile", "fail")])
def test_an_editor_whose_link_is_cut_has_to_come_back(
    hub: Hub, journal: Path, manner: str, verdict: str
) -> None:
    """What was sent to it meanwhile waits in its queue: reconnecting is the editor's (fact sheet 2.1)."""
    with hub.proxy() as (port, cut), hub.pika(manner, port, FRAGILE):
        target = hub.target(NOWHERE, editor=FRAGILE, ack=0.5 if manner == "fragile" else 20.0)
        found = played(target, RECEIVES, journal, once(Sent, cut))
    assert found.verdict == verdict
    assert set(findings(found)) == ({("AC-01", "fail", "editor")} if verdict == "fail" else set())
    assert judge(read_journal(journal)) == found


REPORT = """\
id: essai
title: Un rapport d'erreur, puis l'échange continue
perimeter: 15-15
generations: [1]
actors: {a: LRM, b: LRM}
editor: [b]
case: a
steps:
  - id: partage
    title: Un dossier arrive
    message: {from: a, to: b, model: RS-EDA, data: &dossier {
      caseId: "${caseId}", owner: "${a}", creation: "${now}", qualification: {},
      location: {freetext: Exercice fictif}}}
  - id: rapport
    title: Un rapport arrive, sans message d'origine
    message:
      from: a
      to: b
      model: RS-ERROR
      data:
        errorCode: {statusCode: 300, statusString: INVALID_MESSAGE}
        errorCause: Exercice fictif
        referencedDistributionID: distributionID_could_not_be_extracted
    ack: false
  - id: suite
    title: L'échange continue
    message: {from: a, to: b, model: RS-EDA-MAJ, data: {caseId: "${caseId}", freetext: Exercice fictif}}
"""


@pytest.mark.parametrize(("manner", "verdict"), [("ack", "pass"), ("fragile", "fail")])
def test_an_editor_that_is_cut_while_a_report_is_on_its_way(
    hub: Hub, journal: Path, manner: str, verdict: str
) -> None:
    """It comes back and reads the report, or it is told that it went deaf: a report is no excuse."""
    wanted = load("e.yaml", {"e.yaml": REPORT}, 1)
    with hub.proxy() as (port, cut), hub.pika(manner, port, FRAGILE):
        target = hub.target(NOWHERE, editor=FRAGILE, ack=0.5 if manner == "fragile" else 20.0)
        cut_at = once(Sent, cut, lambda event: b"RS-ERROR" in event.body or b'"error"' in event.body)
        found = played(target, wanted, journal, cut_at)
    assert found.verdict == verdict
    # What the cut took the editor's basic.ack from comes again, and this one then sends a second RC-REF.
    told = set(findings(found)) - {("AC-07", "remark", "editor")}
    assert told == (
        {("AC-01", "fail", "editor"), ("ER-03", "fail", "editor")} if verdict == "fail" else set()
    )
    assert judge(read_journal(journal)) == found


def test_a_message_of_the_partner_that_the_hub_refuses_is_not_the_editors(hub: Hub, journal: Path) -> None:
    found = played(hub.target(NOWHERE, editor="fr.health.samu999"), RECEIVES, journal)
    assert (found.verdict, findings(found)) == ("error", [("HUB-01", "error", "partner")])
    assert "501" in found.scenarios[0].findings[0].explanation


@pytest.mark.parametrize("hub", ["rabbitmq"], indirect=True)
def test_rabbitmq_restarts_in_the_middle_of_a_campaign(
    hub: Hub, rabbitmq_node: RabbitMqNode, journal: Path
) -> None:
    """Between two plays' messages: the links come back, nothing is lost, and the verdict is the true one."""
    with hub.mortal() as (url, anew):

        def restart() -> None:
            asyncio.run_coroutine_threadsafe(stop_and_start(), hub.loop).result(120)
            hub.revive()
            anew()

        async def stop_and_start() -> None:
            await stop_app(rabbitmq_node)
            await start_app(rabbitmq_node)

        found = play_on_target(
            hub.target(url), [RECEIVES, SENDS], (), journal, Options(), Audience(once(DriverAsked, restart))
        )
    assert (found.verdict, findings(found)) == ("pass", [])
    assert len(found.scenarios) == 2
    recorded = read_journal(journal)
    events = [one.event for one in recorded.entries]
    assert any(isinstance(one, LinkLost) for one in events)
    assert any(isinstance(one, LinkRestored) for one in events)
    assert recorded.complete
    assert any("a été coupée" in note for note in found.notes)
    assert judge(recorded) == found
