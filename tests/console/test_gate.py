"""Whoever reaches the console's port, with or without its token, holds up nobody and is told no more than a sentence."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from recette.console import gate
from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console

from .conftest import Opened

LIMIT = 60.0
FORM = "application/x-www-form-urlencoded"
PART = b'--x\r\nContent-Disposition: form-data; name="nom"\r\n\r\n\xff\xff\r\n--x--\r\n'
Stranger = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def stranger(base: str) -> Stranger:
    """Somebody whose request never ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    return reader, writer


async def gone(*those: Stranger) -> None:
    """Once the console has let go of them."""
    for reader, writer in those:
        with suppress(ConnectionError):
            assert not await asyncio.wait_for(reader.read(), LIMIT)
        writer.close()


async def test_requests_that_never_end_give_way(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "OPEN_MAX", 5)
    slow = [await stranger(opened.base) for _ in range(30)]
    async with opened.visitor() as one:
        for path in ("/", "/campagnes", "/ecrire"):
            assert (await one.get(path))[0] == 200
        slow += [await stranger(opened.base) for _ in range(30)]
        assert (await one.get("/"))[0] == 200
    await gone(*slow[:-5])
    for _, writer in slow[-5:]:
        writer.close()


async def test_nobody_comes_in_where_all_places_are_taken(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "OPEN_MAX", 1)
    async with opened.visitor() as one:
        assert (await one.get("/campagnes"))[0] == 200
        await gone(await stranger(opened.base), await stranger(opened.base))
        assert (await one.get("/campagnes"))[0] == 200


async def test_a_stranger_goes_and_whoever_was_let_in_stays(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "LATE", 2.0)
    console = Console(book, [], tmp_path / "reports", tmp_path / "miens")
    async with served(console) as address:
        here = Opened(console, address)
        port = int(here.base.rpartition(":")[2])
        async with here.visitor() as one:
            cookie = next(iter(one.session.cookie_jar))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            asked = f"GET /icone.svg HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie.key}={cookie.value}\r\n\r\n"
            writer.write(asked.encode())
            assert await reader.readuntil(b"</svg>")
            await gone(await stranger(here.base))
            writer.write(asked.encode())
            assert await asyncio.wait_for(reader.readuntil(b"</svg>"), LIMIT)
            writer.close()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=nothing", b"nom=a"),
        (f"{FORM}; charset=utf-16", b"nom=a"),
        ("multipart/form-data", PART),
        ("multipart/form-data; boundary=x", PART),
        ("multipart/form-data; boundary=x", b"no part"),
        (f"multipart/form-data; boundary={'a' * 300}", PART),
    ],
)
async def test_a_form_that_is_none_is_a_sentence(opened: Opened, kind: str, body: bytes) -> None:
    async with opened.visitor() as one:
        status, said = await one.post("/nom", body, **{"Content-Type": kind})
        assert (status, "Ce formulaire ne peut pas être lu" in said) == (400, True)


@pytest.mark.parametrize("name", ["%00", "%0D%0ASet-Cookie%3A%20a%3Db", "..%2F..%2Fetc", "x"])
async def test_no_name_of_a_run_comes_back_that_is_none(opened: Opened, name: str) -> None:
    async with opened.visitor() as one:
        status, said = await one.post(f"/campagnes/{name}/arreter")
        assert (status, "Il n'y a pas de campagne" in said) == (404, True)


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        ("//elsewhere.example/", "/elsewhere.example/"),
        ("///elsewhere.example", "/elsewhere.example"),
        ("/campagnes?a=//b", "/campagnes?a=//b"),
        ("/", "/"),
    ],
)
async def test_the_way_back_is_never_to_another_host(opened: Opened, page: str, leads: str) -> None:
    async with opened.visitor() as one:
        assert await one.post("/nom", {"nom": "a"}, Referer=f"{opened.base}{page}") == (303, leads)


async def test_a_defect_of_ours_is_a_sentence(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr(opened.console.runs, "past", fails)
    async with opened.visitor() as one:
        status, said = await one.get("/campagnes")
        assert (status, "La console a un défaut (ZeroDivisionError : by chance)" in said) == (500, True)
        assert "Traceback" not in said


async def test_a_form_that_is_not_packed_as_it_says_is_a_sentence(opened: Opened) -> None:
    async with opened.visitor() as one:
        packed = {"Content-Type": FORM, "Content-Encoding": "gzip"}
        status, said = await one.post("/nom", b"nom=a", **packed)
        assert (status, "Ce formulaire ne peut pas être lu" in said) == (400, True)
