"""Fixtures for the project's own tests; the scenario files need none: the plugin plays them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Whoever only plays scenarios has no pytest-asyncio, whose settings stand in pyproject.toml."""
    if not pluginmanager.hasplugin("asyncio"):
        for name in ("asyncio_mode", "asyncio_default_fixture_loop_scope"):
            parser.addini(name, "for the project's own tests")


@pytest.fixture(scope="session")
def ans() -> Path:
    """The official data (RECETTE_ANS, else ../shared/ans beside the repository)."""
    folder = Path(os.environ.get("RECETTE_ANS", ROOT.parent / "shared" / "ans"))
    if not folder.is_dir():
        pytest.skip(f"les données officielles ne sont pas là ({folder})")
    return folder


@pytest.fixture(scope="session")
def scenarios_folder() -> Path:
    return ROOT / "scenarios"
