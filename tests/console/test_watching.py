"""What a hub did is told by dossier: a receipt is of the dossier of what it answers, a refused message of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from recette.console.pages.watch import dossiers_part
from recette.console.watching import Watch
from recette.messages.building import envelope
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.models import model
from recette.messages.hub_saw import HubSaw
from recette.messages.vhosts import vhost

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


def test_nothing_seen_says_what_to_do() -> None:
    assert "ouvrez un échange" in dossiers_part(None).text
    assert "ouvrez un échange" in dossiers_part(Watch()).text
