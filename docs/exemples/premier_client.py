"""Un client du Hub Santé : se raccorde, regarde ses files, publie, acquitte ce qu'il sait lire, refuse le reste.

AMQP_URL=amqp://client:motdepasse@127.0.0.1:5672/15-15_v1.5 python premier_client.py fr.health.samu991 [message.json]
"""

import asyncio
import json
import os
import sys
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import aio_pika

CLIENT = sys.argv[1]


def acquittement(recu: dict) -> bytes:
    """Le RC-REF : la même enveloppe que tout message, et la référence de ce qui est acquitté."""
    a, etat, envoi = recu["senderID"], recu["distributionStatus"], datetime.now().astimezone()
    dates = [date.isoformat(timespec="seconds") for date in (envoi, envoi + timedelta(days=1))]
    identifiant = f"{CLIENT}_{uuid.uuid4()}"
    qui, pour_qui = ({"name": un, "URI": f"hubex:{un}"} for un in (CLIENT, a))
    entete = {"messageId": identifiant, "sender": qui, "sentAt": dates[0], "kind": "Ack", "status": etat}
    reference = {"recipient": [pour_qui], "reference": {"distributionID": recu["distributionID"]}}
    enveloppe = {"distributionID": identifiant, "senderID": CLIENT, "distributionStatus": etat}
    enveloppe |= {"dateTimeSent": dates[0], "dateTimeExpires": dates[1], "distributionKind": "Ack"}
    adresse = {"explicitAddressScheme": "hubex", "explicitAddressValue": a}
    enveloppe["descriptor"] = {"language": "fr-FR", "explicitAddress": adresse}
    contenu = {"jsonContent": {"embeddedJsonContent": {"message": {**entete, **reference}}}}
    return json.dumps({**enveloppe, "content": [contenu]}).encode()


async def main() -> None:
    connexion = await aio_pika.connect_robust(os.environ["AMQP_URL"])
    canal = await connexion.channel(publisher_confirms=True)
    await canal.set_qos(prefetch_count=10)
    hub = await canal.get_exchange("hubsante", ensure=False)

    async def publier(corps: bytes) -> None:
        # La clé de routage est toujours la nôtre ; le message survit à un arrêt du hub.
        await hub.publish(aio_pika.Message(corps, content_type="application/json", delivery_mode=2), CLIENT)

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

    for nom in ("message", "ack", "info"):  # passive : elles existent, et ne se déclarent pas
        await (await canal.declare_queue(f"{CLIENT}.{nom}", passive=True)).consume(arrive)
    print("prêt", flush=True)
    for chemin in sys.argv[2:]:
        await publier(Path(chemin).read_bytes())
    await asyncio.Future()


asyncio.run(main())
