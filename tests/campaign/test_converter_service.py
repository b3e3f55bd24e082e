"""`recette run --converter URL`: scenarios across vHosts through a service that speaks the agency's `POST /convert`."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from recette.cli import main
from recette.messages.conversion.converter import Converter, Kind
from recette.messages.conversion.failures import ConversionError

_GENERATIONS = {"v1": 1, "v2": 2, "v3": 3}
"""`vactive` is unknown to the agency's main branch (2026 sheet 4.2)."""
FORMS = ("type", "cisuConversion")


class Service:
    """Converts as the agency's does, and looks at one of the two forms alone; `fails` is an answer of its own."""

    def __init__(self, form: str, fails: web.Response | None = None) -> None:
        self._form, self._fails = form, fails
        self._converter = Converter()
        self.asked = 0

    async def convert(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self._fails is not None:
            return web.Response(text=self._fails.text, status=self._fails.status)
        told = await request.json()
        try:
            return web.json_response({"converted_messages": self._made(told)})
        except ConversionError as error:
            return web.json_response({"error": str(error)}, status=error.status)

    def _made(self, told: dict[str, Any]) -> list[dict[str, Any]]:
        for name in ("sourceVersion", "targetVersion"):
            if told[name] not in _GENERATIONS:
                raise ConversionError(400, f"Unknown version {told[name]}")
        ends = _GENERATIONS[told["sourceVersion"]], _GENERATIONS[told["targetVersion"]]
        transcodes = told["type"] == "CISUTranscoding" if self._form == "type" else told["cisuConversion"]
        kind: Kind = "transcoding" if transcodes else "version"
        return list(self._converter.convert(told["edxl"], *ends, kind).documents)


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The service on a local port, in a thread with its own loop, until the block ends."""
    loop, ready = asyncio.new_event_loop(), threading.Event()
    address: list[str] = []

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/convert", service.convert)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        return runner

    def serve() -> None:
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(30)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(url: str, folder: Path, *names: str) -> tuple[int, dict[str, Any]]:
    report = folder / "campagne"
    code = main(["run", *names, "--converter", url, "--report", str(report), "--reports", "junit"])
    return code, json.loads((report / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", FORMS)
def test_versions_and_the_fire_side_pass_through_it(form: str, tmp_path: Path) -> None:
    service = Service(form)
    names = (
        "conversion-dossier-entre-versions.g1-3@origine",
        "conversion-ressources-des-pompiers.g2-3",
        "conversion-engins-dits-a-un-samu.g3-1",
    )
    with served(service) as url:
        code, results = _run(url, tmp_path, *names)
    assert (code, results["verdict"]) == (0, "pass"), results["findings"]
    assert {one["verdict"] for one in results["scenarios"]} == {"pass"}
    assert len(results["scenarios"]) == len(names)
    assert service.asked > len(names)


@pytest.mark.parametrize(
    ("text", "status"),
    [('{"error": "base indisponible"}', 500), ("<html>", 502), ('{"converted_messages": 3}', 200)],
)
def test_its_failure_is_the_hub_s_and_never_the_editor_s(text: str, status: int, tmp_path: Path) -> None:
    service = Service("type", web.Response(text=text, status=status))
    with served(service) as url:
        code, results = _run(url, tmp_path, "conversion-dossier-entre-versions.g1-3@origine")
    assert (code, results["verdict"]) == (3, "inconc")
    found = [one for play in results["scenarios"] for one in play["findings"]]
    assert "editor" not in {one["attributed_to"] for one in found}
    assert any("conversion" in one["explanation"] for one in found)


def test_a_target_s_own_hub_converts_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "cible.yaml"
    target.write_text(
        "broker: amqp://127.0.0.1:9\nvhost: 15-15_v2.1\neditor: {id: fr.health.samu801, role: LRM}\n"
        "partners: [{id: fr.health.samu901, role: LRM, password_env: HOME}]\ndriver: {kind: http, url: 'http://127.0.0.1:9'}\n",
        encoding="utf-8",
        newline="\n",
    )
    assert main(["run", "--target", str(target), "--converter", "http://127.0.0.1:9"]) == 2
    assert "--converter est pour un hub chez soi" in capsys.readouterr().err
