"""What a campaign of reference editors says of itself everywhere: it is about nobody's software."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.options import Options
from recette.journal.events import RunStarted
from recette.journal.reader import Journal
from recette.report.allure.surroundings import properties
from recette.report.console import Console
from recette.report.html.page import render
from recette.report.junit import write as junit
from recette.report.minutes.content import content
from recette.report.recorded import of_document
from recette.report.redaction import redacted_results
from recette.report.results import as_document
from recette.report.steering import tables
from recette.report.story import Story, tell
from recette.sandbox.faults import FAULTS
from tests.judge.journal_builder import JournalBuilder

FAULT = "sans-acquittement (n'acquitte jamais)"
TOLD = f"éditeur de référence fautif : {FAULT}"


def story(fault: str, driver: str = "simulated") -> Story:
    """A conformant play, of an editor with this fault, or driven in this way."""
    journal = JournalBuilder("15-15-partage-simple.g1@destinataire").rest().journal()
    first, *others = journal.entries
    assert isinstance(first.event, RunStarted)
    targets = tuple(replace(one, driver=driver) for one in first.event.targets)
    begun = replace(first.event, fault=fault, targets=targets)
    return tell(Journal((replace(first, event=begun), *others)))


@pytest.fixture(scope="module")
def faulty() -> Story:
    return story(FAULT)


def console(told: Story) -> str:
    stream = io.StringIO()
    Console(stream).summary(told.judgement, told.header)
    return stream.getvalue()


def test_a_fault_that_is_asked_for_is_named() -> None:
    options = Options().with_fault(FAULTS["sans-acquittement"])
    assert options.fault == FAULT
    assert options.misbehaviour is FAULTS["sans-acquittement"].misbehaviour


def test_the_terminal_names_the_fault(faulty: Story) -> None:
    assert f"    éprouvé : {TOLD}\n" in console(faulty)


def test_the_page_names_the_fault_in_its_title_and_beside_the_verdict(faulty: Story) -> None:
    page = render(faulty).replace("\u202f", " ").replace("\u00a0", " ").replace("&#x27;", "'")
    assert f"<h1>Recette d'{TOLD} (fr.health.samu991) sur" in page.replace("’", "'")
    assert f'<p class="scope">{TOLD.capitalize()} : ce n' in page.replace("’", "'")


def test_the_minutes_name_the_fault(faulty: Story) -> None:
    said = content(faulty)
    assert TOLD in said["subtitle"]
    assert said["scope"][0].casefold().startswith(TOLD)
    assert ("Éditeur", "aucun") in [tuple(one) for one in said["subject"]]


def test_programs_are_told_the_fault(faulty: Story, tmp_path: Path) -> None:
    assert as_document(faulty.judgement, faulty.journal)["fault"] == FAULT
    suite = ET.parse(junit(faulty, tmp_path)).getroot()[0]
    assert {"name": "fault", "value": FAULT} in [one.attrib for one in suite.iter("property")]
    assert "fautif" in properties(faulty)


def test_no_editor_has_the_result_in_the_steering_matrix(faulty: Story) -> None:
    document = as_document(faulty.judgement, faulty.journal)
    (table,) = tables([of_document(Path("results.json"), json.loads(json.dumps(document)))])
    assert [one.editor for one in table.rows] == [TOLD]


def test_a_redacted_copy_keeps_the_fault(faulty: Story) -> None:
    document = as_document(faulty.judgement, faulty.journal)
    assert json.loads(redacted_results(json.dumps(document).encode()))["fault"] == FAULT


def test_faultless_reference_editors_are_nobodys_software_either() -> None:
    told = story("")
    assert "    éprouvé : éditeurs de référence de la recette\n" in console(told)
    assert as_document(told.judgement, told.journal)["fault"] is None


def test_software_of_somebody_is_not_called_ours() -> None:
    told = story("", driver="http")
    assert "éprouvé" not in console(told)
    assert "référence" not in content(told)["subtitle"]
