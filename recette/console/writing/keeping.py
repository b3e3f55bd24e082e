"""What was exchanged, as a scenario: values that another play has otherwise become variables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml

from recette.console.writing.drafts import DraftError, Drafts
from recette.messages.reading import Message
from recette.messages.roles import Role
from recette.messages.vhosts import VHost
from recette.play.target import UNKNOWN_CLIENT
from recette.scenario.grammar import KINDS

PARTNER, EDITOR = "partenaire", "editeur"
"""The actors of a scenario that is made here: who one was, and who was opposite."""
_RECEIPTS = frozenset({"RC-REF", "RS-ERROR"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Sides:
    """Who exchanged, and where."""

    vhost: VHost
    clients: Mapping[str, str]
    """By client id, the actor."""
    roles: Mapping[str, Role]
    """By actor."""


@dataclass(slots=True)
class Kept:
    """The data of messages, and the identifiers that they name so far, by value."""

    sides: Sides
    identifiers: dict[str, str] = field(default_factory=dict)
    case_by: str = ""

    def data(self, message: Message) -> dict[str, Any]:
        """The content of a message, its own ids, case and dates as variables. Raises DraftError where it has none."""
        if message.model is None or not isinstance(message.content, Mapping):
            raise DraftError("Ce message n'a pas de contenu lisible : rien n'en est gardé.")
        case, content = message.case_id or "", dict(message.content)
        if case and not self.case_by:
            creator = next((one for one in self.sides.clients if case.startswith(f"{one}.")), "")
            self.case_by = self.sides.clients.get(creator or message.sender_id or "", PARTNER)
        sent = _moment(message.date_time_sent or "")
        found = self._with_variables(content, case, sent)
        assert isinstance(found, dict)
        return found

    def _with_variables(self, node: Any, case: str, sent: datetime | None) -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(node, Mapping):
            return {
                name: "${senderCaseId}"
                if name == "senderCaseId" and case and value == case.rpartition(".")[2]
                else self._with_variables(value, case, sent)
                for name, value in node.items()
            }
        if isinstance(node, list):
            return [self._with_variables(one, case, sent) for one in node]
        return self._variable(node, case, sent) if isinstance(node, str) else node

    def _variable(self, value: str, case: str, sent: datetime | None) -> str:
        if case and value == case:
            return "${caseId}"
        if value in self.sides.clients:
            return f"${{{self.sides.clients[value]}}}"
        if self._kind_of(value):
            number = self.identifiers.setdefault(value, f"{self._kind_of(value)}{len(self.identifiers) + 1}")
            return f"${{{number}}}"
        moment = _moment(value)
        if moment is None or sent is None:
            return value
        after = round((moment - sent).total_seconds())
        return f"${{now{after:+d}s}}" if after else "${now}"

    def _kind_of(self, value: str) -> str:
        """What an identifier of either side names; empty for anything else."""
        owner = next((one for one in self.sides.clients if value.startswith(f"{one}.")), None)
        kind = value.removeprefix(f"{owner}.").partition(".")[0] if owner else ""
        return kind if kind in KINDS and value != f"{owner}.{kind}" else ""

    def made(self) -> dict[str, dict[str, str]]:
        """The identifiers, as a scenario declares them."""
        return {
            name: {"kind": self._kind_of(value), "by": self.sides.clients[_owner(value, self.sides.clients)]}
            for value, name in self.identifiers.items()
        }


def keep_scenario(drafts: Drafts, name: str, messages: Sequence[Message], sides: Sides) -> None:
    """Write a new scenario with a step for each message, its data beside it. Raises DraftError, OSError."""
    path = drafts.path(name)
    if path.exists():
        raise DraftError(f"{path} existe déjà : donnez un autre nom.")
    kept = Kept(sides)
    wanted = [one for one in messages if one.model not in _RECEIPTS]
    if not wanted:
        raise DraftError(
            "Un acquittement ou un rapport n'est pas une étape : gardez le message qu'il concerne."
        )
    files = {f"{path.stem}-{number}.json": kept.data(one) for number, one in enumerate(wanted, 1)}
    steps = [
        _step(number, one, f"donnees/{file}", sides)
        for number, (file, one) in enumerate(zip(files, wanted, strict=True), 1)
    ]
    document = {
        "id": path.stem,
        "title": f"Ce qui a été échangé : {', '.join(dict.fromkeys(one.model or '' for one in wanted))}",
        "perimeter": sides.vhost.perimeter,
        "generations": [sides.vhost.generation],
        "actors": dict(sides.roles),
        "editor": EDITOR,
        **({"case": kept.case_by} if kept.case_by else {}),
        **({"identifiers": kept.made()} if kept.identifiers else {}),
        "steps": steps,
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
    with drafts.alone:
        for file in files:
            drafts.new_data(file)  # all of it or nothing
        for file, content in files.items():
            drafts.keep_data(file, as_json(content))
        drafts.write(name, text, "")


def as_json(content: object) -> str:
    """Test data as a file."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _step(number: int, message: Message, data: str, sides: Sides) -> dict[str, Any]:
    sender = sides.clients.get(message.sender_id or "")
    if sender is None:
        raise DraftError("Ce message ne vient d'aucun des deux côtés de l'échange : rien n'en est gardé.")
    to: dict[str, Any] = {"to": EDITOR if sender == PARTNER else PARTNER}
    if message.recipient_id == UNKNOWN_CLIENT:
        to = {"unknown": True}
    return {
        "id": f"etape-{number}",
        "title": f"{'Le partenaire' if sender == PARTNER else 'L’éditeur'} envoie {message.model}",
        "message": {"from": sender, **to, "model": message.model, "data": data},
    }


def _owner(value: str, clients: Mapping[str, str]) -> str:
    return next(one for one in clients if value.startswith(f"{one}."))


def _moment(value: str) -> datetime | None:
    return datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
