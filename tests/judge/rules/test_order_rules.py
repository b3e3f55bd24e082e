"""Each rule about the order of two messages: it holds the editor to that order only where somebody knows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from recette.journal.events import Event, Received, ScenarioEnded
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from tests.judge.recorded import received, renumbered, result, run_of, unseen

Recorded = Callable[[str], Sequence[Event]]
Written = Callable[[Sequence[Event]], Received]
Order = Literal["AB", "BA"]
STRANGER, UNKNOWN = "fr.health.samu991.patient.inconnu", "fr.health.fictif.resource.inconnue"
ASKED = "15-15-ressource-acceptee.g1@sollicite"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, scenarios_folder: Path) -> Recorded:
    """What a faultless editor does in a play, with the hub's own side, without the footer."""
    known: dict[str, Sequence[Event]] = {}

    def record(play: str) -> Sequence[Event]:
        if play not in known:
            known[play] = run_of(play, "", scenarios_folder, tmp_path_factory.mktemp("recorded"))
        return known[play]

    return record


def document(event: Received) -> tuple[dict[str, Any], dict[str, Any]]:
    """A message's envelope, and what lies in it: its header, and its content under its key."""
    envelope = json.loads(event.body)
    return envelope, envelope["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]


def sent(model: str, nth: int = 0) -> Written:
    """A message of that model that the editor sent."""
    return lambda events: [received(one) for one in events if isinstance(one, Received) and of(one) == model][
        nth
    ]


def another(model: str, key: str = "", **content: Any) -> Written:
    """One more message of the editor to whom that one went, with a content of its own or that one's, changed."""

    def write(events: Sequence[Event]) -> Received:
        event = sent(model)(events)
        envelope, inside = document(event)
        old = next(reversed(inside))
        own = inside.pop(old)
        kept = {"caseId": own["caseId"]} if key and "caseId" in own else {} if key else own
        inside[key or old] = {**kept, **content}
        envelope["distributionID"] = inside["messageId"] = f"{envelope['distributionID']}-{key or 'encore'}"
        return replace(event, body=json.dumps(envelope).encode())

    return write


def note(patient: str) -> dict[str, Any]:
    return {"medicalNote": [{"idPat": patient, "freetext": "Note fictive"}]}


@dataclass(frozen=True)
class Pair:
    """Two messages that a rule wants in that order; in the other one it gives this verdict."""

    rule: str
    play: str
    first: Written
    then: Written
    verdict: Literal["fail", "remark"] = "fail"
    suspect: bool = False
    """Whether the two are suspect in whatever order."""


CASE, UPDATE = "createCaseHealth", "createCaseHealthUpdate"
NAMING = another("RS-RI", UPDATE, patient=[{"idPat": STRANGER}])
PAIRS = {
    one.rule: one
    for one in (
        Pair("DA-11", ASKED, NAMING, another("RS-RR", UPDATE, **note(STRANGER))),
        Pair(
            "CI-23",
            ASKED.replace("g1", "g2"),
            NAMING,
            another("RS-RR", "interventionReport", patient={"patientId": STRANGER}),
        ),
        Pair(
            "CI-18",
            ASKED,
            sent("RS-RI"),
            another("RS-RR", response={"datetime": "2026-01-01T00:00:00+01:00", "answer": "REFUSEE"}),
            suspect=True,
        ),
        Pair("CI-20", ASKED, sent("RS-RI"), sent("RS-SR")),
        Pair(
            "CI-27",
            "15-nexsis-concours-demande-par-les-pompiers.g1@pompiers",
            sent("RC-EDA"),
            sent("EMSI"),
        ),
        Pair(
            "CI-29",
            "15-nexsis-concours-demande-par-les-pompiers.g1@pompiers",
            sent("EMSI"),
            another("EMSI", CONTEXT={"MSGTYPE": "UPDATE"}),
            "remark",
        ),
        Pair(
            "CI-12",
            "15-15-limitrophe-accepte.g1@origine",
            another("RS-EDA-MAJ", CASE, owner="fr.health.samu991"),
            sent("RS-EDA-MAJ"),
        ),
        Pair(
            "CI-07",
            "15-15-partage-plusieurs-partenaires.g1@origine",
            sent("RS-EDA-MAJ", 2),  # the closing, to the first partner
            another("RS-EDA", UPDATE, freetext="Un changement pour un seul"),
        ),
        Pair(
            "CI-32",
            "15-gps-identifiant-inconnu.g1@fournisseur",
            another("GEO-RES", "geoPositionsUpdate", position=[{"resourceId": UNKNOWN}]),
            another("GEO-RES", resource=[{"id": UNKNOWN}]),
            "remark",
        ),
    )
}
CASES: tuple[tuple[Order, Order, int, bool, str], ...] = (
    ("AB", "AB", 2, False, "right"),
    ("BA", "AB", 2, False, "right"),  # the dates say so
    ("AB", "AB", 0, False, "as it came"),  # nothing speaks against it
    ("BA", "AB", 0, False, "unknown"),
    ("BA", "AB", 0, True, "right"),  # the hub saw it
    ("AB", "BA", 0, True, "wrong"),
    ("AB", "BA", 2, False, "wrong"),
    ("BA", "BA", 2, False, "wrong"),
    ("AB", "BA", 3600, False, "as it came"),  # the dates are not of one clock
    ("BA", "BA", 3600, False, "unknown"),
)


@pytest.mark.parametrize(("arrived", "left", "apart", "seen", "outcome"), CASES)
@pytest.mark.parametrize("rule", PAIRS)
def test_two_messages(
    recorded: Recorded,
    tmp_path: Path,
    rule: str,
    arrived: Order,
    left: Order,
    apart: int,
    seen: bool,
    outcome: str,
) -> None:
    pair = PAIRS[rule]
    events = turned(recorded(pair.play), pair, arrived, left, apart, seen=seen)
    found = [one for one in result(events, tmp_path / "journal.jsonl").findings if one.rule == pair.rule]
    if outcome == "as it came":
        outcome = "unknown" if pair.suspect else "right"
    doubt = "remark" if pair.verdict == "remark" else "inconc"
    expected = {"right": set(), "unknown": {(doubt, "hub")}, "wrong": {(pair.verdict, "editor")}}[outcome]
    assert {(one.verdict, one.attributed_to) for one in found} == expected
    if outcome == "unknown":
        assert found[0].explanation.startswith("Rien ne dit lequel est parti d'abord, ")
        assert "le hub ne garantit pas l'ordre" in found[0].explanation


def turned(
    original: Sequence[Event], pair: Pair, arrived: Order, left: Order, apart: int, *, seen: bool
) -> list[Event]:
    """The run with the two messages arriving and dated in these orders, that many seconds apart."""
    two = {"A": pair.first(original), "B": pair.then(original)}
    ids = {name: str(document(one)[0]["distributionID"]) for name, one in two.items()}
    own = [index for index, one in enumerate(original) if identifier(one) in ids.values()]
    end = next(index for index, one in enumerate(original) if isinstance(one, ScenarioEnded))
    last = max((index for index in own if isinstance(original[index], Received)), default=end)
    moment, events = datetime.now().astimezone().replace(microsecond=0), list[Event]()
    for index, one in enumerate(original):
        moment += timedelta(seconds=10 if isinstance(one, Received) else 0)
        if index == last:
            events += [forwarded(original, ids[name]) for name in left]
            events += [
                at(two[name], moment + timedelta(seconds=apart * left.index(name))) for name in arrived
            ]
        if index not in own and (index != last or index == end):
            events.append(at(one, moment) if isinstance(one, Received) else one)
    events = renumbered(original, events)
    return events if seen else unseen(events)


def at(event: Received, moment: datetime) -> Received:
    envelope, inside = document(event)
    envelope["dateTimeSent"] = inside["sentAt"] = moment.isoformat()
    return replace(event, body=json.dumps(envelope).encode())


def of(event: Received) -> str | None:
    return read(event.body, event.content_type, 1).model


def identifier(event: Event) -> str | None:
    if isinstance(event, Received):
        return read(event.body, event.content_type, 1).distribution_id
    return event.distribution_id if isinstance(event, HubSaw) else None


def forwarded(events: Sequence[Event], name: str) -> HubSaw:
    """The hub passes that message on."""
    like = next(
        one for one in events if isinstance(one, HubSaw) and name.startswith(one.distribution_id or "?")
    )
    return replace(like, action="forwarded", distribution_id=name)
