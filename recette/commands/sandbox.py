"""`recette sandbox`: a hub at home until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import Namespace

from recette.commands.common import EXIT_OK, fault_named, one_sentence
from recette.messages.vhosts import vhost
from recette.sandbox.definitions import DISPATCHER, new_passwords
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hub import Sandbox


@one_sentence
def run(arguments: Namespace) -> int:
    """A hub at home until Ctrl-C."""
    asyncio.run(_serve(arguments))
    return EXIT_OK


async def _serve(arguments: Namespace) -> None:
    names = [vhost(name).name for name in arguments.vhost]
    clients = arguments.client or ["fr.health.samu991", "fr.health.samu992"]
    passwords = new_passwords(clients)
    shared = os.environ.get("RECETTE_SANDBOX_PASSWORD")
    if shared:
        passwords = {name: word if name == DISPATCHER else shared for name, word in passwords.items()}
    sandbox = await Sandbox.start(
        names, clients, broker=arguments.broker, port=arguments.port, passwords=passwords
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    editors = []
    try:
        print(f"Hub prêt sur 127.0.0.1:{sandbox.port}, vHosts {', '.join(names)}. Ctrl-C pour arrêter.")
        for client in clients:
            print(
                f"    client {client}, mot de passe {passwords[client]}, files {client}.message, .ack, .info"
            )
        if arguments.editor:
            misbehaviour = fault_named(arguments.fault)
            address = sandbox.address(clients[0], names[0])
            editors.append(await ReferenceEditor.start(address, clients[0], arguments.editor, misbehaviour))
            print(f"    éditeur de référence {arguments.editor} en {clients[0]} sur {names[0]}")
        sys.stdout.flush()
        await stop.wait()
    finally:
        for editor in editors:
            await editor.close()
        await sandbox.stop()
