"""XML in and out: the same tree as JSON, within bounds."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recette.messages.building import envelope, serialise
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.messages.validation.validator import Validator
from recette.messages.xml.writing import NotInXmlError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TAGS = {1: "1.3.0", 2: "2.4.0", 3: "3.4.1"}


def whole(content: dict[str, Any], key: str) -> dict[str, Any]:
    return envelope(
        content,
        key,
        sender="fr.health.samuA",
        recipient="fr.health.samuB",
        distribution_id="fr.health.samuA_1",
        sent_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


def test_one_and_many_booleans_and_numbers_come_back_as_they_were() -> None:
    content = {
        "position": [
            {
                "resourceId": "fr.health.samuA.resource.1",
                "datetime": "2026-01-02T03:04:05+00:00",
                "coord": {"lat": 48.5, "lon": -2},
                "engineOn": True,
            }
        ]
    }
    document = whole(content, "geoPositionsUpdate")
    for count in (1, 3):
        document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["geoPositionsUpdate"] = {
            "position": content["position"] * count
        }
        message = read(serialise(document, XML_TYPE, 3), XML_TYPE, 3)
        assert message.document == document
        assert message.document == read(serialise(document), JSON_TYPE, 3).document
        assert message.model == "GEO-POS"


@pytest.mark.parametrize("generation", [1, 3])
def test_official_examples_survive_xml(ans: Path, generation: int) -> None:
    for path in sorted((ans / f"modeles-{TAGS[generation]}" / "examples").rglob("*.json")):
        ((key, content),) = json.loads(path.read_text(encoding="utf-8")).items()
        if key == "error" or (generation == 1 and key in {"createCaseHealthUpdate", "resourcesStatus"}):
            continue  # free content has no types in XML; what generation 1 cannot say
        document = whole(content, key)
        got = read(serialise(document, XML_TYPE, generation), XML_TYPE, generation).document
        assert _as_xml_says(got) == _as_xml_says(document), path.name


def _as_xml_says(node: Any) -> Any:
    """An empty list is no element at all, and a line ends with a line feed."""
    if isinstance(node, dict):
        return {key: _as_xml_says(value) for key, value in node.items() if value != []}
    if isinstance(node, list):
        return [_as_xml_says(one) for one in node]
    return node.replace("\r\n", "\n") if isinstance(node, str) else node


@pytest.mark.parametrize("key", ["createCaseHealthUpdate", "resourcesStatus"])
def test_what_generation_1_cannot_say_is_said_so(key: str) -> None:
    with pytest.raises(NotInXmlError, match=r"La génération 1 .1\.3\.0. ne sait pas dire"):
        serialise(whole({"caseId": "x"}, key), XML_TYPE, 1)


def test_accents_and_markup_survive() -> None:
    document = whole({"errorCode": {"statusCode": 300, "statusString": "é & <b> ]]> 🚑"}}, "error")
    assert read(serialise(document, XML_TYPE, 2), XML_TYPE, 2).document == document


def test_free_content_keeps_what_is_repeated() -> None:
    document = whole({"mesure": ["a", "b", {"c": "d"}]}, "customContent")
    assert read(serialise(document, XML_TYPE, 3), XML_TYPE, 3).document == document


def test_free_content_as_deep_as_xml_goes_is_judged_and_written() -> None:
    text = serialise(whole({"a": "b"}, "customContent"), XML_TYPE, 3)
    deep = b"<a><b/>" + b"<a/><a>" * 240 + b"</a>" * 240 + b"</a>"
    message = read(text.replace(b"<a>b</a>", deep), XML_TYPE, 3)
    assert Validator(SchemaSet.builtin(3)).validate(message) == ()
    assert serialise(message.document).count(b'"a":[') == 240


def test_a_character_that_xml_forbids_is_not_sent() -> None:
    with pytest.raises(NotInXmlError, match="caractère"):
        serialise(whole({"errorCause": "a\x01b"}, "error"), XML_TYPE, 2)


BOMB = b'<!DOCTYPE a [<!ENTITY b "' + b"c" * 1000 + b'">]><a>' + b"&b;" * 1000 + b"</a>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "DTD"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "DTD"),
        (b"<a>&b;</a>", "XML"),
        (b"<a>" * 10_000 + b"</a>" * 10_000, "256 niveaux"),
        (b"<a>" * 300 + b"</a>" * 300, "256 niveaux"),
        (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "100000 valeurs"),
        (b"<a>" + b"x" * 100_000_000 + b"</a>", "10485760 octets"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "BOM"),
        ("<a/>".encode("utf-16-le"), "octet nul"),
        (b"\xef\xbb\xbf<a/>", "BOM"),
        (b"<?xml version='1.0' encoding='EBCDIC-CP-FR'?><a/>", "EBCDIC-CP-FR"),
        (b"<?xml version='1.0' encoding='UTF-7'?><a/>", "UTF-7"),
        (b"<a>\xe9</a>", "UTF-8 valide"),
        (b"<a>", "n'est pas du XML"),
        (b"", "n'est pas du XML"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else None,
)
def test_hostile_bodies_are_findings(body: bytes, said: str) -> None:
    begun = time.process_time()
    message = read(body, XML_TYPE, 3)
    assert time.process_time() - begun < 1
    assert message.document is None
    assert said in message.problems[0].message
