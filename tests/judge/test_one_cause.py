"""A rule that leaves something to another never leaves it to nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from tests.cahier import cahier, of_the_cahier
from tests.judge.playing import Play, rules


def test_a_remark_does_not_hide_what_was_asked_to_be_held(tmp_path: Path) -> None:
    """CI-35 speaks for SC-02, both remarks; once SC-02 is held as a MUST it speaks for itself."""
    fault = FAULTS["engage-deux-fois"]
    edition, _, actor = fault.play.partition("@")
    chosen = [replace(one, testable=(actor,)) for one in cahier() if one.edition == edition]
    path = tmp_path / "journal.jsonl"
    played = play_at_home(chosen, (), path, Options(misbehaviour=fault.misbehaviour))
    assert (played.verdict, rules(played.scenarios[0])) == ("pass", [("CI-35", "remark")])
    held = judge(read_journal(path), strict=["SC-02"])
    assert (held.verdict, rules(held.scenarios[0])) == ("fail", [("CI-35", "remark"), ("SC-02", "fail")])


@pytest.mark.parametrize(
    ("step", "found"), [("N'IMPORTE QUOI", {"DA-03"}), ({"a": 1}, {"DA-01"}), ("RECU", set())]
)
def test_where_an_ack_may_have_a_step_the_schemas_judge_it(play: Play, step: object, found: set[str]) -> None:
    def stepped(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RC-REF":
            out.content["step"] = step
        return [out]

    result = play("15-15-partage-simple.g3@destinataire", stepped)
    assert {one for one, _ in rules(result)} == found
    assert result.verdict == ("fail" if found else "pass")


def test_of_another_generation_and_wrong_besides(play: Play) -> None:
    """TR-08 speaks for the content alone: what is wrong around it is told as ever."""

    def wrong(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-SR":
            content = out.content
            content["state"] = {"datetime": content.pop("datetime"), "status": content.pop("status")}
            out.document["descriptor"].pop("language")
        return [out]

    result = play("15-15-ressource-acceptee.g1@sollicite", wrong)
    assert {one for one, _ in rules(result)} == {"TR-08", "EN-01"}


def test_in_no_generation_at_all_the_schemas_speak(play: Play) -> None:
    def wrong(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-SR":
            out.content.pop("status")
        return [out]

    assert {one for one, _ in rules(play("15-15-ressource-acceptee.g1@sollicite", wrong))} == {"DA-01"}


BY_SHARE = FAULTS["transfert-par-un-rs-eda"]


def test_a_transfer_by_the_other_message_is_told_once(tmp_path: Path) -> None:
    """What did not come and what came instead are one; held as a MUST, what did not come is told besides."""
    edition, _, actor = BY_SHARE.play.partition("@")
    (found,) = of_the_cahier(edition)
    path = tmp_path / "journal.jsonl"
    options = Options(misbehaviour=BY_SHARE.misbehaviour)
    played = play_at_home([replace(found, testable=(actor,))], (), path, options)
    assert (played.verdict, rules(played.scenarios[0])) == ("inconc", [("CI-11", "remark")])
    for rule, told in (
        ("SC-01", [("CI-11", "remark"), ("SC-01", "fail")]),
        ("CI-11", [("CI-11", "fail")]),
        ("SC-02", [("CI-11", "remark"), ("SC-02", "fail")]),
    ):
        held = judge(read_journal(path), strict=[rule])
        assert (held.verdict, sorted(rules(held.scenarios[0]))) == ("fail", told)


def test_another_share_stands_for_no_transfer(play: Play) -> None:
    """An RS-EDA that leaves the case with whom it was announces nothing: the transfer did not come."""

    def kept(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        send = BY_SHARE.misbehaviour.on_sending
        assert send is not None
        changed = send(editor, out)
        for one in changed:
            if one.model == "RS-EDA":
                one.content["owner"] = editor.client
        return changed

    found = rules(play(BY_SHARE.play, kept))
    assert ("SC-01", "fail") in found
    assert "CI-11" not in {rule for rule, _ in found}
