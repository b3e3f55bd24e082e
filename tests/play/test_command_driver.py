"""A command gets the editor to act, or says why not; nothing of it is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from recette.play.drivers.command import CommandDriver
from recette.play.drivers.driver import DriverError, Request

REQUEST = Request(
    run="r",
    scenario="essai@origine",
    step="partage",
    action="send",
    model="RS-EDA",
    vhost="15-15_v1.5",
    sender="fr.health.samu991",
    to="fr.health.samu992",
    case_id=None,
    format="json",
    data={"freetext": "Très pâle"},
)


def driver(script: str, timeout: float = 20.0) -> CommandDriver:
    return CommandDriver((sys.executable, "-c", script), timeout)


async def test_the_command_gets_the_contract_and_the_environment(tmp_path: Path) -> None:
    seen = tmp_path / "vu"
    script = (
        "import json, os, sys; from pathlib import Path\n"
        "mine = {k: v for k, v in os.environ.items() if k.startswith('RECETTE_') and k != 'RECETTE_ANS'}\n"
        f"Path({str(seen)!r}).write_text(json.dumps([json.load(sys.stdin), mine]))"
    )
    assert await driver(script).ask(REQUEST) == 1
    document, environment = json.loads(seen.read_text())
    assert document == REQUEST.to_json()
    assert environment["RECETTE_STEP"] == "partage"
    assert environment["RECETTE_FROM"] == "fr.health.samu991"
    assert environment["RECETTE_CASE_ID"] == ""


async def test_it_gets_the_usual_variables_and_those_that_the_target_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RECETTE_KEY_PASSPHRASE", "MOT_DE_PASSE_991", "AUTRE_SECRET"):
        monkeypatch.setenv(name, f"secret-de-{name}")
    seen = tmp_path / "vu"
    script = f"import json, os; open({str(seen)!r}, 'w').write(json.dumps(dict(os.environ)))"
    await CommandDriver((sys.executable, "-c", script), 20.0, ["MOT_DE_PASSE_991"]).ask(REQUEST)
    environment = json.loads(seen.read_text())
    assert [one for one in environment.values() if one.startswith("secret-de-")] == [
        "secret-de-MOT_DE_PASSE_991"
    ]
    assert environment["PATH"] == os.environ["PATH"]


async def test_a_secret_that_it_was_given_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JETON", "s3cr3t")
    script = "import os, sys; print('refus\x1b[31m de', os.environ['JETON'], file=sys.stderr); sys.exit(1)"
    with pytest.raises(DriverError) as caught:
        await CommandDriver((sys.executable, "-c", script), 20.0, ["JETON"]).ask(REQUEST)
    assert str(caught.value).endswith("code 1 : « refus\\u001b[31m de … ».")


async def test_a_command_that_reads_nothing_may_succeed() -> None:
    big = Request(
        **{**{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, "data": {"x": "y" * 2**20}}
    )
    assert await driver("pass").ask(big) == 1


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "import sys; print('avant\\n\\npas de dossier', file=sys.stderr); sys.exit(3)",
            "code 3 : « pas de dossier »",
        ),
        ("import sys; sys.stderr.write('x' * 10**6 + '\\nfin'); sys.exit(1)", "code 1 : « fin »"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
    ],
)
async def test_a_failure_says_the_last_line(script: str, said: str) -> None:
    with pytest.raises(DriverError) as caught:
        await driver(script).ask(REQUEST)
    assert said in str(caught.value)


async def test_a_command_that_is_not_there() -> None:
    with pytest.raises(DriverError, match="ne peut pas être lancée"):
        await CommandDriver(("/nulle/part",), 5).ask(REQUEST)


SLOW = """
import os, signal, sys
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
fifo = os.open({fifo!r}, os.O_WRONLY)
os.write(fifo, b"%d\\n" % os.getpid())
signal.pause()
signal.pause()
"""


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """Closes for its reader only when every process that holds it has ended."""
    path = tmp_path / "tenu"
    os.mkfifo(path)
    return path


async def _until_closed(fifo: Path) -> bytes:
    def read() -> bytes:
        with fifo.open("rb") as held:
            return held.read()

    return await asyncio.wait_for(asyncio.to_thread(read), 20)


async def test_time_up_ends_the_command_and_its_children(fifo: Path) -> None:
    held = asyncio.create_task(_until_closed(fifo))
    with pytest.raises(DriverError, match="n'a pas fini en 1"):
        await driver(SLOW.format(fifo=str(fifo)), 1.0).ask(REQUEST)
    assert len((await held).splitlines()) == 2


async def test_an_interrupted_run_ends_the_command(fifo: Path) -> None:
    held = asyncio.create_task(_until_closed(fifo))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await driver(SLOW.format(fifo=str(fifo))).ask(REQUEST)
    assert len((await held).splitlines()) == 2


async def test_what_a_command_leaves_behind_holds_nobody_up() -> None:
    script = "import os, signal\nif os.fork() == 0:\n    signal.alarm(8)\n    signal.pause()"
    async with asyncio.timeout(6):
        assert await driver(script).ask(REQUEST) == 1
