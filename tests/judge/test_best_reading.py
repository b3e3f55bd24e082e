"""An editor tells more than a scenario asks, or in its own order: each message is read as what it is.

Each way to behave that is held against nobody has a twin without the excuse, in which the fault is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import Judgement, ScenarioResult
from recette.messages.building import new_distribution_id
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import Sending, rename
from recette.scenario.selection import select

SCENARIOS = select((), Path(__file__).parents[2] / "scenarios").scenarios


def played(plays: tuple[str, ...], sends: Sending, folder: Path, jobs: int = 1) -> Judgement:
    wanted = {play.partition("@")[0]: play.partition("@")[2] for play in plays}
    chosen = [replace(one, testable=(wanted[one.edition],)) for one in SCENARIOS if one.edition in wanted]
    assert len(chosen) == len(plays)
    options = Options(misbehaviour=Misbehaviour(sends), jobs=jobs)
    return play_at_home(chosen, (), folder / "journal.jsonl", options)


def result_of(play: str, sends: Sending, folder: Path) -> ScenarioResult:
    (result,) = played((play,), sends, folder).scenarios
    return result


def rules(result: ScenarioResult) -> set[tuple[str, str]]:
    return {(one.rule, one.verdict) for one in result.findings}


def again(editor: ReferenceEditor, out: Outgoing) -> Outgoing:
    """The same message once more, under an id of its own."""
    twin = out.twin()
    rename(twin, new_distribution_id(editor.client))
    return twin


def state(out: Outgoing) -> dict[str, object]:
    """Where an RS-SR has its status."""
    found: dict[str, object] = out.content.get("state", out.content)
    return found


def through(status: str, *, skips: bool = False) -> Sending:
    """The vehicle passes through another status on its way to its departure; `skips`: and never says that it left."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-SR" or state(out)["status"] != "DEPART":
            return [out]
        before = again(editor, out)
        state(before)["status"] = status
        return [before] if skips else [before, out]

    return send


ACCEPTED = "15-15-ressource-acceptee.{g}@sollicite"


@pytest.mark.parametrize(
    ("play", "status"),
    [
        (ACCEPTED.format(g="g1"), "DECLENCHE"),
        (ACCEPTED.format(g="g2"), "DECLENCHE"),
        (ACCEPTED.format(g="g3"), "DECLENCHE"),
    ],
)
def test_a_status_on_the_way_accuses_nobody(play: str, status: str, tmp_path: Path) -> None:
    found = result_of(play, through(status), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())
    assert len(found.steps) > 4


def test_a_status_that_never_came_is_missed(tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g="g2"), through("DECLENCHE", skips=True), tmp_path)
    assert found.verdict == "fail"
    assert {one.step for one in found.findings if one.verdict == "fail"} == {"depart"}


def in_parts(*, loses: str = "", repeats: str = "") -> Sending:
    """Each thing that a change says goes in an update of its own; `loses` goes nowhere, `repeats` goes twice."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-EDA-MAJ":
            return [out]
        kept = {name: out.content[name] for name in ("caseId", "senderCaseId") if name in out.content}
        parts = []
        for name in [one for one in out.content if one not in kept and one != loses]:
            part = again(editor, out)
            values = {**kept, name: out.content[name]}
            part.content.clear()
            part.content.update(values)
            parts.append(part)
        assert len(parts) > 1 or loses, "a change that says several things"
        return [*parts, again(editor, parts[0])] if repeats else parts

    return send


SHARE = "15-15-partage-simple.g2@origine"


@pytest.mark.parametrize("play", [SHARE, SHARE.replace("g2", "g1"), SHARE.replace("g2", "g3")])
def test_a_change_may_be_told_in_several_updates(play: str, tmp_path: Path) -> None:
    found = result_of(play, in_parts(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


@pytest.mark.parametrize("lost", ["patient", "qualification"])
def test_what_none_of_several_updates_says_is_missed(lost: str, tmp_path: Path) -> None:
    found = result_of(SHARE, in_parts(loses=lost), tmp_path)
    assert ("DA-05", "fail") in rules(found)
    assert all(lost in one.path for one in found.findings if one.rule == "DA-05" and one.verdict == "fail")


def first_of_all(change: Callable[[Outgoing], None], model: str) -> Sending:
    """The editor sends an update by itself right before what it was asked."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != model:
            return [out]
        before = again(editor, out)
        change(before)
        return [before, out]

    return send


def only_a_note(out: Outgoing) -> None:
    values = {
        "caseId": out.content["caseId"],
        "qualification": {"details": {"priority": "P3"}},
    }
    out.content.clear()
    out.content.update(values)


def test_an_update_of_its_own_is_not_taken_for_the_one_that_is_asked(tmp_path: Path) -> None:
    found = result_of(SHARE, first_of_all(only_a_note, "RS-EDA-MAJ"), tmp_path)
    assert "fail" not in {one.verdict for one in found.findings}, found.findings
    assert found.verdict == "pass"


def two_vehicles(*, asked_one_stays: bool = False) -> Sending:
    """Two vehicles are engaged, and the second one's statuses come before the first one's."""
    second: dict[str, str] = {}

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        name = Names(out.edition).resources
        if out.model == "RS-RI":
            other = dict(out.content[name][0])
            second[other["resourceId"]] = f"{other['resourceId']}bis"
            other["resourceId"] = second[other["resourceId"]]
            out.content[name].append(other)
            return [out]
        if out.model != "RS-SR":
            return [out]
        before = again(editor, out)
        before.content["resourceId"] = second[out.content["resourceId"]]
        return [before] if asked_one_stays else [before, out]

    return send


@pytest.mark.parametrize("generation", ["g1", "g2", "g3"])
def test_the_statuses_of_two_vehicles_are_told_apart(generation: str, tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g=generation), two_vehicles(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


def test_the_status_of_another_vehicle_is_not_that_of_the_first(tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g="g2"), two_vehicles(asked_one_stays=True), tmp_path)
    assert found.verdict == "fail"
    assert {one.step for one in found.findings if one.verdict == "fail"} >= {"depart"}


def one_person() -> Sending:
    """A person has one patientId in every case, as the schema's text names first."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        for index, one in enumerate(out.content.get("patient", []) if isinstance(out.content, dict) else ()):
            name = Names(out.edition).patient
            known = one[name]
            if out.model == "RS-EDA":
                one[name] = f"{editor.client}.patient.{index + 1}"
                for note in out.content.get("medicalNote", []):
                    if note.get(name) == known:
                        note[name] = one[name]
        return [out]

    return send


IN_A_ROW = (
    "15-15-ressource-acceptee.g2@origine",
    "15-15-ressource-refusee.g2@origine",
    "15-15-ressource-partielle.g2@origine",
)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_person_may_keep_an_id_over_several_cases(jobs: int, tmp_path: Path) -> None:
    found = played(IN_A_ROW, one_person(), tmp_path, jobs)
    assert {one.id: (one.verdict, rules(one)) for one in found.scenarios} == {
        name: ("pass", set()) for name in IN_A_ROW
    }
    assert (found.unclaimed, found.findings) == (0, ())


def one_case(*, own_content: bool = True) -> Sending:
    """Every new case gets the first one's caseId."""
    first: list[str] = []

    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if isinstance(out.content, dict) and "caseId" in out.content:
            first.append(out.content["caseId"])
            out.content["caseId"] = first[0]
        return [out]

    return send


def test_a_case_id_that_was_used_before_is_named(tmp_path: Path) -> None:
    found = played(IN_A_ROW[:2], one_case(), tmp_path)
    first, second = found.scenarios
    assert (first.verdict, rules(first)) == ("pass", set())
    (taken,) = [one for one in second.findings if one.rule == "CI-44"]
    assert taken.verdict == "fail"
    assert taken.step == "partage"
    assert first.id in taken.explanation
    assert not any(one.rule == "SC-01" for one in second.findings)


def unshared_update(model: str = "RS-EDA-MAJ") -> Sending:
    """With its first message the editor sends the partner an update of a case that it never shared."""
    sent: list[str] = []

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-EDA" or sent:
            return [out]
        sent.append(out.model)
        content = {
            "caseId": f"{editor.client}.DRFR150009999",
            "qualification": {"details": {"priority": "P2"}},
        }
        to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
        return [out, editor.outgoing(model, content, to)]

    return send


def test_an_update_of_a_case_that_nobody_shared_is_the_campaigns(tmp_path: Path) -> None:
    found = played((IN_A_ROW[0],), unshared_update(), tmp_path)
    assert [(one.verdict, rules(one)) for one in found.scenarios] == [("pass", set())]
    (leak,) = found.findings
    assert (leak.rule, leak.verdict, leak.attributed_to) == ("SC-06", "fail", "editor")
    assert "DRFR150009999" in leak.actual
    assert found.verdict == "fail"
