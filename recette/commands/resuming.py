"""What a run was asked to do, kept in its journal, so that it can go on after an interruption."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from recette.commands.common import scenario_folders
from recette.commands.options import OptionsError
from recette.journal.events import RunStarted
from recette.journal.interrupted import Interrupted
from recette.messages.profile.reader import BEFORE_PROFILES
from recette.platform.places import from_here, way_back
from recette.scenario.cahier import built_in

_ASKED = (
    "scenarios",
    "target",
    "vhost",
    "broker",
    "format",
    "editor",
    "between",
    "fault",
    "bundle",
    "models",
    "jobs",
    "allow_harmful",
    "dispatchers",
    "converter",
    "hub",
    "observed_by",
    "strict",
    "leave_out",
    "attest_received",
    "captured",
    "case",
)
_UNSAID = {"dispatchers": 1}
"""What the command line says where nobody says it."""
_PATHS = ("target", "bundle", "observed_by")
_LISTS = ("scenarios", "captured")
"""Of what may be paths."""


def asked(arguments: Namespace) -> dict[str, Any]:
    """What the journal keeps of the command line, and where it was typed."""
    kept = {name: getattr(arguments, name) for name in _ASKED}
    kept |= {name: from_here(kept[name]) for name in _PATHS if kept[name]}
    kept |= {name: [from_here(one) for one in kept[name]] for name in _LISTS}
    folder = scenario_folders(arguments.folder)[0]
    report = Path(arguments.report) if arguments.report else Path("reports") / "date"
    own = "" if folder == built_in() else from_here(folder)
    return {**kept, "folder": own, "from": way_back(report)}


def as_asked(arguments: Namespace, interrupted: Interrupted) -> Namespace:
    """The command line as the run was begun with. Raises OptionsError where another one is given."""
    given = [
        name for name in _ASKED if getattr(arguments, name) and getattr(arguments, name) != _UNSAID.get(name)
    ]
    if given or arguments.report:
        raise OptionsError(
            "--resume reprend la campagne telle qu'elle a été demandée : "
            f"ôtez {', '.join(_as_typed(name) for name in given or ['report'])}."
        )
    again = asked_again(interrupted.header, interrupted.path.parent)
    again.report = str(interrupted.path.parent)
    for name in ("json", "sign", "verbose", "resume", "reports", "first_only"):
        setattr(again, name, getattr(arguments, name))
    return again


def asked_again(header: RunStarted, folder: Path) -> Namespace:
    """The command line of the run in `folder`, with paths that lead to the same places from here."""
    kept = dict(header.asked)
    there = folder / str(kept["from"])  # older journals have it from the root
    found = {name: kept.get(name) for name in _ASKED}
    found["hub"] = kept.get("hub", BEFORE_PROFILES)
    found |= {name: _from(there, kept[name]) for name in _PATHS if kept.get(name)}
    found |= {name: [_from(there, one) for one in kept.get(name, ())] for name in _LISTS}
    return Namespace(
        **found,
        folder=_from(there, kept["folder"]) if kept["folder"] else None,
        report=None,
        json=False,
        sign=None,
        reports=None,
        first_only=False,
        verbose=False,
        resume=None,
        failed=None,
        exclude=[],
    )


def _as_typed(name: str) -> str:
    return "les scénarios" if name == "scenarios" else f"--{name.replace('_', '-')}"


def _from(there: Path, given: str) -> str:
    """A path as it was typed, where it leads to something here; else from where it was typed."""
    return given if Path(given).exists() or not (there / given).exists() else str(there / given)
