"""A conversion service of others: asked in both its forms, and its failures told as such."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from recette.messages.conversion.failures import ConversionError
from recette.sandbox import conversions
from recette.sandbox.conversions import BuiltIn, Order, Remote

ORDER = Order({"senderID": "fr.health.samu000"}, "v1", "v3", "HealthVersionConversion")


class Service:
    """Answers as it is told; keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.answer = 200, {"converted_messages": [{"a": 1}, {"b": 2}]}
        self.asked: list[dict[str, Any]] = []
        self.text: str | None = None
        self.packed, self.leads_to, self.drips = b"", "", False

    async def convert(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        if self.packed:
            return web.Response(body=self.packed, headers={"Content-Encoding": "gzip"})
        if self.leads_to:
            return web.Response(status=307, headers={"Location": self.leads_to})
        if self.drips:
            answer = web.StreamResponse(headers={"Content-Length": "1000000"})
            await answer.prepare(request)
            await answer.write(b'{"converted_messages": [')
            await asyncio.sleep(3600)  # until it is let go
        if self.text is not None:
            return web.Response(text=self.text)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, Remote]]:
    found = Service()
    application = web.Application()
    application.router.add_post("/convert", found.convert)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    remote = Remote(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield found, remote
    await remote.close()
    await runner.cleanup()


async def test_it_is_asked_in_both_forms_at_once(service: tuple[Service, Remote]) -> None:
    found, remote = service
    assert await remote.convert(ORDER) == [{"a": 1}, {"b": 2}]
    assert found.asked == [
        {
            "edxl": {"senderID": "fr.health.samu000"},
            "sourceVersion": "v1",
            "targetVersion": "v3",
            "type": "HealthVersionConversion",
            "cisuConversion": False,
        }
    ]


async def test_its_refusal_is_told_with_its_words(service: tuple[Service, Remote]) -> None:
    found, remote = service
    found.status, found.answer = 400, {"error": "pas de cette version"}  # type: ignore[dict-item]
    with pytest.raises(ConversionError, match="pas de cette version") as refused:
        await remote.convert(ORDER)
    assert refused.value.status == 400


LIES = (
    '{"converted_messages": 3}',
    '{"converted_messages": [[]]}',
    '{"converted_messages": [{"distributionID": {"a": 1}}]}',
    '{"converted_messages": [' + ",".join(["{}"] * 5_000) + "]}",
    '{"converted_messages": [{"a": NaN}]}',
    '{"converted_messages": [{"a": 1, "a": 2}]}',
    '{"converted_messages": [{"a": "\\ud800"}]}',
    '{"converted_messages": [' + '{"a":' * 400 + "1" + "}" * 400 + "]}",
    '{"converted_messages": [{"a": [' + "1," * 500_000 + "1]}]}",
    '{"converted_messages": [{"a": ' + "9" * 5_000 + "}]}",
)


@pytest.mark.parametrize("text", ["", "[]", "[" * 5000, *LIES])
async def test_an_answer_that_is_none_is_a_failure(service: tuple[Service, Remote], text: str) -> None:
    found, remote = service
    found.text = text
    with pytest.raises(ConversionError, match="service de conversion"):
        await remote.convert(ORDER)


async def test_an_answer_that_swells_is_let_go(service: tuple[Service, Remote]) -> None:
    found, remote = service
    found.packed = gzip.compress(b" " * 45_000_000)
    with pytest.raises(ConversionError, match="sans objet JSON lisible"):
        await remote.convert(ORDER)


async def test_what_it_says_steers_no_terminal(service: tuple[Service, Remote]) -> None:
    found, remote = service
    found.status, found.answer = 400, {"error": "\x1b[2J\nCONFORME\u202e" + "x" * 5_000}  # type: ignore[dict-item]
    with pytest.raises(ConversionError) as refused:
        await remote.convert(ORDER)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 300


async def test_it_leads_nowhere_else(service: tuple[Service, Remote]) -> None:
    found, remote = service
    found.leads_to = "/convert"
    with pytest.raises(ConversionError):
        await remote.convert(ORDER)
    assert len(found.asked) == 1


async def test_one_that_drips_is_let_go(
    service: tuple[Service, Remote], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, remote = service
    monkeypatch.setattr(conversions, "_TIMEOUT", 0.2)
    found.drips = True
    hurried = Remote(remote.url.removesuffix("/convert"))
    with pytest.raises(ConversionError, match="ne répond pas"):
        await hurried.convert(ORDER)
    await hurried.close()


async def test_a_service_that_is_not_there_is_a_failure() -> None:
    remote = Remote("http://127.0.0.1:9")
    with pytest.raises(ConversionError, match="ne répond pas"):
        await remote.convert(ORDER)
    await remote.close()


async def test_the_built_in_one_knows_its_versions() -> None:
    with pytest.raises(ConversionError, match="v4"):
        await BuiltIn().convert(Order({}, "v1", "v4", "HealthVersionConversion"))
