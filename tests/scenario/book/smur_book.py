"""A fictitious 15-SMUR test book with the defects of the official ones, and the examples that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openpyxl import Workbook

CASE = "fr.health.samu000.DRFR150002600200001"
ELSEWHERE = "fr.health.samu111.DRFR150112600200009"
PATIENT = "fr.health.samu000.patient.p1"
VEHICLE = "fr.health.samu000.resource.vlm9"
DATE = "2026-01-02T03:04:05+01:00"

SAMPLES: dict[str, dict[str, Any]] = {
    "RS-EDA/RS-EDA_Fictif.01.json": {
        "createCaseHealth": {
            "caseId": CASE,
            "owner": "fr.health.samu000",
            "creation": DATE,
            "qualification": {},
            "location": {"freetext": "Lieu d'exercice ${fictif}"},
            "patient": [{"patientId": PATIENT}],
            "medicalNote": [
                {
                    "medicalNoteId": "fr.health.samu000.medicalNote.n1",
                    "patientId": PATIENT,
                    "operator": {"role": "AUTRE"},
                    "freetext": "Note fictive",
                }
            ],
        }
    },
    "RS-ER/RS-ER_Fictif.02.json": {
        "resourcesEngagement": {"caseId": CASE, "resource": [{"vehicleType": "SMUR.VLM"}]}
    },
    "RS-RI/RS-RI_Fictif.03.json": {
        "resourcesInfo": {
            "caseId": CASE,
            "resource": [
                {
                    "datetime": DATE,
                    "resourceId": VEHICLE,
                    "orgId": "fr.health.samu000",
                    "vehicleType": "SMUR.VLM",
                    "name": "VLM fictive",
                }
            ],
        }
    },
    "RS-SR/RS-SR_Fictif.04.json": {
        "resourcesStatus": {
            "caseId": CASE,
            "resourceId": VEHICLE,
            "state": {"datetime": DATE, "status": "DEPART"},
        }
    },
    "RS-EDA-MAJ/RS-EDA-MAJ_Fictif.05.json": {
        "createCaseHealthUpdate": {
            "caseId": ELSEWHERE,
            "owner": "fr.health.smur777",
            "patient": [{"patientId": PATIENT}],
        }
    },
    "RS-BPV/RS-BPV_Fictif.06.json": {
        "interventionReport": {
            "caseId": CASE,
            "reportId": "bilan-1",
            "redactor": {"role": "MEDECIN"},
            "creation": DATE,
            "patient": {"patientId": PATIENT, "lastName": "FICTIF", "firstName": "Exercice"},
        }
    },
    "RS-RPIS/RS-RPIS_Fictif.07.json": {
        "rpis": {
            "context": {
                "orgId": "fr.health.samu000",
                "senderCaseId": "exercice",
                "creationDate": DATE,
                "decisionDate": DATE,
                "ressourceFinessLegal": "000000000",
                "ressourceFinessGeo": "000000000",
                "ressourceStructure": "Structure fictive",
            },
            "regulation": {
                "whatsHappen": {"code": "C01.01.01", "label": "Fictif"},
                "healthMotive": {"code": "M03.02", "label": "Fictif"},
                "medicalLevel": "MED",
            },
            "patient": {"patientId": PATIENT, "birthDate": "1984-01-02", "sex": "M"},
            "intervention": {
                "location": {"detailedAddress": {"inseeCode": "99999", "city": "Ville fictive"}},
                "team": {"doctor": True, "nurse": True, "driver": True},
                "mainDiagnosis": "I21.0",
            },
            "orientation": {"type": "fictif"},
        }
    },
}
Row = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""Step, sense for the tablet, model, file, and paths with their mark."""
STEPS: tuple[Row, ...] = (
    (
        "01",
        "Envoi",  # wrong for the tablet, as in one official case: both roles say so
        "RS-EDA",
        "RS-EDA_Fictif.01.json",
        (
            ("", "$.createCaseHealth.caseId"),
            ("", "$.createCaseHealth.medicalNote[0].operator.medicalNoteId"),
            ("", "$.createCaseHealth.patient[0]patientId"),
            ("", "$.createCaseHealth.medicalNote[..].operator.Role"),
            ("", "$.createCaseHealth.medicalNote[3].freetext"),
            ("", "$.createCaseHealth.inconnu"),
        ),
    ),
    ("02", "Réception", "RS-ER", "RS-ER_Fictif.02.json", (("", "$.resourcesEngagement.caseId"),)),
    (
        "03",
        "Envoi",
        "RS-RI",
        "RS-RI_Fictif.03.json",
        (("", "$.resourcesInfo.resource[0].orgId"), ("", "$.resourcesInfo.resource[0].name")),
    ),
    ("04", "Envoi", "RS-SR", "RS-SR_Fictif.04.json", (("", "$.resourcesStatus.resourceId"),)),
    (
        "05",
        "Réception",
        "RS-EDA-MAJ",
        "RS-EDA-MAJ Fictif.05.json",
        (("X", "$.createCaseHealth.owner"), ("", "$.createCaseHealth.patient[0].patientId")),
    ),
    ("06", "Envoi", "RS-BPV", "rs-bpv_fictif.06.json", (("", "$.interventionReport.reportId"),)),
    ("07", "Envoi", "RS-RPIS", "RS-RPIS_Fictif.07.json", (("", "$.rpis.context.orgId"),)),
    ("08", "Envoi", "RS-URL", "RS-URL_Fictif.08.json", ()),
)
_OPPOSITE = {"Envoi": "Réception", "Réception": "Envoi"}


def write_book(bundle: Path) -> Path:
    """The workbook in the bundle's `cahier/`, its examples in `examples/`."""
    for name, sample in SAMPLES.items():
        path = bundle / "examples" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(sample, ensure_ascii=False), encoding="utf-8")
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "Lisez-moi"
    cover["A1"] = "Cahier fictif"
    _sheet(book, "Fictif R1", "ANS LRM / Editeur SMUR", STEPS)
    _sheet(book, "Fictif R2", "Editeur LRM / ANS SMUR", tuple(map(_mirrored, STEPS)))
    path = bundle / "cahier" / "test-cases-15-SMUR.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _mirrored(row: Row) -> Row:
    name, sense, model, file, paths = row
    return name, (sense if name == "01" else _OPPOSITE[sense]), model, file, paths


def _sheet(book: Workbook, title: str, roles: str, steps: tuple[Row, ...]) -> None:
    sheet = book.create_sheet(title)
    sheet["A2"], sheet["F2"] = "Périmètre", "15-SMUR"
    sheet["G1"], sheet["G2"] = "Version modèle / vHost", "2.0 / 15-smur_v1.6"
    sheet["A3"], sheet["F3"] = "Cas métier", "Cas fictif"
    sheet["A4"], sheet["F4"] = "Test", "Exercice fictif"
    sheet["A5"], sheet["F5"] = "Description", roles
    headings = [
        "Pas de test",
        "Exp",
        "Dest",
        "Sens",
        "Modèle",
        "Description",
        "JSON exemple",
        "",
        "Sur",
        "Donnée ignorée",
        "Path",
    ]
    for column, heading in enumerate(headings, start=1):
        sheet.cell(8, column, heading or None)
    line = 9
    for name, sense, model, file, paths in steps:
        sender, recipient = ("Editeur", "ANS") if sense == "Envoi" else ("ANS", "Editeur")
        for column, value in enumerate((name, sender, recipient, sense, model, f"Pas {name}", file), start=1):
            sheet.cell(line, column, value)
        for mark, path in paths:
            line += 1
            sheet.cell(line, 9, mark or None)
            sheet.cell(line, 11, path)
        line += 1
    sheet.cell(line, 1, "End")
