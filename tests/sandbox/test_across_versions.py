"""The hub team's own regression tests, at home: clients on the vHost of their version, conversion on the way (2026 5.1)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome
from recette.journal.events import Event
from recette.journal.link_events import Probed
from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model
from recette.messages.hub_saw import HubSaw
from recette.messages.probes import Probe
from recette.messages.reading import JSON_TYPE, XML_TYPE, Message, read
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.prober import Prober
from recette.play.target import Deadlines, Target
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.definitions import FIRE_KEY, FIRE_SIDE, definitions
from recette.sandbox.hub import Sandbox
from recette.sandbox.routing import ACTIVE
from recette.sandbox.settings import hub_settings
from tests.served_hub import Run, standing
from tests.session_node import borrowed

OLD, NEW = "15-15_v1.5", "15-15_v2.1"
SAMU_1, SAMU_3, DIRECT = "fr.health.essai.samu1", "fr.health.essai.samu3", "fr.health.essai.direct"
BOTH = "fr.health.essai.deux"
SDIS = "fr.fire.essai.sdisZ"
DIRECT_FIRE = "15-nexsis_v1.9.1"
HOMES = {
    SAMU_1: ClientSettings(perimeters={"15-15": ("1.5",)}),
    SAMU_3: ClientSettings(perimeters={"15-15": ("2.1",)}),
    DIRECT: ClientSettings(perimeters={"15-15": ("2.1",), "15-nexsis": ("1.9.1",)}),
    BOTH: ClientSettings(perimeters={"15-15": ("1.5", "2.1")}),
    FIRE_SIDE: ClientSettings(perimeters={"15-nexsis": ("active",)}),
}
LIMIT = 20.0


@dataclass
class Client:
    """One client on one vHost, and what came to its queues."""

    hub: HubConnection
    name: str
    got: dict[str, asyncio.Queue[Delivery]] = field(default_factory=dict)

    async def listen(self) -> None:
        for channel in topology.CHANNELS:
            self.got[channel] = asyncio.Queue()
            await self.hub.consume(topology.queue(self.name, channel), self._keeper(channel))

    def _keeper(self, channel: str) -> Any:
        async def keep(delivery: Delivery) -> bool:
            self.got[channel].put_nowait(delivery)
            return True

        return keep

    async def next(self, channel: str) -> Message:
        async with asyncio.timeout(LIMIT):
            delivery = await self.got[channel].get()
        content_type = delivery.properties.content_type
        return read(delivery.body, content_type, vhost(self.hub.address.vhost).generation)

    async def send(
        self, name: str, content: dict[str, Any], to: str, *, sender: str = "", kind: str = "Report"
    ) -> str:
        """Publish; returns the distributionID."""
        generation, own = vhost(self.hub.address.vhost).generation, sender or self.name
        identifier = new_distribution_id(own)
        now = datetime.now(UTC)
        document = envelope(
            content,
            model(name, generation).key,
            sender=own,
            recipient=to,
            distribution_id=identifier,
            sent_at=now,
            expires_at=now + timedelta(hours=1),
            kind=kind,
        )
        key, form = (FIRE_KEY, XML_TYPE) if self.name == FIRE_SIDE else (self.name, JSON_TYPE)
        outcome = await self.hub.publish(
            topology.CLIENT_EXCHANGE,
            key,
            serialise(document, form, generation),
            Properties(form, PERSISTENT),
        )
        assert outcome.status == "confirmed", outcome
        return identifier

    async def acknowledge(self, message: Message, *, sender: str = "") -> None:
        content = {"distributionID": message.distribution_id}
        await self.send("RC-REF", content, message.sender_id or "", sender=sender, kind="Ack")

    async def acknowledged(self) -> str | None:
        return (await self.next("ack")).reference_id


@dataclass
class Team:
    """Everybody on the hub of a test, and what the hub was seen doing."""

    sandbox: Sandbox
    run: Run
    seen: list[HubSaw]
    case: str
    old: Client
    new: Client
    direct: Client
    direct_fire: Client
    fire: Client

    def transferred(self, identifier: str) -> list[str | None]:
        return [
            one.distribution_id
            for one in self.seen
            if one.action == "transferred" and one.reference_id == identifier
        ]


@pytest.fixture(scope="module", params=["embedded", "rabbitmq"])
def hub(request: pytest.FixtureRequest) -> Iterator[tuple[Sandbox, Run, list[HubSaw]]]:
    """One hub for the module on each broker; each test has a case of its own."""
    seen: list[HubSaw] = []

    async def start() -> Sandbox:
        return await Sandbox.start(
            [OLD, NEW, DIRECT_FIRE, ACTIVE],
            [*HOMES, SDIS],
            broker=request.param,
            observer=seen.append,
            settings=hub_settings(clients=HOMES, fire_vhost=ACTIVE),
        )

    with borrowed(request), standing(start) as (sandbox, run):
        yield sandbox, run, seen


@pytest.fixture
async def team(hub: tuple[Sandbox, Run, list[HubSaw]]) -> AsyncIterator[Team]:
    sandbox, run, seen = hub
    places = ((SAMU_1, OLD), (SAMU_3, NEW), (DIRECT, NEW), (DIRECT, DIRECT_FIRE), (FIRE_SIDE, ACTIVE))
    clients = []
    for name, where in places:
        clients.append(Client(await HubConnection.open(sandbox.address(name, where), name=name), name))
        await clients[-1].listen()
    yield Team(sandbox, run, seen, f"{SAMU_1}.DRFICTIF{uuid.uuid4().hex[:8]}", *clients)
    for client in clients:
        await client.hub.close()


def shared(generation: int, owner: str, case: str) -> dict[str, Any]:
    return example(model("RS-EDA", generation), "minimal") | {"caseId": case, "owner": owner}


@pytest.mark.parametrize("way", ["1 → 3", "3 → 1"])
async def test_a_case_and_its_ack_pass_between_versions(team: Team, way: str) -> None:
    sender, recipient = (team.old, team.new) if way == "1 → 3" else (team.new, team.old)
    generation = vhost(sender.hub.address.vhost).generation
    identifier = await sender.send("RS-EDA", shared(generation, sender.name, team.case), recipient.name)
    arrived = await recipient.next("message")
    assert (arrived.distribution_id, arrived.model) == (identifier, "RS-EDA")
    await recipient.acknowledge(arrived)
    assert await sender.acknowledged() == identifier


async def test_the_same_version_is_reached_directly(team: Team) -> None:
    identifier = await team.new.send("RS-EDA", shared(3, SAMU_3, team.case), DIRECT)
    assert (await team.direct.next("message")).distribution_id == identifier
    assert team.transferred(identifier) == []


@pytest.mark.parametrize(
    ("sender", "editor", "outcome"),
    [
        ("old", SAMU_1, "direct"),
        ("old", SAMU_3, "elsewhere"),
        ("new", SAMU_1, "elsewhere"),
        ("new", DIRECT, "direct"),
    ],
)
async def test_a_probe_tells_where_the_hub_would_hand_over(
    team: Team, sender: str, editor: str, outcome: str
) -> None:
    """It expired before it left: the editor never gets it, on whichever vHost."""
    partner: Client = getattr(team, sender)
    noted: list[Event] = []

    async def send(one: Probe) -> PublishOutcome:
        sent = await partner.hub.publish(
            topology.CLIENT_EXCHANGE, partner.name, one.body, Properties(one.content_type, PERSISTENT)
        )
        async with asyncio.timeout(LIMIT):
            while not prober.take(await partner.got["info"].get()):
                pass
        return sent

    address = partner.hub.address
    target = Target(
        "essai",
        vhost(address.vhost),
        editor,
        "LRM",
        {},
        DriverChoice("none"),
        Deadlines(),
        {partner.name: address},
    )
    prober = Prober(target, send, noted.append)
    await prober.way_to_editor()
    (told,) = noted
    assert isinstance(told, Probed)
    assert (told.outcome, told.code, told.recipient) == (outcome, 400, editor)
    assert all(one.got["message"].empty() for one in (team.old, team.new, team.direct))


@pytest.mark.parametrize(("here", "editor", "outcome"), [(OLD, SAMU_3, "elsewhere"), (NEW, SAMU_1, "silent")])
async def test_a_partner_of_both_vhosts_hears_of_its_probe_on_the_other(
    hub: tuple[Sandbox, Run, list[HubSaw]], here: str, editor: str, outcome: str
) -> None:
    """What no converter takes is refused here, where this vHost carries such a message (2026 sheet 3.4, 4.3)."""
    address = hub[0].address(BOTH, here)
    partner = Client(await HubConnection.open(address, name=BOTH), BOTH)
    await partner.listen()
    noted: list[Event] = []

    async def send(one: Probe) -> PublishOutcome:
        return await partner.hub.publish(
            topology.CLIENT_EXCHANGE, BOTH, one.body, Properties(one.content_type, PERSISTENT)
        )

    async def hear() -> None:
        while True:
            prober.take(await partner.got["info"].get())

    silence = Deadlines(ack=1.5)
    target = Target("essai", vhost(here), editor, "LRM", {}, DriverChoice("none"), silence, {BOTH: address})
    prober = Prober(target, send, noted.append)
    hearing = asyncio.create_task(hear())
    await prober.way_to_editor()
    hearing.cancel()
    (told,) = noted
    assert isinstance(told, Probed)
    assert (told.outcome, told.code) == (outcome, 300 if outcome == "elsewhere" else None)
    await partner.hub.close()


@pytest.mark.parametrize("samu", ["old", "new"])
async def test_a_case_reaches_the_fire_side_and_its_ack_comes_back(team: Team, samu: str) -> None:
    sender: Client = getattr(team, samu)
    generation = vhost(sender.hub.address.vhost).generation
    identifier = await sender.send("RS-EDA", shared(generation, sender.name, team.case), SDIS)
    arrived = await team.fire.next("message")
    assert (arrived.distribution_id, arrived.model) == (identifier, "RC-EDA")
    await team.fire.acknowledge(arrived, sender=SDIS)
    assert await sender.acknowledged() == identifier


@pytest.mark.parametrize(
    ("to", "expected"), [("old", "RS-EDA"), ("new", "RS-EDA"), ("direct_fire", "RC-EDA")]
)
async def test_a_case_of_the_fire_side_arrives_as_its_recipient_speaks(
    team: Team, to: str, expected: str
) -> None:
    recipient: Client = getattr(team, to)
    case = example(model("RC-EDA", 3), "minimal") | {"caseId": f"{SDIS}.DRFICTIF1"}
    identifier = await team.fire.send("RC-EDA", case, recipient.name, sender=SDIS)
    arrived = await recipient.next("message")
    assert (arrived.distribution_id, arrived.model) == (identifier, expected)


def resources(case: str, *held: tuple[str, str, str | None], fire: bool = False) -> dict[str, Any]:
    found = []
    for name, kind, status in held:
        state = {"datetime": "2026-01-02T03:00:00+01:00", "status": status}
        told = {} if status is None else {"state": state if fire else [state]}
        found.append(
            {
                "datetime": "2026-01-02T03:00:00+01:00",
                "resourceId": f"{SAMU_3}.resource.{name}",
                "orgId": SAMU_3,
                "vehicleType": kind,
                "name": name,
                **told,
            }
        )
    return {"caseId": case, "resource": found}


async def test_resources_of_the_fire_side_come_as_a_list_and_as_statuses(team: Team) -> None:
    first = resources(team.case, ("F1", "SIS", "DEPART"), ("F2", "SIS", "DEPART"), fire=True)
    identifier = await team.fire.send("RC-RI", first, SAMU_3, sender=SDIS)
    arrived = [await team.new.next("message") for _ in range(3)]
    assert sorted(one.model or "" for one in arrived) == ["RS-RI", "RS-SR", "RS-SR"]
    assert [one.distribution_id for one in arrived if one.model == "RS-RI"] == [identifier]
    later = resources(team.case, ("F1", "SIS", "ARRIVEE"), ("F2", "SIS", "DEPART"), fire=True)
    identifier = await team.fire.send("RC-RI", later, SAMU_3, sender=SDIS)
    status = await team.new.next("message")
    assert (status.model, status.distribution_id) == ("RS-SR", identifier)


async def test_resources_that_the_fire_side_is_not_told_of_come_to_nothing(team: Team) -> None:
    lost = await team.new.send("RS-RI", resources(team.case, ("R1", "TSU.AMB", "DEPART")), SDIS)
    kept = await team.new.send("RS-RI", resources(team.case, ("R2", "SIS.VSAV", "DEPART")), SDIS)
    assert (await team.fire.next("message")).distribution_id == kept
    assert team.transferred(lost) == [None]
    assert team.new.got["info"].empty()


async def test_what_has_no_conversion_is_reported_to_its_sender(team: Team) -> None:
    asked = example(model("RS-DR", 3), "minimal") | {"caseId": team.case}
    identifier = await team.new.send("RS-DR", asked, SDIS)
    report = await team.new.next("info")
    error = report.content or {}
    assert (error["errorCode"]["statusCode"], error["referencedDistributionID"]) == (300, identifier)
    assert "conversion service" in error["errorCause"]


async def test_a_report_goes_where_its_client_lives(team: Team) -> None:
    """A client that is connected to a vHost which it does not declare."""
    wanted = definitions([OLD], {SAMU_3: team.sandbox.passwords[SAMU_3]})
    wanted["permissions"] = [one for one in wanted["permissions"] if one["user"] == SAMU_3]
    team.run(lambda hub: hub.add(wanted))
    async with await HubConnection.open(team.sandbox.address(SAMU_3, OLD), name=SAMU_3) as stray:
        identifier = await Client(stray, SAMU_3).send("RS-EDA", {"caseId": "pas un dossier"}, SAMU_1)
        report = await team.new.next("info")
    assert (report.content or {})["referencedDistributionID"] == identifier
