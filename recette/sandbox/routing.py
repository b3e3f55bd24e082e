"""On which vHost a message has to arrive, and what is converted on the way there (hub-sante-2026 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from recette.messages.clients import is_health
from recette.messages.vhosts import perimeter_of, vhost
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.conversions import Way
from recette.sandbox.settings import HubSettings

NEXSIS, HEALTH = "15-nexsis", "15-15"
ACTIVE = "15-nexsis_vactive"
"""The vHost of the version that NexSIS runs now."""


@dataclass(frozen=True, slots=True)
class Detour:
    """The recipient lives on another vHost."""

    vhost: str
    way: Way


def detour(settings: HubSettings, here: str, sender: str, recipient: str) -> Detour | None:
    """Where a message that is published on vHost `here` goes instead; None where it stays."""
    if is_health(sender) and is_health(recipient):
        return _between_versions(settings.of(recipient), here)
    if is_health(recipient):
        return _from_fire(settings.of(recipient), here)
    return _to_fire(settings, here) if is_health(sender) else None


def _between_versions(recipient: ClientSettings, here: str) -> Detour | None:
    elsewhere = recipient.speaks_on(here)
    return None if elsewhere is None else Detour(elsewhere, "HealthVersionConversion")


def _from_fire(recipient: ClientSettings, here: str) -> Detour | None:
    """A recipient that declares the fire perimeter speaks it itself; another gets health messages, if it has any."""
    declared = recipient.perimeters or {}
    if NEXSIS in declared:
        elsewhere = recipient.speaks_on(here)
        return None if elsewhere is None else Detour(elsewhere, "CISUVersionConversion")
    if HEALTH not in declared or perimeter_of(here) == HEALTH:
        return None  # what is on a health vHost was converted already
    return Detour(f"{HEALTH}_v{declared[HEALTH][-1]}", "CISUTranscoding")


def _to_fire(settings: HubSettings, here: str) -> Detour | None:
    target = settings.fire_vhost
    if target is None or here == target:
        return None
    fire_side = perimeter_of(here) == NEXSIS
    return Detour(target, "CISUVersionConversion" if fire_side else "CISUTranscoding")


def version(name: str) -> str:
    """The version of the models that a vHost speaks, as the converter is told it (hub-sante-2026 1.2)."""
    return _VERSIONS.get(name) or f"v{vhost(name).generation}"


_VERSIONS = {ACTIVE: "vactive", "15-nexsis_v1.9": "v3"}
"""What the hub's own map says otherwise than the official models (hub-sante-2026 1.2)."""
