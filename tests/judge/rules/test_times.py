"""Dates in a content: nothing ahead of its own sending, states in their order, a case of today."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside

GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])


def content(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]


def shifted(document: Content, **by_much: float) -> str:
    return (datetime.fromisoformat(document["dateTimeSent"]) + timedelta(**by_much)).isoformat()


def arrival(play: JournalBuilder, **by_much: float) -> JournalBuilder:
    play.open("arrivee")

    def change(document: Content) -> None:
        told = content(document)
        told.get("state", told)["datetime"] = shifted(document, **by_much)

    play.editor_says(play.due("arrivee"), change=change)
    return play.close().rest()


@GENERATIONS
def test_a_state_dated_after_its_own_sending(generation: int) -> None:
    play = arrival(JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite"), hours=3)
    result = play.judged()
    assert found(result) == [("DA-21", "fail")]
    assert "3 h juste" in result.findings[0].explanation


def test_what_is_no_whole_hour_is_no_time_zone() -> None:
    play = arrival(JournalBuilder("15-15-ressource-acceptee.g3@sollicite"), minutes=100)
    (finding,) = play.judged().findings
    assert "fuseau" not in finding.explanation


def test_a_date_rounded_to_the_minute_is_none_of_it() -> None:
    result = arrival(JournalBuilder("15-15-ressource-acceptee.g3@sollicite"), seconds=40).judged()
    assert found(result) == []
    assert result.verdict == "pass"


@GENERATIONS
@pytest.mark.parametrize("observed", [True, False])
def test_an_arrival_dated_before_its_departure(generation: int, observed: bool) -> None:
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite", observed=observed)
    assert found(arrival(play, hours=-2).judged()) == [("DA-23", "fail")]


@GENERATIONS
@pytest.mark.parametrize(
    ("by_much", "rule", "verdict"),
    [({"hours": 1}, "DA-21", "fail"), ({"days": 30}, "DA-21", "fail"), ({"days": -9}, "DA-22", "remark")],
)
def test_a_case_that_was_not_created_when_it_was(
    generation: int, by_much: dict[str, float], rule: str, verdict: str
) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("partage")
    play.editor_says(
        play.due("partage"),
        change=lambda document: content(document).update(creation=shifted(document, **by_much)),
    )
    result = play.close().rest().judged()
    assert found(result) == [(rule, verdict)]
    assert ("9 jours" in result.findings[0].explanation) == (rule == "DA-22")


def test_a_case_of_this_morning_is_one_of_today() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")
    play.editor_says(
        play.due("partage"),
        change=lambda document: content(document).update(creation=shifted(document, hours=-9)),
    )
    result = play.close().rest().judged()
    assert by(result, "DA-22") == []
    assert result.verdict == "pass"


@GENERATIONS
@pytest.mark.parametrize(
    ("name", "step", "path"),
    [
        ("15-15-ressource-acceptee.g{}@origine", "demande", ("request", "datetime")),
        ("15-15-ressource-acceptee.g{}@sollicite", "reponse", ("response", "datetime")),
        ("15-15-partage-simple.g{}@origine", "partage", ("initialAlert", "reception")),
    ],
)
def test_what_was_just_done_is_of_today(generation: int, name: str, step: str, path: tuple[str, str]) -> None:
    play = JournalBuilder(name.format(generation)).open(step)

    def old(document: Content) -> None:
        content(document)[path[0]][path[1]] = (play.at - timedelta(days=3)).isoformat()

    play.editor_says(play.due(step), change=old)
    result = play.close().rest().judged()
    assert found(result) == [("DA-22", "remark")]
    assert result.findings[0].path.endswith(".".join(path))


@GENERATIONS
@pytest.mark.parametrize(("minutes", "told"), [(10, [("DA-22", "remark")]), (1, [])])
def test_an_answer_is_not_dated_before_its_request(
    generation: int, minutes: int, told: list[tuple[str, str]]
) -> None:
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite").open("reponse")

    def early(document: Content) -> None:
        content(document)["response"]["datetime"] = (play.at - timedelta(minutes=minutes)).isoformat()

    play.editor_says(play.due("reponse"), change=early)
    assert found(play.close().rest().judged()) == told


def test_a_note_is_not_dated_ahead() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")

    def ahead(document: Content) -> None:
        content(document)["medicalNote"][0]["creation"] = (play.at + timedelta(hours=2)).isoformat()

    play.editor_says(play.due("partage"), change=ahead)
    assert ("DA-21", "fail") in found(play.close().rest().judged())


def history(generation: int, *told: tuple[str, int]) -> list[tuple[str, str]]:
    """An engagement that tells of more states than its own DECISION, each so many minutes after it."""
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite").open("engagement")

    def change(document: Content) -> None:
        for resource in next(one for one in content(document).values() if isinstance(one, list)):
            since = datetime.fromisoformat(resource["state"][0]["datetime"])
            resource["state"] += [
                {"datetime": (since + timedelta(minutes=minutes)).isoformat(), "status": status}
                for status, minutes in told
            ]

    play.editor_says(play.due("engagement"), change=change)
    return found(play.close().rest().judged())


@GENERATIONS
def test_a_history_whose_dates_run_backwards(generation: int) -> None:
    assert history(generation, ("DECLENCHE", -10)) == [("DA-23", "fail")]


@pytest.mark.parametrize(
    "told",
    [
        (("DECLENCHE", 0),),
        (("DECLENCHE", -1),),  # as far as clocks and seconds go
        (("RET-BASE", -5), ("ARRIVEE", -30), ("DEPART", -40), ("DECISION", -50)),  # a way out that was over
    ],
)
def test_a_history_that_follows_the_way_whatever_its_order(told: tuple[tuple[str, int], ...]) -> None:
    assert ("DA-23", "fail") not in history(3, *told)


def test_a_history_of_thousands_of_states_is_looked_at_in_one_go() -> None:
    """The time that comparing each with each, and all between, would take is none that anybody waits for."""
    many = (*[("PEC", -600)] * 3000, *[("DEPART", -60)] * 3000, ("RETOUR", -300), ("RET-BASE", -30))
    assert ("DA-23", "fail") not in history(3, *many)


@pytest.mark.parametrize(
    ("play", "step", "path"),
    [
        ("15-nexsis-concours-accepte.g1@pompiers", "reponse", "emsi.CONTEXT.CREATION"),
        (
            "15-gps-positions-successives.g2@fournisseur",
            "en-route",
            "geoPositionsUpdate.position[0].datetime",
        ),
        ("15-rpis-un-patient.g3@tablette", "fiche", "rpis.intervention.smurStatus.arrivedDestination"),
    ],
)
@pytest.mark.parametrize(("hours", "rules"), [(2, ["DA-21"]), (0, [])])
def test_what_else_a_message_dates(play: str, step: str, path: str, hours: int, rules: list[str]) -> None:
    builder = JournalBuilder(play).open(step)

    def change(document: Content) -> None:
        node: Any = inside(document)
        *above, name = path.replace("[0]", ".0").split(".")
        for one in above:
            node = node[int(one)] if one.isdigit() else node[one]
        node[name] = shifted(document, hours=hours)

    builder.editor_says(builder.due(step), change=change)
    assert [one.rule for one in builder.close().rest().judged().findings] == rules


@pytest.mark.parametrize(("minutes", "rules"), [(-30, [("DA-23", "fail")]), (30, [])])
def test_a_record_whose_stations_are_out_of_order(minutes: int, rules: list[tuple[str, str]]) -> None:
    play = JournalBuilder("15-rpis-un-patient.g2@tablette").open("fiche")

    def change(document: Content) -> None:
        status = content(document)["intervention"]["smurStatus"]
        since = datetime.fromisoformat(status["arrivedSmur"])
        status["departLocation"] = (since + timedelta(minutes=minutes)).isoformat()

    play.editor_says(play.due("fiche"), change=change)
    assert found(play.close().rest().judged()) == rules


APPOINTMENT = "sas-rendez-vous.g3@plateforme"


@pytest.mark.parametrize(
    ("hours", "told"), [(-2, [("DA-26", "fail")]), (-4, [("DA-26", "fail")]), (0, []), (1, [])]
)
def test_an_appointment_ends_after_it_begins(hours: int, told: list[tuple[str, str]]) -> None:
    play = JournalBuilder(APPOINTMENT).open("report")

    def moved(document: Content) -> None:
        start = datetime.fromisoformat(content(document)["start"])
        content(document)["end"] = (start + timedelta(hours=hours)).isoformat()

    play.editor_says(play.due("report"), change=moved)
    assert found(play.close().rest().judged()) == told


def test_an_appointment_without_an_end_has_none_to_be_wrong() -> None:
    play = JournalBuilder(APPOINTMENT).open("prise")
    play.editor_says(play.due("prise"), change=lambda document: content(document).pop("end"))
    assert "DA-26" not in {rule for rule, _ in found(play.close().rest().judged())}
