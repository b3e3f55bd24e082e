"""What the hub of 2026 says otherwise to the recorded messages: each rule with its place in the 2026 sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from recette.messages.clients import is_health
from recette.messages.reading import XML_TYPE, read
from tests.sandbox.recorded_cases import PREFERS_XML, Case

OLD, NEW = "distributionID_could_not_be_extracted", "distributionId_could_not_be_extracted"
NOT_ON_15_15 = frozenset({"customContent", "emsi"})
"""Contents of the corpus that no list has on a 15-15 vHost (1.4)."""
_ID = re.compile(rb'(?:distributionID"\s*:\s*"|distributionID>)([\w._-]+)')
_ROUTED = ("fr.health", "fr.fire", "fr.cisu")
Arriving = Mapping[str, Any]


def in_2026(case: Case) -> Case:
    """The case with what a hub of 2026 has its clients get."""
    return replace(case, real=tuple(_arrivals(case)))


def _arrivals(case: Case) -> Iterator[Arriving]:
    message = read(case.body, case.properties.get("content_type"), 3)
    for one in case.real:
        if "report" in one:
            yield from _report(case, one, message.recipient_id or "")
        elif message.key in NOT_ON_15_15:
            yield _unsupported(case)
        elif case.properties.get("expiration") == one.get("expiration") is not None:
            yield {name: value for name, value in one.items() if name != "expiration"}  # 2: always reset
        else:
            yield one


def _report(case: Case, one: Arriving, recipient: str) -> Iterator[Arriving]:
    said = one["report"]
    if not is_health(case.key):
        return  # 3.1, 3.4: only where the routing key is a health actor's, and partage-affaire is none
    if said["code"] == 500 and case.rejected:
        return  # 3.4: of the dead only the expired are reported
    if said["code"] == 501 and recipient and not recipient.startswith(_ROUTED):
        return  # 1.5: of an unknown domain, rejected without a report
    reference = said["referencedDistributionID"]
    if said["code"] == 501 and reference == OLD:
        known = _ID.search(case.body)  # 3.1 line 13: the real id, since the bug is mended
        reference = known[1].decode() if known else NEW
    yield {**one, "report": {**said, "referencedDistributionID": NEW if reference == OLD else reference}}


def _unsupported(case: Case) -> Arriving:
    """3.1 line 4: 501, the real id, the message with it."""
    known = _ID.search(case.body)
    as_xml = case.key == PREFERS_XML
    return {
        "queue": f"{case.key}.info",
        "content_type": XML_TYPE if as_xml else "application/json",
        "delivery_mode": 2,
        "priority": 0,
        "report": {
            "code": 501,
            "string": "UNROUTABLE_MESSAGE",
            "referencedDistributionID": known[1].decode() if known else NEW,
            "form": "xml" if as_xml else "json",
            "sourceMessage": True,
        },
    }
