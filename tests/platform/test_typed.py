"""A command that is advised can be copied, whatever the folder is called."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from recette.commands.cut_off import told_how_to_go_on
from recette.hub.errors import HubError
from recette.platform.typed import typed
from recette.report.audience import NOBODY
from recette.scenario.selection import SelectionError, select

NAMES = ["rapports", "mes rapports", "l'été", "a;b", "$HOME"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_argument(name: str) -> None:
    assert shlex.split(f"recette report {typed(Path(name))} --json") == ["recette", "report", name, "--json"]


def test_another_shell_has_quotes_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recette.platform.typed.POSIX", False)
    assert (typed("C:\\a b"), typed("C:\\ab")) == ('"C:\\a b"', "C:\\ab")


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign_that_is_cut_off_is_resumed_by_what_is_advised(name: str) -> None:
    with pytest.raises(HubError) as caught, told_how_to_go_on(Path(name), NOBODY, resumed=True):
        raise HubError("Le hub est parti.")
    command = caught.value.__notes__[0].partition(" : ")[2]
    assert shlex.split(command) == ["recette", "run", "--resume", name]


def test_a_folder_without_scenarios_says_how_to_fill_it(tmp_path: Path) -> None:
    folder = tmp_path / "mes scénarios"
    folder.mkdir()
    with pytest.raises(SelectionError) as caught:
        select([], folder)
    command = str(caught.value).partition(" par ")[2].removesuffix(".")
    assert shlex.split(command) == ["recette", "scenarios", "--out", str(folder)]
