"""Data of another case, and values that an update puts back."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from recette.judge.rules import leaks
from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside

GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])


def content(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]


@GENERATIONS
def test_a_patient_of_another_case_is_told_with_its_place(generation: int) -> None:
    name = "idPat" if generation == 1 else "patientId"
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@origine").rest()
    stranger = copy.deepcopy(play.last("RS-EDA").content["patient"][0])
    case = play.last("RS-EDA").content["caseId"]
    play.then(f"15-15-partage-simple.g{generation}@origine").open("second-patient")
    play.editor_says(
        play.due("second-patient"), change=lambda document: content(document)["patient"].append(stranger)
    )
    result = play.close().rest().judged()
    assert found(result) == [("DA-24", "fail")]
    (finding,) = result.findings
    assert finding.path.endswith(f"patient[1].{name}")
    assert f"il est d'un autre dossier ({case}, passage 15-15-ressource-acceptee." in finding.explanation


def test_a_patient_of_a_case_without_a_number_is_told_in_words() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@origine").open("partage")
    play.editor_says(play.due("partage"), change=lambda document: content(document).pop("caseId"))
    stranger = copy.deepcopy(play.last("RS-EDA").content["patient"][0])
    play.close().rest().then("15-15-partage-simple.g3@origine").open("second-patient")
    play.editor_says(
        play.due("second-patient"), change=lambda document: content(document)["patient"].append(stranger)
    )
    (finding,) = (one for one in play.close().rest().judged().findings if one.rule == "DA-24")
    assert "il est d'un autre dossier (sans caseId, passage 15-15-ressource-acceptee." in finding.explanation


def test_a_note_that_nobody_keyed_is_a_remark() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")

    def noted(document: Content) -> None:
        note = dict(content(document)["medicalNote"][0])
        note.update(medicalNoteId="fr.health.samu991.medicalNote.interne1", freetext="Note interne (fictive)")
        content(document)["medicalNote"].append(note)

    play.editor_says(play.due("partage"), change=noted)
    assert found(play.close().rest().judged()) == [("DA-24", "remark")]


def test_an_update_may_tell_again_who_is_in_the_case() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("second-patient")
    first = copy.deepcopy(play.last("RS-EDA").content["patient"][0])
    play.editor_says(
        play.due("second-patient"), change=lambda document: content(document)["patient"].insert(0, first)
    )
    result = play.close().rest().judged()
    assert found(result) == []
    assert result.verdict == "pass"


def suite(priority: str, name: str, step: str, generation: int) -> JournalBuilder:
    play = JournalBuilder(f"{name}.g{generation}@origine").open(step)

    def stale(document: Content) -> None:
        details = content(document).setdefault("qualification", {}).setdefault("details", {})
        details["priority"] = priority

    play.editor_says(play.due(step), change=stale)
    return play.close().rest()


@GENERATIONS
def test_an_old_priority_put_back_by_an_update(generation: int) -> None:
    play = suite("P1", "15-15-limitrophe-dsf-1.0-accepte", "complement", generation)
    result = play.judged()
    assert found(result) == [("DA-25", "fail")]
    assert "P0 redevient P1" in result.findings[0].explanation


def test_the_priority_that_the_case_has_may_be_told_again() -> None:
    result = suite("P0", "15-15-limitrophe-dsf-1.0-accepte", "complement", 3).judged()
    assert by(result, "DA-25") == []
    assert result.verdict == "pass"


@pytest.mark.parametrize(
    ("name", "step", "verdict"),
    [
        ("15-15-limitrophe-accepte", "transfert", "fail"),
        ("15-15-cloture", "cloture", "fail"),
        ("15-15-partage-simple", "second-patient", "remark"),
    ],
)
def test_a_value_that_nobody_changed(name: str, step: str, verdict: str) -> None:
    """A level of care may well have been worked out from the priority that was keyed beside it."""
    play = JournalBuilder(f"{name}.g3@origine").open(step)
    changed = "careLevel" if verdict == "remark" else "priority"

    def other(document: Content) -> None:
        details = content(document).setdefault("qualification", {}).setdefault("details", {})
        details[changed] = {"careLevel": "R4", "priority": "P3"}[changed]

    play.editor_says(play.due(step), change=other)
    assert found(play.close().rest().judged()) == [("DA-25", verdict)]


def test_what_may_follow_from_what_was_keyed_in_the_same_part_is_a_remark() -> None:
    """A kind of fact may be worked out anew with the priority, though it does not stand beside it."""
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("second-patient")

    def other(document: Content) -> None:
        content(document)["qualification"]["whatsHappen"] = {"code": "C01.00.00", "label": "Autre (fictif)"}

    play.editor_says(play.due("second-patient"), change=other)
    told = by(play.close().rest().judged(), "DA-25")
    assert told
    assert {one.verdict for one in told} == {"remark"}


@pytest.mark.parametrize(("name", "value"), [("status", "VALIDE"), ("careLevel", "R3")])
def test_how_far_a_case_is_may_go_on_by_itself(name: str, value: str) -> None:
    play = JournalBuilder("15-smur-mise-a-jour-et-cloture.g3@regulation").open("orientation")

    def other(document: Content) -> None:
        content(document).setdefault("qualification", {}).setdefault("details", {})[name] = value

    play.editor_says(play.due("orientation"), change=other)
    told = by(play.close().rest().judged(), "DA-25")
    assert [one.verdict for one in told] == ["remark" if name == "status" else "fail"]


@GENERATIONS
def test_a_case_shared_again_as_it_was_before_its_update(generation: int) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").until("second-patient")
    play.editor_says(play.last("RS-EDA"))
    (finding,) = play.rest().judged().findings
    assert (finding.rule, finding.verdict) == ("DA-25", "fail")
    assert finding.explanation.startswith("Le dossier, partagé à nouveau, remet priority")


def test_each_of_many_messages_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Software that repeats itself without end is compared with itself, and not read anew for each comparison."""
    read: list[object] = []
    values = leaks._values

    def counted(node: object, path: str = "") -> dict[str, leaks.Value]:
        if not path:
            read.append(node)
        return values(node, path)

    monkeypatch.setattr(leaks, "_values", counted)
    play = JournalBuilder("15-15-partage-simple.g3@origine").until("second-patient")
    for _ in range(30):
        play.editor_says(play.last("RS-EDA"))
    assert ("DA-25", "fail") in found(play.rest().judged())
    assert len(read) < 30 * 10, len(read)


def other_partner(play: JournalBuilder) -> str:
    """A partner of the same run that the scenario does not name."""
    (target,) = play.entries[0].event.targets  # type: ignore[union-attr]
    return next(str(one) for one in target.partners if one not in play.casting.clients.values())


@GENERATIONS
def test_a_state_told_to_somebody_who_has_not_the_case(generation: int) -> None:
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite").until("depart")
    play.editor_says(replace(play.last("RS-SR"), to=other_partner(play)))
    result = play.rest().judged()
    assert ("SC-06", "fail") in found(result)
    assert by(result, "SC-06")[0].actual == other_partner(play)


def test_who_was_told_of_the_case_may_be_told_more_of_it() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").until("partage")
    play.editor_says(replace(play.last("RS-EDA"), to=other_partner(play)))
    play.until("second-patient")
    play.editor_says(replace(play.last("RS-EDA-MAJ"), to=other_partner(play)))
    assert "SC-06" not in {rule for rule, _ in found(play.rest().judged())}


@GENERATIONS
def test_a_decision_that_nobody_took_is_told(generation: int) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("partage")
    decision = {"creation": play.at.isoformat(), "operator": {"role": "MEDECIN"}, "decisionType": "INTER"}
    play.editor_says(
        play.due("partage"), change=lambda document: content(document).update(decision=[decision])
    )
    result = play.close().rest().judged()
    assert found(result) == [("DA-24", "remark")]
    assert result.findings[0].path.endswith("decision[0]")


@GENERATIONS
@pytest.mark.parametrize(("name", "value"), [("careLevel", "R4"), ("careLevel", "R2")])
def test_an_update_changes_nothing_that_nobody_changed(generation: int, name: str, value: str) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("second-patient")

    def more(document: Content) -> None:
        content(document)["qualification"]["details"][name] = value

    play.editor_says(play.due("second-patient"), change=more)
    result = play.close().rest().judged()
    assert found(result) == ([] if value == "R2" else [("DA-25", "remark")])


@GENERATIONS
def test_an_update_that_takes_back_a_patient_s_name(generation: int) -> None:
    name = "idPat" if generation == 1 else "patientId"
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("second-patient")
    first = play.last("RS-EDA").content["patient"][0][name]
    unknown = {name: first, "identity": {"nonStrictFeatures": {"complete": "INCONNU"}}}
    play.editor_says(
        play.due("second-patient"), change=lambda document: content(document)["patient"].insert(0, unknown)
    )
    result = play.close().rest().judged()
    assert found(result) == [("DA-25", "fail")]
    assert f"patient[{first}].identity.nonStrictFeatures.complete" in result.findings[0].path
