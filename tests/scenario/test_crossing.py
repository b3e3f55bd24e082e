"""A scenario across vHosts: what is awaited of each message is what the hub's conversion leaves of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from recette.scenario.comparison import find
from recette.scenario.crossing import crossed, passages_of
from recette.scenario.loader import load_file
from recette.scenario.model import Scenario
from recette.scenario.template import names_in

FOLDER = Path(__file__).parents[2] / "scenarios" / "conversion"
LRM, OTHER, FIRE = "fr.health.samu801", "fr.health.samu901", "fr.fire.nexsis.sdis801"


@cache
def _editions(name: str) -> dict[int, Scenario]:
    return {one.generation: one for one in load_file(FOLDER / f"{name}.yaml")}


def _crossed(name: str, here: int, there: int, editor: str, clients: dict[str, str]) -> Scenario:
    return crossed(_editions(name)[here], _editions(name)[there], editor, clients)


def _awaited(scenario: Scenario, step: str) -> tuple[str, Any]:
    (content,) = scenario.message(step).contents
    return content.model, content.data


def test_the_editor_is_told_its_own_generation_and_awaited_in_the_partners() -> None:
    """A generation 1 patient has idPat, later ones patientId: what is typed, and what the partner gets."""
    clients = {"origine": LRM, "destinataire": OTHER}
    found = _crossed("dossier-entre-versions", 1, 3, "origine", clients)
    step = found.message("partage")
    assert step.by_editor.typed is not None
    assert find(step.by_editor.typed.data, "$.patient[0].idPat") == "${patientUn}"
    model, data = _awaited(found, "partage")
    assert model == "RS-EDA"
    assert find(data, "$.patient[0].patientId") == "${patientUn}"
    assert "idPat" not in data["patient"][0]
    assert found.edition == "conversion-dossier-entre-versions.g1-3"


def test_what_the_partner_sends_is_its_own_generation_s() -> None:
    clients = {"origine": LRM, "destinataire": OTHER}
    found = _crossed("dossier-entre-versions", 1, 3, "destinataire", clients)
    _, data = _awaited(found, "partage")
    assert find(data, "$.patient[0].patientId") == "${patientUn}"
    assert found.message("partage").by_editor.typed is None
    assert found.message("partage").by_partner.arrives == ("RS-EDA",)


def test_nothing_that_the_hub_draws_or_loses_is_awaited() -> None:
    """RC-EDA has no patient, and the hub draws the ids of place and alert (hub-sante-2026 4.5)."""
    found = _crossed("affaire-avec-les-pompiers", 3, 3, "origine", {"origine": LRM, "pompiers": FIRE})
    model, data = _awaited(found, "partage")
    assert model == "RC-EDA"
    assert data["caseId"] == "${caseId}"
    assert data["qualification"]["victims"] == {"count": "1"}
    for lost in ("patient", "medicalNote", "owner"):
        assert lost not in data
    assert "locID" not in data["location"]
    assert "id" not in data["initialAlert"]
    assert names_in(data) == {"caseId", "now", "origine"}


def test_one_message_may_become_several_or_none() -> None:
    clients = {"origine": LRM, "pompiers": FIRE}
    found = _crossed("ressources-des-pompiers", 3, 3, "origine", clients)
    assert found.message("engagement").by_partner.arrives == ("RS-RI", "RS-SR", "RS-SR")
    assert found.message("depart").by_partner.arrives == ("RS-SR",)
    unchanged = found.message("sans-changement")
    assert (unchanged.vanishes, unchanged.ack) == (True, False)
    assert found.message("renfort").by_partner.arrives == ("RS-RI", "RS-SR", "RS-SR")


def test_a_list_without_a_vehicle_of_the_fire_side_vanishes() -> None:
    for generation in (1, 2, 3):
        found = _crossed("ressource-sans-forme", generation, 3, "origine", {"origine": LRM, "pompiers": FIRE})
        step = found.message("engagement")
        assert (step.vanishes, step.refused) == (True, None)


def test_what_has_no_conversion_is_refused() -> None:
    clients = {"origine": LRM, "pompiers": FIRE}
    here = _editions("mise-a-jour-vers-les-pompiers")
    passage = passages_of(here[3], here[3], "origine", clients)["mise-a-jour"]
    assert passage.refused == "Aucune conversion n'existe pour RS-EDA-MAJ vers les pompiers."
    assert crossed(here[3], here[3], "origine", clients).message("mise-a-jour").refused == 300


def test_a_status_that_comes_later_is_the_one_awaited() -> None:
    """RS-SR becomes the list of the last RS-RI, with the state that is later by its date."""
    clients = {"origine": LRM, "pompiers": FIRE}
    found = _crossed("ressources-du-samu", 2, 3, "origine", clients)
    model, data = _awaited(found, "arrivee")
    assert model == "RC-RI"
    assert data["resource"][0]["state"] == {"datetime": "${now}", "status": "ARRIVEE"}
    assert data["resource"][0]["resourceId"] == "${vehicule}"
    first = _crossed("ressources-du-samu", 1, 3, "origine", clients)
    assert first.message("arrivee").refused == 300, "the hub does not find the vehicle in a generation 1 list"


def test_which_of_its_states_is_the_last_is_not_awaited() -> None:
    """A list of states may say more than the scenario asks for; the fire side gets the last alone."""
    clients = {"origine": LRM, "pompiers": FIRE}
    for generation in (1, 2, 3):
        _, data = _awaited(_crossed("ressources-du-samu", generation, 3, "origine", clients), "engagement")
        (vehicle,) = data["resource"]
        assert vehicle["resourceId"] == "${vehicule}"
        assert "status" not in vehicle["state"]


def test_the_fire_side_speaks_the_newest_generation_whatever_the_others_do() -> None:
    """RC-RI is of generation 3 alone, and reaches a LRM of each (hub-sante-2026 4.3)."""
    clients = {"origine": LRM, "pompiers": FIRE}
    assert sorted(_editions("ressources-des-pompiers")) == [1, 2, 3]
    found = _crossed("ressources-des-pompiers", 1, 3, "origine", clients)
    assert found.message("engagement").by_partner.arrives == ("RS-RI", "RS-SR", "RS-SR")
    assert {one.generation: one.across for one in _editions("engins-dits-a-un-samu").values()} == {
        1: (),
        2: (),
        3: (1, 2, 3),
    }


def test_what_becomes_several_of_the_editor_s_is_awaited_one_by_one() -> None:
    clients = {"pompiers": FIRE, "origine": LRM}
    found = _crossed("engins-dits-a-un-samu", 3, 2, "pompiers", clients)
    steps = [one for one in found.messages if one.id.startswith("engagement")]
    assert [(one.id, one.models, one.by_editor.ask) for one in steps] == [
        ("engagement", "RS-RI", True),
        ("engagement-2", "RS-SR", False),
        ("engagement-3", "RS-SR", False),
    ]
    assert {one.group for one in steps} == {"engagement"}
    assert steps[0].by_editor.typed is not None
    assert steps[0].by_editor.typed.model == "RC-RI"
    assert [one.id for one in found.messages if one.id.startswith("depart")] == ["depart"]


def test_a_text_that_a_date_is_merged_into_is_not_awaited() -> None:
    """The hub writes a new alert's dates into the one note that it leaves (hub-sante-2026 4.5)."""
    found = _crossed("affaire-avec-un-samu", 3, 3, "pompiers", {"pompiers": FIRE, "origine": LRM})
    _, data = _awaited(found, "mise-a-jour")
    assert "2001" not in str(data)
    _, first = _awaited(found, "partage")
    assert first["initialAlert"]["notes"][0]["freetext"].startswith("Contact de l'opérateur SIS")
