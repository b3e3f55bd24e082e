"""Words of the language that the project's own cahier does not need yet, played for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import Confirmed, Received, ScenarioEnded, Sent, StepOpened
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.messages.reading import read
from recette.play.target import Deadlines
from recette.sandbox.faults import FAULTS
from recette.scenario.loader import load

HEAD = """\
id: essai
title: Essai
perimeter: 15-15
actors: {a: LRM, b: LRM}
editor: b
case: a
identifiers:
  demande: {kind: request, by: a}
  premier: {kind: resource, by: b}
  second: {kind: resource, by: b}
variables: {motif: Exercice fictif}
steps:
  - id: partage
    title: Le partenaire partage
    send:
      from: a
      to: b
      model: RS-EDA
      data:
        caseId: ${caseId}
        owner: ${a}
        creation: ${now-5m}
        qualification: {}
        location: {freetext: "${motif}"}
    within: 1s
  - id: demande
    send: {from: a, to: b, model: RS-DR, data: {caseId: "${caseId}", request: {requestId: "${demande}",
      datetime: "${now}", purpose: SMUR}}}
"""
ANSWER = """\
  - id: reponse
    expect:
      from: b
      to: a
      any_of:
        - {model: RS-RR, data: {requestId: "${demande}", response: {answer: %s}}}
        - {model: RS-RR, data: {requestId: "${demande}", response: {answer: %s}}}
    capture: {decision: $.resourcesResponse.response.answer}
"""
RESOURCES = """\
  - id: engagement
    message:
      from: b
      to: a
      model: RS-RI
      data:
        mobilizedResource:
          - {resourceId: "${premier}", resourceType: SMUR, vehiculeType: VLM, name: Un}
          - {resourceId: "${second}", resourceType: SMUR, vehiculeType: VLM, name: Deux}
    identity: {"$.resourcesInfo.mobilizedResource": name}
  - id: depart-deux
    group: departs
    message: {from: b, to: a, model: RS-SR, data: {resourceId: "${second}", status: DEPART}}
  - id: depart-un
    group: departs
    message: {from: b, to: a, model: RS-SR, data: {resourceId: "${premier}", status: DEPART}}
"""


def played(
    text: str, tmp_path: Path, fault: str | None = None, deadlines: Deadlines | None = None
) -> tuple[str, list[tuple[str, str]], Path]:
    journal = tmp_path / "journal.jsonl"
    options = Options(misbehaviour=FAULTS[fault].misbehaviour if fault else None, deadlines=deadlines)
    judgement = play_at_home([load("e.yaml", {"e.yaml": text}, 1)], (), journal, options)
    found = [(one.rule, one.step) for one in judgement.scenarios[0].findings]
    return judgement.verdict, found, journal


def test_send_expect_alternatives_capture_identity_and_groups(tmp_path: Path) -> None:
    text = HEAD + ANSWER % ("ACCEPTEE", "PARTIELLE") + RESOURCES
    verdict, found, journal = played(text, tmp_path)
    assert (verdict, found) == ("pass", [])
    opened = [one.event for one in read_journal(journal).entries if isinstance(one.event, StepOpened)]
    assert [one.step for one in opened][-2:] == ["depart-deux", "depart-un"]
    assert next(one.deadline for one in opened if one.step == "partage") == 1.0


@pytest.mark.parametrize("fault", ["valeur-changee", "muet"])
def test_a_fault_is_found_where_it_is(tmp_path: Path, fault: str) -> None:
    verdict, found, _ = played(HEAD + ANSWER % ("ACCEPTEE", "DIFFEREE"), tmp_path, fault)
    assert (verdict, found) == (("fail", [("SC-01", "reponse")]) if fault == "muet" else ("pass", []))


def test_an_editor_that_is_not_asked_must_send_by_itself(tmp_path: Path) -> None:
    """The reference editor answers only what a person answers: left alone, it is late."""
    text = HEAD + (ANSWER % ("ACCEPTEE", "PARTIELLE")).replace("id: reponse", "id: reponse\n    ask: false")
    verdict, found, _ = played(text, tmp_path, deadlines=Deadlines(ack=3.0, answer=1.5, quiet=0.15))
    assert (verdict, found) == ("fail", [("SC-01", "reponse")])


SHARE = HEAD[: HEAD.index("  - id: demande\n    send")]


def test_a_repeated_message_is_acknowledged_once(tmp_path: Path) -> None:
    text = SHARE + "  - id: encore\n    message: {from: a, to: b, again: partage}\n"
    verdict, found, journal = played(text, tmp_path)
    assert (verdict, found) == ("pass", [])
    sent = [one.event for one in read_journal(journal).entries if isinstance(one.event, Sent)]
    assert [one.step for one in sent] == ["partage", "encore"]
    assert sent[0].body == sent[1].body


def test_a_burst_is_acknowledged_one_by_one(tmp_path: Path) -> None:
    text = SHARE + (
        '  - id: rafale\n    times: 50\n    message:\n      {from: a, to: b, model: RS-DR, data: {caseId: "${caseId}",'
        ' request: {requestId: "${demande}", datetime: "${now}", purpose: SMUR}}}\n'
    )
    verdict, found, journal = played(text, tmp_path)
    assert (verdict, found) == ("pass", [])
    sent = [one.event for one in read_journal(journal).entries if isinstance(one.event, Sent)]
    assert len({one.body for one in sent if one.step == "rafale"}) == 50


def test_an_expired_message_of_the_partner_is_refused_by_the_hub(tmp_path: Path) -> None:
    text = SHARE.replace("    within: 1s\n", "    expires: -1m\n    refused: 400\n")
    verdict, found, _ = played(text, tmp_path)
    assert (verdict, found) == ("pass", [])


def test_a_message_that_the_hub_should_have_refused_is_never_a_pass(tmp_path: Path) -> None:
    text = SHARE.replace("    within: 1s\n", "    refused: 400\n")
    verdict, found, _ = played(text, tmp_path)
    assert (verdict, found) == ("inconc", [("SC-04", "partage")])


@pytest.mark.parametrize(
    ("ack", "sent"),
    [
        ("{after: 100ms}", ["RC-REF"]),
        ("{error: 300, cause: Essai}", ["RS-ERROR"]),
        ("{refuse: 300, cause: Essai}", ["RS-ERROR", "RC-REF"]),
    ],
)
def test_the_partner_answers_as_the_scenario_wants(tmp_path: Path, ack: str, sent: list[str]) -> None:
    text = HEAD + ANSWER % ("ACCEPTEE", "DIFFEREE") + f"    ack: {ack}\n"
    verdict, found, journal = played(text, tmp_path)
    assert (verdict, found) == ("pass", [])
    entries = read_journal(journal).entries
    answers = [one.event for one in entries if isinstance(one.event, Sent) and one.event.purpose != "message"]
    assert [one.purpose for one in answers] == ["error" if one == "RS-ERROR" else "ack" for one in sent]
    messages = [read(one.body, one.content_type, 1) for one in answers]
    assert [one.model for one in messages] == sent
    received = [one.event for one in entries if isinstance(one.event, Received)]
    answer = read(received[-1].body, received[-1].content_type, 1)
    assert {one.reference_id for one in messages} == {answer.distribution_id}


def test_a_message_comes_in_the_format_that_the_target_does_not_use(tmp_path: Path) -> None:
    verdict, found, journal = played(SHARE + "    format: other\n", tmp_path)
    assert (verdict, found) == ("pass", [])
    (sent,) = [one.event for one in read_journal(journal).entries if isinstance(one.event, Sent)]
    assert sent.content_type == "application/xml"


def test_what_the_sources_dispute_is_told_and_fails_nobody(tmp_path: Path) -> None:
    text = HEAD.replace("case: a", "case: a\ndisputed: la DSF 1.0 le demande, la suivante non")
    text += ANSWER % ("ACCEPTEE", "PARTIELLE")
    verdict, found, journal = played(text, tmp_path, "muet")
    assert (verdict, found) == ("inconc", [("SC-01", "reponse")])
    (result,) = judge(read_journal(journal)).scenarios
    assert [one.verdict for one in result.findings] == ["remark"]
    assert result.findings[0].explanation.endswith("divergent : la DSF 1.0 le demande, la suivante non.")
    assert judge(read_journal(journal), strict=["SC-01"]).verdict == "fail"


def test_a_play_is_not_over_before_its_partner_has_answered(tmp_path: Path) -> None:
    late = """\
  - id: reponse
    message: {from: b, to: a, model: RS-RR, data: {requestId: "${demande}", response: {answer: ACCEPTEE}}}
    ack: {after: 600ms}
"""
    verdict, found, journal = played(HEAD + late, tmp_path)
    assert (verdict, found) == ("pass", [])
    events = [one.event for one in read_journal(journal).entries]
    answered = max(place for place, one in enumerate(events) if isinstance(one, Confirmed))
    assert answered < next(place for place, one in enumerate(events) if isinstance(one, ScenarioEnded))
