"""A false hub: software that goes in is told from software that refuses, and nothing is concluded from an absence."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from recette.cli import main
from recette.commands.impostor import Found, certificates
from recette.judge.verdicts import Verdict
from recette.relay import impostor
from recette.relay.impostor import Certificate, Door, Outcome

LIMIT = 20.0
CONTROL, FOREIGN, OTHER = "temoin", "TR-05", "TR-06"


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Certificate], Path]:
    return certificates(tmp_path_factory.mktemp("faux-hub"), "127.0.0.1")


def careful(authority: Path) -> ssl.SSLContext:
    """Of software that verifies who signed, and the name."""
    return ssl.create_default_context(cafile=authority)


def blind_to_names(authority: Path) -> ssl.SSLContext:
    context = careful(authority)
    context.check_hostname = False
    return context


def blind(authority: Path) -> ssl.SSLContext:
    context = blind_to_names(authority)
    context.verify_mode = ssl.CERT_NONE
    return context


def of_tls_1_2(authority: Path) -> ssl.SSLContext:
    context = careful(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def came(
    certificate: Certificate, context: ssl.SSLContext | None, greeting: bytes = b"AMQP\x00\x00\x09\x01"
) -> Outcome:
    """What a door says of software that connects so, and greets as AMQP does, or otherwise."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    door = await Door.open(certificate, lambda what, _: outcome.set_result(what), "127.0.0.1", 0)
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", door.port, ssl=context)
        writer.write(greeting)
        await asyncio.wait_for(asyncio.shield(outcome), LIMIT)
        writer.close()
    found = await asyncio.wait_for(outcome, LIMIT)
    await door.close()
    return found


@pytest.mark.parametrize(
    ("software", "outcomes"),
    [
        (careful, {CONTROL: "accepted", FOREIGN: "refused", OTHER: "refused"}),
        (of_tls_1_2, {CONTROL: "accepted", FOREIGN: "refused", OTHER: "refused"}),
        (blind_to_names, {CONTROL: "accepted", FOREIGN: "refused", OTHER: "accepted"}),
        (blind, {CONTROL: "accepted", FOREIGN: "accepted", OTHER: "accepted"}),
        (None, {CONTROL: "no-tls", FOREIGN: "no-tls", OTHER: "no-tls"}),
    ],
)
async def test_each_kind_of_software_at_each_door(
    software: object, outcomes: dict[str, Outcome], doors: tuple[Mapping[str, Certificate], Path]
) -> None:
    of_door, authority = doors
    context = software(authority) if callable(software) else None
    assert {name: await came(of_door[name], context) for name in outcomes} == outcomes


@pytest.mark.parametrize(
    ("greeting", "outcome"), [(b"", "silent"), (b"AM", "silent"), (b"GET / HTTP/1.1\r\n", "not-amqp")]
)
async def test_who_says_nothing_or_something_else_proves_nothing(
    greeting: bytes,
    outcome: Outcome,
    doors: tuple[Mapping[str, Certificate], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(impostor, "PATIENCE", 1.0)
    of_door, authority = doors
    assert await came(of_door[FOREIGN], blind(authority), greeting) == outcome


@pytest.mark.parametrize(
    ("control", "false", "verdict"),
    [
        (["accepted"], ["refused"], "pass"),
        (["accepted"], ["refused", "accepted"], "fail"),
        ([], ["accepted"], "fail"),
        ([], ["refused"], "inconc"),
        (["refused"], ["refused"], "inconc"),
        (["accepted"], [], "inconc"),
        (["accepted"], ["no-tls"], "inconc"),
        (["accepted"], ["silent"], "inconc"),
        (["accepted"], ["not-amqp"], "inconc"),
    ],
)
def test_a_refusal_proves_something_where_the_right_certificate_is_accepted(
    control: list[Outcome], false: list[Outcome], verdict: Verdict
) -> None:
    found = Found({CONTROL: control, FOREIGN: false, OTHER: []})
    assert found.verdict(FOREIGN)[0] == verdict
    assert found.verdict(OTHER)[0] == "inconc"


def test_where_nobody_came_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impostor", "--out", str(tmp_path / "f"), "--for", "0.01", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert {told[name]["verdict"] for name in (FOREIGN, OTHER)} == {"inconc"}
    assert main(["impostor", "--out", str(tmp_path / "f"), "--for", "0.01"]) == 3
    said = capsys.readouterr().out
    assert f"faites accepter {tmp_path / 'f' / 'ac.pem'}" in said
    assert "NON CONCLUANT TR-06" in said
    for wrong in (["--for", "0"], ["--port", "65534"]):
        assert main(["impostor", "--out", str(tmp_path / "f"), *wrong]) == 2
