"""A target file spoiled anywhere is read, or refused with a place and a sentence."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from tests.fuzzing import fuzzed, spoil

BROKER: dict[str, Any] = {
    "broker": "amqp://127.0.0.1:5672",
    "vhost": "15-15_v1.5",
    "format": "json",
    "hub": "2026",
    "distributionStatus": "Exercise",
    "editor": {"id": "fr.health.samu991", "role": "LRM", "password_env": "MDP"},
    "partners": [
        {"id": "fr.health.samu992", "role": "LRM", "password_env": "MDP"},
        {"id": "fr.health.samu993", "role": "SMUR", "password_env": "MDP", "user": "x"},
    ],
    "driver": {"kind": "command", "command": ["true", "x"], "timeout": 5, "env": ["MDP"]},
    "deadlines": {"ack": 2, "answer": 2.5, "quiet": 0.2},
    "identity": {"vendor": "Éditeur", "product": "Logiciel", "version": "1"},
}
HOME: dict[str, Any] = {
    **{key: value for key, value in BROKER.items() if key not in {"editor", "partners", "driver"}},
    "broker": "home",
    "environment": "sandbox",
    "home": {"port": 5672, "tls": "certificats"},
    "editor": {"id": "fr.health.samu991", "role": "LRM"},
    "partners": [{"id": "fr.health.samu992", "role": "LRM"}],
    "driver": {"kind": "http", "url": "http://127.0.0.1:9/agir", "retries": 1, "timeout": 1},
}


@fuzzed(120)
@given(data=st.data())
def test_any_target_is_read_or_refused(
    data: st.DataObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", "x")
    tree = copy.deepcopy(data.draw(st.sampled_from([BROKER, HOME])))
    for _ in range(data.draw(st.integers(0, 3))):
        spoil(tree, data)
    path = tmp_path / "cible.yaml"
    path.write_bytes(json.dumps(tree, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    try:
        found = load_target(path)
    except TargetError as error:
        event("refusée")
        problems, read = error.problems, bool(error.problems)
    else:
        event("lue")
        problems, read = [], bool(found.editor)
    assert read
    assert all(one.line > 0 and one.column > 0 and one.text for one in problems)
