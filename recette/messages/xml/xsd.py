"""XSD compiled from the dictionary: one document a message, one for the header and one for the envelope.

The envelope is the hub's profile of EDXL-DE (DST 3.4.3), with the codes that OASIS knows beside the hub's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from xml.sax.saxutils import quoteattr

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import codes, pattern
from recette.messages.dictionary.generations import Edition, Models, edition_of
from recette.messages.dictionary.reader import Field, MessageEntry
from recette.messages.xml.names import (
    ENVELOPE_NS,
    TYPES_NS,
    XLINK_NS,
    content_namespace,
    message_namespace,
    sayable,
)

HEADED = "EDXL-DE-full.xsd"
BARE = "EDXL-DE-full-no-header.xsd"
MESSAGE = "RC-XML-ContentType.xsd"
_TYPES = {
    "string": "xs:string",
    "number": "xs:decimal",
    "integer": "xs:int",
    "boolean": "xs:boolean",
    "datetime": "xs:dateTime",
}
_WITHOUT_PATTERN = frozenset({("GEO-REQ", "resourceId")})
"""Lists of identifiers that the official XSDs leave as plain strings."""
_STATUSES = ("Actual", "Exercise", "System", "Test", "Unknown", "NoAppropriateDefault")
_KINDS = (
    *("Report", "Update", "Cancel", "Request", "Response", "Dispatch", "Ack", "Error", "SensorConfiguration"),
    *("SensorControl", "SensorStatus", "SensorDetection", "Unknown", "NoAppropriateDefault"),
)


def documents(edition: Models) -> dict[str, str]:
    """The whole set of one edition, by file name; HEADED and BARE are the two to start from."""
    return _documents(edition_of(edition))


@cache
def _documents(edition: Edition) -> dict[str, str]:
    found = {
        HEADED: _envelope("cisuXMLContentType", edition),
        BARE: _envelope("cisuXMLContentTypeNoHeader", edition),
        "xlink.xsd": _xlink(),
        "ct.xsd": _common_types(),
        MESSAGE: _message(edition),
    }
    for key, entry in sayable(edition).items():
        if content_namespace(key, edition) != message_namespace(edition):
            found[f"{entry.name}.xsd"] = content_document(entry, edition)
    return found


def content_document(entry: MessageEntry, edition: Models) -> str:
    """The XSD of one message's content."""
    key = entry.key_in(edition)
    space = content_namespace(key, edition)
    body = f'<xs:element name="{key}">{_structure(entry.fields, entry.name, edition)}</xs:element>'
    return _schema(space, f"<!-- {entry.name}, {edition_of(edition).title} -->{body}")


def _schema(space: str, body: str, names: str = "") -> str:
    return (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        f' targetNamespace="{space}" elementFormDefault="qualified"{names}>{body}</xs:schema>'
    )


def _structure(fields: Iterable[Field], model: str, edition: Models) -> str:
    held = "".join(_element(one, model, edition) for one in fields if one.held_in(edition))
    return f"<xs:complexType><xs:sequence>{held}</xs:sequence></xs:complexType>"


def _element(one: Field, model: str, edition: Models) -> str:
    least = (one.least if one.listed else 1) if one.required else 0
    bounds = "" if least == 1 else f' minOccurs="{least}"'
    if one.listed:
        bounds += f' maxOccurs="{"unbounded" if one.most is None else one.most}"'
    name = f"<xs:element name={quoteattr(one.name)}{bounds}"
    if one.kind == "object":
        return f"{name}>{_open_or_not(one, model, edition)}</xs:element>"
    family, _, list_name = one.kind.partition(":")
    if family == "code":
        return f"{name}>{_restricted(_enumerations(codes(list_name, edition)))}</xs:element>"
    if family in {"id", "match"} and (model, one.name) not in _WITHOUT_PATTERN:
        text = pattern(list_name, edition).removeprefix("^").removesuffix("$")
        return f"{name}>{_restricted(f'<xs:pattern value={quoteattr(text)}/>')}</xs:element>"
    return f'{name} type="{_TYPES.get(family, "xs:string")}"/>'


def _open_or_not(one: Field, model: str, edition: Models) -> str:
    if one.children:
        return _structure(one.children, model, edition)
    return _anything("skip", 0)


def _anything(process: str, least: int) -> str:
    return (
        f'<xs:complexType><xs:sequence><xs:any processContents="{process}" minOccurs="{least}"'
        f' maxOccurs="unbounded"/></xs:sequence><xs:anyAttribute processContents="{process}"/></xs:complexType>'
    )


def _restricted(facets: str, base: str = "xs:string") -> str:
    return f'<xs:simpleType><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'


def _enumerations(values: Iterable[str]) -> str:
    return "".join(f"<xs:enumeration value={quoteattr(value)}/>" for value in values)


def _message(edition: Models) -> str:
    space = message_namespace(edition)
    contents = sayable(edition)
    header = dictionary.entry("RC-DE").fields
    held = "".join(_element(one, "RC-DE", edition) for one in header if one.held_in(edition))
    imports, names, headed, bare = "", "", "", ""
    for number, (key, entry) in enumerate(contents.items()):
        own = content_namespace(key, edition)
        prefix = "x"
        if own != space:
            prefix = f"c{number}"
            names += f' xmlns:{prefix}="{own}"'
            imports += f'<xs:import namespace="{own}" schemaLocation="{entry.name}.xsd"/>'
        reference = f'<xs:element ref="{prefix}:{key}"/>'
        headed, bare = (headed + reference, bare) if entry.header else (headed, bare + reference)
    globals_ = f'<xs:element name="customContent">{_anything("lax", 1)}</xs:element>'
    if "distributionElement" in contents:
        structure = _structure(header, "RC-DE", edition)
        globals_ += f'<xs:element name="distributionElement">{structure}</xs:element>'
    return _schema(
        space,
        imports
        + globals_
        + _wrapped("cisuXMLContentType", f"{held}<xs:choice>{headed}</xs:choice>")
        + _wrapped("cisuXMLContentTypeNoHeader", f"<xs:choice>{bare}</xs:choice>"),
        f' xmlns:x="{space}"{names}',
    )


def _wrapped(name: str, inside: str) -> str:
    message = f'<xs:element name="message"><xs:complexType><xs:sequence>{inside}</xs:sequence></xs:complexType></xs:element>'
    return f'<xs:complexType name="{name}"><xs:sequence>{message}</xs:sequence></xs:complexType>'


def _envelope(content_type: str, edition: Models) -> str:
    resource = '<xs:attribute ref="xlink:type" fixed="resource"/>'
    head = "".join(
        f'<xs:element name="{name}" type="{kind}"/>'
        for name, kind in (
            ("distributionID", "ct:EDXLStringType"),
            ("senderID", "ct:EDXLStringType"),
            ("dateTimeSent", "ct:EDXLDateTimeType"),
            ("dateTimeExpires", "ct:EDXLDateTimeType"),
        )
    )
    for name, known in (("distributionStatus", _STATUSES), ("distributionKind", _KINDS)):
        restricted = _restricted(_enumerations(known), "ct:EDXLStringType")
        head += f'<xs:element name="{name}">{restricted}</xs:element>'
    address = "".join(
        f'<xs:element name="{name}" type="ct:EDXLStringType"/>'
        for name in ("explicitAddressScheme", "explicitAddressValue")
    )
    descriptor = (
        '<xs:element name="language" type="xs:language" minOccurs="0"/>'
        '<xs:element name="keyword" type="ct:ValueListType" minOccurs="0" maxOccurs="unbounded"/>'
        f'<xs:element name="explicitAddress" minOccurs="0">{_sequence(address)}</xs:element>'
    )
    content = f'<xs:element name="embeddedXMLContent" type="x:{content_type}"/>'
    content = f'<xs:element name="contentXML">{_sequence(content)}</xs:element>'
    content = (
        f'<xs:element name="contentObject" maxOccurs="unbounded">{_sequence(content, resource)}</xs:element>'
    )
    held = (
        f'{head}<xs:element name="descriptor" minOccurs="0">{_sequence(descriptor, resource)}</xs:element>'
        f'<xs:element name="content" minOccurs="0">{_sequence(content, resource)}</xs:element>'
    )
    attributes = (
        '<xs:attribute ref="xlink:type" fixed="extended" use="required"/>'
        '<xs:attribute ref="xlink:role"/><xs:attribute ref="xlink:title"/>'
    )
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{file}"/>'
        for space, file in (
            (XLINK_NS, "xlink.xsd"),
            (TYPES_NS, "ct.xsd"),
            (message_namespace(edition), MESSAGE),
        )
    )
    return _schema(
        ENVELOPE_NS,
        f'{imports}<xs:element name="edxlDistribution">{_sequence(held, attributes)}</xs:element>',
        f' xmlns:xlink="{XLINK_NS}" xmlns:ct="{TYPES_NS}" xmlns:x="{message_namespace(edition)}"',
    )


def _sequence(elements: str, attributes: str = "") -> str:
    return f"<xs:complexType><xs:sequence>{elements}</xs:sequence>{attributes}</xs:complexType>"


def _xlink() -> str:
    attributes = '<xs:attribute name="type" type="xs:token"/><xs:attribute name="title" type="xs:string"/>'
    role = _restricted('<xs:minLength value="1"/>', "xs:anyURI")
    return _schema(XLINK_NS, f'{attributes}<xs:attribute name="role">{role}</xs:attribute>')


def _common_types() -> str:
    date = '<xs:pattern value="\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[-,+]\\d{2}:\\d{2}"/>'
    text = '<xs:minLength value="1"/><xs:maxLength value="1023"/>'
    listed = (
        '<xs:element name="ValueListURI" type="xs:anyURI"/>'
        '<xs:element name="Value" type="xs:string" maxOccurs="unbounded"/>'
    )
    return _schema(
        TYPES_NS,
        "".join(
            _named(name, facets, base)
            for name, facets, base in (
                ("EDXLDateTimeType", date, "xs:dateTime"),
                ("EDXLStringType", text, "xs:token"),
            )
        )
        + f'<xs:complexType name="ValueListType"><xs:sequence>{listed}</xs:sequence></xs:complexType>',
    )


def _named(name: str, facets: str, base: str) -> str:
    return f'<xs:simpleType name="{name}"><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'
