"""`recette report`: renders recorded runs again."""

from __future__ import annotations

import contextlib
import shutil
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.forms import forms_wanted, offer_forms
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.platform.plain_files import read_plain, write_anew
from recette.report import seal
from recette.report.provenance import build
from recette.report.story import tell_file
from recette.report.writing import write_all


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="CAMPAGNE", help="dossiers, ou journaux")
    offer_forms(parser)
    parser.add_argument("--out", metavar="DOSSIER", help="où écrire ; à côté de chaque journal sinon")


@one_sentence
def run(arguments: Namespace) -> int:
    """Judge and render; what is no longer what was written is not rendered."""
    worst = EXIT_OK
    forms = forms_wanted(arguments.reports)
    for name in arguments.runs:
        path = Path(name) / "journal.jsonl" if Path(name).is_dir() else Path(name)
        story = tell_file(path)
        if story.journal.altered:
            say("\n".join([f"{path} :", *story.judgement.notes, "Rien n'est écrit."]), file=sys.stderr)
            worst = EXIT_UNSURE
            continue
        folder = _folder(path, arguments)
        if _would_lose_its_signature(folder):
            say(
                f"{folder} est signé, et cette recette n'est pas celle qui en a écrit les rapports : les refaire ici ôterait "
                "la signature. Donnez un autre dossier à --out.",
                file=sys.stderr,
            )
            worst = EXIT_UNSURE
            continue
        if folder.resolve() != path.parent.resolve():
            _bring(path, folder)
        written = write_all(story, folder, forms)
        say(f"{folder} : {', '.join(written)}")
    return worst


def _would_lose_its_signature(folder: Path) -> bool:
    try:
        before = seal.read(folder)
    except (seal.SealError, OSError):
        return False
    return before.signature is not None and before.statement.build != build()


def _bring(journal: Path, folder: Path) -> None:
    """The journal goes with its reports, and its seal where it still signs the same: so they verify there too."""
    folder.mkdir(parents=True, exist_ok=True)
    source, copy = journal.resolve(), folder / "journal.jsonl"
    # A copy that is the same file is the journal itself, by another way to it.
    if copy.is_symlink() or not copy.exists() or not copy.samefile(source):
        copy.unlink(missing_ok=True)
        shutil.copyfile(source, copy)
    with contextlib.suppress(OSError):
        write_anew(folder / seal.NAME, read_plain(journal.parent / seal.NAME, seal.MOST))


def _folder(journal: Path, arguments: Namespace) -> Path:
    """Where a run's reports go: each in a folder of its own. Raises OptionsError."""
    if arguments.out is None:
        return journal.parent
    out = Path(arguments.out)
    if len(arguments.runs) == 1:
        return out
    folder = out / journal.resolve().parent.name
    if (folder / "results.json").exists():
        raise OptionsError(f"{folder} tient déjà des rapports : donnez un autre dossier à --out.")
    return folder
