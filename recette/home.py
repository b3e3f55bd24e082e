"""The editors and partners that the harness plays with at home, on its own sandbox."""

from __future__ import annotations

from recette.messages.vhosts import vhost
from recette.play.target import Deadlines, DriverChoice, Target
from recette.scenario.model import Role

HOME_JOBS = 8
"""How many scenarios a faultless run plays side by side."""
HOME_DEADLINES = Deadlines(ack=2.0, answer=2.0, quiet=0.15)
"""Seconds, against the reference editors: they answer within milliseconds."""
_LRM, _OTHER_LRM, _TABLET, _ORU = (
    "fr.health.samu991",
    "fr.health.samu992",
    "fr.health.smur991",
    "fr.health.oru99",
)
_TABLET_PARTNER, _ORU_PARTNER = "fr.health.smur992", "fr.health.oru98"
_HOME: tuple[tuple[str, Role, str, dict[Role, tuple[str, ...]]], ...] = (
    ("15-15_v1.5", "LRM", _LRM, {"LRM": (_OTHER_LRM,)}),
    ("15-smur_v1.5", "SMUR", _TABLET, {"ORU": (_ORU_PARTNER,)}),
    ("15-smur_v1.5", "ORU", _ORU, {"SMUR": (_TABLET_PARTNER,)}),
)


def home_targets(deadlines: Deadlines = HOME_DEADLINES) -> list[Target]:
    """One target for each role of the editor under test, on each vHost that the sandbox serves."""
    return [
        Target("bac-à-sable local", vhost(name), editor, role, partners, DriverChoice("simulated"), deadlines)
        for name, role, editor, partners in _HOME
    ]
