"""The test data as a person reads it."""

from __future__ import annotations

from recette.play.drivers.operator_texts import next_mark, spoken
from recette.play.drivers.sheet import sheet


def test_a_sheet_reads_as_a_form() -> None:
    data = {
        "creation": "2026-11-24T21:29:49+01:00",
        "qualification": {"whatsHappen": {"code": "C02.07.01", "label": "Malaise"}, "details": {}},
        "patient": [{"identity": {"nonStrictFeatures": {"lastName": "FICTIF"}}}, {"detail": {"weight": 70}}],
        "additionalInformation": {"customMap": []},
        "isAml": False,
        "accessCode": ["12A", "34B"],
        "freetext": "Deux\nlignes \x1b[2J",
        "inconnu": None,
        "medicalNote": [{"patientId": "@patient[1].patientId", "freetext": "@patient[1"}],
    }
    assert sheet(data) == [
        "Créé le : 24/11/2026 à 21:29:49 (UTC+0100)",
        "Qualification",
        "  Nature de fait : Malaise (code C02.07.01)",
        "Patient n° 1",
        "  Identité",
        "    Nom d'usage",
        "      Nom de famille : FICTIF",
        "Patient n° 2",
        "  Informations de santé",
        "    Poids : 70",
        "Position AML : non",
        "Code d'accès : 12A, 34B",
        "Texte libre : Deux",
        "              lignes \\u001b[2J",
        "inconnu : (vide)",
        "Note médicale",
        "  Identifiant du patient : celui de « Patient n° 2 » de cette fiche",
        "  Texte libre : @patient[1",
    ]


def test_a_single_patient_bears_no_number_and_its_name() -> None:
    """A second patient, alone on the sheet of its own update, is not the dossier's first."""
    data = {
        "patient": [{"identity": {"nonStrictFeatures": {"complete": "FICTIF Gaël"}}}],
        "medicalNote": [{"patientId": "@patient[0].patientId"}],
    }
    assert sheet(data)[-1] == "  Identifiant du patient : celui de « Patient » de cette fiche (FICTIF Gaël)"


def test_codes_dates_and_ages_are_said_in_words() -> None:
    data = {
        "caller": {"callerContact": {"channel": "PERSONNE"}},
        "patient": [
            {
                "identity": {"strictFeatures": {"birthDate": "1950-02-03", "sex": "M"}},
                "detail": {"age": "P74Y"},
            }
        ],
        "request": {"convention": "HORS", "deadline": "ASAP"},
        "freetext": "P74Y",
    }
    text = "\n".join(sheet(data))
    for said in (
        ": une personne (code PERSONNE)",
        ": 03/02/1950",
        ": masculin (code M)",
        ": 74 ans",
        ": hors convention (code HORS)",
        ": dès que possible (code ASAP)",
        "Texte libre : P74Y",
    ):
        assert said in text


def test_hostile_data_is_shown_within_bounds() -> None:
    deep: dict[str, object] = {}
    for _ in range(500):
        deep = {"detail": deep, "freetext": "x" * 5000}
    lines = sheet({"patient": [[1], "a", deep]})
    assert len(lines) < 100
    assert max(map(len, lines)) < 2200


def test_time_is_said_in_round_figures() -> None:
    assert [spoken(one) for one in (0.2, 59.6, 61, 600)] == ["0 s", "1 min", "1 min 1 s", "10 min"]
    assert [next_mark(one) for one in (601, 45, 10.5)] == [301, 15, None]
