"""The OpenAPI document of the hook is valid, is what the page holds, and is what the recette really sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from recette.coverage.hook_contract import hook_contract
from recette.journal.events import DriverAsked
from recette.journal.reader import read_journal
from recette.play.drivers.driver import Request
from recette.play.drivers.screen_answer import attestation_of
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox
from tests.cahier import cahier

PAGE = Path(__file__).parents[2] / "docs" / "pilote-http.openapi.json"


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return hook_contract(cahier())


def judged_by(contract: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **contract})


def order(**changed: Any) -> dict[str, Any]:
    asked = Request(
        "r", "s.g1@origine", "etape", "send", "RS-SR", "15-smur_v1.5", "fr.health.a", "fr.health.b", None, "json",
        {"status": "DECISION"},
    )  # fmt: skip
    return {**asked.to_json(), **changed}


def test_it_is_an_openapi_document(contract: dict[str, Any]) -> None:
    whole: Any = contract
    validate(whole)
    with pytest.raises(Exception, match="paths"):
        validate({**whole, "paths": {"/agir": {"post": {"responses": 3}}}})


def test_the_page_holds_it(contract: dict[str, Any]) -> None:
    again = "recette list --openapi > docs/pilote-http.openapi.json"
    assert json.loads(PAGE.read_text(encoding="utf-8")) == contract, again


@pytest.mark.parametrize(
    "changed", [{"action": "act"}, {"model": "RS-XX"}, {"caseId": 3}, {"more": 1}, {"data": {"x": 1}}]
)
def test_it_refuses_what_is_never_sent(contract: dict[str, Any], changed: dict[str, Any]) -> None:
    assert judged_by(contract, "send").is_valid(order())
    assert not judged_by(contract, "send").is_valid(order(**changed))


def test_what_plays_ask_is_what_it_says(contract: dict[str, Any], played: Path) -> None:
    asked = [one.event.request for one in read_journal(played).entries if isinstance(one.event, DriverAsked)]
    assert {one["model"] for one in asked} >= {"RS-EDA", "RS-EDA-MAJ", "RS-DR", "RS-RR", "RS-RI", "RS-SR"}
    for one in asked:
        judged_by(contract, "send").validate(one)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Requests, answers, updates and positions, as a run asks for them."""
    from recette.api import play

    journal = tmp_path_factory.mktemp("plays") / "journal.jsonl"
    chosen = [
        "15-15-partage-simple",
        "15-15-ressource-acceptee",
        "15-15-ressource-annulee",
        "15-rpis-un-patient",
    ]
    play(chosen, journal)
    return journal


async def test_the_hook_of_the_reference_editors_takes_what_it_says(contract: dict[str, Any]) -> None:
    data = {"check": "non-remis", "text": "…", "requirement": "ER-06"}
    asked = order(action="check", model="", to="", data=data)
    judged_by(contract, "check").validate(asked)
    vhost, client = "15-smur_v1.5", "fr.health.a"
    sandbox = await Sandbox.start([vhost], [client])
    editor = await ReferenceEditor.start(sandbox.address(client, vhost), client, "SMUR")
    hook = await Hook.open(editor)
    try:
        async with ClientSession() as session:
            async with session.post(hook.url, json=asked) as response:
                answer = await response.read()
            async with session.post(hook.url, json=order(to=3)) as refused:
                assert refused.status == 422
    finally:
        await hook.close()
        await editor.close()
        await sandbox.stop()
    judged_by(contract, "screen").validate(json.loads(answer))
    assert attestation_of(answer, "").answer == "non-conforme"
    silent = {"shown": True, "values": {}}
    assert not judged_by(contract, "screen").is_valid(silent)
    assert attestation_of(json.dumps(silent).encode(), "").answer == "sans-reponse"
