"""`recette console`: the recette in the browser, live."""

from __future__ import annotations

import asyncio
import webbrowser
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, offer_scenarios, one_sentence, port, scenario_folders
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.console.book import Book
from recette.console.server import PortError, served
from recette.console.state import Console
from recette.platform.stopping import call_when_stopped, run_stoppable
from recette.play.target_file import load_target
from recette.proof.keys import private_key


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--target",
        nargs="+",
        default=[],
        metavar="FICHIER",
        help="les éditeurs que l'on peut choisir ; l'éditeur de référence l'est toujours",
    )
    offer_scenarios(parser)
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help="où elle écoute (un port libre sinon)"
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
    except PortError as error:
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
    async with served(console, arguments.port) as address:
        say(f"La console est prête : {address}", "Ctrl-C pour l'arrêter.", sep="\n", flush=True)
        if not arguments.no_open:
            await asyncio.to_thread(webbrowser.open, address)
        await stop.wait()
