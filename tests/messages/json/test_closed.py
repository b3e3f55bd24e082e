"""A schema from outside reads nothing, and comes to an end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recette.cli import main
from recette.messages.json.closed import MAX_DEPTH, OpenSchemaError, check_closed
from recette.messages.json.schemas import BundleError, SchemaSet, decider
from recette.messages.validation.explanation import explain
from tests.bundles import Files, write_bundle


class Listener:
    """A port of this machine that counts who calls."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/schema.json"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                call, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            call.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def test_a_bundle_in_the_official_layout_is_read(tmp_path: Path) -> None:
    found = SchemaSet.from_bundle(write_bundle(tmp_path / "lot"), 1)
    assert found.use_cases.keys() == SchemaSet.builtin(1).use_cases.keys()
    assert SchemaSet.from_json(found.to_json(), 1) == found


def pointing(target: str) -> Any:
    def change(files: Files) -> None:
        files["RC-REF"]["properties"]["distributionID"] = {"$ref": target}

    return change


@pytest.mark.parametrize("command", ["validate", "run", "models check"])
@pytest.mark.parametrize(
    "target", ["http", "file", "other.json", "//127.0.0.1/x", "#/definitions/absent", ""]
)
def test_a_reference_that_leads_out_is_refused_where_it_stands(
    command: str, target: str, listener: Listener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = {"http": listener.url, "file": Path("/etc/hostname").as_uri()}.get(target, target)
    bundle = str(write_bundle(tmp_path / "lot", pointing(shown)))
    words = {
        "validate": ["validate", str(tmp_path), "--vhost", "15-15_v1.5", "--bundle", bundle],
        "run": ["run", "15-15-partage-simple", "--vhost", "15-15_v1.5", "--bundle", bundle],
        "models check": ["models", "check", "--bundle", bundle],
    }[command]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "RC-REF.schema.json, #/properties/distributionID/$ref" in told
    assert len(told.splitlines()) == 1
    assert listener.calls == 0


def test_what_decides_and_what_explains_fetch_nothing_of_themselves(listener: Listener) -> None:
    """The second wall, were a reference not seen as one."""
    schema = {"properties": {"a": {"$ref": listener.url}}}
    with pytest.raises(ValueError, match="n'est pas dans ce schéma"):
        decider(schema)
    with pytest.raises(Exception, match="Unresolvable"):
        explain(schema, {"a": 1}, "content", "$", "RC-REF")
    assert listener.calls == 0


def doubling(levels: int) -> dict[str, Any]:
    inner = {f"a{one}": {"allOf": [{"$ref": f"#/definitions/a{one + 1}"}] * 2} for one in range(levels)}
    return {"$ref": "#/definitions/a0", "definitions": {**inner, f"a{levels}": {"type": "string"}}}


ROUND = {"$ref": "#/definitions/a", "definitions": {"a": {"items": {"$ref": "#/definitions/a"}}}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (ROUND, "tourne en rond"),
        ({"items": {"$ref": "#"}}, "tourne en rond"),
        (doubling(25), "valeurs, références comprises"),
        (nested(MAX_DEPTH + 1), f"plus de {MAX_DEPTH} niveaux"),
        (nested(100_000), f"plus de {MAX_DEPTH} niveaux"),
        ({"$ref": "#/definitions/a"}, "ne mène nulle part"),
        ({"$ref": "#anchor"}, "ne mène nulle part"),
    ],
)
def test_a_schema_that_never_ends_is_refused(schema: dict[str, Any], told: str) -> None:
    with pytest.raises(OpenSchemaError, match=told):
        check_closed(schema)


def test_references_within_are_followed() -> None:
    schema = {
        "properties": {"a/b": {"$ref": "#/definitions/c~1d"}},
        "definitions": {"c/d": {"type": "string"}},
    }
    check_closed(schema)
    check_closed({"$ref": "RC-DE.schema.json"}, {"RC-DE.schema.json"})


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.pop("source"),
        lambda one: one.update(schemas=3),
        lambda one: one.update(schemas={"RC-REF": "x"}),
        lambda one: one.update(useCases=[["reference"]]),
        lambda one: one.update(useCases=[["reference", "ABSENT", True]]),
        lambda one: one["schemas"].update({"RC-REF": ROUND}),
        lambda one: one["schemas"].update({"RC-REF": {"type": 12}}),
        lambda one: one["schemas"].update({"RC-REF": {"properties": ["a"]}}),
        lambda one: one["schemas"].update({"RC-REF": {"pattern": "(" * 50}}),
        lambda one: one["schemas"].update({"RC-REF": {"$id": "http://127.0.0.1:9/", "$ref": "x"}}),
    ],
)
def test_schemas_of_a_journal_are_held_to_the_same(change: Any, tmp_path: Path) -> None:
    written = SchemaSet.from_bundle(write_bundle(tmp_path / "lot"), 1).to_json()
    change(written)
    with pytest.raises(BundleError):
        SchemaSet.from_json(written, 1)


KEYWORDS = st.sampled_from(
    ["$ref", "$id", "properties", "definitions", "items", "allOf", "type", "enum", "pattern"]
)
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["#", "#/definitions/a", "string", "x.json", "("]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.just("a"), inner, max_size=3),
    max_leaves=20,
)


@given(schema=st.dictionaries(KEYWORDS, TREES, max_size=4), value=TREES)
def test_any_schema_is_refused_or_decides(schema: dict[str, Any], value: object) -> None:
    try:
        check_closed(schema)
        deciding = decider(schema)
    except ValueError:
        return
    if not deciding.is_valid(value):
        assert explain(schema, value, "content", "$", "RC-REF")
