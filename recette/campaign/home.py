"""The editors and partners that the harness plays with at home, on its own sandbox."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TypeAlias

from recette.campaign.options import Options
from recette.messages.roles import Role
from recette.messages.vhosts import KNOWN_VHOSTS, VHost, vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target, all_but
from recette.sandbox.routing import ACTIVE, HEALTH, NEXSIS

HOME_JOBS = 8
"""How many scenarios a faultless run plays side by side."""
HOME_DEADLINES = Deadlines(ack=15.0, answer=15.0, quiet=0.15)
"""Seconds, against the reference editors: they answer within milliseconds, and a machine that is busy is no fault."""
FAULTY_DEADLINES = Deadlines(ack=3.0, answer=3.0, quiet=0.15)
"""Against one with a fault, played one at a time: what it does not send has to be waited for."""
_QUIET_ON_RABBITMQ = 0.5
"""Seconds in which nothing may come there: it is another process, and a busy machine holds it up for longer than ours."""
_Rows: TypeAlias = tuple[tuple[str, Role, str, dict[Role, tuple[str, ...]]], ...]
"""Perimeter, role and client of an editor, and its partners."""
_HOME: _Rows = (
    (
        "15-15",
        "LRM",
        "fr.health.samu991",
        {
            "LRM": ("fr.health.samu992", "fr.health.samu993"),
            "PORTAIL": ("fr.health.portail992",),
            "CAP": ("fr.health.cap992",),
            "CNR114": ("fr.health.cnr114-992",),
            "SNP": ("fr.health.snp992",),
        },
    ),
    ("15-15", "PORTAIL", "fr.health.portail991", {"LRM": ("fr.health.samu994",)}),
    ("15-15", "CAP", "fr.health.cap991", {"LRM": ("fr.health.samu995",)}),
    ("15-15", "CNR114", "fr.health.cnr114-991", {"LRM": ("fr.health.samu996",)}),
    ("15-15", "SNP", "fr.health.snp991", {"LRM": ("fr.health.samu997",)}),
    ("15-sas", "LRM", "fr.health.samu991", {"SAS": ("fr.health.sas992",)}),
    ("15-sas", "SAS", "fr.health.sas991", {"LRM": ("fr.health.samu993",)}),
    ("15-smur", "LRM", "fr.health.samu991", {"SMUR": ("fr.health.smur992",), "ORU": ("fr.health.oru992",)}),
    ("15-smur", "SMUR", "fr.health.smur991", {"LRM": ("fr.health.samu993",), "ORU": ("fr.health.oru993",)}),
    ("15-smur", "ORU", "fr.health.oru991", {"LRM": ("fr.health.samu994",), "SMUR": ("fr.health.smur994",)}),
    ("15-gps", "LRM", "fr.health.samu991", {"GPS": ("fr.health.gps992",)}),
    ("15-gps", "GPS", "fr.health.gps991", {"LRM": ("fr.health.samu993",)}),
    ("15-nexsis", "LRM", "fr.health.samu991", {"NEXSIS": ("fr.fire.nexsis.sdis992",)}),
    ("15-nexsis", "NEXSIS", "fr.fire.nexsis.sdis991", {"LRM": ("fr.health.samu993",)}),
)
"""No two targets of one perimeter share a client: each would take the other's messages from its queues."""
_DISTURBED: _Rows = (
    ("15-15", "LRM", "fr.health.samu951", {"LRM": ("fr.health.samu952",)}),
    ("15-smur", "SMUR", "fr.health.smur951", {"LRM": ("fr.health.samu953",)}),
    ("15-smur", "ORU", "fr.health.oru951", {"LRM": ("fr.health.samu954",)}),
    ("15-nexsis", "NEXSIS", "fr.fire.nexsis.sdis951", {"LRM": ("fr.health.samu955",)}),
)
"""Editors whose links are broken off, and their partners."""
_ACROSS: tuple[tuple[str, Role, str, Role, str, str], ...] = (
    (HEALTH, "LRM", HEALTH, "LRM", "fr.health.samu8{:02}", "fr.health.samu9{:02}"),
    (HEALTH, "LRM", NEXSIS, "NEXSIS", "fr.health.samu7{:02}", "fr.fire.nexsis.sdis8{:02}"),
    (NEXSIS, "NEXSIS", HEALTH, "LRM", "fr.fire.nexsis.sdis7{:02}", "fr.health.samu6{:02}"),
)
"""Perimeter and role of the editor, then of its partner, who lives on another vHost; their client ids, numbered."""


def deadlines_at_home(options: Options) -> Deadlines:
    """Those that were asked for, or those of reference editors, which are shorter where one is at fault."""
    if options.deadlines is not None:
        return options.deadlines
    usual = FAULTY_DEADLINES if options.misbehaviour is not None else HOME_DEADLINES
    return usual if options.broker == "embedded" else replace(usual, quiet=_QUIET_ON_RABBITMQ)


def home_targets(deadlines: Deadlines = HOME_DEADLINES, *, on: VHost | None = None) -> list[Target]:
    """One target for each role of the editor under test: on one vHost, or on each that the sandbox serves by itself."""
    return _targets(_HOME, deadlines, on, disturbed=False)


def disturbed_targets(deadlines: Deadlines = HOME_DEADLINES, *, on: VHost | None = None) -> list[Target]:
    """One target for each role whose link is broken off: what passes between others goes on undisturbed."""
    return _targets(_DISTURBED, deadlines, on, disturbed=True)


def _targets(rows: _Rows, deadlines: Deadlines, on: VHost | None, *, disturbed: bool) -> list[Target]:
    return [
        Target(
            "bac-à-sable local",
            one,
            editor,
            role,
            partners,
            DriverChoice("simulated"),
            deadlines,
            disturbed=disturbed,
        )
        for one in ([on] if on is not None else _latest())
        for perimeter, role, editor, partners in rows
        if one.perimeter == perimeter
    ]


def home_editors(deadlines: Deadlines = HOME_DEADLINES) -> list[list[Target]]:
    """Of each vHost that the sandbox serves, one reference editor for each client, all of them under test."""
    found: list[list[Target]] = []
    for on in _latest():
        roles: dict[str, Role] = {}
        for perimeter, role, editor, partners in _HOME:
            if perimeter == on.perimeter:
                roles[editor] = role
                roles |= {client: its for its, clients in partners.items() for client in clients}
        found.append([_among(on, client, roles, deadlines) for client in roles])
    return found


def _among(on: VHost, client: str, roles: dict[str, Role], deadlines: Deadlines) -> Target:
    """One editor whose partners are all the others."""
    choice = DriverChoice("simulated")
    partners = all_but(client, roles)
    return Target("bac-à-sable local", on, client, roles[client], partners, choice, deadlines)


FIRE_VHOST_OF_SERVICES = "15-nexsis_v1.9.1"
"""Where the fire side lives when a service of others converts: the agency's does not know `vactive` (2026 sheet 4.2)."""


def targets_across(
    deadlines: Deadlines = HOME_DEADLINES, *, on: VHost | None = None, fire: str = ACTIVE
) -> list[Target]:
    """One target for each two vHosts between which the hub converts, the editor on the first, or on the one given; the
    fire side is on `fire`.
    """
    found = []
    for perimeter, role, elsewhere, partner, editors, partners in _ACROSS:
        here, there = ([vhost(fire)] if one == NEXSIS else _latest_of(one) for one in (perimeter, elsewhere))
        pairs = [
            (one, other)
            for one, other in product([on] if on is not None else here, there)
            if one.perimeter == perimeter and (elsewhere != perimeter or one.generation != other.generation)
        ]
        found += [
            Target(
                "bac-à-sable local",
                one,
                editors.format(number),
                role,
                {partner: (partners.format(number),)},
                DriverChoice("simulated"),
                deadlines,
                partners_vhost=other,
                disturbed=False,
            )
            for number, (one, other) in enumerate(pairs, start=1)
        ]
    return found


def _latest_of(perimeter: str) -> list[VHost]:
    return [one for one in _latest() if one.perimeter == perimeter]


def _latest() -> list[VHost]:
    """Of each perimeter and generation the latest vHost."""
    latest = {(one.perimeter, one.generation): one for one in KNOWN_VHOSTS}
    return list(latest.values())
