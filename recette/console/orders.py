"""What is to be played, as a form of the console asks for it and as the journal keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from recette.messages.roles import ROLES, Role
from recette.platform.places import from_here, way_back
from recette.platform.typed import typed

_ELSEWHERE = (
    "between",
    "bundle",
    "models",
    "observed_by",
    "strict",
    "leave_out",
    "vhost",
    "broker",
    "format",
    "hub",
    "converter",
)
"""What the command line can ask for and no form of the console does."""


class OrderError(ValueError):
    """What was asked for cannot be played from here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """Scenarios, or plays, by name; against the reference editors where there is no target."""

    names: tuple[str, ...] = ()
    """All where there are none."""
    target: Path | None = None
    role: Role | None = None
    """Only the reference editor of this role."""
    fault: str | None = None
    """The seeded fault of the reference editor."""
    harmful: bool = False
    """Whether what could harm a live service is played on a hub that others use."""
    attest_received: bool = False
    """Whether the operator is asked what the screen shows of each message that a partner sends."""
    by: str = ""
    """The person at the editor's screen."""

    def asked(self, folder: Path, own: Path | None) -> dict[str, Any]:
        """What the journal in `folder` keeps of it, in the words of the command line, which can resume it too.

        `own` is the folder of scenarios, where it is not the one built in.
        """
        return {
            **dict.fromkeys(_ELSEWHERE),
            "scenarios": list(self.names),
            "target": from_here(self.target) if self.target is not None else None,
            "editor": self.role,
            "fault": self.fault,
            "allow_harmful": self.harmful,
            "attest_received": self.attest_received,
            "jobs": None,
            "dispatchers": 1,
            "strict": [],
            "leave_out": [],
            "folder": "" if own is None else from_here(own),
            "from": way_back(folder),
        }


def order_of(asked: Mapping[str, Any], folder: Path, targets: Mapping[str, Path], by: str) -> Order:
    """What the run in `folder` was asked to play, as its journal has it. Raises OrderError.

    `targets` are those that the console was started with, by the name that a journal keeps.
    """
    others = [name for name in _ELSEWHERE if asked.get(name)]
    target = asked.get("target")
    resumed = f"recette run --resume {typed(folder)}"
    if others:
        raise OrderError(
            f"Cette campagne a été demandée avec --{others[0].replace('_', '-')}, que la console n'a pas : voyez {resumed}."
        )
    if target and str(target) not in targets:
        raise OrderError(
            f"Cette campagne est celle de la cible {target} : relancez la console avec --target {typed(str(target))}, ou {resumed}."
        )
    role = asked.get("editor")
    return Order(
        names=tuple(map(str, asked.get("scenarios", ()))),
        target=targets[str(target)] if target else None,
        role=cast("Role", role) if role in ROLES else None,
        fault=asked.get("fault"),
        harmful=bool(asked.get("allow_harmful")),
        attest_received=bool(asked.get("attest_received")),
        by=by,
    )
