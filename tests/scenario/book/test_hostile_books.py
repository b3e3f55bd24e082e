"""Workbooks and bundles as they should not be: each ends in one sentence that says what to give instead."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from recette.cli import main
from recette.messages.official import archives
from recette.messages.official.bundle import MAX_MARKS, BundleError, bundled_schemas, bundled_xsd
from recette.scenario.book.markup import MAX_ELEMENTS
from recette.scenario.book.model import MAX_TEXT, BookError, told
from recette.scenario.book.workbook import read_workbook
from tests.bundles import write_bundle
from tests.fuzzing import fuzzed

HEAD = [
    "Pas de test",
    "Exp.",
    "Dest.",
    "Sens",
    "Modèle",
    "Description",
    "JSON exemple",
    "",
    "Sur",
    "",
    "Path",
]


def workbook(change: Callable[[Workbook], object] = lambda _: None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Cas 1"
    sheet.append(HEAD)
    sheet.append(["1", "Editeur", "Partenaire", "Envoi", "RS-EDA", "Partage", "a.json"])
    sheet.append(["End"])
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = change(name, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return out.getvalue()


def _formula(book: Workbook) -> None:
    book["Cas 1"]["C2"] = '=CONCATENATE("Parte","naire")'
    book["Cas 1"]["E2"] = "=A1"


def test_a_formula_without_its_value_is_named_by_its_cell() -> None:
    with pytest.raises(BookError) as caught:
        read_workbook(workbook(_formula), "cahier.xlsx")
    assert str(caught.value) == (
        "Dans le classeur cahier.xlsx, 2 cellules sont des formules sans valeur enregistrée : C2 (feuille « Cas 1 »), "
        "E2 (feuille « Cas 1 »). Ouvrez-le dans un tableur, qui les calcule, et enregistrez-le."
    )


def test_a_sheet_that_lies_elsewhere_is_looked_at_too() -> None:
    """Its formulas would read as empty cells, and steps go missing without a word."""
    elsewhere = rezipped(
        workbook(_formula), lambda _, content: content.replace(b"/xl/worksheets/sheet1", b"/xl/feuilles/une")
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(elsewhere)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name.replace("worksheets/sheet1", "feuilles/une"), source.read(name))
    with pytest.raises(BookError, match="2 cellules sont des formules sans valeur"):
        read_workbook(out.getvalue(), "cahier.xlsx")


@pytest.mark.parametrize("stored", [b"<v>Partenaire</v>", b"<v></v>"])
def test_a_formula_that_was_computed_is_read(stored: bytes) -> None:
    """As a spreadsheet stores it: a text, which may be empty."""

    def computed(name: str, content: bytes) -> bytes:
        if not name.startswith("xl/worksheets/"):
            return content
        head, cell, tail = content.partition(b'<c r="C2"')
        _, end, rest = tail.partition(b"</c>")
        return head + cell + b' t="str"><f>A1&amp;""</f>' + stored + end + rest

    read = read_workbook(rezipped(workbook(_one_formula), computed), "cahier.xlsx")
    assert len(read.cases[0].steps) == 1


def _one_formula(book: Workbook) -> None:
    book["Cas 1"]["C2"] = "=A1"


def strict(name: str, content: bytes) -> bytes:
    main_space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return content.replace(main_space, b"http://purl.oclc.org/ooxml/spreadsheetml/main")


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "un ancien classeur (xls), ou un classeur chiffré"),
        (zipped(content_xml=b"<x/>", mimetype=b"x"), "un classeur OpenDocument"),
        (zipped(xl__workbook_bin=b"x"), "un classeur binaire"),
        (rezipped(workbook(), strict), "Strict Open XML"),
        (b"PK\x03\x04", "n'est pas un classeur xlsx lisible"),
        (b"", "n'est pas un classeur xlsx lisible"),
        (workbook()[:-200], "n'est pas un classeur xlsx lisible"),
        (
            rezipped(workbook(), lambda name, one: None if "sheet1" in name else one),
            "n'est pas un classeur xlsx lisible",
        ),
        (rezipped(workbook(), lambda name, one: one[: len(one) // 2]), "n'est pas un classeur xlsx lisible"),
    ],
)
def test_another_form_says_what_to_save_it_as(data: bytes, said: str) -> None:
    with pytest.raises(BookError) as caught:
        read_workbook(data, "cahier.xlsx")
    assert said in str(caught.value)
    assert "comme « Classeur Excel (.xlsx) »" in str(caught.value)
    assert "\n" not in str(caught.value)


LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "' + "x" * 100 + '">'
    + "".join(f'<!ENTITY {chr(98 + one)} "{f"&{chr(97 + one)};" * 10}">' for one in range(8)) + "]>"
)  # fmt: skip
FILE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
PARTS = ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "docProps/core.xml")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("dtd", [LAUGHS, FILE, "<!DOCTYPE w>"])
@pytest.mark.parametrize("form", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_dtd_is_read_by_nobody(part: str, dtd: str, form: str) -> None:
    def with_dtd(name: str, content: bytes) -> bytes:
        text = content.decode().partition("?>")[2] if content.startswith(b"<?xml") else content.decode()
        return (f'<?xml version="1.0"?>{dtd}{text}').encode(form) if name == part else content

    with pytest.raises(BookError, match="contient une DTD"):
        read_workbook(rezipped(workbook(), with_dtd), "cahier.xlsx")


@pytest.mark.parametrize("form", ["IBM037", "UTF-7", "ISO-8859-1"])
def test_parts_are_in_the_encodings_of_workbooks(form: str) -> None:
    """Marks of another one are other bytes: nobody could count them, or see a DTD."""

    def in_another(name: str, content: bytes) -> bytes:
        text = content.decode().partition("?>")[2] if content.startswith(b"<?xml") else content.decode()
        whole = f"<?xml version='1.0' encoding='{form}'?>{text}".encode(form.lower(), "xmlcharrefreplace")
        return whole if name == PARTS[0] else content

    with pytest.raises(BookError, match="ni en UTF-8 ni en UTF-16"):
        read_workbook(rezipped(workbook(), in_another), "cahier.xlsx")


@pytest.mark.parametrize("mark", ["<c/>", "<row/>", "<x/>", "<si/>"])
def test_elements_are_counted_before_they_are_read(mark: str) -> None:
    """A few kilobytes that would be millions of elements, in a part that may have any name."""

    def swollen(name: str, content: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return content
        return content.replace(b"</sheetData>", mark.encode() * (MAX_ELEMENTS + 1) + b"</sheetData>")

    data = rezipped(workbook(), swollen)
    assert len(data) < 100_000
    with pytest.raises(BookError, match="plus de 1000000 balises"):
        read_workbook(data, "cahier.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("json-schema/A.schema.json", '{"a": [' + "[]," * MAX_MARKS + "[]]}", "valeurs dans ses schémas"),
        ("xsd/EDXL-DE-full.xsd", "<a>" + "<b/>" * MAX_MARKS + "</a>", "balises dans ses XSD"),
    ],
)
def test_values_of_a_bundle_are_counted_before_they_are_read(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    with pytest.raises(BundleError, match=said):
        (bundled_xsd if name.endswith(".xsd") else bundled_schemas)(path)


def test_a_text_that_many_cells_show_is_read_no_further_than_it_is_shown() -> None:
    text = "a " * 500_000
    tracemalloc.start()
    try:
        assert len(told(text)) <= MAX_TEXT + 1
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def _many_sheets(book: Workbook) -> None:
    for number in range(201):
        book.create_sheet(f"f{number}")


def test_sheets_cells_and_members_are_bounded_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BookError, match="plus de 200 feuilles"):
        read_workbook(workbook(_many_sheets), "cahier.xlsx")
    monkeypatch.setattr("recette.scenario.book.workbook.MAX_CELLS", 10)
    with pytest.raises(BookError, match="plus de 10 cellules"):
        read_workbook(workbook(), "cahier.xlsx")
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(BookError, match="plus de 3 entrées"):
        read_workbook(workbook(), "cahier.xlsx")


def archive(members: int, size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for number in range(members):
            target.writestr(f"json-schema/m{number}.schema.json", b" " * size)
    return out.getvalue()


def _lying(data: bytes) -> bytes:
    """A member that says to be of one byte, in both places where that is written."""
    size = struct.pack("<I", 2**26)
    return data.replace(size, struct.pack("<I", 1))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: archive(1, archives.MAX_MEMBER + 1), "m0.schema.json dépasse"),
        (lambda: archive(9, archives.MAX_TOTAL // 8), "octets une fois décompressé"),
        (lambda: archive(archives.MAX_MEMBERS + 1, 0), "plus de 20000 entrées"),
        (lambda: archives._ENTRY * 50_000, "plus de 20000 entrées"),
        (lambda: _lying(archive(1, 2**26)), "ni un dossier ni un zip lisible"),
    ],
)
def test_a_bundle_that_unpacks_without_end_is_refused(
    made: Callable[[], bytes], said: str, tmp_path: Path
) -> None:
    (tmp_path / "lot.zip").write_bytes(made())
    began = time.process_time()
    with pytest.raises(BundleError) as caught:
        bundled_schemas(tmp_path / "lot.zip")
    assert said in str(caught.value)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("kind", ["zero", "pipe"])
@pytest.mark.parametrize("words", [["models", "check", "--bundle"], ["import", "--out", "out"]])
def test_a_device_for_a_bundle_or_a_book_ends_at_once(
    kind: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lot.xlsx"
    path.symlink_to("/dev/zero") if kind == "zero" else os.mkfifo(path)
    assert main([*words, str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_link_out_of_a_bundle_is_not_followed(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "lot")
    (tmp_path / "autre.schema.json").write_text("{}", encoding="utf-8")
    (bundle / "json-schema" / "lien.schema.json").symlink_to(tmp_path / "autre.schema.json")
    (bundle / "json-schema" / "zero.schema.json").symlink_to("/dev/zero")
    assert {"lien", "zero"} & bundled_schemas(bundle).keys() == set()


VALID = workbook()


@fuzzed(100)
@given(data=st.data())
def test_any_changed_workbook_is_read_or_refused(data: st.DataObject) -> None:
    changed = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 8))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert read_workbook(bytes(changed), "cahier.xlsx").cases
    except BookError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told


@fuzzed(100)
@given(data=st.data())
def test_any_changed_part_of_a_workbook_is_read_or_refused(data: st.DataObject) -> None:
    """Within the archive, where a changed byte is not caught by a checksum."""

    def changed(name: str, content: bytes) -> bytes:
        if not data.draw(st.booleans()):
            return content
        at = data.draw(st.integers(0, len(content) - 1))
        return content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 40)) :]

    try:
        assert read_workbook(rezipped(VALID, changed), "cahier.xlsx").cases
    except BookError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told
