"""Un client du Hub Santé : se raccorde, regarde ses files, publie, acquitte ce qu'il sait lire, refuse le reste.

AMQP_URL=amqp://client:motdepasse@127.0.0.1:5672/15-15_v1.5 python premier_client.py fr.health.samu991 [message.json]
"""

import asyncio
import json
import os
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aio_pika

CLIENT, FILES = sys.argv[1], ("message", "ack", "info")


def acquittement(recu: dict) -> bytes:
    """Le RC-REF : la même enveloppe que tout message, et la référence de ce qui est acquitté."""
    a, maintenant = recu["senderID"], datetime.now(UTC).astimezone()
    identifiant, envoi = f"{CLIENT}_{uuid.uuid4()}", maintenant.isoformat(timespec="seconds")
    entete = {
        "messageId": identifiant,
        "sender": {"name": CLIENT, "URI": f"hubex:{CLIENT}"},
        "sentAt": envoi,
        "kind": "Ack",
        "status": recu["distributionStatus"],
        "recipient": [{"name": a, "URI": f"hubex:{a}"}],
    }
    contenu = {"message": {**entete, "reference": {"distributionID": recu["distributionID"]}}}
    return json.dumps(
        {
            "distributionID": identifiant,
            "senderID": CLIENT,
            "dateTimeSent": envoi,
            "dateTimeExpires": (maintenant + timedelta(days=1)).isoformat(timespec="seconds"),
            "distributionStatus": recu["distributionStatus"],
            "distributionKind": "Ack",
            "descriptor": {
                "language": "fr-FR",
                "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": a},
            },
            "content": [{"jsonContent": {"embeddedJsonContent": contenu}}],
        }
    ).encode()


async def main() -> None:
    async with await aio_pika.connect_robust(os.environ["AMQP_URL"]) as connexion:
        canal = await connexion.channel(publisher_confirms=True)
        await canal.set_qos(prefetch_count=10)
        hub = await canal.get_exchange("hubsante", ensure=False)

        async def publier(corps: bytes) -> None:
            message = aio_pika.Message(corps, content_type="application/json", delivery_mode=2)
            await hub.publish(message, routing_key=CLIENT)  # la clé de routage est toujours la nôtre

        async def arrive(recu: aio_pika.abc.AbstractIncomingMessage) -> None:
            try:
                document = json.loads(recu.body)
                if recu.routing_key.endswith(".message"):  # ni un acquittement ni un .info ne s'acquittent
                    await publier(acquittement(document))
            except (ValueError, KeyError, TypeError) as erreur:
                print(f"refusé : {erreur!r}", flush=True)
                return await recu.reject(requeue=False)
            print(f"{recu.routing_key} : {document['distributionID']}", flush=True)
            return await recu.ack()

        for nom in FILES:  # passive : elles existent, et ne se déclarent pas
            file = await canal.declare_queue(f"{CLIENT}.{nom}", passive=True)
            await file.consume(arrive)
        print("prêt", flush=True)
        for chemin in sys.argv[2:]:
            await publier(Path(chemin).read_bytes())
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
