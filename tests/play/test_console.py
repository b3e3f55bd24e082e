"""A person at a console that gives keys one by one, as Windows' own does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.play.conftest import Starts, findings


def test_a_person_at_the_console(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "platform" / "elsewhere"))
    person = starts("15-15-partage-simple")
    person.sees("Votre nom")
    person.types("Zoë\bé Essai")
    person.sees("En attente : RS-EDA de votre logiciel")
    person.types("i")
    person.sees("Pourquoi")
    person.types("le bouton est grisé")
    assert person.leaves() == 3
    (found,) = [one for one in findings(person.folder) if one[0] == "PIL-01"]
    assert found == ("PIL-01", "inconc", "operator")
    journal = (person.folder / "journal.jsonl").read_text(encoding="utf-8")
    assert "Zoé Essai" in journal
