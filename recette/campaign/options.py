"""What a campaign may vary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recette.journal.facts import CahierFacts
from recette.journal.interrupted import Interrupted
from recette.messages.json.schemas import SchemaSet
from recette.messages.profile.reader import DEFAULT
from recette.messages.roles import Role
from recette.play.drivers.choosing import driver_for
from recette.play.drivers.driver import Driver
from recette.play.drivers.terminal import Terminal
from recette.play.target import Deadlines, Target
from recette.relay.observation import RelayPlace
from recette.sandbox.editor import Misbehaviour
from recette.sandbox.faults.seeding import SeededFault
from recette.sandbox.hub import BrokerKind
from recette.sandbox.running_node import RunningNode
from recette.sandbox.temper import Temper
from recette.scenario.model import Scenario


class NothingToPlayError(ValueError):
    """No scenario fits what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a campaign at home may vary."""

    broker: BrokerKind = "embedded"
    lent: tuple[RunningNode, ...] = ()
    """Nodes of RabbitMQ that are there already."""
    misbehaviour: Misbehaviour | None = None
    fault: str = ""
    """What the misbehaviour is called in the journal and in reports."""
    part: str = ""
    """The part that a misbehaving editor takes face to face, where the scenario has it; else the first one."""
    temper: Temper | None = None
    """How long the reference editors take."""
    deadlines: Deadlines | None = None
    """Those of home where None."""
    schemas: SchemaSet | None = None
    strict: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Requirements of the screen that nobody is asked about."""
    attest_received: bool = False
    """Whether an operator is asked what the screen shows of each message that a partner sends."""
    vhost: str | None = None
    """Only this vHost."""
    role: Role | None = None
    """Only the reference editor of this role."""
    hub: str = DEFAULT
    """The profile of the hub at home."""
    reorder: int = 0
    """Places by which the hub at home turns bursts round."""
    format: Literal["json", "xml"] = "json"
    """What the editor and the partners send and get."""
    jobs: int = 1
    """How many scenarios are played side by side."""
    terminal: Terminal | None = None
    """Where an operator sits, if there is one."""
    operator: Callable[[Target], Driver] | None = None
    """Makes the operator's driver where they sit elsewhere than at a terminal."""
    cahiers: tuple[CahierFacts, ...] = ()
    """What the scenarios were taken from, to be journaled."""
    cahier: tuple[Scenario, ...] = ()
    """All the scenarios that the chosen ones were taken from."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the command line asked for, to be journaled."""
    first_only: bool = False
    """Whether no play begins once one is not conformant."""
    resumes: Interrupted | None = None
    """The run that was cut off and goes on."""
    dispatchers: int = 1
    """How many share each vHost of the hub at home."""
    converter: str | None = None
    """The address of the service that converts for the hub at home; the built-in converter where None."""
    observed_by: RelayPlace | None = None
    """The relay between the editor and its hub, where there is one."""
    allow_harmful: bool = False
    """Whether scenarios that could harm a live service are played on a hub that others use."""

    def with_fault(self, fault: SeededFault) -> Options:
        """The same, with a reference editor that has this fault."""
        return replace(self, misbehaviour=fault.misbehaviour, fault=fault.told)

    def driver(self, target: Target) -> Driver:
        """What gets the target's editor to act. Raises NoTerminalError."""
        if target.driver.kind == "operator" and self.operator is not None:
            return self.operator(target)
        return driver_for(target, self.terminal)
