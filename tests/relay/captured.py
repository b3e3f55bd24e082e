"""An exchange of two editors, and how each tool would have recorded it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.journal.events import Received, Sent
from recette.journal.wire_events import RelayStarted, WireDelivered, WireOpened, WirePublished
from recette.journal.writer import JournalWriter
from recette.messages.reading import read
from recette.messages.vhosts import vhost
from tests.judge.journal_builder import JournalBuilder

PLAY, VHOST = "15-15-ressource-acceptee.g1@sollicite", "15-15_v1.5"
EDITOR, PARTNER = "fr.health.samu991", "fr.health.samu992"
BEGUN = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A message of the exchange."""

    sender: str
    queue: str
    body: bytes
    at: datetime
    delivery_mode: int = 2

    @property
    def model(self) -> str | None:
        return read(self.body, "application/json", vhost(VHOST).edition).model


def played() -> tuple[Said, ...]:
    """A play as it should go, as it passed on the hub: one message a second."""
    events = [entry.event for entry in JournalBuilder(PLAY).rest().journal().entries]
    told = []
    for event in events:
        if isinstance(event, Sent):
            channel = "ack" if event.purpose == "ack" else "message"
            told.append((event.client, f"{EDITOR}.{channel}", event.body))
        elif isinstance(event, Received):
            told.append((EDITOR, event.queue, event.body))
    return tuple(
        Said(sender, queue, body, BEGUN + timedelta(seconds=second))
        for second, (sender, queue, body) in enumerate(told)
    )


def traced(said: Iterable[Said], *, name: str = VHOST) -> str:
    """RabbitMQ's tracing plugin, JSON form: each message leaves, and arrives."""
    lines = []
    for one in said:
        about = {
            "node": "rabbit@hub",
            "vhost": name,
            "properties": {"content_type": "application/json", "delivery_mode": one.delivery_mode},
            "payload": base64.b64encode(one.body).decode(),
        }
        left = {"type": "published", "exchange": "hubsante", "queue": "none", "routing_keys": [one.sender]}
        came = {
            "type": "received",
            "exchange": "distribution",
            "queue": one.queue,
            "routing_keys": [one.queue],
        }
        for told, later in ((left, 0.0), (came, 0.05)):
            at = one.at + timedelta(seconds=later)
            lines.append(json.dumps({"timestamp": f"{at:%Y-%m-%d %H:%M:%S}:{at:%f}"[:23], **told, **about}))
    return "\n".join(lines)


def rabtap(one: Said, *, body: bool = True) -> dict[str, Any]:
    return {
        "Headers": {},
        "ContentType": "application/json",
        "DeliveryMode": 2,
        "Expiration": "",
        "Exchange": "hubsante",
        "RoutingKey": one.sender,
        "XRabtapReceivedTimestamp": one.at.isoformat().replace("+00:00", ".123456789Z"),
        **({"Body": base64.b64encode(one.body).decode()} if body else {}),
    }


def relay(folder: Path, said: Iterable[Said], of: str, *, ahead: float = 0.0) -> Path:
    """The journal of the relay before one editor, whose clock is `ahead`."""
    journal = JournalWriter(folder / "journal.jsonl")
    journal.write(
        RelayStarted(recette="0", hub="amqp://hub:5672", listening="amqp://127.0.0.1:1", external=False)
    )
    opened = {"mechanism": "PLAIN", "product": "essai", "tls": "", "heartbeat": 0}
    journal.write(WireOpened(connection=1, user=of, vhost=f"/{VHOST}", **opened))  # type: ignore[arg-type]
    plain = {"content_type": "application/json", "delivery_mode": 2, "expiration": None, "headers": {}}
    for one in said:
        wire: dict[str, Any] = {
            **plain,
            "connection": 1,
            "channel": 1,
            "body": one.body,
            "size": len(one.body),
        }
        if one.sender == of:
            event: WirePublished | WireDelivered = WirePublished(
                exchange="hubsante", routing_key=of, mandatory=True, **wire
            )
        elif one.queue.startswith(f"{of}."):
            event = WireDelivered(tag=1, queue=one.queue, routing_key=one.queue, redelivered=False, **wire)
        else:
            continue
        clock = one.at + timedelta(seconds=ahead + (0.05 if isinstance(event, WireDelivered) else 0.0))
        journal._clock = lambda clock=clock: clock.isoformat()  # type: ignore[misc]
        journal.write(event)
    journal.close()
    return folder


def observed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    code = main(["observe", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def rules(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["editor"], one["rule"]) for case in told["cases"] for one in case["findings"]}


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder / name


def in_no_language(one: Said) -> bytes:
    return one.body.replace(b'"language":"fr-FR"', b'"language":"fran\\u00e7ais"')
