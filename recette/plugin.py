"""pytest plugin: a scenario file is a test file, each play of it a test with the harness's own verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from recette.judge.verdicts import ScenarioResult
    from recette.scenario.model import Scenario


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("recette", "cahier de recette du Hub Santé")
    group.addoption(
        "--target", metavar="FICHIER", help="l'éditeur à tester ; sinon l'éditeur de référence, ici"
    )
    group.addoption("--fault", metavar="FAUTE", help="joue l'éditeur de référence avec cette faute")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Scenario files live below a folder named `scenarios`, their data in folders named `donnees`."""
    if file_path.suffix == ".yaml" and "scenarios" in file_path.parts and "donnees" not in file_path.parts:
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        from recette.scenario.loader import load_file
        from recette.scenario.problems import ScenarioError

        try:
            scenario = load_file(self.path)
        except ScenarioError as error:
            raise self.CollectError(str(error)) from error
        for actor in scenario.testable:
            yield ScenarioItem.from_parent(
                self, name=f"{scenario.id}@{actor}", scenario=replace(scenario, testable=(actor,))
            )


class NotConformError(Exception):
    """A play whose verdict is not `pass`."""


class ScenarioItem(pytest.Item):
    def __init__(self, *, scenario: Scenario, **options: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**options)
        self.scenario = scenario

    def runtest(self) -> None:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="recette-") as folder:
            result = self._play(Path(folder) / "journal.jsonl")
        if result.verdict in {"none", "inconc"}:
            pytest.skip(result.reason or "; ".join(finding.explanation for finding in result.findings))
        if result.verdict != "pass":
            raise NotConformError(_text(result))

    def _play(self, journal: Path) -> ScenarioResult:
        from recette import campaign
        from recette.play.target import load_target
        from recette.sandbox.faults import FAULTS

        fault, target = self.config.getoption("fault"), self.config.getoption("target")
        options = campaign.Options(misbehaviour=FAULTS[fault].misbehaviour if fault else None)
        try:
            if target:
                judgement = campaign.play_on_target(
                    load_target(Path(target)), [self.scenario], (), journal, options
                )
            else:
                judgement = campaign.play_at_home([self.scenario], (), journal, options)
        except campaign.NothingToPlayError as error:
            pytest.skip(str(error))
        return judgement.scenarios[0]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        if isinstance(excinfo.value, NotConformError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.name} — {self.scenario.title}"


def _text(result: ScenarioResult) -> str:
    from recette.judge.verdicts import FRENCH
    from recette.report.text import finding_lines

    blocks = ["\n".join(finding_lines(finding)) for finding in result.findings]
    return "\n\n".join([f"{FRENCH[result.verdict]} : {result.id}", *blocks])
