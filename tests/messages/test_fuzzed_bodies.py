"""Bodies of every model, spoiled anywhere, before whoever reads bodies: each ends with what it has to say."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome
from recette.messages.building import serialise
from recette.messages.conversion.converter import Converter
from recette.messages.conversion.failures import ConversionError
from recette.messages.dictionary.examples import RECIPIENT, SENDER, example_message
from recette.messages.dictionary.generations import edition_of
from recette.messages.dictionary.models import models
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.messages.validation.validator import Validator
from recette.sandbox.case_file import support_asked
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.editor import Misbehaviour, ReferenceEditor
from recette.sandbox.settings import hub_settings
from tests.fuzzing import fuzzed, spoil
from tests.sandbox.troubled import VHOST

GENERATIONS = (1, 2, 3)


@cache
def documents(generation: int) -> list[dict[str, Any]]:
    edition = edition_of(generation)
    return [example_message(one, size) for one in models(edition) for size in ("minimal", "maximal")]


@st.composite
def bodies(draw: st.DrawFn, generation: int) -> tuple[bytes, str]:
    """A body that somebody may send, with its content type."""
    data = draw(st.data())
    tree = copy.deepcopy(draw(st.sampled_from(documents(generation))))
    for _ in range(draw(st.integers(0, 3))):
        spoil(tree, data)
    form = draw(st.sampled_from([JSON_TYPE, JSON_TYPE, XML_TYPE]))
    body = json.dumps(tree, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if form == XML_TYPE:
        try:
            body = serialise(
                copy.deepcopy(draw(st.sampled_from(documents(generation)))), XML_TYPE, edition_of(generation)
            )
        except ValueError:
            form = JSON_TYPE
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        at = draw(st.integers(0, len(body)))
        until = min(len(body), at + draw(st.integers(0, 40)))
        body = body[:at] + draw(st.binary(max_size=6) | st.just(body[at:until] * 2)) + body[until:]
    return body, form


class Nowhere:
    """A link of a dispatcher, or of an editor, that takes all that is published."""

    def __init__(self, vhost: str) -> None:
        self.address = type("Address", (), {"vhost": vhost})()
        self.published: list[bytes] = []

    async def publish(self, to: str, key: str, body: bytes, properties: Properties) -> PublishOutcome:
        self.published.append(body)
        return PublishOutcome("confirmed")


def delivery(body: bytes, form: str) -> Delivery:
    return Delivery("dispatch", "hubsante", SENDER, False, Properties(form, PERSISTENT), body)


@pytest.mark.parametrize("generation", GENERATIONS)
@fuzzed(60)
@given(data=st.data())
def test_a_body_is_read_and_judged(generation: int, data: st.DataObject) -> None:
    body, form = data.draw(bodies(generation))
    found = Validator(SchemaSet.builtin(generation)).validate(read(body, form, edition_of(generation)))
    event(f"{form} : {'bon' if not found else 'constats'}")
    assert all(one.message and one.path.startswith(("$", "/")) for one in found)
    assert all(len(one.actual) < 5_000 for one in found)


@fuzzed(60)
@given(data=st.data())
async def test_a_dispatcher_settles_it(data: st.DataObject) -> None:
    body, form = data.draw(bodies(1))
    told: list[HubSaw] = []
    settings = hub_settings(xml_clients={RECIPIENT} if data.draw(st.booleans()) else ())
    dispatcher = Dispatcher(Nowhere(VHOST), told.append, settings)  # type: ignore[arg-type]
    await dispatcher._or_settled(dispatcher._dispatch)(delivery(body, form))
    assert not [one.reason for one in told if "échoue" in one.reason]
    event(told[-1].action)


@fuzzed(60)
@given(data=st.data())
async def test_a_reference_editor_takes_it_or_not(data: st.DataObject) -> None:
    body, form = data.draw(bodies(1))
    editor = ReferenceEditor(Nowhere(VHOST), RECIPIENT, "LRM", Misbehaviour())  # type: ignore[arg-type]
    event(str(await editor.receive(delivery(body, form))))


@pytest.mark.parametrize("identifier", [None, 5, {}, []])
async def test_a_state_of_no_vehicle_is_taken_or_not(identifier: object) -> None:
    """A find of this fuzzer's: the id is there, and is none."""
    found = copy.deepcopy(next(one for one in documents(1) if "RS-SR" in one["distributionID"]))
    content = found["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    content["resourcesStatus"]["resourceId"] = identifier
    editor = ReferenceEditor(Nowhere(VHOST), RECIPIENT, "LRM", Misbehaviour())  # type: ignore[arg-type]
    assert isinstance(await editor.receive(delivery(json.dumps(found).encode(), JSON_TYPE)), bool)


@pytest.mark.parametrize("target", [1, 2, 3])
@fuzzed(40)
@given(data=st.data())
def test_a_converter_makes_something_of_it_or_says_why_not(target: int, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([one for one in GENERATIONS if one != target]))
    body, form = data.draw(bodies(source))
    document = read(body, form, edition_of(source)).document
    kind: Any = data.draw(st.sampled_from(["version", "transcoding"]))
    try:
        made = Converter().convert(document if isinstance(document, dict) else {}, source, target, kind)
    except ConversionError as error:
        event(f"refusé : {error.status}")
    else:
        event(f"{len(made.documents)} documents")


@pytest.mark.parametrize(("failures", "settled"), [(0, True), (1, True), (2, False)])
async def test_what_a_dispatcher_fails_on_twice_is_settled_and_told(failures: int, settled: bool) -> None:
    """Whatever it is in us that fails: the next message is served."""
    told: list[HubSaw] = []
    dispatcher = Dispatcher(Nowhere(VHOST), told.append, hub_settings())  # type: ignore[arg-type]
    left = [KeyError("x")] * failures

    async def handle(_: Delivery) -> bool:
        if left:
            raise left.pop()
        return True

    assert await dispatcher._or_settled(handle)(delivery(b"{}", JSON_TYPE)) is settled
    assert [one.action for one in told] == ([] if settled else ["refused"])
    assert settled or "échoue sur ce message (KeyError)" in told[0].reason


async def test_a_broker_that_is_gone_settles_nothing() -> None:
    dispatcher = Dispatcher(Nowhere(VHOST), lambda _: None, hub_settings())  # type: ignore[arg-type]

    async def handle(_: Delivery) -> bool:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await dispatcher._or_settled(handle)(delivery(b"{}", JSON_TYPE))


@pytest.mark.parametrize("missions", [None, {"a": {"b": []}}, "x", 1, [None, 1, [], "x"]])
def test_missions_that_are_none_ask_for_nothing(missions: object) -> None:
    assert support_asked({"MISSION": missions}) is None
