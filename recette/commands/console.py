"""`recette console`: the recette in the browser, live."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import sys
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from recette.commands.common import EXIT_OK, machine, offer_scenarios, one_sentence, port, scenario_folders
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.commands.server_tls import server_tls
from recette.console.alone import TakenError, alone
from recette.console.book import Book
from recette.console.server import Listening, PortError, served
from recette.console.state import Console
from recette.platform.stopping import call_when_stopped, run_stoppable
from recette.play.target_file import load_target
from recette.proof.keys import private_key
from recette.sandbox.authority import Authority


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        action="extend",
        nargs="+",
        default=[],
        metavar="FICHIER",
        help="les éditeurs que l'on peut choisir ; l'éditeur de référence l'est toujours",
    )
    offer_scenarios(parser)
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help="où elle écoute (un port libre sinon)"
    )
    parser.add_argument(
        "--listen",
        type=machine,
        metavar="ADRESSE",
        help="écoute, en TLS, à cette adresse de la machine au lieu de 127.0.0.1 : d'autres l'atteignent alors",
    )
    parser.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERTIFICAT", "CLÉ"),
        help="avec --listen, le certificat de serveur (PEM) ; sinon la console s'en fait un",
    )
    parser.add_argument("--no-open", action="store_true", help="n'ouvre pas le navigateur")
    parser.add_argument(
        "--drafts",
        default="mes-scenarios",
        metavar="DOSSIER",
        help="où « Écrire » garde vos scénarios (mes-scenarios sinon)",
    )
    parser.add_argument(
        "--key", metavar="CLÉ", help="clé privée Ed25519 (PEM) : « Relire » signe alors les campagnes"
    )
    parser.add_argument(
        "--relay",
        metavar="DOSSIER",
        help="« Observer » montre aussi ce que voit ce relais (celui de recette relay --report)",
    )
    parser.add_argument(
        "--reports", default="reports", metavar="DOSSIER", help="où sont les campagnes (reports sinon)"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Serve until Ctrl-C. The targets are read first, so that what is wrong in them is said at once."""
    targets = [Path(one) for one in arguments.target]
    for one in targets:
        load_target(one)
    if arguments.key:
        private_key(Path(arguments.key))
    book = Book((*scenario_folders(arguments.folder), Path(arguments.drafts)))
    try:
        run_stoppable(_serve(arguments, book, targets))
    except (PortError, TakenError) as error:
        raise OptionsError(str(error)) from error
    return EXIT_OK


async def _serve(arguments: Namespace, book: Book, targets: list[Path]) -> None:
    stop = asyncio.Event()
    call_when_stopped(stop.set)
    console = Console(
        book,
        targets,
        Path(arguments.reports),
        Path(arguments.drafts),
        key=Path(arguments.key) if arguments.key else None,
        relay=Path(arguments.relay) if arguments.relay else None,
    )
    with alone(console.runs.folder) as tell, _listening(arguments) as (at, warning):
        async with served(console, at) as address:
            for line in warning:
                say(line, file=sys.stderr, flush=True)
            tell(address.partition("/entrer")[0])
            say(f"La console est prête : {address}", "Ctrl-C pour l'arrêter.", sep="\n", flush=True)
            if not arguments.no_open:
                await asyncio.to_thread(webbrowser.open, console.seats.by_ticket(address))
            await stop.wait()


@contextmanager
def _listening(arguments: Namespace) -> Iterator[tuple[Listening, tuple[str, ...]]]:
    """Where the console answers, and what whoever opens it there has to know; a certificate that it makes lasts as long.

    Raises OptionsError, AuthorityError.
    """
    host = arguments.listen
    if not host:
        if arguments.tls:
            raise OptionsError("--tls va avec --listen : sur 127.0.0.1, la console n'en a pas besoin.")
        yield Listening(arguments.port), ()
        return
    if _is_everywhere(host):
        raise OptionsError(
            f"--listen {host} écouterait partout : donnez l'adresse, ou le nom, par où l'on ouvrira la console."
        )
    with ExitStack() as stack:
        if arguments.tls:
            tls, how = server_tls(arguments.tls), ""
        else:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="recette-console-")))
            authority = Authority.create(folder, "recette, autorité de la console")
            issued = authority.server((host,))
            tls = server_tls([str(issued.certificate), str(issued.key)])
            how = (
                f"Son certificat vient d'une autorité faite pour elle, {authority.file} : faites-la accepter par les "
                f"navigateurs, ou comparez l'empreinte SHA-256 du certificat : {_fingerprint(issued.certificate)}."
            )
        told = (
            f"ATTENTION : la console écoute sur {host}. Toute machine qui atteint cette adresse peut lui parler, et qui a le "
            "jeton agit en votre nom : joue, publie sur les hubs de vos cibles, écrit dans vos dossiers. Ne le donnez qu'à qui doit entrer."
        )
        yield Listening(arguments.port, host, tls), (told, *([how] if how else []))


def _is_everywhere(host: str) -> bool:
    """Whether that stands for every address of the machine, however it is written: `0` does too."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except OSError:
        return host == "*"  # else a name
    return any(ip_address(str(one[4][0]).partition("%")[0]).is_unspecified for one in found)


def _fingerprint(certificate: Path) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(":").upper()
