"""A journal is whoever's: judging it reads nothing else, ends, and says in one sentence what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.journal.events import Event, RunStarted
from recette.messages.json.schemas import SchemaSet
from tests.bundles import write_bundle
from tests.journal.rewriting import rewrite
from tests.messages.json.test_closed import Listener, listener
from tests.proof.conftest import recorded, run

__all__ = ["listener", "recorded", "run"]


def with_schemas(folder: Path, change: Callable[[dict[str, Any]], object]) -> Callable[[Event], Event]:
    models = json.loads(json.dumps(SchemaSet.from_bundle(write_bundle(folder), 1).to_json()))
    change(models)

    def changed(event: Event) -> Event:
        return replace(event, models=models) if isinstance(event, RunStarted) else event

    return changed


@pytest.mark.parametrize("command", ["judge", "verify", "report", "redact", "sign"])
def test_schemas_in_a_journal_call_nobody(
    command: str, run: Path, listener: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = {"properties": {"a": {"$ref": listener.url}}}
    rewrite(run, with_schemas(tmp_path / "lot", lambda one: one["schemas"].update({"RS-EDA": inner})))
    more = {"redact": ["--out", str(tmp_path / "copy")], "sign": ["--key", "absent"]}.get(command, [])
    capsys.readouterr()
    assert main([command, str(run), *more]) in {1, 2}
    told = "".join(capsys.readouterr())
    assert command == "sign" or "RS-EDA.schema.json, #/properties/a/$ref : la référence" in told
    assert listener.calls == 0
