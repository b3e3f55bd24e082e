"""The rules of a hub at a date: one data file for each profile, read into what dispatcher, judge and preflight ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from recette.messages.profile.supported import COMMON, Supported, class_of, supported
from recette.messages.reading import JSON_TYPE, XML_TYPE

PROFILES = ("2025-03", "2026")
"""Names, oldest first."""
DEFAULT = "2026"
BEFORE_PROFILES = "2025-03"
"""What a journal that names no profile was recorded with."""
Check = Literal[
    "content-type",
    "schema",
    "reading",
    "class",
    "use-case",
    "health-actor",
    "sender",
    "delivery-mode",
    "prefix",
    "route",
    "expiry",
]
_FIRE_FROM = "perimeters with a way to the fire side"
_TYPES = {"json": JSON_TYPE, "xml": XML_TYPE}


class UnknownProfileError(ValueError):
    """No such profile; the text names those there are."""


@dataclass(frozen=True, slots=True)
class Format:
    """What clients of one pattern are given, and whether their own preference goes before it."""

    clients: str
    content_type: str
    preference: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A hub at a date. Patterns are shell patterns of client ids."""

    name: str
    checks: tuple[Check, ...]
    """In the order of the dispatcher."""
    origin_header: str
    """Where the dispatcher keeps the routing key that a message came with."""
    sentinel: str
    """What stands for a distributionID that could not be extracted."""
    invalid_reference: Literal["envelope", "text"]
    """Where the id in a 300 comes from when the envelope is valid: from it, or from the first match in the text."""
    returned_reference: Literal["lost", "kept"]
    """Whether the report on a health recipient without a queue still knows the id."""
    client_expiration: Literal["passed on", "reset"]
    dead_reported: tuple[str, ...]
    """Reasons of a death that are reported to the sender, as patterns."""
    reports_to: tuple[str, ...]
    """Who gets reports at all."""
    reports_instead: Mapping[str, str]
    """Who gets them for whom."""
    formats: tuple[Format, ...]
    """The first whose pattern fits holds."""
    routed: tuple[str, ...] | None
    """Who can be routed to or from a health actor; None where nobody is left out."""
    fire_from: tuple[str, ...] | None
    """The perimeters from which the fire side is reached; None where the hub does not look."""
    supported: Supported | None
    """What each vHost carries; None where the hub does not look."""
    newest: Supported | None
    """Of that, what the agency's newest list has; None where the hub does not look."""
    out_of_service: Mapping[str, str]
    """What to tell of a vHost that is no longer served, or will not be for long."""

    def content_type(self, client: str, *, prefers_xml: bool | None) -> str:
        """The content type that `client` is given; `prefers_xml` is None where it prefers nothing."""
        chosen = next(one for one in self.formats if fnmatchcase(client, one.clients))
        if chosen.preference and prefers_xml is not None:
            return XML_TYPE if prefers_xml else JSON_TYPE
        return chosen.content_type

    def reports_reach(self, client: str) -> bool:
        return any(fnmatchcase(client, one) for one in self.reports_to)

    def reports_death(self, reason: str) -> bool:
        return any(fnmatchcase(reason, one) for one in self.dead_reported)

    def routes(self, client: str) -> bool:
        return self.routed is None or any(fnmatchcase(client, one) for one in self.routed)

    def status(self, vhost: str) -> str:
        """What to tell of a vHost that is out of service or will be, as a sentence; empty of any other."""
        known = self.out_of_service.get(vhost)
        return f"{vhost} : {known} (hub {self.name})" if known else ""

    @property
    def converts(self) -> bool:
        """Whether it looks where a message has to go on to, and converts it on the way."""
        return "route" in self.checks

    def surely_carries(self, vhost: str, key: str) -> bool:
        """Whether the newest list known has the content under `key`, or what every vHost carries has it."""
        lists = (self.supported, self.newest)
        name = class_of(key)
        common = self.supported is not None and name in self.supported.classes.get(COMMON, ())
        return common or all(one is not None and one.carries(vhost, name) for one in lists)

    def carries(self, vhost: str, key: str) -> bool | None:
        """Whether a vHost carries the content under `key`; None where this profile cannot tell."""
        if self.supported is None:
            return True
        return self.supported.carries(vhost, class_of(key)) if self.supported.lists(vhost) else None


@cache
def profile(name: str = DEFAULT) -> Profile:
    """The profile of that name. Raises UnknownProfileError."""
    if name not in PROFILES:
        raise UnknownProfileError(f"Le profil de hub « {name} » est inconnu. Connus : {', '.join(PROFILES)}.")
    text = Path(__file__).with_name(f"{name}.yaml").read_text("utf-8")
    return _profile(name, yaml.safe_load(text))


def _profile(name: str, said: Mapping[str, Any]) -> Profile:
    lists, newest = said.get("supported"), said.get("in the newest list")
    reports = said["reports"]
    return Profile(
        name=name,
        checks=tuple(said["checks"]),
        origin_header=said["headers"]["origin"],
        sentinel=said["sentinel"],
        invalid_reference=said["reference of an invalid message"],
        returned_reference=said["reference of a returned message"],
        client_expiration=said["expiration of the client"],
        dead_reported=tuple(said["dead letters reported"]),
        reports_to=tuple(reports["to"]),
        reports_instead=reports.get("instead of", {}),
        formats=tuple(
            Format(one["clients"], _TYPES[one["format"]], one.get("preference", False))
            for one in said["formats"]
        ),
        routed=tuple(said["routed"]) if "routed" in said else None,
        fire_from=tuple(said[_FIRE_FROM]) if _FIRE_FROM in said else None,
        supported=None if lists is None else supported(lists, f"profil {name}"),
        newest=None if newest is None else supported(newest, f"profil {name}"),
        out_of_service={**said.get("out of service", {}), **said.get("ending", {})},
    )
