"""What a body says of itself, as far as it can be read; nothing is judged here and nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import model_of_key
from recette.messages.error_codes import UNEXTRACTED
from recette.messages.json.parsing import parse_object
from recette.messages.validation.diagnostics import Diagnostic
from recette.wording.values import plain

JSON_TYPE = "application/json"
XML_TYPE = "application/xml"
MESSAGE_PATH = "$.content[0].jsonContent.embeddedJsonContent.message"
_GEO = frozenset({"GEO-POS", "GEO-RES"})
_ID_NAMES = ("requestId", "resourceId", "id", "patientId", "idPat")
HEADER_FIELDS = ("messageId", "sender", "sentAt", "kind", "status", "recipient")
_OF_HEADER = frozenset(HEADER_FIELDS)


@dataclass(frozen=True, slots=True)
class Header:
    """The RC-DE header (DST 3.4.5); None where the message does not say or says it in another type."""

    message_id: str | None
    sender_name: str | None
    sender_uri: str | None
    sent_at: str | None
    kind: str | None
    status: str | None
    recipients: tuple[tuple[str | None, str | None], ...]
    """Name and URI of each."""


@dataclass(frozen=True)
class Message:
    """One body, read leniently: what is missing or of another type is None."""

    document: Any
    problems: tuple[Diagnostic, ...]
    keys: tuple[str, ...] = ()
    """Keys beside the header, known or not."""
    key: str | None = None
    """The first of them that names a message."""
    model: str | None = None
    content: Mapping[str, Any] | None = None
    """What stands under `key`."""
    source: Any = field(default=None, compare=False, repr=False)
    """The root element (lxml) that the document was read from; None where it came as JSON."""

    @cached_property
    def distribution_id(self) -> str | None:
        return _text(self._envelope, "distributionID")

    @cached_property
    def sender_id(self) -> str | None:
        return _text(self._envelope, "senderID")

    @cached_property
    def recipient_id(self) -> str | None:
        return _text(self._address, "explicitAddressValue")

    @property
    def address_scheme(self) -> str | None:
        return _text(self._address, "explicitAddressScheme")

    @property
    def date_time_sent(self) -> str | None:
        return _text(self._envelope, "dateTimeSent")

    @property
    def date_time_expires(self) -> str | None:
        return _text(self._envelope, "dateTimeExpires")

    @property
    def distribution_status(self) -> str | None:
        return _text(self._envelope, "distributionStatus")

    @property
    def distribution_kind(self) -> str | None:
        return _text(self._envelope, "distributionKind")

    @property
    def language(self) -> str | None:
        return _text(_object(self._envelope, "descriptor"), "language")

    @property
    def _envelope(self) -> Mapping[str, Any]:
        return self.document if isinstance(self.document, dict) else {}

    @property
    def _address(self) -> Mapping[str, Any]:
        return _object(_object(self._envelope, "descriptor"), "explicitAddress")

    @cached_property
    def case_id(self) -> str | None:
        """The shared case; EMSI carries it as EVENT.MAIN_EVENT_ID, RPIS does not carry it."""
        if self.model == "EMSI":
            return _text(_object(self.content, "EVENT"), "MAIN_EVENT_ID")
        return _text(self.content, "caseId")

    @cached_property
    def reference_id(self) -> str | None:
        """The distributionID that an RC-REF or an RS-ERROR is about.

        A hub that could not extract it gives the message itself (fact sheet 7.6, 12.22).
        """
        if self.model == "RC-REF":
            return _text(self.content, "distributionID")
        if self.model != "RS-ERROR":
            return None
        named = _text(self.content, "referencedDistributionID")
        if named not in UNEXTRACTED:
            return named
        return _text(_object(self.content, "sourceMessage"), "distributionID") or named

    @property
    def error_code(self) -> int | None:
        """The code of an RS-ERROR."""
        code = _object(self.content, "errorCode").get("statusCode")
        return int(code) if isinstance(code, int | float) else None

    @cached_property
    def header(self) -> Header | None:
        """None where there is no field of it."""
        return _header(inner(self.document)) if isinstance(self.document, dict) else None

    @cached_property
    def request_ids(self) -> tuple[str, ...]:
        """Every requestId in the content, in order."""
        return tuple(self._ids["requestId"])

    @cached_property
    def resource_ids(self) -> tuple[str, ...]:
        """Every resourceId in the content, in order; the first generation's GEO messages say `id`."""
        found = self._ids["resourceId"]
        return tuple([*found, *self._ids["id"]] if self.model in _GEO else found)

    @cached_property
    def patient_ids(self) -> tuple[str, ...]:
        """Every patientId in the content, in order; the first generation's case messages say `idPat`."""
        return (*self._ids["patientId"], *self._ids["idPat"])

    @cached_property
    def _ids(self) -> Mapping[str, list[str]]:
        """What stands in the content under each name that an id has."""
        found: dict[str, list[str]] = {name: [] for name in _ID_NAMES}
        _collect(self.content, found)
        return found

    @property
    def named_ids(self) -> tuple[str, ...]:
        """What tells whose message it is, where no case does."""
        return self.request_ids + self.resource_ids + self.patient_ids


def read(body: bytes, content_type: str | None, edition: Models) -> Message:
    """Read a whole body, XML into the same tree as JSON.

    A body of another type is read as what it begins as all the same, so that it can be told whose it is; None is taken
    as JSON.
    """
    if content_type == XML_TYPE:
        return read_xml(body, edition)
    if content_type in {JSON_TYPE, None}:
        return _read_json(body, edition)
    said = plain(str(content_type))
    text = f"Le type de contenu « {said} » n'est pas l'un des deux que le hub accepte."
    told = Diagnostic("transport", "$", "TR-11", text, f"{JSON_TYPE} ou {XML_TYPE}", said)
    as_xml = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    found = read_xml(body, edition) if as_xml else _read_json(body, edition)
    return replace(found, problems=(told, *found.problems))


def _read_json(body: bytes, edition: Models) -> Message:
    document, problems = parse_object(body)
    return Message(None, problems) if document is None else from_document(document, edition, problems)


def read_xml(body: bytes, edition: Models) -> Message:
    """Read a whole envelope in XML."""
    from recette.messages.xml.parsing import parse_xml

    root, problems = parse_xml(body)
    return Message(None, problems) if root is None else from_xml(root, edition)


def from_xml(root: Any, edition: Models) -> Message:  # noqa: ANN401 - an lxml element
    """Read an envelope whose XML is parsed already."""
    from recette.messages.xml.reading import TooLongNumberError, document_of

    try:
        document = document_of(root, edition)
    except TooLongNumberError as error:
        return Message(
            None,
            (
                Diagnostic(
                    "transport", "$", "DA-01", str(error), "un nombre", "des chiffres", refused_by="recette"
                ),
            ),
        )
    return from_document(document, edition, source=root)


def from_document(
    document: Mapping[str, Any],
    edition: Models,
    problems: tuple[Diagnostic, ...] = (),
    source: Any = None,  # noqa: ANN401 - an lxml element
) -> Message:
    """Read an envelope that is a JSON tree already; `problems` are those met on the way."""
    message = inner(document)
    keys = tuple([key for key in message if key not in _OF_HEADER])
    known = next(filter(None, [model_of_key(key, edition) for key in keys]), None)
    content = message.get(known.key) if known else None
    return Message(
        document=document,
        problems=problems,
        keys=keys,
        key=known.key if known else None,
        model=known.name if known else None,
        content=content if isinstance(content, dict) else None,
        source=source,
    )


def find_inner(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The `message` object inside the envelope; None when there is none."""
    node: Any = document.get("content")
    node = node[0] if isinstance(node, list) and node else None
    for step in ("jsonContent", "embeddedJsonContent", "message"):
        node = node.get(step) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None


def inner(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `message` object inside the envelope; empty when there is none."""
    return find_inner(document) or {}


def _header(message: Mapping[str, Any]) -> Header | None:
    if not any(name in message for name in HEADER_FIELDS):
        return None
    sender = _object(message, "sender")
    recipients = message.get("recipient")
    return Header(
        message_id=_text(message, "messageId"),
        sender_name=_text(sender, "name"),
        sender_uri=_text(sender, "URI"),
        sent_at=_text(message, "sentAt"),
        kind=_text(message, "kind"),
        status=_text(message, "status"),
        recipients=tuple(
            (_text(one, "name"), _text(one, "URI"))
            for one in (recipients if isinstance(recipients, list) else ())
            if isinstance(one, dict)
        ),
    )


def _object(parent: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    child = parent.get(name) if parent is not None else None
    return child if isinstance(child, dict) else {}


def _text(parent: Mapping[str, Any] | None, name: str) -> str | None:
    child = parent.get(name) if parent is not None else None
    return child if isinstance(child, str) else None


def _collect(node: object, found: Mapping[str, list[str]]) -> None:
    """Add what stands under each of the names, wherever it is, a node's own before its children's."""
    if isinstance(node, dict):
        for name in found.keys() & node.keys():
            own = node[name]
            found[name].extend(
                one for one in (own if isinstance(own, list) else [own]) if isinstance(one, str)
            )
        node = node.values()
    elif not isinstance(node, list):
        return
    for child in node:
        if isinstance(child, dict | list):
            _collect(child, found)
