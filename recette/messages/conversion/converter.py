"""The converter: one message in, those that the recipient gets out (hub-sante-2026 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from recette.messages.building import new_distribution_id
from recette.messages.clients import is_health
from recette.messages.conversion import fire, resources
from recette.messages.conversion.failures import ConversionError, not_implemented
from recette.messages.conversion.losses import Loss, Losses
from recette.messages.conversion.resources import CaseStore
from recette.messages.conversion.versions import converted
from recette.messages.dictionary.models import model, model_of_key
from recette.messages.reading import HEADER_FIELDS, find_inner

Kind = Literal["version", "transcoding"]
Tree = dict[str, Any]
Made = list[tuple[str, Tree]]
"""Models and contents."""
FIRE_GENERATION = 3
"""The generation that the fire side speaks."""
TO_FIRE = frozenset({"RC-REF", "RS-EDA", "RS-RI", "RS-SR"})
"""What of health has a form on the fire side."""
_KEPT = frozenset({"RC-RI", "RS-RI", "RS-SR"})


@dataclass(frozen=True, slots=True)
class Converted:
    """What comes out; no document where there is nothing to send, which is no failure."""

    documents: tuple[Tree, ...]
    losses: tuple[Loss, ...]


class Converter:
    """Converts documents (whole EDXL-DE messages as JSON trees); keeps of each case what later ones need."""

    def __init__(self) -> None:
        self.store = CaseStore()

    def convert(self, document: Mapping[str, Any], source: int, target: int, kind: Kind) -> Converted:
        """`kind`: between generations, or between health and fire, whose side speaks generation 3.

        Raises ConversionError; also where the content is of another form than its models have, on which the hub's
        service fails too.
        """
        try:
            return self._convert(document, source, target, kind)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            told = f"La conversion échoue sur la forme de ce message ({type(error).__name__})."
            raise ConversionError(500, told) from error

    def _convert(self, document: Mapping[str, Any], source: int, target: int, kind: Kind) -> Converted:
        message = _message(document)
        key = next((one for one in message if one not in HEADER_FIELDS), None)
        if key is None or not isinstance(message[key], dict):
            raise ConversionError(400, "Ce message n'a pas de contenu.")
        found = model_of_key(key, source) or model_of_key(key, FIRE_GENERATION)
        name = found.name if found is not None else key
        losses = Losses()
        if kind == "version":
            made = [(name, converted(name, message[key], source, target, losses))]
        else:
            made = self._transcoded(document, name, message[key], (source, target), losses)
        documents = tuple(_document(document, message, key, made, index) for index in range(len(made)))
        return Converted(documents, tuple(losses.found))

    def _transcoded(
        self, document: Mapping[str, Any], name: str, content: Tree, ends: tuple[int, int], losses: Losses
    ) -> Made:
        sender, recipient = _ends(document)
        if name in _KEPT:
            self.store.keep(name, document.get("distributionID"), content)
        if is_health(sender):
            if is_health(recipient):
                raise ConversionError(
                    400, f"{sender} et {recipient} sont tous deux de la santé : rien n'est à transcoder."
                )
            return self._to_fire(name, content, sender, ends[0], losses)
        if ends[0] != FIRE_GENERATION:
            raise ConversionError(400, f"Les pompiers n'émettent pas en génération {ends[0]}.")
        made = self._to_health(document, name, content, losses)
        return [(one, converted(one, tree, FIRE_GENERATION, ends[1], losses)) for one, tree in made]

    def _to_fire(self, name: str, content: Tree, sender: str, source: int, losses: Losses) -> Made:
        if name not in TO_FIRE:
            raise not_implemented(f"{name} vers les pompiers")
        told = converted(name, content, source, FIRE_GENERATION, losses)
        match name:
            case "RC-REF":
                return [(name, told)]
            case "RS-EDA":
                return [("RC-EDA", fire.to_fire(told, sender, losses))]
            case "RS-RI":
                made = resources.resources_to_fire(told, self.store, losses)
            case _:
                made = resources.status_to_fire(told, self.store, losses)
        return [] if made is None else [("RC-RI", made)]

    def _to_health(self, document: Mapping[str, Any], name: str, content: Tree, losses: Losses) -> Made:
        sender, recipient = _ends(document)
        match name:
            case "RC-REF":
                return [(name, content)]
            case "RC-EDA":
                return [("RS-EDA", fire.to_health(content, sender, recipient, losses))]
            case "RC-RI":
                return resources.to_health(content, document.get("distributionID"), self.store, losses)
            case "RS-RI" | "RS-SR":
                raise ConversionError(500, f"Les pompiers n'émettent pas de {name}.")
            case _:
                raise not_implemented(f"{name} depuis les pompiers")


def _document(document: Mapping[str, Any], message: Tree, key: str, made: Made, index: int) -> Tree:
    """The first keeps the ids of what it was made of, each other gets its own.

    What is not changed is shared with the document given.
    """
    name, content = made[index]
    header = {field: value for field, value in message.items() if field != key}
    first, *others = document["content"]
    told = {**header, _key(name, key): content}
    inner = {**first["jsonContent"]["embeddedJsonContent"], "message": told}
    held = {**first, "jsonContent": {**first["jsonContent"], "embeddedJsonContent": inner}}
    result = {**document, "content": [held, *others]}
    if index:
        result["distributionID"] = told["messageId"] = new_distribution_id(str(document.get("senderID")))
    return result


def _key(name: str, key: str) -> str:
    """The use-case key of what was made; its own where nothing but its generation changed."""
    made = model_of_key(key, FIRE_GENERATION)
    return key if made is None or made.name == name else model(name, FIRE_GENERATION).key


def _message(document: Mapping[str, Any]) -> Tree:
    """Raises ConversionError where there is none."""
    found = find_inner(document)
    if not isinstance(found, dict):
        raise ConversionError(400, "Cette enveloppe ne contient pas de message.")
    return found


def _ends(document: Mapping[str, Any]) -> tuple[str, str]:
    """Sender and first recipient. Raises ConversionError."""
    try:
        recipient = document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    except (LookupError, TypeError):
        recipient = None
    sender = document.get("senderID")
    if not isinstance(sender, str) or not isinstance(recipient, str):
        raise ConversionError(400, "Cette enveloppe ne dit pas de qui et à qui elle est.")
    return sender, recipient
