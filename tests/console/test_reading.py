"""Past runs: listed, shown again from their journals, compared, verified, their reports handed out harmless."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from recette.proof.verification import verify
from recette.report.story import StoryTeller, tell
from recette.report.writing import write_all
from tests.console.conftest import Opened
from tests.report.conftest import Recorded, conformant, failing, hostile, record

__all__ = ["conformant", "failing", "hostile", "record"]


@pytest.fixture
def past(opened: Opened, failing: Recorded, conformant: Recorded) -> Opened:
    """A console with two runs that were played elsewhere."""
    folder = opened.console.runs.folder
    for name, one in (("avant", conformant), ("apres", failing)):
        (folder / name).mkdir(parents=True)
        shutil.copyfile(one.folder / "journal.jsonl", folder / name / "journal.jsonl")
        write_all(tell(one.journal), folder / name)
    return opened


async def test_runs_are_listed_shown_compared_and_verified(past: Opened) -> None:
    async with past.visitor() as one:
        _, page = await one.get("/campagnes")
        assert 'href="/campagnes/avant"' in page
        assert "NON CONFORME" in page
        _, page = await one.get("/campagnes/apres")
        assert "Première cause, attribuée à l'éditeur : AC-01" in page
        assert "Rejouer ce qui n'est pas conforme" in page
        _, page = await one.get("/comparaison?avant=avant&apres=apres")
        assert "Ce qui était mieux avant : à regarder d'abord." in page
        _, page = await one.get("/campagnes/avant/verification")
        assert "OUI : tout concorde avec son journal" in page
        assert (await one.get("/comparaison?avant=avant&apres=ailleurs"))[0] == 404
        path = past.console.runs.folder / "avant" / "results.json"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"pass"', '"fail"', 1), encoding="utf-8")
        _, page = await one.get("/campagnes/avant/verification")
        assert "NON : cette campagne n'est plus celle qui a été écrite." in page


async def test_a_run_that_verifies_is_signed(past: Opened, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = tmp_path / "cle.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    async with past.visitor() as one:
        status, told = await one.post("/campagnes/avant/signer")
        assert status == 400
        assert "sans --key" in told
        past.console.key = pem
        _, page = await one.get("/campagnes/avant/verification")
        assert "Signer cette campagne" in page
        assert await one.post("/campagnes/avant/signer") == (303, "/campagnes/avant/verification")
        _, page = await one.get("/campagnes/avant/verification")
        assert "OUI : tout est tel que signé" in page
        assert "Signer cette campagne" not in page
        folder = past.console.runs.folder
        assert verify(folder / "avant", key.public_key().public_bytes_raw().hex()).holds
        path = folder / "apres" / "results.json"
        path.write_text(path.read_text(encoding="utf-8").replace('"fail"', '"pass"', 1), encoding="utf-8")
        before = (folder / "apres" / "seal.json").read_bytes()
        status, told = await one.post("/campagnes/apres/signer")
        assert status == 400
        assert "Rien n'est signé. NON" in told
        assert (folder / "apres" / "seal.json").read_bytes() == before


async def test_reports_are_handed_out_so_that_they_run_nothing(past: Opened) -> None:
    folder: Path = past.console.runs.folder / "avant"
    (folder / "report.html").write_text("<script>alert(1)</script>", encoding="utf-8")
    async with past.visitor() as one:
        for name, kind in (
            ("report.html", "text/html"),
            ("pv.pdf", "application/pdf"),
            ("junit.xml", "text/plain"),
        ):
            async with one.session.get(f"{past.base}/campagnes/avant/fichiers/{name}") as found:
                assert found.status == 200
                assert found.content_type == kind
                assert found.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
                assert found.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_messages_and_journals_say_is_never_markup(opened: Opened, hostile: Recorded) -> None:
    """Every text that software can put into a run, on the page of a run that is over and in the parts of a live one."""
    from recette.console.live import RunView
    from recette.console.pages.run import Drawing, Shown, followed, run_page, run_parts
    from recette.report.markup import joined

    def shown(view: RunView) -> str:
        one = Shown("x", view)
        play = followed(view, "")
        return joined(run_page(one, play), *run_parts(one, play, Drawing()).values()).text

    live = RunView()
    teller = StoryTeller(hostile.journal.header, judged=live.judged, shown=live.shown)
    texts = []
    for entry in hostile.journal.entries:
        live.take(entry)
        teller.take(entry)
        if entry.number % 40 == 0:
            texts.append(shown(live))
    texts += [shown(live), shown(await asyncio.to_thread(lambda: RunView.told(tell(hostile.journal))))]
    assert any("window.pwned=1" in text for text in texts)
    for text in texts:
        for markup in ("<script", "<img", "<svg onload", '<a href="javascript', "\u202e", "\x1b"):
            assert markup not in text


async def test_a_play_that_goes_on_says_how_far_each_step_came_and_is_drawn_once(failing: Recorded) -> None:
    from recette.console.live import RunView
    from recette.console.pages.run import Drawing, Shown, followed, run_parts
    from recette.journal.events import StepClosed, StepOpened

    live, drawing, told = RunView(), Drawing(), set()
    for entry in failing.journal.entries:
        live.take(entry)
        if not isinstance(entry.event, StepOpened | StepClosed):
            continue
        play = followed(live, "")
        part = run_parts(Shown("x", live), play, drawing)["passage"]
        assert "NON JOUÉ" not in part.text
        assert run_parts(Shown("x", live), play, drawing)["passage"] is part
        told |= {word for word in ("EN COURS", "FINIE, À JUGER", "À VENIR") if word in part.text}
    assert told == {"EN COURS", "FINIE, À JUGER", "À VENIR"}


async def test_results_are_read_again_only_where_they_changed(past: Opened) -> None:
    first, again = past.console.runs.past(), past.console.runs.past()
    assert [one.results for one in first] == [one.results for one in again]
    assert all(before.results is after.results for before, after in zip(first, again, strict=True))
    path = past.console.runs.folder / "avant" / "results.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    later = past.console.runs.past()
    changed = [one.name for one, new in zip(first, later, strict=True) if one.results is not new.results]
    assert changed == ["avant"]
    path.unlink()
    assert {one.name: one.results for one in past.console.runs.past()}["avant"] is None
