"""Resources between health and the fire side: RC-RI to RS-RI and RS-SR, and back (hub-sante-2026 4.4).

One message may become several, or none: what is new is told against what the hub has seen of the same case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Losses
from recette.messages.conversion.trees import copied, copied_object

Tree = Mapping[str, Any]
KINDS = ("SIS", "SMUR")
"""The vehicles that the fire side is told of, by the beginning of their type."""


_UNTOLD = (
    "seuls les moyens SIS et SMUR passent aux pompiers ; s'il n'en reste aucun, rien n'est envoyé ni rapporté"
)
_NOTHING_NEW = (
    "ni les moyens ni leurs statuts ne changent : rien n'est envoyé, ce qui change d'autre est perdu"
)
_STATELESS = "un moyen sans statut ne passe pas ; s'il n'en reste aucun, rien n'est envoyé ni rapporté"
_NO_LIST = "la liste des moyens n'est renvoyée que si un moyen s'ajoute ou part : ce changement est perdu"
_BOTH = "missionId et operationId étaient là tous deux : un seul reste"
_OLDER = "le dernier RS-RI a un statut plus récent : les pompiers ne voient pas celui-ci"
_WHOLE_LIST = "les pompiers reçoivent toute la liste du dernier RS-RI de l'affaire"
_BY_TEXT = "ce statut est le plus récent, mais le hub compare le texte des dates et non leurs instants"
_TOLD_BEFORE = "un RS-SR l'a dit avant ce RS-RI"


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as the hub received it, before any conversion, in the order of arrival."""

    model: str
    distribution_id: str | None
    content: Tree


class CaseStore:
    """What the hub keeps of resources, case by case: RC-RI, RS-RI and RS-SR as they were received.

    In memory, and within bounds: the case that was told of first, and a case's oldest messages, are forgotten.
    """

    CASES, MESSAGES = 10_000, 1_000
    """How many are kept, and of each case how many messages."""

    def __init__(self) -> None:
        self._kept: dict[str, list[Kept]] = {}

    def keep(self, model: str, distribution_id: str | None, content: Tree) -> None:
        case = content.get("caseId")
        if isinstance(case, str):
            kept = self._kept.setdefault(case, [])
            kept.append(Kept(model, distribution_id, copied_object(content)))
            del kept[: -self.MESSAGES]
            if len(self._kept) > self.CASES:
                del self._kept[next(iter(self._kept))]

    def of(self, case: object, model: str) -> list[Kept]:
        """Oldest first."""
        return [one for one in self._kept.get(str(case), ()) if one.model == model]


def to_health(
    content: Tree, distribution_id: str | None, store: CaseStore, losses: Losses
) -> list[tuple[str, dict[str, Any]]]:
    """Model and content of what an RC-RI becomes: an RS-RI when the resources changed, an RS-SR for each new state."""
    earlier = [
        one for one in store.of(content.get("caseId"), "RC-RI") if one.distribution_id != distribution_id
    ]
    before = {
        one.get("resourceId"): one for one in (earlier[-1].content.get("resource", ()) if earlier else ())
    }
    resources: Sequence[Tree] = content.get("resource", ())
    case = content.get("caseId")
    made: list[tuple[str, dict[str, Any]]] = []
    listed = not earlier or {one.get("resourceId") for one in resources} != set(before)
    if listed:
        told = [_for_health(one, f"$.resource[{at}]", losses) for at, one in enumerate(resources)]
        made.append(("RS-RI", {"caseId": case, "resource": told}))
    for one in resources:
        old = before.get(one.get("resourceId"))
        if "state" in one and (old is None or _status(old) != _status(one)):
            state = copied(one["state"])
            made.append(("RS-SR", {"caseId": case, "resourceId": one.get("resourceId"), "state": state}))
    if not made:
        losses.lost("$.resource", list(resources), _NOTHING_NEW)
    elif not listed:
        _tell_untold(resources, before, losses)
    return made


def _tell_untold(resources: Sequence[Tree], before: Mapping[object, Tree], losses: Losses) -> None:
    """What changed of vehicles besides their status, where no new list is sent."""
    for at, one in enumerate(resources):
        old = before.get(one.get("resourceId"), {})
        for name, value in one.items():
            if value == old.get(name) or (name == "state" and _status(old) != _status(one)):
                continue
            losses.lost(f"$.resource[{at}].{name}", value, _NO_LIST)


def _status(resource: Tree) -> object:
    """What makes a state another one: its date does not, nor does what else changes."""
    return resource.get("state", {}).get("status")


def _for_health(resource: Tree, path: str, losses: Losses) -> dict[str, Any]:
    made = copied_object(resource)
    if "position" in made:
        losses.lost(f"{path}.position", made.pop("position"))
    if "state" in made:
        made["state"] = [made["state"]]
    if "operationId" in made:
        operation = made.pop("operationId")
        if made.get("missionId", operation) != operation:
            losses.replaced(f"{path}.missionId", made["missionId"], operation, _BOTH)
        made["missionId"] = operation
    return made


def resources_to_fire(content: Tree, store: CaseStore, losses: Losses) -> dict[str, Any] | None:
    """The RC-RI's content that an RS-RI becomes; None where no resource is one that the fire side is told of."""
    told = {one.content.get("resourceId"): one.content for one in store.of(content.get("caseId"), "RS-SR")}
    return _for_fire(content, told, losses)


def status_to_fire(content: Tree, store: CaseStore, losses: Losses) -> dict[str, Any] | None:
    """The RC-RI's content that an RS-SR becomes, from the last RS-RI of its case. Raises ConversionError."""
    case, resource = content.get("caseId"), content.get("resourceId")
    lists = store.of(case, "RS-RI")
    if not lists:
        raise ConversionError(400, f"Aucun RS-RI n'est connu de l'affaire « {case} ».")
    last = lists[-1].content
    if resource not in {one.get("resourceId") for one in last.get("resource", ())}:
        raise ConversionError(400, _unlisted(last, case, resource))
    told = {one.content.get("resourceId"): one.content for one in store.of(case, "RS-SR")}
    made = _for_fire(last, {**told, resource: content}, Losses())
    shown = {one.get("resourceId"): one["state"] for one in made["resource"]} if made is not None else {}
    if shown.get(resource) != content.get("state"):
        losses.lost("$.state", content.get("state"), _OLDER if resource in shown else _UNTOLD)
    if made is not None:
        losses.added("$.resource", made["resource"], _WHOLE_LIST)
    return made


def _unlisted(last: Tree, case: object, resource: object) -> str:
    text = f"Le dernier RS-RI de l'affaire « {case} » ne connaît pas « {resource} »."
    if "mobilizedResource" in last:
        return f"{text} Il est de la génération 1, et le hub le relit comme s'il était de la 3."
    return text


def _for_fire(content: Tree, told: Mapping[object, Tree], losses: Losses) -> dict[str, Any] | None:
    made = []
    for index, one in enumerate(content.get("resource", ())):
        path = f"$.resource[{index}]"
        state = _latest(one.get("state") or (), told.get(one.get("resourceId"), {}).get("state"))
        kind = next((kind for kind in KINDS if str(one.get("vehicleType", "")).startswith(kind)), None)
        if kind is None or state is None:
            losses.lost(path, one, _UNTOLD if kind is None else _STATELESS)
            continue
        states = one.get("state") or ()
        for earlier in states:
            if earlier != state:
                later = _instant(earlier.get("datetime")) > _instant(state.get("datetime"))
                losses.lost(f"{path}.state", earlier, _BY_TEXT if later else "")
        if state not in states:
            losses.added(f"{path}.state", state, _TOLD_BEFORE)
        resource = copied_object(one)
        if kind != one["vehicleType"]:
            losses.replaced(f"{path}.vehicleType", one["vehicleType"], kind)
        resource |= {"vehicleType": kind, "state": copied(state)}
        if "patientId" in resource:
            losses.lost(f"{path}.patientId", resource.pop("patientId"))
        if "missionId" in resource:
            mission = resource.pop("missionId")
            if resource.get("operationId", mission) != mission:
                losses.replaced(f"{path}.operationId", resource["operationId"], mission, _BOTH)
            resource["operationId"] = mission
        made.append(resource)
    return {"caseId": content.get("caseId"), "resource": made} if made else None


def _instant(date: object) -> float:
    """Seconds since 1970; nothing earlier is told for what is no date."""
    try:
        return datetime.fromisoformat(str(date)).timestamp()
    except (ValueError, OverflowError):
        return -math.inf


def _latest(states: Sequence[Tree], told: Tree | None) -> Tree | None:
    """By the text of the dates, as the hub compares them; of equal ones the last."""
    own = max(enumerate(states), key=lambda one: (str(one[1].get("datetime", "")), one[0]), default=None)
    if own is None:
        return told
    if told is not None and str(told.get("datetime", "")) > str(own[1].get("datetime", "")):
        return told
    return own[1]
