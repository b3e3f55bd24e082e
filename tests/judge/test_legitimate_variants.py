"""What an editor may do in its own way is held against nobody; what is like a fault and is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import ScenarioResult
from recette.messages.building import new_distribution_id
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.faults.seeding import Sending, on, put, rename
from tests.cahier import cahier

SCENARIOS = cahier()


def result_of(play: str, sends: Sending, tmp_path: Path, jobs: int = 1) -> ScenarioResult:
    edition, _, actor = play.partition("@")
    chosen = [replace(one, testable=(actor,)) for one in SCENARIOS if one.edition == edition]
    options = Options(misbehaviour=Misbehaviour(sends), jobs=jobs)
    (result,) = play_at_home(chosen, (), tmp_path / "journal.jsonl", options).scenarios
    return result


def rules(result: ScenarioResult) -> set[str]:
    return {one.rule for one in result.findings}


def last_partner_first() -> Sending:
    """Changes wait for the one to the last partner, which leaves first."""
    held: list[Outgoing] = []

    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-EDA-MAJ":
            return [out]
        held.append(out)
        if len(held) < 2:
            return []
        out, held[:] = held[1], held[:1]
        return [out, held.pop()]

    return send


def only_what_is_useful(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """Another partner gets less of a change (DSF 2.2)."""
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    if out.model == "RS-EDA-MAJ" and to.endswith("993"):
        out.content.pop("freetext", None)
    return [out]


def state_date(shift: timedelta) -> Sending:
    def change(out: Outgoing) -> None:
        moment = datetime.fromisoformat(out.message["sentAt"]) + shift
        out.content["state"]["datetime"] = moment.replace(second=0).isoformat()

    return on("RS-SR")(change)


def names_who_is_in_charge(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RS-EDA-MAJ":
        out.content.setdefault("owner", editor.memory.cases[out.content["caseId"]].owner)
    return [out]


SEVERAL = "15-15-partage-plusieurs-partenaires.g1@origine"
HANDED_OVER, REFUSED = "15-15-limitrophe-accepte.g1", "15-15-limitrophe-refuse.g3"
BY_MESSAGE = "15-15-limitrophe-dsf-1.0-accepte.g2"


@pytest.mark.parametrize(
    ("play", "variant"),
    [
        (SEVERAL, last_partner_first),
        (f"{HANDED_OVER}@voisin", lambda: names_who_is_in_charge),
        (f"{HANDED_OVER}@origine", lambda: names_who_is_in_charge),
        (f"{REFUSED}@origine", lambda: names_who_is_in_charge),
        (f"{BY_MESSAGE}@origine", lambda: names_who_is_in_charge),
        ("15-15-partage-d-activite.g3@delegue", lambda: names_who_is_in_charge),
        (f"{BY_MESSAGE}@origine", lambda: on("RS-EDA-MAJ")(lambda out: out.content.pop("senderCaseId"))),
        ("15-15-ressource-acceptee.g2@sollicite", lambda: state_date(timedelta(0))),
        ("15-15-ressource-acceptee.g3@sollicite", lambda: put("content.state.availability", False, "RS-SR")),
    ],
)
def test_its_own_way_is_conformant(play: str, variant: Callable[[], Sending], tmp_path: Path) -> None:
    result = result_of(play, variant(), tmp_path)
    assert (result.verdict, result.findings) == ("pass", ())


def test_a_partner_that_gets_less_of_a_change_has_been_told(tmp_path: Path) -> None:
    result = result_of(SEVERAL, only_what_is_useful, tmp_path)
    assert all(one.verdict == "pass" for one in result.steps if one.id.endswith("-premier"))
    assert rules(result) == {"DA-05"}


def test_a_partial_answer_for_another_reason_owes_no_delay(tmp_path: Path) -> None:
    sends = put("content.response.answer", "PARTIELLE", "RS-RR")
    assert rules(result_of("15-15-ressource-acceptee.g1@sollicite", sends, tmp_path)) == {"DA-05"}


def test_a_refusal_that_is_taken_back_may_be_followed_by_an_engagement(tmp_path: Path) -> None:
    def refuses_first(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-RR":
            return [out]
        refusal = out.twin()
        rename(refusal, new_distribution_id(editor.client))
        refusal.content["response"] |= {"answer": "REFUSEE", "freetext": "Aucune équipe"}
        return [refusal, out]

    found = rules(result_of("15-15-ressource-acceptee.g1@sollicite", refuses_first, tmp_path))
    assert found == {"CI-34", "SC-02"}


def test_a_case_taken_without_a_transfer_is_told(tmp_path: Path) -> None:
    sends = put("content.owner", "fr.health.samu991", "RS-EDA-MAJ")
    assert rules(result_of("15-15-partage-d-activite.g2@delegue", sends, tmp_path)) == {"CI-12"}


def test_a_share_with_the_wrong_owner_is_no_question_of_readings(tmp_path: Path) -> None:
    sends = put("content.owner", "fr.health.samu992", "RS-EDA")
    assert rules(result_of("15-15-partage-simple.g3@origine", sends, tmp_path)) >= {"DA-05"}
    again = rules(result_of("15-15-partage-simple.g2@origine", sends, tmp_path / "again"))
    assert "DA-05" in again
    assert "CI-10" not in again


def test_a_state_said_twice_is_not_taken_for_the_next_one_gone_wrong(tmp_path: Path) -> None:
    fault = FAULTS["statut-repete"]
    assert fault.misbehaviour.on_sending is not None
    assert rules(result_of(fault.play, fault.misbehaviour.on_sending, tmp_path)) == {"CI-21"}
