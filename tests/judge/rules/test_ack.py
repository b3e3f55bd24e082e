"""Acknowledgments: what is owed is not paid by another one, and what is said step by step is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.messages.building import new_distribution_id
from recette.messages.reading import Message
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import rename
from tests.cahier import cahier
from tests.judge.playing import Play, rules

TOLD = "15-15-partage-simple.g3@destinataire"


def also(out: Outgoing, **content: object) -> Outgoing:
    """One more ack like this one, with its own id."""
    more = out.twin()
    rename(more, new_distribution_id(out.routing_key))
    more.content.update(content)
    return more


def reported(editor: ReferenceEditor, ack: Outgoing) -> Outgoing:
    content = {
        "errorCode": {"statusCode": 700, "statusString": "INTERNAL_CLIENT_ERROR"},
        "errorCause": "intégration impossible",
        "referencedDistributionID": ack.content["distributionID"],
    }
    to = ack.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    return editor.outgoing("RS-ERROR", content, to, "Error")


def test_each_step_of_a_message_may_be_acknowledged(play: Play) -> None:
    def steps(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return (
            [also(out, step=one) for one in ("RECU", "INTEGRE", "CONSULTE")]
            if out.model == "RC-REF"
            else [out]
        )

    result = play(TOLD, steps)
    assert (result.verdict, result.findings) == ("pass", ())


def test_the_same_step_twice_is_remarked(play: Play) -> None:
    def twice(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return [also(out, step="RECU") for _ in range(2)] if out.model == "RC-REF" else [out]

    assert set(rules(play(TOLD, twice))) == {("AC-07", "remark")}


@pytest.mark.parametrize("report_first", [True, False])
def test_an_editor_that_refuses_what_is_valid_is_not_conformant(play: Play, report_first: bool) -> None:
    def refuses(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RC-REF":
            return [out]
        report = reported(editor, out)
        refusal = also(out, refused=True, errorDistributionID=report.document["distributionID"])
        return [report, refusal] if report_first else [refusal, report]

    result = play(TOLD, refuses)
    assert result.verdict == "inconc"
    assert set(rules(result)) == {("AC-01", "inconc")}


def test_received_and_then_in_error_is_a_refusal_and_no_contradiction(play: Play) -> None:
    def fails(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RC-REF":
            return [out]
        return [also(out, step="RECU"), reported(editor, out), also(out, step="ERREUR")]

    assert set(rules(play(TOLD, fails))) == {("AC-01", "inconc")}


@pytest.mark.parametrize(
    ("steps", "told"), [(("SUPPRIME",), {("AC-01", "inconc")}), (("INTEGRE", "SUPPRIME"), set())]
)
def test_a_message_that_is_deleted_was_integrated_first(
    play: Play, steps: tuple[str, ...], told: set[tuple[str, str]]
) -> None:
    def deletes(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return [also(out, step=step) for step in steps] if out.model == "RC-REF" else [out]

    assert set(rules(play(TOLD, deletes))) == told


def test_an_ack_of_an_ack_stands_for_no_other(tmp_path: Path) -> None:
    """The messages themselves stay without any."""
    acks: set[str] = set()

    def sends(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        owed = out.model == "RC-REF" and out.content["distributionID"] not in acks
        return [] if owed else [out]

    async def receives(editor: ReferenceEditor, message: Message) -> None:
        if message.model == "RC-REF":
            acks.add(message.distribution_id or "")
            await editor.acknowledge(message)

    (scenario,) = (
        replace(one, testable=("sollicite",))
        for one in cahier()
        if one.edition == "15-15-ressource-acceptee.g1"
    )
    options = Options(misbehaviour=Misbehaviour(sends, receives))
    (result,) = play_at_home([scenario], (), tmp_path / "journal.jsonl", options).scenarios
    assert set(rules(result)) == {("AC-01", "fail"), ("AC-06", "remark")}


def test_an_ack_that_the_hub_finds_expired_is_told(play: Play) -> None:
    """It reached nobody, and its dates contradict only the hub's clock."""

    def slow_clock(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RC-REF":
            for name in ("dateTimeSent", "dateTimeExpires"):
                moment = datetime.fromisoformat(out.document[name]) - timedelta(days=2)
                out.document[name] = moment.isoformat()
            out.message["sentAt"] = out.document["dateTimeSent"]
        return [out]

    assert set(rules(play(TOLD, slow_clock))) == {("EN-06", "fail")}
