"""A port that is taken is the user's to choose again: one sentence, and exit code 2."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from recette.cli import main
from tests.served_hub import need_rabbitmq


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("broker", ["embedded", "rabbitmq"])
def test_the_hubs_port(taken: int, broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    if broker == "rabbitmq":
        need_rabbitmq()
    assert main(["sandbox", "--broker", broker, "--port", str(taken)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(taken) in said
    assert "choisissez un autre --port" in said


def test_the_editors_port(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--editor", "LRM", "--hook-port", str(taken)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"127.0.0.1:{taken} (le port est déjà pris) : choisissez un autre --hook-port" in said


def test_the_port_of_the_observation(taken: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--observe-port", str(taken)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"127.0.0.1:{taken} (le port est déjà pris) : choisissez un autre --observe-port" in said
