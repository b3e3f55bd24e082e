"""The steering committee's matrix: the latest run of each cell, never better than the play it comes from."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from recette.judge.verdicts import Finding, Judgement, ScenarioResult, StepResult, Verdict
from recette.report.html import steering as page
from recette.report.provenance import Provenance
from recette.report.recorded import Recorded
from recette.report.steering import Table, as_csv, campaigns, lines, tables

HORIZON = {
    "vendor": "Éditions",
    "product": "Horizon",
    "version": "12",
    "pilot": "SAMU 99",
    "level": "samu-pilote",
}


def play(verdict: Verdict, *steps: tuple[str, str, Verdict], vhost: str = "15-15_v1.5") -> ScenarioResult:
    results = tuple(StepResult(f"s{n}", "Étape", *step) for n, step in enumerate(steps))
    return ScenarioResult("x@y", "Titre", verdict, results, (), "", vhost, "fr.health.samu991")


def run(
    *plays: ScenarioResult, identity: dict[str, str] | None = None, started: str = "2026-11-24"
) -> Recorded:
    return Recorded(
        Path("r/results.json"),
        "0.1.0",
        f"run-{started}",
        HORIZON if identity is None else identity,
        "15-15_v1.5",
        "cible.yaml",
        f"{started}T10:00:00+00:00",
        f"{started}T10:05:00+00:00",
        Judgement("pass", plays, 0, ()),
        Provenance({}, ""),
    )


def cell(found: list[Table], model: str, direction: str) -> tuple[Verdict, str, int]:
    (table,) = found
    (cells,) = table.rows.values()
    one = cells[model, direction]
    return one.verdict, one.date, one.plays


def test_each_message_has_the_worst_of_its_steps_in_each_direction() -> None:
    found = tables(
        [
            run(
                play("pass", ("send", "RS-EDA", "pass"), ("receive", "RS-EDA-MAJ", "pass")),
                play("fail", ("send", "RS-EDA", "fail"), ("receive", "RS-EDA-MAJ", "none")),
            )
        ]
    )
    assert found[0].models == ("RS-EDA", "RS-EDA-MAJ")
    assert cell(found, "RS-EDA", "send") == ("fail", "2026-11-24", 2)
    assert cell(found, "RS-EDA-MAJ", "receive") == ("pass", "2026-11-24", 1)


def test_alternatives_count_for_each_and_other_actions_for_none() -> None:
    found = tables([run(play("pass", ("send", "RS-RI | RS-RR", "pass"), ("attest", "", "pass")))])
    assert found[0].models == ("RS-RR", "RS-RI")


def test_a_play_that_fails_beyond_its_steps_is_not_shown_as_conformant() -> None:
    found = tables([run(play("inconc", ("send", "RS-EDA", "pass")))])
    assert cell(found, "RS-EDA", "send")[0] == "inconc"


def test_the_latest_run_of_a_cell_counts_whatever_the_order() -> None:
    old = run(play("pass", ("send", "RS-EDA", "pass"), ("send", "RS-RI", "pass")), started="2026-01-05")
    new = run(play("fail", ("send", "RS-EDA", "fail")), started="2026-03-01")
    for some in ([old, new], [new, old]):
        assert cell(tables(some), "RS-EDA", "send")[:2] == ("fail", "2026-03-01")
        assert cell(tables(some), "RS-RI", "send")[:2] == ("pass", "2026-01-05")


def test_levels_and_unnamed_editors_are_rows_of_their_own() -> None:
    one = play("pass", ("send", "RS-EDA", "pass"))
    found = tables([run(one), run(one, identity=HORIZON | {"level": "ans-editeur"}), run(one, identity={})])
    assert [(row.pilot, row.editor, row.level) for row in found[0].rows] == [
        ("", "fr.health.samu991", "non précisé"),
        ("SAMU 99", "Éditions, Horizon 12", "ANS – éditeur"),
        ("SAMU 99", "Éditions, Horizon 12", "SAMU pilote"),
    ]


def test_what_was_not_loaded_is_in_no_table() -> None:
    for vhost in ("", "15-15_v1.5"):
        assert tables([run(ScenarioResult("x", "Titre", "none", (), (), "absent", vhost))]) == []


def test_results_that_do_not_name_the_client_are_in_it_all_the_same() -> None:
    """Those of before several editors could be under test."""
    one = replace(play("pass", ("send", "RS-EDA", "pass")), client="")
    assert cell(tables([run(one)]), "RS-EDA", "send") == ("pass", "2026-11-24", 1)


def test_csv_is_read_back_and_holds_no_formula() -> None:
    found = tables([run(play("pass", ("send", "RS-EDA", "pass")), identity=HORIZON | {"pilot": '=1+1;"x"'})])
    (row,) = csv.DictReader(io.StringIO(as_csv(found)), delimiter=";")
    assert row["pilote"] == '\'=1+1;"x"'
    assert (row["message"], row["sens"], row["verdict"], row["passages"]) == (
        "RS-EDA",
        "émis",
        "CONFORME",
        "1",
    )


def test_the_page_escapes_names_and_the_console_tells_both_directions() -> None:
    hostile = HORIZON | {"vendor": "<script>alert(1)</script>"}
    steps: tuple[tuple[str, str, Verdict], ...] = (("send", "RS-EDA", "pass"), ("receive", "RS-EDA", "fail"))
    found = tables([run(play("fail", *steps), identity=hostile)])
    html = page.render(found, [])
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "default-src &#x27;none&#x27;" in html
    assert "émis CONFORME le 2026-11-24 ; reçu NON CONFORME le 2026-11-24" in "\n".join(lines(found))


def test_the_hub_and_the_coverage_of_each_run_are_named() -> None:
    one = replace(
        run(play("pass", ("send", "RS-EDA", "pass"))),
        hub="intégration de l'ANS",
        coverage="3 scénarios joués sur 44",
    )
    table, told = as_csv(tables([one])), list(campaigns([one]))
    assert "intégration de l'ANS;3 scénarios joués sur 44" in table
    assert "intégration de l'ANS ; 3 scénarios joués sur 44" in told[0]
    assert "Horizon 12, Éditions" in told[0]
    assert "sur 44" in page.render(tables([one]), [one])


def test_what_belongs_to_no_play_has_a_column_until_a_later_run_is_without() -> None:
    stray = Finding(
        "SC-06", "fail", "editor", "", "", "", "", "", "", "", 7, "15-15_v1.5, vers fr.health.samu992"
    )
    clean = run(play("pass", ("send", "RS-EDA", "pass")))
    broken = replace(
        clean, judgement=replace(clean.judgement, findings=(stray, replace(stray, verdict="remark")))
    )
    found = tables([broken])
    assert cell(found, "hors passages", "send") == ("fail", "2026-11-24", 1)
    assert cell(found, "RS-EDA", "send") == ("pass", "2026-11-24", 1)
    assert "hors passages" in page.render(found, [broken])
    assert any("hors passages" in one and "NON CONFORME" in one for one in lines(found))
    later = run(play("pass", ("send", "RS-EDA", "pass")), started="2026-11-25")
    assert not any("hors passages" in one for one in lines(tables([later, broken])))
    elsewhere = replace(stray, place="15-15_v2.1, vers fr.health.samu992")
    assert lines_of(replace(clean, judgement=replace(clean.judgement, findings=(elsewhere,)))) == lines_of(
        clean
    )


def lines_of(one: Recorded) -> list[str]:
    return list(lines(tables([one])))
