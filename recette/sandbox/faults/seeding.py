"""How a fault is seeded: the pieces that all of them are made of, and the plays that show them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.spellings import has_field
from recette.messages.reading import Message
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor, StartFault

Change = Callable[[Outgoing], None]
Sending = Callable[[ReferenceEditor, Outgoing], list[Outgoing]]
ACCEPTED, CANCELLED, REFUSED = (
    "15-15-ressource-acceptee.g1",
    "15-15-ressource-annulee.g1",
    "15-15-ressource-refusee.g1",
)
SHARE, UNKNOWN = "15-15-partage-simple.g1", "15-15-destinataire-inconnu.g1"
FIRE, SEVERAL = "15-nexsis-sans-donnees-de-sante.g1@samu", "15-15-plusieurs-patients.g2@origine"
ASKED, SHARER, SHARED = f"{ACCEPTED}@sollicite", f"{SHARE}@origine", f"{SHARE}@destinataire"


@dataclass(frozen=True, slots=True)
class SeededFault:
    """One fault: `rule` must name it when `play` (`<scenario>.g<generation>@<actor>`) is played."""

    id: str
    title: str
    rule: str
    play: str
    misbehaviour: Misbehaviour
    format: Literal["json", "xml"] = "json"
    """The format of the play."""
    after: str = ""
    """The play that the same editor has behind it, where the fault shows in the second one alone."""
    also: Mapping[str, str] = field(default_factory=dict)
    """Rules that speak too, each with the reason why the fault cannot but break them."""
    absent: frozenset[int] = frozenset()
    """Generations in which its play exists, and its kind does not."""
    of_json: bool = False
    """Whether it is none in XML: what is written there is right, cannot be written so, or is another rule's."""

    @property
    def told(self) -> str:
        """The fault by name, and what the editor does wrong."""
        return f"{self.id} ({self.title})"


def on(*models: str) -> Callable[[Change], Sending]:
    """A change to the messages of these models, or to all but acks where none is named."""

    def decorate(change: Change) -> Sending:
        def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
            if out.model in models or (not models and out.model != "RC-REF"):
                change(out)
            return [out]

        return send

    return decorate


def put(path: str, value: Any, *models: str) -> Sending:  # noqa: ANN401 - any JSON value
    """Put `value` at a dotted path below the envelope, `message` or `content`.

    `{patient}` and `{resources}` in it are what the edition calls them.
    """

    def change(out: Outgoing) -> None:
        names = Names(out.edition)
        first, *steps = path.format(patient=names.patient, resources=names.resources).split(".")
        node: Any = {"envelope": out.document, "message": out.message, "content": out.content}[first]
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[steps[-1]] = value

    return on(*models)(change)


def engagement(edition: Models, request: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """What a person keys to engage a vehicle on a request, as RS-RI has it in that edition."""
    early = not has_field("vehicleType", "RS-RI", edition)
    kind = {"resourceType": "SMUR", "vehiculeType": "VLM"} if early else {"vehicleType": "SMUR.VLM"}
    return {Names(edition).resources: [{"requestId": request, **kind, **more}]}


def drop(*models: str) -> Sending:
    return lambda _, out: [] if out.model in models else [out]


def rename(out: Outgoing, identifier: str) -> None:
    out.document["distributionID"] = identifier
    if "messageId" in out.message:
        out.message["messageId"] = identifier


def wire(**values: Any) -> Change:  # noqa: ANN401 - attributes of Outgoing
    def change(out: Outgoing) -> None:
        for name, value in values.items():
            setattr(out, name, value)

    return change


def fault(
    identifier: str,
    rule: str,
    play: str,
    title: str,
    *,
    also: Mapping[str, str] | None = None,
    sends: Sending | None = None,
    receives: Callable[[ReferenceEditor, Message], Awaitable[None]] | None = None,
    blind: bool = False,
    reads_only: str | None = None,
    hides: tuple[str, ...] = (),
    overwrites: bool = False,
    stays_away: bool = False,
    starts: StartFault | None = None,
    skips: tuple[str, ...] = (),
    form: Literal["json", "xml"] = "json",
    after: str = "",
    absent: tuple[int, ...] = (),
    of_json: bool = False,
) -> SeededFault:
    misbehaviour = Misbehaviour(
        sends,
        receives,
        reads_only=reads_only,
        blind=blind,
        on_start=starts,
        skips=frozenset(skips),
        hides=frozenset(hides),
        overwrites=overwrites,
        stays_away=stays_away,
    )
    return SeededFault(
        identifier, title, rule, play, misbehaviour, form, after, also or {}, frozenset(absent), of_json
    )
