"""An LRM written with pika's blocking connection: acknowledges each message with an RC-REF, as it is told to.

python pika_editor.py <port> <vHost> <client id> <password> ack|mute|twice|report|fragile, until its input ends.
`share=<file>` sends what the file holds, once it reads its queues, and acknowledges as `ack` does.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pika
from pika.exceptions import AMQPConnectionError

port, vhost, client, password, manner = sys.argv[1:]
STOP = threading.Event()


def stamp(ahead: timedelta = timedelta()) -> str:
    return (datetime.now(UTC) + ahead).isoformat(timespec="seconds")


def reference(source: dict[str, Any]) -> bytes:
    identifier = f"{client}_{uuid.uuid4()}"
    to, sent = source["senderID"], stamp()
    message = {
        "messageId": identifier,
        "sender": {"name": client, "URI": f"hubex:{client}"},
        "sentAt": sent,
        "kind": "Report" if manner == "report" else "Ack",
        "status": "Actual",
        "recipient": [{"name": to, "URI": f"hubex:{to}"}],
        "reference": {"distributionID": source["distributionID"]},
    }
    return json.dumps(
        {
            "distributionID": identifier,
            "senderID": client,
            "dateTimeSent": sent,
            "dateTimeExpires": stamp(timedelta(days=1)),
            "distributionStatus": "Actual",
            "distributionKind": "Ack",
            "descriptor": {
                "language": "fr-FR",
                "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": to},
            },
            "content": [{"jsonContent": {"embeddedJsonContent": {"message": message}}}],
        }
    ).encode()


def receive(channel: Any, method: Any, _: Any, body: bytes) -> None:
    times = 0 if not method.routing_key.endswith(".message") or manner == "mute" else 1
    for _ in range(times * (2 if manner == "twice" else 1)):
        channel.basic_publish(
            "hubsante",
            client,
            reference(json.loads(body)),
            pika.BasicProperties(content_type="application/json", delivery_mode=2),
            mandatory=True,
        )
    channel.basic_ack(method.delivery_tag)


def serve() -> None:
    login = pika.PlainCredentials(client, password)
    with pika.BlockingConnection(
        pika.ConnectionParameters("127.0.0.1", int(port), vhost, login, blocked_connection_timeout=30)
    ) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=10)
        for name in ("message", "ack", "info"):
            channel.queue_declare(f"{client}.{name}", passive=True)
            channel.basic_consume(f"{client}.{name}", receive)
        if manner.startswith("share="):
            channel.basic_publish(
                "hubsante",
                client,
                Path(manner.removeprefix("share=")).read_bytes(),
                pika.BasicProperties(content_type="application/json", delivery_mode=2),
                mandatory=True,
            )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not STOP.is_set():
            connection.process_data_events(time_limit=0.1)


def until_input_ends() -> None:
    sys.stdin.read()
    STOP.set()


threading.Thread(target=until_input_ends, daemon=True).start()
while not STOP.is_set():
    try:
        serve()
    except AMQPConnectionError:
        if manner == "fragile":
            break
        STOP.wait(0.2)
