"""What every driver is: a way to get the editor to act."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from recette.journal.events import Entry
from recette.play.deadline import Deadline

Answer = Literal["conforme", "approche", "non-conforme", "sans-reponse"]
Queues = Mapping[str, Mapping[str, int]]
"""Messages and consumers by queue."""


class DriverError(RuntimeError):
    """The driver could not get the editor to act: the driver's failure, never the editor's."""

    def __init__(self, text: str, attempts: int = 1) -> None:
        """`attempts` is how many times the editor may have been told before the driver gave up."""
        super().__init__(text)
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class Request:
    """What the editor is to do; the fields of the contract of `http` and `command`, and what a person reads."""

    run: str
    scenario: str
    step: str
    action: str
    model: str
    vhost: str
    sender: str
    to: str
    case_id: str | None
    format: str
    data: Mapping[str, Any]
    title: str = ""
    prompt: str = ""
    key: str = ""
    """The use-case key, under which `data` stands in a message."""

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON."""
        return {
            "run": self.run,
            "scenario": self.scenario,
            "step": self.step,
            "action": self.action,
            "model": self.model,
            "vhost": self.vhost,
            "from": self.sender,
            "to": self.to,
            "caseId": self.case_id,
            "format": self.format,
            "data": dict(self.data),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be attested of the editor's screen before the deadline."""

    scenario: str
    step: str
    title: str
    check: str
    """The name by which software can answer for its own screen."""
    text: str
    deadline: Deadline
    document: Mapping[str, Any] = field(default_factory=dict)
    """The contract's JSON, with `action: check`, for a driver that asks software."""
    values: tuple[str, ...] = ()
    """What the partner sent and is to be found on the screen, a value a line, indented."""
    optional: bool = False
    """Whether the scenario goes on as well where nobody says anything."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What was said of the editor's screen, and by whom."""

    answer: Answer
    by: str = ""
    """The person; empty where software answers for itself."""
    comment: str = ""


class OperatorLeftError(RuntimeError):
    """The person at the terminal ends the run; the journal keeps what was played, and it can be resumed."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What is being waited for, and what a driver may do meanwhile."""

    scenario: str
    step: str
    title: str
    what: str
    """In French: « RS-EDA de votre logiciel »."""
    deadline: Deadline
    ask_again: Callable[[], Awaitable[None]] | None
    """Asks the step's request once more; None where the editor was not asked."""
    done: Callable[[], None] | None
    """To be called once a person has done what was asked; None likewise."""
    queues: Callable[[], Awaitable[Queues]]
    """The partners' queues: what may explain that nothing comes."""
    leave: Callable[[OperatorLeftError], None]
    """Ends the run."""


class Driver(ABC):
    """Any way to get the editor to act. What it cannot do it leaves as it is here."""

    name: str
    by: str = ""
    """The person at the screen, where there is one."""
    patience: float = 0.0
    """Seconds that a request or a question gets beyond its deadline, for a person's hands and eyes."""

    def ready(self) -> AbstractAsyncContextManager[None]:
        """Held while scenarios are played."""
        return nullcontext()

    @abstractmethod
    async def ask(self, request: Request) -> int:
        """Have it done, or at least promised; returns how many times the editor was told. Raises DriverError."""

    async def attest(self, question: Question) -> Attestation:  # noqa: ARG002 - nobody looks at a screen here
        """What is on the editor's screen; `sans-reponse` where this driver cannot know."""
        return Attestation("sans-reponse")

    def awaiting(self, awaited: Awaited) -> AbstractContextManager[None]:  # noqa: ARG002 - nobody to tell
        """Held while the run waits for something of the editor."""
        return nullcontext()

    def saw(self, entry: Entry) -> None:  # noqa: B027 - most drivers have nobody to show it to
        """Something was journaled."""
