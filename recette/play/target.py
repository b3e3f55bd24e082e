"""What is tested and where: one editor on one vHost, and the partners that the harness plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recette.hub.address import BrokerAddress
from recette.journal.facts import CertificateShown, HubFacts, TargetFacts
from recette.messages.clients import is_health
from recette.messages.profile.reader import DEFAULT
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.messages.roles import Role
from recette.messages.vhosts import VHost
from recette.play.driver_choice import DriverChoice
from recette.play.environments import SANDBOX, Environment
from recette.scenario.crossing import crossed
from recette.scenario.loader import load
from recette.scenario.model import Casting, Scenario
from recette.scenario.steps import Format

Status = Literal["Actual", "Exercise"]
UNKNOWN_CLIENT = "fr.health.inconnu"
"""A well-formed client id that no hub knows."""
ABSENT = "fr.health.absent"
"""Where the ids of an actor begin with whom the editor exchanges nothing, and whom the target does not have."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. No source gives any: these are the target's, and they stand in the journal and in every report."""

    ack: float = 10.0
    answer: float = 120.0
    quiet: float = 3.0

    def named(self, name: str | float | None, default: str) -> float:
        """The deadline a step names, or its own number of seconds."""
        return name if isinstance(name, float | int) else float(getattr(self, name or default))

    def as_mapping(self) -> dict[str, float]:
        return {"ack": self.ack, "answer": self.answer, "quiet": self.quiet}


@dataclass(frozen=True, slots=True)
class HomeHub:
    """A hub that the run itself is: the software under test connects to it."""

    port: int = 0
    """Where it listens; 0 for any that is free."""
    password: str | None = field(default=None, repr=False)
    """The software's own; drawn where None."""
    tls: Path | None = None
    """Where the certificates of an authority made for the occasion go; without TLS where None."""
    wait: float = 120.0
    """Seconds that the software has to connect."""


@dataclass(frozen=True, slots=True)
class ObservedAt:
    """Where a hub on this machine tells what it sees."""

    port: int
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One editor on one vHost, the partners that the harness plays, and how each of them connects."""

    name: str
    vhost: VHost
    editor: str
    role: Role
    partners: Mapping[Role, tuple[str, ...]]
    driver: DriverChoice
    deadlines: Deadlines
    addresses: Mapping[str, BrokerAddress] = field(default_factory=dict)
    """By partner client id."""
    hub: str = DEFAULT
    """The profile of the hub that this target is on."""
    hub_named: bool = False
    """Whether anybody said so: elsewhere it is the newest, and what it alone would refuse decides nothing."""
    format: Literal["json", "xml"] = "json"
    """What the partners send, and what the hub is configured to give the clients."""
    environment: Environment = SANDBOX
    status: Status = "Actual"
    """The distributionStatus of what the partners send."""
    editor_address: BrokerAddress | None = None
    """How the editor itself connects, where the target says so: for its owner to verify before going live."""
    home: HomeHub | None = None
    """Where the target says `broker: home`."""
    left_out: frozenset[str] = frozenset()
    """Requirements of the screen that nobody is asked about."""
    attest_received: bool = False
    """Whether the operator is asked what the screen shows of each message that a partner sends."""
    observation: ObservedAt | None = None
    """Where the target names one: what that hub sees is part of the run."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """What the journal's header is to name of those concerned."""
    opposite: tuple[Target, ...] = ()
    """The other editors under test, where the target names several and nobody is played."""
    relay: Path | None = None
    """The folder of the relay before this editor, where several are under test on a hub that is not the run's own."""
    witness: str = ""
    """The client whose `.message` queue shows what these editors are sent, on a hub that is not the run's own."""
    partners_vhost: VHost | None = None
    """Where the partners live, if not where the editor does: the hub converts what passes between them."""

    disturbed: bool | None = None
    """Whether it is there for the scenarios that break its link off, and for them alone, or for all others; None for any."""

    breakable: bool = False
    """Whether a relay before the editor breaks its link off when it is asked to."""

    @property
    def unbreakable(self) -> str:
        """Why the recette cannot break off the link of this editor, in French; empty where it can."""
        if self.disturbed or self.breakable or (self.home is not None and self.home.tls is None):
            return ""
        if self.home is not None:
            return (
                "Ce scénario rompt la liaison du logiciel, et la recette ne se met pas entre lui et son hub là où chacun montre un "
                "certificat : jouez-le avec « broker: home » sans « tls »."
            )
        return (
            "Ce scénario rompt la liaison du logiciel, et ce hub n'est pas celui de la recette qui joue (une recette sandbox d'un "
            "autre terminal ne l'est pas) : jouez-le avec « broker: home », ou à travers un relais qui la rompt (recette relay "
            "--on-demand, puis --observed-by)."
        )

    @property
    def meeting(self) -> VHost:
        """The vHost that the partners are connected to."""
        return self.partners_vhost or self.vhost

    def home_of(self, client: str) -> VHost:
        """The vHost that `client` lives on."""
        return self.vhost if client == self.editor else self.meeting

    def content_type(self, client: str) -> str:
        """What `client` sends, and what the hub gives it: XML always for whom is no health actor (fact sheet 7.4)."""
        return XML_TYPE if self.format == "xml" or not is_health(client) else JSON_TYPE

    def content_type_for(self, client: str, form: Format | None) -> str:
        """What `client` sends in where a step says so: the format that it names, or the other one."""
        own = self.content_type(client)
        if form == "other":
            return JSON_TYPE if own == XML_TYPE else XML_TYPE
        return {None: own, "json": JSON_TYPE, "xml": XML_TYPE}[form]

    @property
    def carries_by_profile(self) -> bool:
        """Whether its hub's profile says what the vHost carries; elsewhere probes ask the hub itself."""
        return self.hub_named or self.home is not None or self.observation is not None

    @property
    def facts(self) -> TargetFacts:
        """What the journal's header says of it."""
        return TargetFacts(
            vhost=self.vhost.name,
            editor=self.editor,
            role=self.role,
            partners=tuple(one for ids in self.partners.values() for one in ids),
            format=self.format,
            driver=self.driver.kind,
            partners_vhost=self.partners_vhost.name if self.partners_vhost is not None else "",
        )

    @property
    def place(self) -> HubFacts:
        """Where its hub is, as far as the file says."""
        first = next(iter(self.addresses.values()), None)
        return HubFacts(
            environment=self.environment.name,
            title=self.environment.title,
            address=first.place if first is not None else "",
        )

    @property
    def certificates(self) -> tuple[CertificateShown, ...]:
        """What may be shown of the certificates that the partners connect with."""
        seen = {one: address.tls.certificate for one, address in self.addresses.items() if address.tls}
        return tuple(
            CertificateShown(
                vhost=self.meeting.name,
                client=client,
                subject=one.subject,
                issuer=one.issuer,
                not_before=one.not_before.isoformat(timespec="seconds"),
                not_after=one.not_after.isoformat(timespec="seconds"),
            )
            for client, one in seen.items()
            if one is not None
        )

    def lacks(self, scenario: Scenario, actor: str) -> str:
        """Which partner is missing for a play that the editor could have, in French; empty where none is."""
        if not self._suits(scenario, actor):
            return ""
        if self.clients(scenario, actor) is not None:
            return ""
        wanted = [role for name, role in scenario.actors.items() if name != actor]
        for role in dict.fromkeys(wanted):
            there = len([one for one in self.partners.get(role, ()) if one != self.editor])
            if there < wanted.count(role):
                more = "un partenaire" if not there else f"{wanted.count(role)} partenaires"
                return (
                    f"Ce passage demande {more} {role}, et la cible en a {there} : ajoutez-en à « partners »."
                )
        return ""

    def casting(self, scenario: Scenario, actor: str) -> Casting | None:
        """The scenario with `actor` under test; None where roles, generation or partners do not allow it."""
        clients = self.clients(scenario, actor)
        if clients is None:
            return None
        if self.partners_vhost is None:
            return Casting(scenario, actor, clients)
        there = load(scenario.file, scenario.sources, self.partners_vhost.generation)
        return Casting(crossed(scenario, there, actor, clients), actor, clients)

    def clients(self, scenario: Scenario, actor: str) -> dict[str, str] | None:
        """The client of each actor with `actor` under test; None where roles, generation or partners do not allow it.

        An actor of a role that the target has no partner of is cast as absent where the editor has nothing to do with
        it; one of a role that it has too few of is not.
        """
        if not self._suits(scenario, actor):
            return None
        free = {role: [one for one in ids if one != self.editor] for role, ids in self.partners.items()}
        met = {name for step in scenario.steps if actor in step.actors for name in step.actors}
        clients = {actor: self.editor}
        for name, role in scenario.actors.items():
            if name == actor:
                continue
            if free.get(role):
                clients[name] = free[role].pop(0)
            elif name in met or role in self.partners:
                return None
            else:
                clients[name] = f"{ABSENT}.{name}"
        return clients

    def _suits(self, scenario: Scenario, actor: str) -> bool:
        """Whether the editor has that role in it, on such vHosts."""
        partners = self.partners_vhost
        across = "" if partners is None else partners.perimeter
        if scenario.actors[actor] != self.role or across != scenario.partners_on:
            return False
        if partners is not None and partners.generation not in scenario.generations:
            return False
        if partners is not None and scenario.partners_generation not in {None, partners.generation}:
            return False
        return self.vhost.generation == scenario.generation


def all_but(client: str, roles: Mapping[str, Role]) -> dict[Role, tuple[str, ...]]:
    """All clients but one, by role, in their order: the partners of that one where all play each other."""
    found: dict[Role, tuple[str, ...]] = {}
    for other, role in roles.items():
        if other != client:
            found[role] = (*found.get(role, ()), other)
    return found
