"""The driver that a target asks for."""

from __future__ import annotations

from recette.play.drivers.command import CommandDriver
from recette.play.drivers.driver import Driver
from recette.play.drivers.http import HttpDriver
from recette.play.drivers.nobody import NobodyDriver
from recette.play.drivers.operator import OperatorDriver
from recette.play.drivers.terminal import NoTerminalError, Terminal
from recette.play.target import Target


def driver_for(target: Target, terminal: Terminal | None) -> Driver:
    """The driver of a target; `terminal` is where its operator sits. Raises NoTerminalError."""
    choice = target.driver
    if choice.kind == "command":
        return CommandDriver(choice.command, choice.timeout, choice.env)
    if choice.kind == "http":
        return HttpDriver(choice.url, choice.timeout, choice.retries)
    if choice.kind == "none":
        return NobodyDriver(choice.patience)
    assert choice.kind == "operator", "the sandbox brings its own"
    if terminal is None:
        raise NoTerminalError
    return OperatorDriver(
        terminal,
        target.vhost,
        target.editor,
        by=choice.name,
        patience=choice.patience,
        meeting=target.meeting,
    )
