"""Which form a capture has, and the messages in it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.platform.plain_files import open_plain, read_plain
from recette.platform.typed import typed
from recette.relay.captures.records import documents, firehose, saved_by_rabtap, traced
from recette.relay.captures.relay_journal import RelayJournal
from recette.relay.captures.sighting import BODY_MAX, SIGHTINGS_MAX, CaptureError, Sighting, Taken
from recette.relay.recording import JOURNAL
from recette.wording.os_errors import unread

_FILE_MAX = 1024 * 1024 * 1024
_PCAP = (
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
)
_PCAP_NAMES = frozenset({".pcap", ".pcapng", ".cap"})
_TRACE_EXCHANGE = "amq.rabbitmq.trace"
_TRACE = "trace JSON de RabbitMQ"
_ROUND = 100
"""Whom a limit is set by likes round numbers: then one message that was cut is enough."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What one source holds."""

    form: str
    """In French."""
    sightings: tuple[Sighting, ...]
    left_out: int = 0
    """Entries that are no message between clients on the vHost."""


def read_capture(path: Path, vhost: str, taken: Taken | None = None) -> Capture:
    """A file or a folder; `taken` is what the same import holds already. Raises CaptureError."""
    taken = taken or Taken()
    try:
        if path.is_dir():
            return _folder(path, vhost, taken)
        with open_plain(path) as file:
            head = file.read(4096)
        if head[:4] in _PCAP:
            raise CaptureError(_network_capture(path))
        if b'"kind":"relay-started"' in head:
            return relay_journal(path, vhost, taken)
        if head.startswith(b'{"n":1,'):
            raise CaptureError(_other_journal(path, head))
        return _file(path, vhost, taken)
    except OSError as error:
        raise CaptureError(f"{path} ne peut pas être lu : {unread(error)}.") from error


def _network_capture(path: Path) -> str:
    return (
        f"{path} est une capture réseau (pcap) : la recette n'en lit pas, le hub ne parle que TLS, et un flux TCP à trous ne se juge "
        "pas. Placez le relais (recette relay), ou prenez la trace du broker (docs/captures.md)."
    )


def _other_journal(path: Path, head: bytes) -> str:
    if b'"kind":"capture-started"' in head:
        return f"{path} est le journal d'une capture déjà importée : donnez-le seul à recette observe, ou donnez ses sources."
    return (
        f"{path} est le journal d'une campagne, que la recette a jouée : recette judge {typed(path.parent)} le juge à nouveau, avec ses "
        "scénarios."
    )


def _folder(path: Path, vhost: str, taken: Taken) -> Capture:
    if (path / JOURNAL).is_file():
        return read_capture(path / JOURNAL, vhost, taken)
    everything = list(islice(path.iterdir(), 2 * SIGHTINGS_MAX + 1))
    if len(everything) > 2 * SIGHTINGS_MAX:
        raise CaptureError(
            f"{path} contient plus de {2 * SIGHTINGS_MAX} fichiers : donnez-les en plusieurs fois."
        )
    names = sorted(one for one in everything if one.is_file())
    network = next((one for one in names if one.suffix.lower() in _PCAP_NAMES), None)
    if network is not None:
        raise CaptureError(_network_capture(network))
    pairs = {one.with_suffix(".dat") for one in names if one.suffix == ".json"} & set(names)
    if pairs:
        return _pairs(sorted(pairs), vhost, taken)
    parts = [
        _file(one, vhost, taken, one.name)
        for one in names
        if one.suffix.lower() in {".json", ".xml", ".log", ".jsonl"}
    ]
    found = tuple(one for part in parts for one in part.sightings)
    if not found:
        raise CaptureError(
            f"{path} ne contient aucun message : il y faut des enveloppes (.json, .xml), le journal d'un relais, une trace JSON "
            "de RabbitMQ ou des messages de rabtap."
        )
    forms = dict.fromkeys(part.form for part in parts if part.sightings)
    return Capture(", ".join(forms), found, sum(part.left_out for part in parts))


def _pairs(bodies: list[Path], vhost: str, taken: Taken) -> Capture:
    """What rabtap saves with `--format raw`: each body in a file of its own, its properties in another."""
    found: list[Sighting] = []
    for body in bodies:
        told, _ = next(documents(_text(body.with_suffix(".json")), body.name), ({}, ""))
        content = base64.b64encode(read_plain(body, BODY_MAX)).decode("ascii")
        _, one = _recorded({**told, "Body": content}, b"", vhost)
        found += [] if one is None else [taken.add(replace(one, entry=body.name))]
    return Capture("messages de rabtap", tuple(found), len(bodies) - len(found))


def _file(path: Path, vhost: str, taken: Taken, name: str = "") -> Capture:
    """One file; `name` is what it is called in its folder."""
    raw = read_plain(path, _FILE_MAX)
    if not raw.strip():
        if name:
            return Capture("vide", ())
        raise CaptureError(f"{path} est vide : aucun message n'y est.")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        one = replace(_envelope(raw, XML_TYPE), entry=name)
        return Capture("enveloppes", (taken.add(one),))
    if raw.lstrip().startswith(b"====") and b"Message " in raw[:400]:
        raise CaptureError(
            f"{path} est une trace de RabbitMQ au format texte, qui perd des octets : recommencez la trace au format JSON."
        )
    found: list[Sighting] = []
    left_out = 0
    forms: dict[str, None] = {}
    text = _decoded(raw, path)
    size = len(text.strip())
    for place, (record, own) in enumerate(documents(text, str(path)), start=1):
        alone = len(own) == size
        form, sighting = _recorded(record, raw if alone else own.encode(), vhost)
        if sighting is None:
            left_out += 1
        else:
            forms[form] = None
            where = "" if alone and sighting.seen == "kept" else f"enregistrement {place}"
            found.append(taken.add(replace(sighting, entry=", ".join(filter(None, (name, where))))))
    if _TRACE in forms:
        _check_whole(path, found)
    return Capture(", ".join(forms) or "vide", tuple(found), left_out)


def _check_whole(path: Path, found: Sequence[Sighting]) -> None:
    """A trace may be set to keep the first bytes of each message (max_payload_bytes), and does not say so.

    Those that it cut have one length, the greatest, and do not end as a message does. Raises CaptureError.
    """
    longest = max(len(one.body) for one in found)
    cut = [one for one in found if len(one.body) == longest and one.body.strip()[-1:] not in {b"}", b">"}]
    if len(cut) > 1 or (cut and not longest % _ROUND):
        raise CaptureError(
            f"{path} : la trace coupe les messages à {longest} octets ; recommencez-la sans « max payload bytes »."
        )


def _envelope(raw: bytes, content_type: str) -> Sighting:
    """A message without anything about it. Raises CaptureError."""
    if len(raw) > BODY_MAX:
        raise CaptureError(f"Un message de la capture dépasse {BODY_MAX >> 20} Mio : ôtez-le.")
    return Sighting("kept", "", None, raw, content_type=content_type)


def _recorded(record: Mapping[str, Any], own: bytes, vhost: str) -> tuple[str, Sighting | None]:
    """In which form it is, and the message, where it is one of a client on the vHost; `own` is its text.

    Raises CaptureError.
    """
    if "distributionID" in record or "content" in record:
        return "enveloppes", _envelope(own, JSON_TYPE)
    if "payload" in record and "type" in record:
        return _TRACE, traced(record, vhost)
    if record.get("Exchange") == _TRACE_EXCHANGE:
        return "firehose par rabtap", firehose(record, vhost)
    if "Body" in record and "RoutingKey" in record:
        return "messages de rabtap", saved_by_rabtap(record)
    return "", None


def _text(path: Path) -> str:
    return _decoded(read_plain(path, _FILE_MAX), path)


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaptureError(
            f"{path} n'est ni du JSON ni du XML en UTF-8 : la recette lit le journal d'un relais, la trace JSON de RabbitMQ, les "
            "messages de rabtap et des fichiers d'enveloppes."
        ) from error


def relay_journal(path: Path, vhost: str, taken: Taken) -> Capture:
    """What passed through a relay, as far as its journal goes. Raises CaptureError."""
    journal = RelayJournal(path, vhost, taken)
    journal.read_on()
    return journal_read(journal)


def journal_read(journal: RelayJournal) -> Capture:
    """What a journal holds that is read as it grows."""
    return Capture("journal de relais", tuple(journal.found), journal.left_out)
