"""`recette watch`: plays again what was not conformant, each time the software under test answers again."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path

from recette.campaign.folder import new_folder
from recette.campaign.returning import NobodyTellsError, come_back
from recette.commands import run as playing
from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.last_run import last_run
from recette.commands.narrowing import not_conformant
from recette.commands.options import OptionsError
from recette.commands.resuming import asked_again
from recette.commands.saying import say
from recette.journal.reader import read_journal
from recette.platform.keyboard import keyboard
from recette.platform.stopping import run_stoppable
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", metavar="CAMPAGNE", help="son dossier (la dernière de reports/ sinon)"
    )
    parser.add_argument(
        "--reports",
        nargs="*",
        default=[],
        metavar="FORME",
        help="ces rapports de chaque campagne (aucun sinon)",
    )
    parser.add_argument("--verbose", action="store_true", help="chaque passage et chaque constat, en entier")


@one_sentence
def run(arguments: Namespace) -> int:
    """Until all is conformant, or Ctrl-C."""
    folder = Path(arguments.run) if arguments.run else last_run("recette watch")
    header = read_journal(folder / "journal.jsonl").header
    again = asked_again(header, folder)
    if not again.target:
        raise OptionsError(
            f"{folder} a été jouée contre les éditeurs de référence : recette watch attend le logiciel d'une cible (--target)."
        )
    if header.captured:
        raise OptionsError(
            f"{folder} a été jugée d'après des captures : rien ne s'y rejoue. Que les éditeurs rejouent, puis recette run --captured."
        )
    names = not_conformant(folder)
    while names:
        target = load_target(Path(again.target))
        say(
            f"\n{counted(len(names), 'passage', 'passages')} à rejouer : {', '.join(names[:5])}{', …' if names[5:] else ''}."
        )
        run_stoppable(_until_it_answers(target))
        report = new_folder(folder.parent)
        again = Namespace(
            **{**vars(again), "scenarios": names, "report": str(report), "reports": arguments.reports,
               "verbose": arguments.verbose},
        )  # fmt: skip
        playing.run(again)
        if not (report / "results.json").exists():
            continue  # it could not be played, and that was said: the software may answer next time
        names = not_conformant(report)
    say("Tout ce qui n'était pas conforme l'est : recette run joue l'ensemble.")
    return EXIT_OK


async def _until_it_answers(target: Target) -> None:
    """Or until a person at the terminal says so. Raises OptionsError where nobody can tell."""
    typed = asyncio.Event()
    person = keyboard(sys.stdin.fileno()) if sys.stdin is not None and sys.stdin.isatty() else None
    say(
        "La recette attend que votre logiciel, redémarré, réponde à nouveau"
        + (" (Entrée rejoue sans attendre)" if person else "")
        + "…",
        flush=True,
    )
    if person is not None:
        person.open(lambda _: typed.set())
    waits = [asyncio.create_task(come_back(target))]
    if person is not None:
        waits.append(asyncio.create_task(_event(typed)))
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        error = next((one.exception() for one in done if one.exception() is not None), None)
        if isinstance(error, NobodyTellsError) and person is not None:
            say(f"Rien ne dit quand il répond ({error}) : Entrée rejoue.", flush=True)
            await typed.wait()
        elif isinstance(error, NobodyTellsError):
            raise OptionsError(
                f"Rien ne dit quand votre logiciel répond à nouveau ({error}) : lancez recette watch dans un terminal, où "
                "Entrée rejoue, ou donnez à la cible un pilote http."
            ) from error
        elif error is not None:
            raise error
    finally:
        if person is not None:
            person.close()
        for one in waits:
            one.cancel()
            with suppress(asyncio.CancelledError, NobodyTellsError):
                await one


async def _event(typed: asyncio.Event) -> None:
    await typed.wait()
