"""A hub's report on a message that the relay had seen leave is a refusal; anything else on .info is none."""

from __future__ import annotations

from typing import Any

import pytest

from recette.journal.wire_events import WireDelivered, WirePublished
from recette.messages.building import serialise
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE
from recette.relay.reports import Reports
from recette.sandbox.error_report import RefusedError, report

EDITOR, VHOST = "fr.health.samu991", "15-15_v2.0"
NAME = f"{EDITOR}_1"


def published(
    body: bytes = b'{"distributionID": "%s"}' % NAME.encode(), size: int | None = None
) -> WirePublished:
    return WirePublished(
        connection=1,
        channel=1,
        exchange="hubsante",
        routing_key=EDITOR,
        mandatory=False,
        content_type=JSON_TYPE,
        delivery_mode=1,
        expiration=None,
        headers={},
        body=body,
        size=len(body) if size is None else size,
    )


def reported(
    code: int, referenced: str | None, source: dict[str, Any] | None = None, queue: str = "info"
) -> WireDelivered:
    error = RefusedError(code, "non persistent", referenced=referenced, source=source)
    body = serialise(report(error, EDITOR, "distributionID_could_not_be_extracted"))
    return WireDelivered(
        connection=1,
        channel=2,
        tag=1,
        queue=f"{EDITOR}.{queue}",
        routing_key=f"{EDITOR}.{queue}",
        redelivered=False,
        content_type=JSON_TYPE,
        delivery_mode=2,
        expiration=None,
        headers={},
        body=body,
        size=len(body),
    )


def told(event: WireDelivered, sent: WirePublished | None = None) -> HubSaw | None:
    reports = Reports()
    reports.published(VHOST, sent or published())
    return reports.refused(VHOST, event)


def test_a_refusal_is_told_as_the_hub_would() -> None:
    saw = told(reported(100, NAME))
    assert saw is not None
    assert (saw.action, saw.code, saw.client, saw.delivery_mode) == ("refused", 100, EDITOR, 1)
    assert (saw.reason, saw.distribution_id, saw.body) == ("non persistent", NAME, published().body)


def test_the_message_is_found_by_what_the_report_quotes_of_it() -> None:
    assert told(reported(501, None, {"distributionID": NAME})) is not None


@pytest.mark.parametrize(
    "event",
    [
        reported(500, NAME),
        reported(100, f"{EDITOR}_2"),
        reported(100, None),
        reported(100, NAME, queue="message"),
    ],
)
def test_anything_else_is_none(event: WireDelivered) -> None:
    assert told(event) is None


def test_what_was_not_kept_whole_is_not_judged() -> None:
    assert told(reported(100, NAME), published(size=1 << 24)) is None


def test_an_unknown_vhost_tells_nothing() -> None:
    reports = Reports()
    reports.published("ailleurs", published())
    assert reports.refused("ailleurs", reported(100, NAME)) is None
