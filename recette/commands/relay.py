"""`recette relay`: between an editor and any hub."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import cycle
from pathlib import Path

from recette import __version__
from recette.commands.common import EXIT_OK, EXIT_UNSURE, machine, one_sentence, port
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.commands.server_tls import server_tls
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationServer
from recette.hub.tls import TlsFiles, client_tls, is_loopback
from recette.journal.event import RunEvent
from recette.journal.wire_events import RelayStarted, WireClosed
from recette.platform.stopping import call_when_stopped, ends_soon, run_stoppable
from recette.play.environments import OTHER, environment_of
from recette.play.target_file import load_target
from recette.relay.acts import Acts
from recette.relay.disturbances import KINDS, TURNED, Disturbance
from recette.relay.handing import Handing
from recette.relay.obeying import obey
from recette.relay.observation import FILE, RelayPlace, write_place
from recette.relay.recording import JOURNAL, Recording
from recette.relay.relay import Relay
from recette.wording.counting import counted
from recette.wording.os_errors import reason

PASSPHRASE_VARIABLE = "RECETTE_PASSPHRASE"  # noqa: S105 - the name of a variable
_PORT = 5672
_EVERY = 30.0


def arguments(parser: ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--target", metavar="CIBLE", help="une cible : son hub, et le certificat de son éditeur"
    )
    where.add_argument(
        "--hub",
        metavar="URL",
        help="le hub, amqps://hôte:5671 (ou amqp:// pour un bac-à-sable)",
    )
    parser.add_argument(
        "--certificate",
        metavar="FICHIER",
        help="le certificat de l'éditeur (PEM ou PKCS#12) : le relais s'identifie avec",
    )
    parser.add_argument(
        "--key", metavar="FICHIER", help=f"sa clé ; sa phrase secrète est dans {PASSPHRASE_VARIABLE}"
    )
    parser.add_argument(
        "--authority", metavar="FICHIER", help="l'autorité qui a signé le certificat du hub (PEM)"
    )
    parser.add_argument(
        "--host",
        type=machine,
        default="127.0.0.1",
        metavar="ADRESSE",
        help="où le logiciel se connecte (127.0.0.1)",
    )
    parser.add_argument(
        "--port", type=port, default=_PORT, metavar="N", help=f"à quel port ({_PORT} ; 0 : un port libre)"
    )
    parser.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERTIFICAT", "CLÉ"),
        help="TLS vers le logiciel, avec ce certificat de serveur (PEM)",
    )
    parser.add_argument(
        "--redact",
        action="store_true",
        help="ne garde jamais le contenu des messages ; une campagne qui observe le relais juge quand même",
    )
    _what_disturbs(parser)
    parser.add_argument(
        "--report", required=True, metavar="DOSSIER", help="le dossier du journal, qui n'en a pas encore"
    )


def _what_disturbs(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--disturb",
        action="extend",
        nargs="+",
        default=[],
        metavar="INCIDENT[:SECONDES]",
        help=f"gêne la liaison, un incident après l'autre : {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--on-demand",
        action="store_true",
        help="gêne la liaison quand une campagne qui l'observe (--observed-by) le demande, et là seulement",
    )
    parser.add_argument(
        "--every",
        type=float,
        default=_EVERY,
        metavar="SECONDES",
        help=f"avec --disturb, le temps entre deux incidents ({_EVERY:g} sinon)",
    )
    parser.add_argument(
        "--allow-harmful",
        action="store_true",
        help="gêne aussi ailleurs qu'au bac-à-sable, en accord avec l'opérateur du hub ; en production jamais",
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Relay until Ctrl-C."""
    hub = hub_address(arguments)
    if hub.external and not is_loopback(arguments.host):
        raise OptionsError(
            "Avec --certificate, qui se connecte au relais est l'éditeur aux yeux du hub : le relais n'écoute alors que sur "
            "cette machine, enlevez --host."
        )
    incidents = _incidents(arguments, hub)
    recording = Recording(Path(arguments.report), _say, redact=arguments.redact)
    with ends_soon():
        run_stoppable(_recorded(arguments, hub, recording, incidents))
    kept = f"{counted(recording.kept, 'événement', 'événements')} dans {Path(arguments.report) / JOURNAL}"
    if recording.lost:
        say(f"{kept} ; {counted(recording.lost, 'autre est perdu', 'autres sont perdus')}.")
        return EXIT_UNSURE
    say(f"{kept}.")
    return EXIT_OK


def hub_address(arguments: Namespace) -> BrokerAddress:
    """Where the relay goes, and with which certificate. Raises OptionsError, AddressError, CertificateError, TargetError."""
    if arguments.target:
        return _hub_of_target(arguments)
    hub = BrokerAddress.parse(arguments.hub)
    if "@" in arguments.hub:
        raise OptionsError(
            "Le logiciel s'identifie lui-même à travers le relais : enlevez le compte de --hub."
        )
    if hub.tls is None:
        if arguments.certificate or arguments.key or arguments.authority:
            raise OptionsError(
                "--certificate, --key et --authority sont pour un hub en amqps:// : corrigez --hub."
            )
        return hub
    files = TlsFiles(
        authority=Path(arguments.authority) if arguments.authority else None,
        certificate=Path(arguments.certificate) if arguments.certificate else None,
        key=Path(arguments.key) if arguments.key else None,
        passphrase=os.environ.get(PASSPHRASE_VARIABLE),
    )
    tls = client_tls(files)
    user = tls.certificate.subject if tls.certificate is not None else hub.user
    return replace(hub, tls=tls, external=tls.certificate is not None, user=user)


def _hub_of_target(arguments: Namespace) -> BrokerAddress:
    """The hub of a target, as its editor reaches it. Raises OptionsError and TargetError."""
    if arguments.certificate or arguments.key or arguments.authority:
        raise OptionsError(
            "Avec --target, le certificat est celui de « editor » dans la cible : ôtez --certificate, --key et --authority."
        )
    target = load_target(Path(arguments.target))
    if target.home is not None:
        raise OptionsError(
            f"{target.name} est « broker: home » : la recette est ce hub, et y voit déjà tout sans relais."
        )
    own = target.editor_address
    if own is None:
        own = next(iter(target.addresses.values()), None)
        if own is None or own.tls is not None:
            raise OptionsError(
                f"{target.name} ne dit pas comment l'éditeur se connecte : donnez à « editor » son certificat (tls), ou "
                "--hub au relais."
            )
    return replace(own, vhost="")


def _incidents(arguments: Namespace, hub: BrokerAddress) -> tuple[Disturbance, ...]:
    """What the link is disturbed by, where that may be. Raises OptionsError."""
    try:
        incidents = tuple(map(Disturbance.parse, arguments.disturb))
    except ValueError as error:
        raise OptionsError(f"--disturb : {error}") from error
    if not 0 < arguments.every <= 86_400:
        raise OptionsError("--every est un nombre de secondes, de plus de 0 à 86400.")
    named = load_target(Path(arguments.target)).environment if arguments.target else None
    where = named or environment_of(hub.host) or OTHER
    asked = "--disturb" if incidents else "--on-demand"
    disturbs = bool(incidents) or arguments.on_demand
    if disturbs and where.production:
        raise OptionsError(f"{asked} : {hub.place} est en {where.title}, où rien n'est gêné, jamais.")
    if disturbs and not where.sandbox and not arguments.allow_harmful:
        raise OptionsError(
            f"{asked} gênerait {hub.place} ({where.title}) : ajoutez --allow-harmful, en accord avec l'opérateur du hub."
        )
    return incidents


async def _disturbed(relay: Relay, incidents: tuple[Disturbance, ...], every: float) -> None:
    """One after the other, until cancelled; the pause between them is what was asked for, and waits for nothing."""
    for one in cycle(incidents):
        await asyncio.sleep(every)
        relay.disturb(one)
        _say(f"incident : {one.what} ({KINDS[one.what]}).")


async def _recorded(
    arguments: Namespace, hub: BrokerAddress, recording: Recording, incidents: tuple[Disturbance, ...]
) -> None:
    """The journal is closed before a second Ctrl-C can end anything."""
    stop = asyncio.Event()
    call_when_stopped(stop.set)
    try:
        await _relay(arguments, hub, recording, incidents, stop)
    finally:
        recording.close()
        (Path(arguments.report) / FILE).unlink(missing_ok=True)


async def _relay(
    arguments: Namespace,
    hub: BrokerAddress,
    recording: Recording,
    incidents: tuple[Disturbance, ...],
    stop: asyncio.Event,
) -> None:
    observers = await ObservationServer.open(secrets.token_urlsafe(24))
    write_place(Path(arguments.report), RelayPlace(observers.port, observers.password, arguments.on_demand))
    try:
        relay = await _opened(arguments, hub, teller(recording, observers))
        if arguments.on_demand:
            observers.disturb = partial(obey, relay)
        scheme = "amqps" if arguments.tls else "amqp"
        listening = f"{scheme}://{relay.host}:{relay.port}"
        recording.tell(
            RelayStarted(recette=__version__, hub=hub.place, listening=listening, external=hub.external)
        )
        login = f", en s'identifiant par le certificat de « {hub.user} »" if hub.external else ""
        say(
            f"Relais prêt : connectez votre logiciel à {listening}, il parle à {hub.place}{login}. "
            "Ctrl-C pour arrêter.",
            flush=True,
        )
        disturbing = asyncio.create_task(_disturbed(relay, incidents, arguments.every)) if incidents else None
        await stop.wait()
        if disturbing is not None:
            disturbing.cancel()
        await relay.close()
    finally:
        await observers.close()


def teller(recording: Recording, observers: ObservationServer) -> Callable[[RunEvent], None]:
    """Into the journal, and to the run that observes; a run that relied on what is not kept would prove nothing."""
    acts, handing = Acts(), Handing()
    closing: set[asyncio.Task[None]] = set()

    def tell(event: RunEvent) -> None:
        recording.tell(event)
        if not recording.lost:
            gone = acts.leaves(event) if isinstance(event, WireClosed) else None
            for seen in acts.of(event, heard=observers.heard):
                observers.saw(seen)
            if gone is not None:
                observers.left(*gone)
            handed = handing.of(event)
            if handed is not None:
                observers.handed(*handed)
        elif not closing:
            closing.add(asyncio.get_running_loop().create_task(observers.close()))

    return tell


async def _opened(arguments: Namespace, hub: BrokerAddress, tell: Callable[[RunEvent], None]) -> Relay:
    """Raises OptionsError where it cannot listen."""
    try:
        tls = server_tls(arguments.tls) if arguments.tls else None
        turns = arguments.on_demand or any(one.partition(":")[0] == TURNED for one in arguments.disturb)
        return await Relay.open(
            hub, tell, _say, host=arguments.host, port=arguments.port, tls=tls, turns=turns
        )
    except OSError as error:
        raise OptionsError(
            f"Le relais ne peut pas écouter sur {arguments.host}:{arguments.port} ({reason(error)}) : choisissez un "
            "autre --port."
        ) from error


def _say(text: str) -> None:
    say(f"{datetime.now().astimezone():%d/%m/%Y %H:%M:%S} : {text}", file=sys.stderr, flush=True)
