"""pytest plugin: a scenario file is a test file, each play of it a test with the harness's own verdict.

It takes the files that it is pointed at and no others: with `--recette`, in the folders that the ini option
`recette_scenarios` names, or where a file says in its first lines that it is a scenario. All plays that pytest selected
are played in one campaign, when the first of them is to run.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recette.wording.values import visible, visible_lines

if TYPE_CHECKING:
    from recette.judge.verdicts import Finding, Judgement, ScenarioResult, Verdict
    from recette.scenario.model import Scenario


FOLDERS = "recette_scenarios"
"""The ini option that names folders of scenarios."""
_SAYS_SO = re.compile(r"#\s*recette\s*:\s*sc[eé]nario\b", re.IGNORECASE)
_FIRST_LINES = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("recette", "cahier de recette du Hub Santé")
    group.addoption("--recette", action="store_true", help="les fichiers *.yaml donnés sont des scénarios")
    group.addoption(
        "--recette-target", metavar="FICHIER", help="l'éditeur à tester ; sinon l'éditeur de référence, ici"
    )
    group.addoption(
        "--recette-allow-harmful",
        action="store_true",
        help="joue aussi ce qui peut gêner un service où d'autres travaillent",
    )
    group.addoption("--recette-fault", metavar="FAUTE", help="joue l'éditeur de référence avec cette faute")
    parser.addini(
        FOLDERS, "les dossiers dont les fichiers *.yaml sont des scénarios", type="paths", default=[]
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """A scenario that the plugin was pointed at; data files live in folders named `donnees`."""
    if (
        file_path.suffix == ".yaml"
        and "donnees" not in file_path.parts
        and _pointed_at(file_path, parent.config)
    ):
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


def _pointed_at(path: Path, config: pytest.Config) -> bool:
    if config.getoption("recette") or any(path.is_relative_to(one) for one in config.getini(FOLDERS)):
        return True
    with contextlib.suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8") as file:
        return any(_SAYS_SO.match(line) for line in islice(file, _FIRST_LINES))
    return False


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        from recette.scenario.loader import load_file
        from recette.scenario.problems import ScenarioError

        try:
            editions = load_file(self.path)
        except ScenarioError as error:
            raise self.CollectError(visible_lines(str(error))) from error
        for edition in editions:
            for actor in edition.testable:
                only = replace(edition, testable=(actor,))
                yield ScenarioItem.from_parent(self, name=f"{edition.edition}@{actor}", scenario=only)


class NotConformError(AssertionError):
    """A play whose verdict is `fail`."""


class NotJudgedError(Exception):
    """A play whose verdict is `error` or `inconc`: nothing is said against the editor, and nothing is proven."""


class ScenarioItem(pytest.Item):
    def __init__(self, *, scenario: Scenario, **options: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**options)
        self.scenario = scenario

    def runtest(self) -> None:
        result = _results(self.session).get(self.name)
        if result is None:
            pytest.skip("cette cible ne permet pas de jouer ce scénario (rôle, vHost ou partenaires)")
        if result.verdict == "none":
            pytest.skip(result.reason)
        if self.config.getoption("allure_report_dir", None):
            _tell_allure(result)
        if result.verdict != "pass":
            raise _failure(result.verdict, _text(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        from recette.play.drivers.terminal import NoTerminalError

        if isinstance(excinfo.value, NotConformError | NotJudgedError | NoTerminalError):
            return visible_lines(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, visible(f"{self.name} — {self.scenario.title}")


def _failure(verdict: Verdict, text: str) -> Exception:
    """What pytest and Allure tell apart: `failed`, or `broken`."""
    return NotConformError(text) if verdict == "fail" else NotJudgedError(text)


def _tell_allure(result: ScenarioResult) -> None:
    """The steps with their verdicts, and what was found, beside the test (`pytest --alluredir`)."""
    import allure

    from recette.judge.verdicts import FRENCH

    for step in result.steps:
        with (
            contextlib.suppress(NotConformError, NotJudgedError),
            allure.step(f"{step.title} ({step.action} {step.model})"),
        ):
            if step.verdict not in {"pass", "none"}:
                raise _failure(step.verdict, FRENCH[step.verdict])
    if result.findings:
        allure.attach(_text(result), "constats", allure.attachment_type.TEXT)


_OF_THE_CAMPAIGN = pytest.StashKey[tuple["Finding", ...]]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What belongs to no play has no test that could fail: it fails the session."""
    found = session.config.stash.get(_OF_THE_CAMPAIGN, ())
    if exitstatus == pytest.ExitCode.OK and any(one.verdict == "fail" for one in found):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What belongs to no play is told after the tests."""
    found = config.stash.get(_OF_THE_CAMPAIGN, ())
    if found:
        from recette.report.text import finding_lines

        terminalreporter.section("recette : hors des passages")
        for one in found:
            terminalreporter.write_line("\n".join(finding_lines(one)))


_RESULTS = pytest.StashKey[Mapping[str, "ScenarioResult"]]()


_FAILED = pytest.StashKey[str]()
"""Why nothing could be played, said again of each test: what failed once is not tried again."""


def _results(session: pytest.Session) -> Mapping[str, ScenarioResult]:
    """The result of every selected play, by its name; played once for the session."""
    from recette.commands.user_errors import USERS

    if _FAILED in session.stash:
        raise NotJudgedError(session.stash[_FAILED])
    if _RESULTS not in session.stash:
        scenarios = [item.scenario for item in session.items if isinstance(item, ScenarioItem)]
        with tempfile.TemporaryDirectory(prefix="recette-") as folder:
            try:
                judgement = _played(session.config, scenarios, Path(folder) / "journal.jsonl")
            except USERS as error:
                session.stash[_FAILED] = str(error)
                raise NotJudgedError(str(error)) from error
        results = judgement.scenarios if judgement else ()
        session.config.stash[_OF_THE_CAMPAIGN] = judgement.findings if judgement else ()
        session.stash[_RESULTS] = {one.id: one for one in results}
    return session.stash[_RESULTS]


def _played(config: pytest.Config, scenarios: list[Scenario], journal: Path) -> Judgement | None:
    from recette.campaign import campaign
    from recette.campaign.home import HOME_JOBS
    from recette.campaign.options import NothingToPlayError, Options
    from recette.commands.common import fault_named
    from recette.play.target_file import load_target

    target, fault = config.getoption("recette_target"), config.getoption("recette_fault")
    options = Options(
        jobs=1 if target or fault else HOME_JOBS, allow_harmful=config.getoption("recette_allow_harmful")
    )
    try:
        if target:
            return campaign.play_on_target(load_target(Path(target)), scenarios, (), journal, options)
        if fault:
            options = options.with_fault(fault_named(fault))
        return campaign.play_at_home(scenarios, (), journal, options)
    except NothingToPlayError:
        return None


def _text(result: ScenarioResult) -> str:
    from recette.judge.verdicts import FRENCH
    from recette.report.text import finding_lines

    blocks = ["\n".join(finding_lines(finding)) for finding in result.findings]
    told = [result.reason] if result.reason else []
    return "\n\n".join([f"{FRENCH[result.verdict]} : {result.id}", *told, *blocks])
