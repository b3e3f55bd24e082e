"""XML judged: where and why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.models import model, models
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import XML_TYPE, read
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.files import check_file
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import vhost
from recette.messages.xml.names import sayable

VALIDATORS = {generation: Validator(SchemaSet.builtin(generation)) for generation in (1, 2, 3)}


def body_of(name: str = "RS-RI", generation: int = 3) -> str:
    return serialise(example_message(model(name, generation), "maximal"), XML_TYPE, generation).decode()


def judged(text: str, generation: int = 3) -> list[Diagnostic]:
    found = VALIDATORS[generation].validate(read(text.encode(), XML_TYPE, generation))
    return [one for one in found if one.severity == "error"]


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_every_example_is_valid_in_both_formats(generation: int) -> None:
    for one in models(generation):
        for size in ("minimal", "maximal"):
            document = example_message(one, size)
            message = read(serialise(document), None, generation)
            assert VALIDATORS[generation].validate(message) == (), one.name
            if one.key in sayable(generation):
                message = read(serialise(document, XML_TYPE, generation), XML_TYPE, generation)
                assert VALIDATORS[generation].validate(message) == (), one.name


@pytest.mark.parametrize("generation", [1, 3])
@pytest.mark.parametrize("field", ["dateTimeSent", "sentAt", "creation"])
def test_blanks_around_a_date_are_collapsed_as_xsd_says(field: str, generation: int) -> None:
    """Recorded on the real hub (xml/blanks around dates), which takes them; libxml2 takes those behind alone."""
    text = body_of("RS-EDA", generation)
    start = text.index(f"<{field}>") + len(f"<{field}>")
    end = text.index("<", start)
    value = text[start:end]
    for written in (f" {value}", f"{value}\n", f"\n  {value} "):
        assert judged(text[:start] + written + text[end:], generation) == [], written


@pytest.mark.parametrize("field", ["dateTimeSent", "sentAt", "creation"])
def test_utc_as_minus_zero_is_right_in_xml_and_disputed_in_json(field: str) -> None:
    """XSD takes it and so does the hub in XML; in JSON RC-DE names it and the hub refuses it."""
    document = example_message(model("RS-EDA", 3), "maximal")
    for form in (XML_TYPE, None):
        text = serialise(document, form, 3).decode() if form else serialise(document).decode()
        mark = f"<{field}>" if form else f'"{field}":"'
        place = text.index(mark) + len(mark)
        changed = text[: place + 19] + "-00:00" + text[place + 25 :]
        found = VALIDATORS[3].validate(read(changed.encode(), form, 3))
        if form:
            assert found == ()
            continue
        (one,) = found
        assert (one.severity, one.refused_by) == ("unsure", "hub")
        assert "RC-DE" in one.message
        assert "300" in one.message


INNER = "$.content[0].jsonContent.embeddedJsonContent.message"


@pytest.mark.parametrize(
    ("change", "path", "rule", "said"),
    [
        (("urn:emergency:eda:1.9:resourcesinfo", "urn:emergency:cisu:2.0:resourcesInfo"), f"{INNER}.resourcesInfo", "EN-15", "espace de noms"),
        (("<status>DECISION", "<status>DECISIN"), f"{INNER}.resourcesInfo.resource[0].state[0].status", "DA-03", "DECISION"),
        (("<senderID>fr.health.samu000</senderID>", ""), "$.senderID", "EN-01", "manque"),
        (("<availability>true", "<availability>oui"), f"{INNER}.resourcesInfo.resource[0].state[0].availability", "DA-01", "true ou false"),
        (("<caseId>fr.", "<caseId>fr!"), f"{INNER}.resourcesInfo.caseId", "DA-02", "dossier"),
        ((' xlink:type="extended"', ""), "$", "EN-15", "xlink:type"),
        (("<kind>Report", "<kind>Rapport"), f"{INNER}.kind", "HD-05", "Rapport"),
        (("<orgId>", "<orgID>"), f"{INNER}.resourcesInfo.resource[0].orgID", "DA-01", "orgId"),
        (("<distributionKind>Report", "<distributionKind>Request"), "$.distributionKind", "EN-08", "Request"),
        (("+00:00</dateTimeSent>", "Z</dateTimeSent>"), "$.dateTimeSent", "EN-05", "forme"),
        (("<caseId>", "<caseId lang='fr'>"), f"{INNER}.resourcesInfo.caseId", "EN-15", "attribut"),
    ],
)  # fmt: skip
def test_a_defect_is_told_at_its_place(change: tuple[str, str], path: str, rule: str, said: str) -> None:
    text = body_of()
    assert change[0] in text
    changed = text.replace(*change, 1)
    if change[0].startswith("<orgId"):
        changed = changed.replace("</orgId>", "</orgID>", 1)
    found = [one for one in judged(changed) if one.path == path and one.rule == rule]
    assert found
    assert said in found[0].message


def test_order_is_told() -> None:
    text = body_of("RS-SR")
    case = text[text.index("<caseId>") : text.index("</caseId>") + len("</caseId>")]
    (found,) = judged(text.replace(case, "").replace("</resourceId>", f"</resourceId>{case}"))
    assert (found.rule, found.path) == ("EN-15", f"{INNER}.resourcesStatus.caseId")
    assert "avant « resourceId »" in found.message


def test_repetition_is_told() -> None:
    text = body_of("RS-SR")
    (found,) = judged(text.replace("<resourceId>", "<caseId>fr.a.b.c</caseId><resourceId>"))
    assert "répété" in found.message


@pytest.mark.parametrize(
    "value", ["a" * 100_000 + "!", "a." * 50_000 + "!", "a" * 60 + "!", "fr." + "a." * 30 + "!"]
)
def test_backtracking_patterns_are_bounded(value: str) -> None:
    text = body_of()
    begin, end = text.index("<caseId>") + 8, text.index("</caseId>")
    started = time.process_time()
    found = judged(text[:begin] + value + text[end:])
    assert time.process_time() - started < 2
    assert found[0].path == f"{INNER}.resourcesInfo.caseId"
    if len(value) > 1000:
        assert any("1000" in one.message for one in found)


def test_numbers_beyond_bounds_are_findings() -> None:
    text = body_of("GEO-POS")
    for value in ("1e400", "NaN", "9" * 10_000, "1.5e3"):
        begin, end = text.index("<lat>") + 5, text.index("</lat>")
        found = judged(text[:begin] + value + text[end:])
        assert found, value[:10]
        assert found[0].path.endswith(".lat") or "4300 chiffres" in found[0].message


def test_mixed_namespaces_are_told() -> None:
    found = judged(body_of("RS-RI", 2), 3)
    assert {one.rule for one in found} >= {"EN-15"}
    inside = body_of().replace("<state>", '<state xmlns="urn:emergency:cisu:2.0:resourcesInfo">')
    assert {one.path[-8:] for one in judged(inside)} == {"state[0]", "state[1]"}


def test_one_wrong_declaration_is_told_once() -> None:
    found = judged(body_of().replace("urn:emergency:eda:1.9", "urn:emergency:eda:1.8"))
    assert [one.path for one in found] == [INNER, f"{INNER}.resourcesInfo"]
    assert {one.expected for one in found} == {
        "urn:emergency:eda:1.9",
        "urn:emergency:eda:1.9:resourcesinfo",
    }


def test_a_mistyped_header_field_has_its_nearest_name() -> None:
    found = judged(body_of().replace("messageId>", "messageID>"))
    assert {(one.layer, one.path) for one in found} == {
        ("header", f"{INNER}.messageId"),
        ("header", f"{INNER}.messageID"),
    }
    assert any("vouliez-vous dire « messageId »" in one.message for one in found)


def test_an_unknown_key_beside_the_header_is_told_alone() -> None:
    (found,) = judged(body_of().replace("<messageId>", "<autre>x</autre><messageId>"))
    assert (found.rule, found.path) == ("HD-08", f"{INNER}.autre")


def test_a_body_of_another_type_is_read_as_what_it_begins_as() -> None:
    """Its type is what is wrong with it, and all."""
    message = read(body_of().encode(), "text/xml", 3)
    (problem,) = VALIDATORS[3].validate(message)
    assert (problem.rule, message.model) == ("TR-11", "RS-RI")


def test_a_language_that_is_none_has_its_own_requirement() -> None:
    (found,) = judged(body_of().replace("<language>fr-FR<", "<language>français du Nord<"))
    assert (found.rule, found.path) == ("EN-10", "$.descriptor.language")


@pytest.mark.parametrize("name", ["RS-EDA-MAJ", "RS-SR"])
def test_generation_1_says_what_its_xsd_has_not(name: str) -> None:
    found = judged(body_of(name, 2), 1)
    assert any("ne sait pas dire" in one.message for one in found)


def test_a_bare_content_in_xml(tmp_path: Path) -> None:
    text = body_of()
    bare = text[text.index("<resourcesInfo") : text.index("</resourcesInfo>") + 16]
    path = tmp_path / "m.xml"
    path.write_text(bare, encoding="utf-8")
    report = check_file(path, vhost("15-15_v2.1"), VALIDATORS[3])
    assert (report.valid, report.model) == (True, "RS-RI")
    path.write_text(bare.replace("<vehicleType>", "<vehicleTyp>").replace("</vehicleType>", "</vehicleTyp>"))
    report = check_file(path, vhost("15-15_v2.1"), VALIDATORS[3])
    assert any(one.path == "$.resourcesInfo.resource[0].vehicleTyp" for one in report.errors)


@pytest.mark.parametrize("generation", [2, 3])
def test_official_xsds_judge_xml(ans: Path, generation: int) -> None:
    tag = {2: "2.4.0", 3: "3.4.1"}[generation]
    official = Validator(SchemaSet.from_bundle(ans / f"modeles-{tag}"))
    restored = Validator(SchemaSet.from_json(official.schemas.to_json(), generation))
    for validator in (official, restored):
        good = read(body_of("RS-RI", generation).encode(), XML_TYPE, generation)
        bad = read(body_of("RS-RI", generation).replace("DECISION", "X").encode(), XML_TYPE, generation)
        assert validator.validate(good) == ()
        assert [one.rule for one in validator.validate(bad)][:1] == ["DA-03"]
