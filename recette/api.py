"""The harness from Python, for whoever has a test suite of their own: play, judge, validate.

What these functions raise is a ValueError or a RuntimeError whose text is one French sentence: what is wrong, where, and
what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recette.campaign.campaign import play_at_home, play_on_target
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.journal.reader import read_through
from recette.judge.judging import Judging
from recette.judge.verdicts import Finding, Judgement, ScenarioResult, Verdict
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.files import FileReport, check_file
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import vhost as vhost_named
from recette.play.target_file import load_target
from recette.scenario.cahier import built_in
from recette.scenario.selection import select

__all__ = [
    "Diagnostic",
    "FileReport",
    "Finding",
    "Judgement",
    "ScenarioResult",
    "Verdict",
    "judge",
    "play",
    "validate",
]


def play(
    names: Iterable[str],
    journal: Path,
    *,
    target: Path | None = None,
    scenarios: Path | None = None,
    allow_harmful: bool = False,
) -> Judgement:
    """Play scenarios, named as on the command line (all where none is named), and judge them.

    `journal` is the file to be written, which must not exist yet. `target` is the editor under test; without it, the
    reference editors are played, on a hub at home. `scenarios` is a folder of one's own that goes before the built-in
    ones. The verdict of the whole is `Judgement.verdict`. To be called where no event loop is running.
    """
    folders = (built_in(),) if scenarios is None else (scenarios, built_in())
    chosen = select(names, *folders).sound()
    options = Options(jobs=1 if target else HOME_JOBS, allow_harmful=allow_harmful)
    if target is None:
        return play_at_home(chosen.scenarios, (), journal, options)
    return play_on_target(load_target(target), chosen.scenarios, (), journal, options)


def judge(journal: Path) -> Judgement:
    """Judge a recorded run again, from its journal alone."""
    read, judging = read_through(journal, Judging)
    return judging.judgement(read)


def validate(message: Path, vhost: str, *, model: str | None = None) -> FileReport:
    """What is wrong in one message, JSON or XML, whole or its content alone, on the vHost of that name.

    `model` names the content where the file does not. `FileReport.verdict` says `valid`, `invalid` or `unsure`.
    """
    on = vhost_named(vhost)
    return check_file(message, on, Validator(SchemaSet.builtin(on.edition)), model)
