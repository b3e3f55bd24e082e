"""What the hub does with messages that are told of (fact sheet 7.9, hub-cases' README) and not among those recorded here."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recette.messages.building import envelope, serialise
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model
from recette.messages.reading import JSON_TYPE, XML_TYPE
from tests.sandbox.recorded_cases import CLIENTS, Arrival, Case, play

SENDER, RECIPIENT = CLIENTS[:2]
INBOX, REPORTS = f"{RECIPIENT}.message", f"{SENDER}.info"
PERSISTENT = {"delivery_mode": 2}


def position(latitude: str) -> bytes:
    """A valid message, but for what stands as its latitude."""
    body = _written(JSON_TYPE)
    assert re.search(rb'"lat": ?[\d.]+', body)
    return re.sub(rb'"lat": ?[\d.]+', b'"lat":' + latitude.encode(), body, count=1)


def _written(content_type: str) -> bytes:
    now = datetime.now(UTC)
    document = envelope(
        example(model("GEO-POS", 3), "maximal"),
        "geoPositionsUpdate",
        sender=SENDER,
        recipient=RECIPIENT,
        distribution_id=f"{SENDER}_1",
        sent_at=now,
        expires_at=now + timedelta(days=2),
    )
    return serialise(document, content_type, 3)


def addressed(*times: int) -> bytes:
    """In XML, with the address that many times."""
    (count,) = times
    return re.sub(
        rb"<explicitAddress>.*?</explicitAddress>",
        lambda one: one[0] * count,
        _written(XML_TYPE),
        flags=re.DOTALL,
    )


def case(
    name: str, body: bytes, content_type: str = JSON_TYPE, headers: Mapping[str, Any] | None = None
) -> Case:
    properties = {**PERSISTENT, "content_type": content_type}
    return Case(name, name, SENDER, properties, headers or {}, body, rejected=False, real=())


EXPECTED = [
    (case("as it should be", position("48.5")), [INBOX]),
    (case("beyond all doubles", position("1e400")), [INBOX]),
    (case("below all of them", position("-1e400")), [INBOX]),
    (case("four hundred digits", position("1" * 400)), [INBOX]),
    (case("a thousand digits", position("1" * 1000)), [INBOX]),
    (case("more than a thousand digits", position("1" * 1001)), [(REPORTS, 301)]),
    (case("more than a thousand decimals", position("0." + "1" * 1000)), [(REPORTS, 301)]),
    (case("not a number", position("NaN")), [(REPORTS, 301)]),
    (case("a header that is a list", position("48.5"), headers={"a": [1]}), []),
    (case("a header that is an empty list", position("48.5"), headers={"a": []}), []),
    (case("a header that is a table", position("48.5"), headers={"a": {"b": [1]}}), [INBOX]),
    (case("one address in XML", addressed(1), XML_TYPE), [INBOX]),
    (case("no address in XML", addressed(0), XML_TYPE), []),
    (case("two addresses in XML", addressed(2), XML_TYPE), []),
]


@pytest.fixture(scope="module", params=["2025-03", "2026"])
def arrived(request: pytest.FixtureRequest) -> dict[str, list[object]]:
    """What came to whom, by case; in neither profile does the sheet say otherwise."""
    played = asyncio.run(play([one for one, _ in EXPECTED], 3, request.param))
    return {one.name: [_shown(each) for each in got] for one, got in played}


def _shown(one: Arrival) -> object:
    if one.queue != REPORTS:
        return one.queue
    message = json.loads(one.body)["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return one.queue, message["error"]["errorCode"]["statusCode"]


@pytest.mark.parametrize(("one", "expected"), EXPECTED, ids=[one.name for one, _ in EXPECTED])
def test_a_message_that_is_told_of_is_answered_so(
    arrived: dict[str, list[object]], one: Case, expected: list[object]
) -> None:
    assert arrived[one.name] == expected
