"""Nobody gets in without the token, from another site, or by another name of this machine."""

from __future__ import annotations

import re
import socket
import ssl
from argparse import Namespace
from pathlib import Path

import aiohttp
import pytest

from recette.commands.console import _listening
from recette.commands.options import OptionsError
from recette.console.book import Book
from recette.console.server import Listening, PortError, served
from recette.console.state import Console, to
from tests.console.conftest import Opened, Visitor

PAGES = ("/", "/campagnes", "/campagnes/x", "/campagnes/x/flux", "/style.css", "/console.js", "/rien")
ACTS = ("/jouer", "/poste", "/nom", "/main", "/campagnes/x/arreter", "/campagnes/x/reprendre")


async def test_without_a_seat_nothing_is_shown_or_done(opened: Opened) -> None:
    async with aiohttp.ClientSession() as session:
        for path in (*PAGES, "/entrer", "/entrer?jeton=autre", "/entrer?jeton=é"):
            async with session.get(opened.base + path, allow_redirects=False) as found:
                assert (path, found.status) == (path, 401)
                assert not found.cookies
        for path in ACTS:
            async with session.post(opened.base + path, headers={"Origin": opened.base}) as found:
                assert (path, found.status) == (path, 401)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "[::1]:80", ""])
async def test_another_name_of_this_machine_is_not_answered(opened: Opened, host: str) -> None:
    """What DNS rebinding would ask for."""
    async with opened.visitor() as one:
        status, text = await one.get("/", Host=host)
        assert status in {400, 421}
        assert "Jouer" not in text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1", "https://{host}"])
async def test_nothing_is_done_for_another_site(opened: Opened, origin: str) -> None:
    said = origin.format(host=opened.base.removeprefix("http://"))
    async with opened.visitor() as one:
        for path in ACTS:
            assert (await one.post(path, Origin=said))[0] == 403
    assert opened.console.runs.going is None
    assert opened.console.seats.acting is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_nothing_is_shown_within_another_site(opened: Opened, site: str) -> None:
    async with opened.visitor() as one:
        for path in PAGES:
            assert (await one.get(path, **{"Sec-Fetch-Site": site}))[0] == 403


async def test_each_answer_forbids_what_pages_do_not_need(opened: Opened) -> None:
    async with opened.visitor() as one:
        for path in (*PAGES, "/icone.svg"):
            async with one.session.get(opened.base + path) as found:
                policy = found.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert found.headers["X-Content-Type-Options"] == "nosniff"
                assert found.headers["Referrer-Policy"] == "same-origin"
                assert found.headers["Cache-Control"] == "no-store"


async def test_the_token_leaves_the_address_for_a_cookie_that_no_script_reads(opened: Opened) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(opened.address, allow_redirects=False) as found,
    ):
        assert (found.status, found.headers["Location"]) == (303, "/")
        (cookie,) = found.cookies.values()
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie.value not in {"", opened.console.seats.token}


async def test_it_listens_on_the_loopback_address_alone(opened: Opened) -> None:
    port = int(opened.base.rpartition(":")[2])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # taken, were it listening everywhere


async def test_a_port_that_is_taken_is_one_sentence(opened: Opened, book: Book) -> None:
    port = int(opened.base.rpartition(":")[2])
    with pytest.raises(PortError, match=f"{port}.*autre --port"):
        async with served(Console(book, [], opened.console.runs.folder), Listening(port)):
            pass


async def test_files_beside_a_run_are_not_handed_out(opened: Opened) -> None:
    folder = opened.console.runs.folder
    (folder / "une").mkdir(parents=True)
    (folder / "une" / "journal.jsonl").write_text("", encoding="utf-8")
    (folder / "une" / "clé.pem").write_text("secret", encoding="utf-8")
    (folder.parent / "journal.jsonl").write_text("secret", encoding="utf-8")
    async with opened.visitor() as one:
        for path in ("une/fichiers/clé.pem", "../fichiers/journal.jsonl", "..%2F/fichiers/journal.jsonl",
                     "une/fichiers/..%2F..%2Fjournal.jsonl", "./fichiers/journal.jsonl"):  # fmt: skip
            status, text = await one.get(f"/campagnes/{path}")
            assert status == 404
            assert "secret" not in text


async def test_at_another_address_it_speaks_tls_and_lets_in_by_its_name_alone(
    book: Book, tmp_path: Path
) -> None:
    arguments = Namespace(listen="127.0.0.2", port=0, tls=None)
    with _listening(arguments) as (at, warning):
        authority = re.search(r"\S+ac\.pem", warning[1])
        assert authority is not None
        trusting = ssl.create_default_context(cafile=authority[0])
        console = Console(book, [], tmp_path)
        async with served(console, at) as address:
            assert address.startswith("https://127.0.0.2:")
            base = address.partition("/entrer")[0]
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                with pytest.raises(aiohttp.ClientSSLError):
                    await session.get(address)
                async with session.get(address, ssl=trusting, allow_redirects=False) as found:
                    assert found.status == 303
                    (cookie,) = found.cookies.values()
                    assert cookie["secure"]
                async with session.get(f"{base}/", ssl=trusting) as found:
                    assert found.status == 200
                async with session.get(f"{base}/", ssl=trusting, headers={"Host": "localhost:1"}) as found:
                    assert found.status == 421
                for origin, status in ((base, 303), (base.replace("https", "http"), 403)):
                    async with session.post(
                        f"{base}/main", ssl=trusting, headers={"Origin": origin}, allow_redirects=False
                    ) as found:
                        assert found.status == status


async def test_where_this_machine_does_not_answer_another_address_is_asked_for(
    book: Book, tmp_path: Path
) -> None:
    with pytest.raises(PortError, match="--listen une adresse de cette machine"):
        async with served(Console(book, [], tmp_path), Listening(0, "192.0.2.1")):
            pass


def test_listening_warns_and_refuses_what_is_no_address() -> None:
    for listen, tls, told in (
        *((every, None, "partout") for every in ("0.0.0.0", "0", "0x0", "::", "::0", "*")),
        (None, ["c", "k"], "--listen"),
        ("127.0.0.2", ["c", "k"], "ne font pas"),
    ):
        with (
            pytest.raises(OptionsError, match=told),
            _listening(Namespace(listen=listen, port=0, tls=tls)),
        ):
            pass
    with _listening(Namespace(listen="127.0.0.2", port=0, tls=None)) as (at, warning):
        assert at.tls is not None
    told, said = warning
    assert told.startswith("ATTENTION : la console écoute sur 127.0.0.2.")
    assert re.search(r"empreinte SHA-256 du certificat : ([0-9A-F]{2}:){31}[0-9A-F]{2}", said)


@pytest.mark.parametrize("page", ["/\\evil.example", "//evil.example", "/\t/evil.example"])
async def test_whoever_is_led_back_stays_here(opened: Opened, page: str) -> None:
    """Browsers take a backslash for a slash, and leave tabs out."""
    async with opened.visitor() as one:
        status, place = await one.post("/main", Referer=opened.base + page)
        assert status == 303
        assert place.startswith("/")
        assert not place.startswith("//")
        assert not set(place) & set("\\\t")


def test_a_name_with_an_accent_is_led_to_as_an_address_has_it() -> None:
    assert to("/ecrire/scénario.yaml").headers["Location"] == "/ecrire/sc%C3%A9nario.yaml"
    assert to("/echanger?modele=RS-RI&repond=1+2#t-composer").headers["Location"] == (
        "/echanger?modele=RS-RI&repond=1+2#t-composer"
    )


async def test_what_starts_the_browser_lets_in_one_alone(opened: Opened) -> None:
    """Whoever lists the processes of this machine reads it, and may be faster."""
    ticket = opened.console.seats.by_ticket(opened.address).removeprefix(opened.base)
    assert opened.console.seats.token not in ticket
    jars = [aiohttp.CookieJar(unsafe=True) for _ in range(2)]
    async with (
        aiohttp.ClientSession(cookie_jar=jars[0]) as spy,
        aiohttp.ClientSession(cookie_jar=jars[1]) as user,
    ):
        first, second = Visitor(spy, opened.base), Visitor(user, opened.base)
        for _ in range(2):  # a browser may load its page again
            assert (await first.get(ticket))[0] == 303
            assert (await first.get("/"))[0] == 200
        status, said = await second.get(ticket)
        assert (status, "celle que montre le terminal" in said) == (401, True)
        assert (await first.get("/"))[0] == (await first.get(ticket))[0] == 401
    async with opened.visitor() as again:
        assert (await again.get("/"))[0] == 200
