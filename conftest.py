"""Fixtures for the project's own tests, and short names here for what the plugin that plays scenarios takes."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent
_LONGEST = {
    name: place
    for place, name in enumerate(
        (
            "test_cluster.py",
            "test_installed.py",
            "test_adoption.py",
            "test_campaign.py",
            "test_own_rabbitmq.py",
            "test_preflight.py",
            "test_repository.py",
            "test_faults.py",
            "test_pages_in_chromium.py",
            "test_without_posix.py",
            "test_verification.py",
            "test_hostile_journals.py",
        )
    )
}
_ON_RABBITMQ = frozenset(
    {
        "tests/campaign/test_face_to_face.py",
        "tests/campaign/test_home_target.py",
        "tests/hub/test_tls_connection.py",
        "tests/play/test_over_tls.py",
        "tests/preflight/test_preflight.py",
        "tests/relay/test_command.py",
        "tests/relay/test_two_clients.py",
        "tests/test_brokers_alike.py",
        *(
            f"tests/sandbox/test_{name}.py"
            for name in (
                "across_versions",
                "amqplib",
                "as_rabbitmq_4",
                "broker",
                "dispatchers",
                "hostile_messages",
                "in_flight",
                "lasting",
                "lent_nodes",
                "own_rabbitmq",
                "rabbitmq",
                "shared_hub",
                "troubles",
            )
        ),
    }
)
"""Beside tests/sandbox/broker: files that want the session's RabbitMQ node, which each worker starts for itself."""
_TOLD = 6_000
"""Letters that are told at once of what failed: where it was, and how it ended."""
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as the command line does
# Workers and some hundred processes import the same modules: each of them would compile them again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Whoever only plays scenarios has no pytest-asyncio, whose settings stand in pyproject.toml."""
    group = parser.getgroup("recette")
    group.addoption("--target", dest="recette_target", metavar="FICHIER", help="comme --recette-target")
    group.addoption("--fault", dest="recette_fault", metavar="FAUTE", help="comme --recette-fault")
    group.addoption(
        "--allow-harmful",
        dest="recette_allow_harmful",
        action="store_true",
        help="comme --recette-allow-harmful",
    )
    if not pluginmanager.hasplugin("asyncio"):
        for name in ("asyncio_mode", "asyncio_default_fixture_loop_scope"):
            parser.addini(name, "for the project's own tests")


def pytest_configure(config: pytest.Config) -> None:
    """Workers take the files in the order that is given below, and not those with the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_ToldAtOnce(config))


class _ToldAtOnce:
    """Where nobody watches, what failed is told at once: a run that a clock ends never comes to its summary."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            terminal.write_sep("!", report.nodeid)
            text = report.longreprtext
            terminal.write_line(
                text if len(text) <= _TOLD else f"{text[: _TOLD // 2]}\n…\n{text[-_TOLD // 2 :]}"
            )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:  # noqa: ANN401 - xdist's own
    """As `--dist loadfile`, with the files that want RabbitMQ on two workers at most."""
    if config.option.dist != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

    class FewNodes(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file in _ON_RABBITMQ or file.startswith("tests/sandbox/broker/"):
                return "RabbitMQ, tests/sandbox" if file.startswith("tests/sandbox/") else "RabbitMQ"
            return str(file)

    return FewNodes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first: one of them that is begun last keeps a single worker busy."""
    items.sort(key=lambda item: _LONGEST.get(item.path.name, len(_LONGEST)))


def pytest_collection_finish() -> None:
    """All that was imported stays: no campaign has to look through it for garbage."""
    gc.collect()
    gc.freeze()


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
