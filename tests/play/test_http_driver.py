"""What may pass is tried again, within bounds; what the hook refuses is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from recette.hub.backoff import Backoff
from recette.play.deadline import Deadline
from recette.play.drivers.driver import DriverError, Question
from recette.play.drivers.http import HttpDriver
from tests.play.test_command_driver import REQUEST

AT_ONCE = Backoff(first=0.001, ceiling=0.001)


@dataclass
class Hook:
    answers: list[int]
    """Status by attempt; 0 never answers."""
    says: str = ""
    """The body of each answer."""
    keys: list[str] = field(default_factory=list)
    url: str = ""

    async def act(self, request: web.Request) -> web.Response:
        self.keys.append(request.headers["Idempotency-Key"])
        status = self.answers.pop(0)
        if status == 0:
            await asyncio.get_running_loop().create_future()
        return web.Response(status=status, text=self.says)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    found = Hook([])
    application = web.Application()
    application.router.add_post("/agir", found.act)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/agir"
    yield found
    await runner.cleanup()


@pytest.mark.parametrize(("answers", "attempts"), [([202], 1), ([503, 200], 2), ([500, 0, 204], 3)])
async def test_it_is_tried_until_it_is_promised(hook: Hook, answers: list[int], attempts: int) -> None:
    hook.answers = answers
    assert await HttpDriver(hook.url, 0.2, 2, AT_ONCE).ask(REQUEST) == attempts
    assert hook.keys == ["r/essai@origine/partage"] * attempts


@pytest.mark.parametrize(
    ("answers", "said", "attempts"),
    [([404, 200], "a répondu 404", 1), ([500, 502, 503, 200], "a répondu 503 (3 essais)", 3)],
)
async def test_it_gives_up(hook: Hook, answers: list[int], said: str, attempts: int) -> None:
    hook.answers = answers
    with pytest.raises(DriverError) as caught:
        await HttpDriver(hook.url, 0.2, 2, AT_ONCE).ask(REQUEST)
    assert said in str(caught.value)
    assert caught.value.attempts == attempts
    assert len(hook.keys) == attempts


@pytest.mark.parametrize("status", [409, 503])
async def test_what_the_hook_answers_is_quoted(hook: Hook, status: int) -> None:
    hook.answers, hook.says = [status], "Ce dossier\n\x1b[31mest verrouillé. " + "x" * 5_000
    with pytest.raises(DriverError) as caught:
        await HttpDriver(hook.url, 0.5, 0, AT_ONCE).ask(REQUEST)
    assert f"a répondu {status} : « Ce dossier" in str(caught.value)
    assert "est verrouillé" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


async def test_nobody_there(hook: Hook) -> None:
    nowhere = "http://127.0.0.1:1/agir"
    with pytest.raises(DriverError, match=r"ne répond pas \(connexion refusée\) : .* \(2 essais\)"):
        await HttpDriver(nowhere, 5, 1, AT_ONCE).ask(REQUEST)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "la connexion a été fermée sans réponse"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "ce qui répond ne suit pas HTTP"),
    ],
)
async def test_what_is_no_hook_is_told_in_one_french_line(answer: bytes, said: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(DriverError) as caught:
            await HttpDriver(f"http://127.0.0.1:{port}/agir", 60, 0, AT_ONCE).ask(REQUEST)
    assert f"ne répond pas ({said}) : vérifiez" in str(caught.value)


def test_waits_grow_up_to_the_ceiling_and_differ() -> None:
    waits = [wait for wait, _ in zip(Backoff(first=1, ceiling=8).delays(), range(6), strict=False)]
    for wait, longest in zip(waits, (1, 2, 4, 8, 8, 8), strict=True):
        assert longest / 2 <= wait <= longest
    assert waits[3] != waits[4]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_it_follows_nobody_elsewhere(status: int) -> None:
    """Its data go to the address of the target and to no other."""
    elsewhere: list[bytes] = []

    async def send_away(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": str(request.url.with_path("/ailleurs"))})

    async def taken(request: web.Request) -> web.Response:
        elsewhere.append(await request.read())
        return web.Response(status=202)

    application = web.Application()
    application.router.add_post("/agir", send_away)
    application.router.add_route("*", "/ailleurs", taken)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/agir?cle=secrete"
        with pytest.raises(DriverError, match=f"renvoie ailleurs .{status}.") as raised:
            await HttpDriver(url, 5.0, 2, AT_ONCE).ask(REQUEST)
        assert "secrete" not in str(raised.value)
        asked = Question("s", "e", "Titre", "non-remis", "Le dossier est non remis.", Deadline(5), {})
        with pytest.raises(DriverError, match=f"a répondu {status}"):
            await HttpDriver(url, 5.0, 2, AT_ONCE)._checked(asked)
        assert elsewhere == []
    finally:
        await runner.cleanup()


async def _served(answer: bytes, then: bytes) -> tuple[asyncio.Server, str]:
    """A hook that answers with some bytes, then with others for ever."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            while then:
                writer.write(then)
                await writer.drain()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/agir"


@pytest.mark.parametrize(
    ("answer", "then", "promised"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n", b"x" * 65536, True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n", True),
        (b"HTTP/1.1 200 OK\r\n", b"X-Long: " + b"x" * 4096 + b"\r\n", False),
        (b"HTTP/1.1 200 OK\r\n", b"", False),
        (b"n'importe quoi\r\n\r\n", b"", False),
    ],
)
async def test_an_answer_without_end_is_not_read(answer: bytes, then: bytes, promised: bool) -> None:
    server, url = await _served(answer, then)
    try:
        async with asyncio.timeout(20):
            asked = HttpDriver(url, 1.0, 0, AT_ONCE).ask(REQUEST)
            if promised:
                assert await asked == 1
            else:
                with pytest.raises(DriverError):
                    await asked
    finally:
        server.close()
