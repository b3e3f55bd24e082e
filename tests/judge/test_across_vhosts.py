"""Where the hub converts: what it loses or fails on is never the editor's, and what the editor does wrong still is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import DeadlinePassed
from recette.journal.reader import Journal, read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.faults.seeding import drop, on
from recette.sandbox.habits import HABITS, once_more
from recette.scenario.selection import in_edition
from tests.cahier import cahier
from tests.judge.playing import Play, only, rules

TO_FIRE = "conversion-ressources-du-samu.g3-3@origine"


def test_what_the_conversion_loses_anyway_is_not_missed(play: Play) -> None:
    def leave_out(out: Outgoing) -> None:
        del out.content["medicalNote"]
        del out.content["qualification"]["details"]["careLevel"]

    result = play("conversion-affaire-avec-les-pompiers.g3-3@origine", on("RS-EDA")(leave_out))
    assert (result.verdict, result.findings) == ("pass", ())


def test_a_message_that_is_invalid_only_once_converted_is_the_hub_s(play: Play) -> None:
    """SMUR has become a code that RC-RI has not in 3.4.1 (conversion-cases, SURPRISES 15)."""

    def smur(out: Outgoing) -> None:
        out.content["resource"][0]["vehicleType"] = "SMUR.VLM"

    result = play(TO_FIRE, on("RS-RI")(smur))
    assert result.verdict == "inconc"
    assert {(one.verdict, one.attributed_to) for one in result.findings} == {("inconc", "hub")}
    assert "Le hub refuse RC-RI tel que sa propre conversion l'a fait (300)" in only(result).explanation


def test_the_state_of_another_vehicle_is_no_message_too_many(play: Play) -> None:
    """It comes as a list, as an engagement does."""
    result = play(TO_FIRE, HABITS["deux-vehicules"]())
    assert (result.verdict, result.findings) == ("pass", ())


def test_more_states_of_a_vehicle_than_asked_for(play: Play) -> None:
    """The fire side gets the last state alone."""
    result = play(TO_FIRE, HABITS["plusieurs-statuts-d-un-coup"]())
    assert (result.verdict, result.findings) == ("pass", ())


def test_a_list_with_a_vehicle_that_no_step_engages_is_one_too_many(play: Play) -> None:
    engaged: list[Outgoing] = []

    def and_another(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            engaged.append(out.twin())
        if out.model != "RS-SR":
            return [out]
        more = once_more(editor, engaged[0])
        more.content["resource"][0]["resourceId"] += "-de-plus"
        return [out, more]

    result = play(TO_FIRE, and_another)
    assert ("SC-02", "remark") in rules(result)


def test_what_is_invalid_where_the_editor_lives_is_judged_there(play: Play) -> None:
    """`F` is a code of later generations than the editor's, and the partner's would take it."""

    def sex(out: Outgoing) -> None:
        out.content["patient"][0]["identity"]["strictFeatures"]["sex"] = "F"

    result = play("conversion-dossier-entre-versions.g1-3@origine", on("RS-EDA")(sex))
    (finding,) = [one for one in result.findings if one.verdict == "fail"]
    assert (finding.rule, finding.attributed_to) == ("DA-14", "editor")
    assert "createCaseHealth.patient[0]" in finding.path


def _at_once(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """Two statuses of one second, as the hub tells them apart: by their dates."""
    moment = "2026-01-01T00:00:00+00:00"
    content: Any = out.content
    if out.model == "RS-RI":
        content["resource"][0]["state"][0]["datetime"] = moment
    elif out.model == "RS-SR":
        content["state"]["datetime"] = moment
    return [out]


def test_a_status_that_the_hub_cannot_tell_from_the_last_one_is_nobody_s(play: Play) -> None:
    result = play(TO_FIRE, _at_once)
    assert result.verdict == "inconc"
    assert {(one.rule, one.attributed_to) for one in result.findings if one.verdict != "remark"} == {
        ("SC-01", "hub")
    }


def test_what_vanishes_has_to_be_sent_all_the_same(play: Play) -> None:
    result = play("conversion-ressource-sans-forme.g2-3@origine", drop("RS-RI"))
    assert rules(result) == [("SC-01", "fail")]
    assert only(result).explanation == "L'éditeur n'a pas envoyé RS-RI."


def _where_the_hub_is_not_seen(path: Path) -> Judgement:
    """The same run on a hub of others, whose probes all came back."""
    played = read_journal(path)
    seen = [one for one in played.entries if not isinstance(one.event, HubSaw)]
    header = replace(played.header, hub_observed=False, probes=True)
    return judge(Journal((replace(seen[0], event=header), *seen[1:])))


def test_an_answer_on_the_partner_s_vhost_is_told_with_its_absence(tmp_path: Path) -> None:
    fault = FAULTS["repond-sur-un-autre-vhost"]
    edition, _, actor = fault.play.partition("@")
    chosen = [
        replace(found, testable=(actor,))
        for one in cahier()
        if (found := in_edition(one, edition)) is not None
    ]
    options = Options(misbehaviour=fault.misbehaviour)
    (result,) = play_at_home(chosen, (), tmp_path / "journal.jsonl", options).scenarios
    assert {one.rule for one in result.findings} == {"AC-01"}
    said = "L'éditeur s'est présenté entre-temps sur 15-15_v1.5, où il n'a aucun droit"
    assert all(said in one.explanation for one in result.findings)
    unseen = _where_the_hub_is_not_seen(tmp_path / "journal.jsonl")
    assert unseen.verdict == "inconc", "nothing shows from the partner's side that the hub converted"
    assert {one.attributed_to for one in unseen.scenarios[0].findings} == {"hub"}


def test_what_the_hub_hands_over_where_nobody_listens_is_not_missing(tmp_path: Path) -> None:
    """A partner that is declared for the editor's version too gets it there, and the same silent editor is named."""
    edition = "conversion-dossier-entre-versions.g1-3"
    chosen = [
        replace(found, testable=("origine",))
        for one in cahier()
        if (found := in_edition(one, edition)) is not None
    ]
    path = tmp_path / "journal.jsonl"
    play_at_home(
        chosen,
        (),
        path,
        Options(misbehaviour=Misbehaviour(drop("RS-EDA")), deadlines=Deadlines(1.0, 1.0, 0.1)),
    )
    played = read_journal(path)
    missed = next(one for one in played.entries if isinstance(one.event, DeadlinePassed))
    (target,) = played.header.targets
    for vhost, client, verdict in (
        (target.vhost, target.partners[0], "inconc"),
        (target.meeting, target.partners[0], "fail"),
        (target.vhost, "fr.health.autre", "fail"),
    ):
        handed = HubSaw(
            vhost=vhost,
            action="forwarded",
            client=target.editor,
            distribution_id="x_1",
            recipient=f"{client}.message",
        )
        events = [one.event for one in played.entries]
        events.insert(missed.number - 1, handed)
        entries = [replace(played.entries[0], number=at, event=one) for at, one in enumerate(events, 1)]
        result = judge(Journal(tuple(entries))).scenarios[0]
        (told,) = [one for one in result.findings if one.rule == "SC-01"]
        assert (told.verdict, told.attributed_to) == (verdict, "hub" if verdict == "inconc" else "editor")
        assert (f"sur {vhost} (événement" in told.explanation) == (verdict == "inconc")
