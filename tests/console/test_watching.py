"""What a hub did is told by dossier: a receipt is of the dossier of what it answers, a refused message of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recette.console import watching
from recette.console.book import Book
from recette.console.pages.watch import dossiers_part
from recette.console.server import served
from recette.console.state import Console
from recette.console.watching import Watch
from recette.journal.wire_events import RelayStarted, WireDelivered, WireOpened, WirePublished
from recette.messages.building import envelope
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.models import model
from recette.messages.hub_saw import HubSaw
from recette.messages.vhosts import vhost
from recette.relay.recording import Recording
from tests.console.conftest import Opened

ON = vhost("15-15_v2.1")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
A, B = "fr.health.samu991", "fr.health.samu992"


def body(distribution_id: str, case: str) -> bytes:
    document = json.loads(json.dumps(example_message(model("RS-EDA", ON.edition), "minimal")))
    document["distributionID"] = distribution_id
    message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    message["createCaseHealth"]["caseId"] = case
    return json.dumps(document).encode()


def receipt(distribution_id: str, about: str) -> bytes:
    told = envelope(
        {"distributionID": about},
        "reference",
        sender=B,
        recipient=A,
        distribution_id=distribution_id,
        sent_at=NOW,
        expires_at=NOW,
        kind="Ack",
        status="Actual",
    )
    return json.dumps(told).encode()


def saw(action: str, distribution_id: str, **more: object) -> HubSaw:
    return HubSaw(vhost=ON.name, action=action, client=A, distribution_id=distribution_id, **more)  # type: ignore[arg-type]


def test_messages_that_nobody_looks_at_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_UNREAD_MAX", 10_000)
    watch = Watch()
    for number in range(500):
        one = body(f"a-{number}", f"dossier-{number}") + b" " * 2_000
        watch.hub(NOW, saw("refused", f"a-{number}", content_type="application/json", body=one))
        assert sum(len(each) for _, _, each in watch._bodies) <= 10_000
    assert not any(one.body for _, one in watch._acts)
    found = watch.dossiers()
    assert {"dossier-499", "dossier-498"} <= set(found)
    assert len(found[""]) > 300


def test_acts_are_told_by_dossier_whatever_comes_first() -> None:
    watch = Watch()
    watch.hub(NOW, saw("received", "a-1"))
    watch.message(ON.edition, "application/json", body("a-1", "dossier-1"))
    watch.hub(NOW, saw("received", "b-1", reference_id="a-1"))
    watch.message(ON.edition, "application/json", receipt("b-1", "a-1"))
    watch.hub(
        NOW,
        saw(
            "refused",
            "a-2",
            code=501,
            reason="<b>",
            content_type="application/json",
            body=body("a-2", "dossier-2"),
        ),
    )
    watch.hub(NOW, saw("connected", ""))
    found = watch.dossiers()
    assert {name: [(one.model, one.done) for one in acts] for name, acts in found.items()} == {
        "dossier-1": [("RS-EDA", "reçu par le hub"), ("RC-REF", "reçu par le hub")],
        "dossier-2": [("RS-EDA", "refusé")],
    }
    assert found["dossier-2"][0].why == "501 <b>"
    assert "<b>" not in dossiers_part(watch).text


def test_what_is_kept_and_shown_is_bounded() -> None:
    watch = Watch()
    for number in range(3000):
        watch.message(ON.edition, "application/json", body(f"a-{number}", f"dossier-{number % 200}"))
        watch.hub(NOW, saw("received", f"a-{number}"))
    found = watch.dossiers()
    assert sum(map(len, found.values())) == 400
    assert len(dossiers_part(watch).text) < 500_000
    assert "autres dossiers" in dossiers_part(watch).text


def opened(connection: int, name: str = ON.name) -> WireOpened:
    return WireOpened(
        connection=connection, user=A, vhost=name, mechanism="PLAIN", product="pika", tls="", heartbeat=60
    )


def published(connection: int, content: bytes) -> WirePublished:
    return WirePublished(
        connection=connection,
        channel=1,
        exchange="hubsante",
        routing_key=A,
        mandatory=True,
        content_type="application/json",
        delivery_mode=2,
        expiration=None,
        headers={},
        body=content,
        size=len(content),
    )


def delivered(connection: int, content: bytes) -> WireDelivered:
    return WireDelivered(
        connection=connection,
        channel=2,
        tag=1,
        queue=f"{A}.ack",
        routing_key=f"{A}.ack",
        redelivered=False,
        content_type="application/json",
        delivery_mode=2,
        expiration=None,
        headers={},
        body=content,
        size=len(content),
    )


async def test_what_a_relay_sees_is_shown_as_it_writes_it(book: Book, tmp_path: Path) -> None:
    folder = tmp_path / "relais"
    console = Console(book, [], tmp_path / "reports", tmp_path / "miens", relay=folder)
    relay = console.relay
    assert relay is not None
    async with served(console) as address, Opened(console, address).visitor() as one:
        _, page = await one.get("/observer")
        assert "n'a pas encore commencé" in page
        recording = Recording(folder, lambda _: None)
        recording.tell(RelayStarted(recette="x", hub="h", listening="l", external=False))
        for event in (
            opened(1),
            opened(2, "nulle-part"),
            published(1, body("a-1", "dossier-<b>1")),
            published(2, b"{"),
            delivered(1, receipt("b-1", "a-1")),
        ):
            recording.tell(event)
        await Opened(console, address).until(lambda: relay.watch.count >= 5)
        async with one.session.get(f"{console_base(address)}/observer") as answer:
            page = await answer.text()
        recording.close()
    assert "Le relais de" in page
    assert "dossier-&lt;b&gt;1" in page
    assert "<b>" not in page
    assert {
        name: [(each.model, each.done) for each in acts] for name, acts in relay.watch.dossiers().items()
    } == {
        "dossier-<b>1": [("RS-EDA", "reçu par le hub"), ("RC-REF", "transmis")],
        "": [("message", "reçu par le hub")],
    }


def console_base(address: str) -> str:
    return address.partition("/entrer")[0]


def test_nothing_seen_says_what_to_do() -> None:
    assert "ouvrez un échange" in dossiers_part(None).text
    assert "ouvrez un échange" in dossiers_part(Watch()).text
