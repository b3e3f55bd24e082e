"""A message that never comes because the hub did not move it is not the editor's; its twin, where the hub did, is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome
from recette.journal.events import DriverAsked, Entry, Event
from recette.journal.link_events import LinkBlocked, Probed
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.messages.building import envelope, serialise
from recette.messages.conversion.converter import Converter
from recette.messages.dictionary.models import model
from recette.messages.probes import Probe
from recette.messages.profile.supported import Supported, supported
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.prober import Prober
from recette.play.target import Deadlines, Target
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.error_report import RefusedError, report
from recette.sandbox.settings import HubSettings, hub_settings
from tests.sandbox.troubled import (
    EDITOR,
    PARTNER,
    VHOST,
    Hub,
    Listener,
    embedded,
    findings,
    once,
    played,
    scenario,
)

SENDS = scenario("15-15-partage-simple.g1", "origine")
RECEIVES = scenario("15-15-partage-simple.g1", "destinataire")
HEALTH = ["CreateCaseHealth", "CreateCaseHealthUpdate", "Reference", "Error"]
ASKED_IN_VAIN = DriverChoice("command", command=("true",))
"""It takes its orders, and never does anything."""


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedBroker]:
    with embedded() as found:
        yield found


@pytest.fixture(scope="module")
def hub(engine: EmbeddedBroker) -> Iterator[Hub]:
    found = Hub.on(engine)
    yield found
    found.close()


@pytest.fixture
def silent(hub: Hub, tmp_path: Path) -> Callable[..., Judgement]:
    """A play with an editor that never does anything, on a hub with those settings whose side is not seen."""

    def play(
        settings: HubSettings, listen: Listener = lambda _: None, *, receives: bool = False
    ) -> Judgement:
        hub.revive(settings)
        target = replace(hub.target("", ack=0.6, answer=0.3), driver=ASKED_IN_VAIN)
        journal = tmp_path / "journal.jsonl"
        journal.unlink(missing_ok=True)
        found = played(target, RECEIVES if receives else SENDS, journal, listen)
        assert judge(read_journal(journal)) == found
        return found

    return play


def carrying(*classes: str) -> Supported:
    return supported({VHOST: classes}, "essai")


def test_a_silent_editor_fails_where_a_probe_passed(silent: Callable[..., Judgement], tmp_path: Path) -> None:
    found = silent(hub_settings(supported=carrying(*HEALTH)))
    assert findings(found) == [("SC-01", "fail", "editor")]
    entries = read_journal(tmp_path / "journal.jsonl").entries
    probed = [(one.number, one.event) for one in entries if isinstance(one.event, Probed)]
    ((number, after),) = [one for one in probed if one[1].scenario]
    assert (after.outcome, after.model) == ("delivered", "RS-EDA")
    assert f"événement {number}" in found.scenarios[0].findings[0].explanation


def test_a_silent_recipient_fails_where_a_probe_passed(silent: Callable[..., Judgement]) -> None:
    found = silent(hub_settings(), receives=True)
    assert set(findings(found)) == {("AC-01", "fail", "editor")}
    assert "sonde RC-REF" in found.scenarios[0].findings[0].explanation


def test_a_class_that_the_vhost_does_not_carry_is_known_before_the_play(
    silent: Callable[..., Judgement],
) -> None:
    found = silent(hub_settings(supported=carrying("Reference", "Error")))
    assert (found.verdict, findings(found)) == ("none", [])
    assert "refuse RS-EDA" in found.scenarios[0].reason


def test_a_class_that_the_vhost_does_not_carry_is_never_sent_by_the_partner_either(
    silent: Callable[..., Judgement],
) -> None:
    found = silent(hub_settings(supported=carrying("Reference", "Error")), receives=True)
    assert (found.verdict, findings(found)) == ("none", [])
    assert "le partenaire ne pourrait pas" in found.scenarios[0].reason


def test_a_probe_takes_the_editors_own_way_or_there_is_none() -> None:
    """A hub converts by who sends and who receives: nobody else's way tells of the editor's."""
    nothing = Target(
        "x", vhost("15-nexsis_v1.9"), "fr.fire.sdis1", "NEXSIS", {}, ASKED_IN_VAIN, Deadlines(), {}
    )

    def sender(editor: str, recipient: str, *partners: str) -> str | None:
        address = BrokerAddress("127.0.0.1", 1, "15-nexsis_v1.9", "x", "x")
        target = replace(nothing, editor=editor, addresses=dict.fromkeys(partners, address))
        return Prober(target, no_sending, lambda _: None)._sender(recipient)

    samu, fire, other = "fr.health.samu1", "fr.fire.sdis1", "fr.fire.sdis2"
    assert sender(samu, PARTNER, PARTNER) == PARTNER
    assert sender(samu, fire, fire) is None
    assert sender(samu, fire, fire, PARTNER) == PARTNER
    assert sender(fire, PARTNER, PARTNER) is None
    assert sender(fire, PARTNER, PARTNER, other) == other
    assert sender("fr.cisu.x", PARTNER, PARTNER, other) is None


async def no_sending(_: object) -> PublishOutcome:
    raise AssertionError


def test_a_partner_that_is_declared_for_another_version(silent: Callable[..., Judgement]) -> None:
    elsewhere = ClientSettings(perimeters={"15-15": ("2.1",)})
    found = silent(hub_settings(clients={PARTNER: elsewhere}))
    assert findings(found) == [("SC-01", "inconc", "hub")]
    assert "déclaré pour la version" in found.scenarios[0].findings[0].advice
    here = ClientSettings(perimeters={"15-15": ("1.5", "2.1")})
    assert findings(silent(hub_settings(clients={PARTNER: here}))) == [("SC-01", "fail", "editor")]


@pytest.mark.parametrize(
    ("generation", "other", "vhost_name", "model"),
    [(1, 2, "15-15_v1.5", "RS-EDA"), (3, 2, "15-smur_v1.7", "RS-EDA"), (2, 3, "15-gps_v1.2", "GEO-POS")],
)
def test_a_report_on_an_expired_message_tells_which_way_the_hub_would_have_taken(
    generation: int, other: int, vhost_name: str, model: str
) -> None:
    for told, outcome in (("as it was", "direct"), ("converted", "elsewhere"), (None, "untold")):
        noted = asyncio.run(_way(vhost_name, partial(_expired, (generation, other), told)))
        assert (noted.outcome, noted.model, noted.recipient) == (outcome, model, EDITOR)


@pytest.mark.parametrize(
    ("name", "content"),
    [("RC-REF", {}), ("RS-ERROR", {"errorCode": {"statusCode": 400, "reason": "EXPIRED_MESSAGE"}})],
)
def test_an_editor_that_answers_what_had_expired_is_reached(name: str, content: Mapping[str, Any]) -> None:
    """A hub that looks at no date hands it over: whatever the editor says of it, it read it here."""

    def answered(one: Probe) -> bytes:
        known = model(name, 3)
        refers = {"distributionID" if name == "RC-REF" else "referencedDistributionID": one.id}
        now = datetime.now(UTC)
        return serialise(
            envelope(
                {**content, **refers},
                known.key,
                sender=EDITOR,
                recipient=PARTNER,
                distribution_id=f"{EDITOR}_1",
                sent_at=now,
                expires_at=now + timedelta(hours=1),
                kind="Ack" if name == "RC-REF" else "Error",
            )
        )

    assert asyncio.run(_way("15-15_v2.1", answered)).outcome == "delivered"


def test_a_hub_that_reports_nothing_to_a_partner_leaves_it_untold() -> None:
    noted = asyncio.run(_way("15-nexsis_v1.9.1", lambda _: None, "fr.fire.nexsis.sdis1", Deadlines(ack=0.01)))
    assert noted.outcome == "untold"


def _expired(way: tuple[int, int], told: str | None, one: Probe) -> bytes:
    """The hub's report on an expired message, with this source."""
    document = json.loads(one.body)
    if told == "converted":
        (document,) = Converter().convert(document, *way, "version").documents
    source = document if told is not None else None
    return serialise(report(RefusedError(400, "expired", referenced=one.id, source=source), PARTNER, ""))


async def _way(
    vhost_name: str,
    answer: Callable[[Probe], bytes | None],
    partner: str = PARTNER,
    deadlines: Deadlines | None = None,
) -> Probed:
    """What a partner's prober notes of its expired message where this comes back."""
    noted: list[Event] = []

    async def send(one: Probe) -> PublishOutcome:
        body = answer(one)
        properties = Properties("application/json", PERSISTENT)
        assert body is None or prober.take(Delivery("q", "", "", False, properties, body))
        return PublishOutcome("confirmed")

    address = BrokerAddress("127.0.0.1", 1, vhost_name, "x", "x")
    limits = deadlines or Deadlines()
    target = Target("x", vhost(vhost_name), EDITOR, "LRM", {}, ASKED_IN_VAIN, limits, {partner: address})
    prober = Prober(target, send, noted.append)
    await prober.way_to_editor()
    (found,) = noted
    assert isinstance(found, Probed)
    return found


def test_a_dispatcher_that_dies_in_the_middle_of_a_play(silent: Callable[..., Judgement], hub: Hub) -> None:
    found = silent(hub_settings(), once(DriverAsked, hub.kill))
    assert findings(found) == [("SC-01", "inconc", "hub")]
    assert "dispatcher" in found.scenarios[0].findings[0].advice


def test_a_broker_that_takes_nothing_any_more(silent: Callable[..., Judgement], hub: Hub) -> None:
    with hub.forbidden(PARTNER) as forbid:
        found = silent(hub_settings(), once(DriverAsked, forbid))
    assert findings(found) == [("SC-01", "inconc", "hub")]
    assert "alarme" in found.scenarios[0].findings[0].advice


def test_an_alarm_of_the_broker_in_mid_play_is_the_hubs(
    silent: Callable[..., Judgement],
    engine: EmbeddedBroker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its twin, without the alarm, is the silent editor that fails where a probe passed."""
    monkeypatch.setattr("recette.hub.connection.CONFIRM_TIMEOUT", 0.5)
    assert engine._server is not None
    loop = engine._server.get_loop()

    def alarm(entry: Entry) -> None:
        if isinstance(entry.event, DriverAsked):
            loop.call_soon_threadsafe(engine.alarm, "low on memory")
        if isinstance(entry.event, Probed) and entry.event.scenario:
            loop.call_soon_threadsafe(engine.alarm, None)

    found = silent(hub_settings(), alarm)
    assert [one.verdict for one in found.scenarios] == ["inconc"]
    assert {(verdict, party) for _, verdict, party in findings(found)} == {("inconc", "hub")}
    events = [one.event for one in read_journal(tmp_path / "journal.jsonl").entries]
    assert [one.reason for one in events if isinstance(one, LinkBlocked)] == ["low on memory"]
    assert any("low on memory" in note for note in found.notes)
    assert findings(silent(hub_settings())) == [("SC-01", "fail", "editor")]
