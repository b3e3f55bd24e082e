"""Software answers for its own screen, and what it says is told apart from what a person says."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.cli import main
from recette.journal.events import Attested
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.play.deadline import Deadline
from recette.play.drivers.command import CommandDriver
from recette.play.drivers.driver import Attestation, Question
from recette.play.drivers.http import HttpDriver
from recette.play.drivers.screen_answer import attestation_of
from recette.play.target_file import load_target
from tests.cahier import of_the_cahier
from tests.play.conftest import Served, target_file

WHO = "le logiciel lui-même"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b'{"shown": true, "values": {"etat": "non remis"}}', "conforme"),
        (b'{"shown": false, "values": {"etat": "remis"}}', "non-conforme"),
        (b'{"shown": true}', "sans-reponse"),
        (b'{"shown": true, "values": {}}', "sans-reponse"),
        (b'{"shown": "oui", "values": {"etat": "x"}}', "sans-reponse"),
        (b"", "sans-reponse"),
        (b"[" * 100_000, "sans-reponse"),
        (b"\xff", "sans-reponse"),
    ],
)
def test_an_answer_without_values_is_none(body: bytes, answer: str) -> None:
    found = attestation_of(body, WHO)
    assert (found.answer, found.by) == (answer, WHO)
    assert found.comment


def question() -> Question:
    document = {"run": "r", "scenario": "s", "step": "e", "action": "check", "data": {"check": "non-remis"}}
    return Question("s", "e", "Titre", "non-remis", "Le dossier est non remis.", Deadline(5), document)


async def asked(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Attestation:
    application = web.Application()
    application.router.add_post("/agir", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        driver = HttpDriver(f"http://127.0.0.1:{runner.addresses[0][1]}/agir", 2)
        return await driver.attest(question())
    finally:
        await runner.cleanup()


async def test_a_hook_is_asked_in_the_words_of_the_contract() -> None:
    got: list[dict[str, object]] = []

    async def answers(request: web.Request) -> web.Response:
        got.append(await request.json())
        return web.json_response({"shown": True, "values": {"état": "non remis"}})

    found = await asked(answers)
    assert (found.answer, found.by) == ("conforme", "le logiciel lui-même (pilote http)")
    assert "état = non remis" in found.comment
    assert got[0]["action"] == "check"
    assert got[0]["data"] == {"check": "non-remis"}


async def test_a_hook_that_does_not_know_the_question_has_not_answered() -> None:
    async def refuses(_: web.Request) -> web.Response:
        return web.Response(status=422)

    found = await asked(refuses)
    assert (found.answer, found.comment) == ("sans-reponse", "le pilote http a répondu 422")


@pytest.mark.parametrize(
    ("program", "answer"),
    [
        ("import json,sys; q=json.load(sys.stdin); print(json.dumps({'shown': q['action']=='check', 'values': {'a': 1}}))",
         "conforme"),
        ("print('fait')", "sans-reponse"),
        ("import sys; sys.exit(3)", "sans-reponse"),
    ],
)  # fmt: skip
async def test_a_command_answers_on_its_output(program: str, answer: str) -> None:
    found = await CommandDriver([sys.executable, "-c", program], 10).attest(question())
    assert (found.answer, found.by) == (answer, "le logiciel lui-même (pilote command)")


def test_an_unattended_campaign_comes_to_a_verdict(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", served.password)
    target = load_target(target_file(tmp_path, served))
    chosen = of_the_cahier("robustesse-erreur-du-partenaire")
    found = play_on_target(target, chosen, (), tmp_path / "j.jsonl", Options())
    assert found.verdict == "pass"
    said = [
        one.event for one in read_journal(tmp_path / "j.jsonl").entries if isinstance(one.event, Attested)
    ]
    assert [one.by for one in said] == ["le logiciel lui-même (pilote http)"]


def test_what_is_left_out_is_asked_of_nobody_and_said_to_be(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", served.password)
    target = load_target(target_file(tmp_path, served))
    chosen = of_the_cahier("robustesse-erreur-du-partenaire")
    found = play_on_target(target, chosen, (), tmp_path / "j.jsonl", Options(left_out=("ER-06",)))
    assert found.verdict == "pass"
    (result,) = found.scenarios
    assert {one.id: one.verdict for one in result.steps}["ecran"] == "none"
    unseen = {one.requirement: one.because for one in found.not_observed}
    assert "--leave-out" in unseen["ER-06"]
    journal = read_journal(tmp_path / "j.jsonl")
    assert not [one for one in journal.entries if isinstance(one.event, Attested)]
    assert judge(journal) == found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--leave-out", "TR-13", "--target", "x.yaml"], "n'est pas une exigence qu'un écran montre"),
        (["--leave-out", "ER-06"], "--leave-out va avec --target"),
        (["--attest-received"], "--attest-received va avec --target"),
    ],
)
def test_options_about_screens_are_held_to_what_they_are_for(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "15-15-partage-simple", *options]) == 2
    assert said in capsys.readouterr().err
