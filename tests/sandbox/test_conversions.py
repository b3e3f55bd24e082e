"""A conversion service of others: asked in both its forms, and its failures told as such."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from recette.messages.conversion.failures import ConversionError
from recette.sandbox.conversions import BuiltIn, Order, Remote

ORDER = Order({"senderID": "fr.health.samu000"}, "v1", "v3", "HealthVersionConversion")


class Service:
    """Answers as it is told; keeps what it was asked."""

    def __init__(self) -> None:
        self.status, self.answer = 200, {"converted_messages": [{"a": 1}, {"b": 2}]}
        self.asked: list[dict[str, Any]] = []
        self.text: str | None = None

    async def convert(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if self.text is not None:
            return web.Response(text=self.text)
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, Remote]]:
    found = Service()
    application = web.Application()
    application.router.add_post("/convert", found.convert)
    runner = web.AppRunner(application)
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
)


@pytest.mark.parametrize("text", ["", "[]", "[" * 5000, *LIES])
async def test_an_answer_that_is_none_is_a_failure(service: tuple[Service, Remote], text: str) -> None:
    found, remote = service
    found.text = text
    with pytest.raises(ConversionError, match="service de conversion"):
        await remote.convert(ORDER)


async def test_a_service_that_is_not_there_is_a_failure() -> None:
    remote = Remote("http://127.0.0.1:9")
    with pytest.raises(ConversionError, match="ne répond pas"):
        await remote.convert(ORDER)
    await remote.close()


async def test_the_built_in_one_knows_its_versions() -> None:
    with pytest.raises(ConversionError, match="v4"):
        await BuiltIn().convert(Order({}, "v1", "v4", "HealthVersionConversion"))
