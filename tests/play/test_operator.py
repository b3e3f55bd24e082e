"""An operator at a terminal: told what to do, shown what comes, asked what the screen shows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from recette.journal.events import Attested, DeadlineExtended, DriverAsked, StepDone
from tests.play.conftest import Served, Starts, findings, operated


def test_a_scenario_is_played_with_a_person(starts: Starts) -> None:
    person = starts("15-15-partage-simple")
    person.sees("Votre nom")
    person.types("Zoé Essai")
    sheet = person.sees("En attente : RS-EDA de votre logiciel — reste")
    assert "À faire : Créez le dossier et partagez-le avec le SAMU partenaire." in sheet
    assert "Nature de fait : Malaise (code C02.07.01)" in sheet
    assert "Nom de famille : FICTIF" in sheet
    assert "{" not in sheet
    person.types("+5")
    assert "reste 6 min" in person.sees("Délai prolongé : reste 6 min")
    person.types("r")
    assert "Malaise" in person.sees("En attente : RS-EDA de votre logiciel")
    person.types("?")
    person.sees("fr.health.samu991.info")
    person.acts()
    person.types("f")
    person.sees("← RS-EDA de fr.health.samu991, dossier fr.health.samu991.")
    person.sees("En attente : RS-EDA-MAJ de votre logiciel")
    person.acts()
    person.sees("← RS-EDA-MAJ de fr.health.samu991")
    shown = person.sees("En attente : l'acquittement de votre logiciel")
    assert "À retrouver à l'écran" in shown
    assert "Résidence des Érables" in shown
    assert person.leaves() == 0
    events = person.events()
    assert [(one.seconds, one.by) for one in events if isinstance(one, DeadlineExtended)] == [
        (300, "Zoé Essai")
    ]
    assert [one.step for one in events if isinstance(one, DriverAsked)] == [
        "partage",
        "partage",
        "second-patient",
    ]
    assert findings(person.folder) == []


def test_the_screen_is_attested_with_a_name_and_a_comment(starts: Starts) -> None:
    person = starts("15-15-destinataire-inconnu", driver="{kind: operator, name: Zoé Essai, patience: 60}")
    person.sees("votre envoi, que le hub doit refuser")
    person.acts()
    person.types("f")
    person.sees("Est-ce ce qu'il montre ?")
    person.types("oui")
    person.sees("c : conforme")
    person.types("a")
    person.sees("commentaire obligatoire")
    person.types("")
    person.sees("commentaire obligatoire")
    person.types("en rouge \x1b[31m, sans texte")
    person.sees("Attesté par Zoé Essai : approché")
    person.sees("Est-ce ce qu'il montre ?")
    person.types("n")
    person.sees("commentaire obligatoire")
    person.types("rien du tout")
    assert person.leaves() == 1
    attested = [one for one in person.events() if isinstance(one, Attested)]
    assert [(one.answer, one.by) for one in attested] == [
        ("approche", "Zoé Essai"),
        ("non-conforme", "Zoé Essai"),
    ]
    assert attested[1].comment == "rien du tout"
    assert "\x1b" not in attested[0].comment
    assert findings(person.folder) == [
        ("SC-04", "inconc", "operator"),
        ("ER-06", "remark", "editor"),
        ("SC-05", "fail", "editor"),
    ]


def test_what_nobody_says_to_have_done_or_seen_is_never_a_verdict_on_the_editor(starts: Starts) -> None:
    person = starts(
        "15-15-partage-simple",
        "15-15-destinataire-inconnu",
        driver="{kind: operator, name: Zoé Essai, patience: 0.5}",
    )
    person.sees("Rien n'arrive ?")
    person.sees("Temps écoulé : cette étape n'est pas attestée.", 30)
    assert person.leaves() == 3
    found = findings(person.folder)
    assert ("SC-01", "inconc", "operator") in found
    assert ("ER-06", "inconc", "operator") in found
    assert {verdict for _, verdict, _ in found} == {"inconc"}


def test_what_is_said_to_be_done_and_does_not_come_is_the_editors(starts: Starts) -> None:
    person = starts("15-15-partage-simple", driver="{kind: operator, name: Zoé Essai, patience: 1}")
    person.sees("En attente : RS-EDA de votre logiciel")
    person.types("f")
    person.sees("C'est noté")
    assert person.leaves() == 1
    assert [one.by for one in person.events() if isinstance(one, StepDone)] == ["Zoé Essai"]
    assert ("SC-01", "fail", "editor") in findings(person.folder)


def test_what_cannot_be_done_says_why(starts: Starts) -> None:
    person = starts("15-15-partage-simple", driver="{kind: operator, name: Zoé Essai}")
    person.sees("En attente : RS-EDA de votre logiciel — reste 10 min 1 s")
    person.types("i")
    person.sees("Pourquoi")
    person.types("le bouton est grisé")
    person.sees("le bouton est grisé")
    assert person.leaves() == 3
    assert ("PIL-01", "inconc", "operator") in findings(person.folder)


def test_without_a_terminal_one_sentence(served: Served, tmp_path: Path, scenarios_folder: Path) -> None:
    target = operated(tmp_path, served)
    command = [
        sys.executable,
        "-m",
        "recette.cli",
        "run",
        "--target",
        str(target),
        "--report",
        str(tmp_path / "r"),
    ]
    environment = {"MDP": served.password, "RECETTE_SCENARIOS": str(scenarios_folder)}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    *before, sentence = done.stderr.splitlines()
    assert before == ["15-15_v1.5 : fin de vie annoncée (hub 2026)"]
    assert "ssh -t" in sentence
    assert not (tmp_path / "r").exists()
