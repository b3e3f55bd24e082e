"""`recette sandbox` for a broker of one's own: its definitions, and the dispatchers alone on a running one."""

from __future__ import annotations

import asyncio
import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from recette.commands.hub_settings import asked_conversions, asked_settings
from recette.commands.options import OptionsError
from recette.commands.outages import Outages
from recette.commands.saying import say
from recette.hub.address import BrokerAddress
from recette.hub.tls import TlsFiles, client_tls
from recette.platform.stopping import call_when_stopped
from recette.platform.typed import typed
from recette.sandbox.authority import Authority
from recette.sandbox.definitions import DISPATCHER, definitions, stored
from recette.sandbox.hub import start_dispatchers
from recette.wording.counting import counted
from recette.wording.os_errors import reason

PASSWORD_VARIABLE = "RECETTE_SANDBOX_PASSWORD"  # noqa: S105 - a variable's name
"""The clients' on a hub at home, the dispatcher's on a broker that runs already."""
PASSPHRASE_VARIABLE = "RECETTE_SANDBOX_PASSPHRASE"  # noqa: S105 - likewise


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--definitions",
        metavar="FICHIER",
        help="écrit les définitions à importer dans un RabbitMQ à vous (3.10 ou plus récent), puis s'arrête",
    )
    parser.add_argument(
        "--quorum", action="store_true", help="dans les définitions : des files quorum, pour une grappe"
    )
    for name, told in (
        ("authority", "l'autorité du broker"),
        ("certificate", "le certificat du dispatcher, PEM ou PKCS#12"),
        ("key", "sa clé"),
    ):
        parser.add_argument(f"--{name}", metavar="FICHIER", help=f"avec --broker amqps://… : {told}")


def write_definitions(
    arguments: Namespace,
    vhosts: Sequence[str],
    clients: Sequence[str],
    passwords: dict[str, str],
    homes: Mapping[str, Container[str]] | None,
) -> None:
    """Write the file, and with `--tls FOLDER` the certificates; say how to use them."""
    path = Path(arguments.definitions)
    if arguments.tls is not None:
        if not arguments.tls:
            raise OptionsError("Avec --definitions, donnez à --tls le dossier où garder les certificats.")
        authority = Authority.create(Path(arguments.tls))
        authority.server()
        for name in passwords:
            authority.client(name)
        passwords = dict.fromkeys(passwords, "")
    document = stored(definitions(vhosts, passwords, quorum=arguments.quorum, homes=homes))
    try:
        path.write_text(
            json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n"
        )
    except OSError as error:
        raise OptionsError(
            f"{path} ne peut pas être écrit ({reason(error)}) : donnez un autre fichier à --definitions."
        ) from error
    _tell(arguments, vhosts, clients, passwords)


def _tell(
    arguments: Namespace, vhosts: Sequence[str], clients: Sequence[str], passwords: dict[str, str]
) -> None:
    path, folder = arguments.definitions, arguments.tls
    say(f"Définitions écrites dans {path}, vHosts {', '.join(vhosts)}.")
    say(f"    rabbitmqctl import_definitions {typed(path)}, ou load_definitions = {path} dans rabbitmq.conf")
    for name in (*clients, DISPATCHER):
        login = f"certificat {folder}/{name}.pem" if folder else f"mot de passe {passwords[name]}"
        say(f"    {'dispatcher' if name == DISPATCHER else f'client {name}'}, {login}")
    command = f"recette sandbox --vhost {' '.join(vhosts)} --broker"
    if folder:
        say(
            "    EXTERNAL demande à RabbitMQ : le greffon rabbitmq_auth_mechanism_ssl, auth_mechanisms.1 = EXTERNAL, "
            "ssl_cert_login_from = common_name"
        )
        files = (
            f"--certificate {typed(f'{folder}/{DISPATCHER}.pem')} --key {typed(f'{folder}/{DISPATCHER}.key')}"
        )
        say(f"    puis {command} amqps://localhost --authority {typed(f'{folder}/ac.pem')} {files}")
    else:
        say(f"    puis {PASSWORD_VARIABLE}=… {command} amqp://localhost")


def address_of(arguments: Namespace, vhost: str) -> BrokerAddress:
    """How the dispatcher logs in. Raises AddressError and CertificateError."""
    address = BrokerAddress.parse(arguments.broker, vhost=vhost)
    if "@" not in arguments.broker:
        address = replace(address, user=DISPATCHER)
    secret = os.environ.get(PASSWORD_VARIABLE)
    if secret is not None:
        address = replace(address, password=secret)
    if address.tls is None:
        return address
    files = TlsFiles(
        authority=Path(arguments.authority) if arguments.authority else None,
        certificate=Path(arguments.certificate) if arguments.certificate else None,
        key=Path(arguments.key) if arguments.key else None,
        passphrase=os.environ.get(PASSPHRASE_VARIABLE),
    )
    return replace(address, tls=client_tls(files), external=files.certificate is not None)


async def dispatch(arguments: Namespace, vhosts: Sequence[str]) -> None:
    """Dispatchers alone until Ctrl-C; they come back when the broker does. Raises HubError where it was never there."""
    addresses = [address_of(arguments, name) for name in vhosts]
    stop = asyncio.Event()
    call_when_stopped(stop.set)
    conversions = asked_conversions(arguments)
    started = await start_dispatchers(
        addresses,
        arguments.dispatchers,
        lambda _: None,
        asked_settings(arguments),
        watcher=Outages(),
        conversions=conversions,
    )
    try:
        told = counted(arguments.dispatchers, "dispatcher")
        where = f"{addresses[0].host}:{addresses[0].port}"
        say(f"{told} par vHost sur {where}, vHosts {', '.join(vhosts)}. Ctrl-C pour arrêter.", flush=True)
        await stop.wait()
    finally:
        for one in started:
            await one.close()
        await conversions.close()
