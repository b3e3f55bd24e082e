"""`recette scenarios`: which collection of scenarios is played here, and a copy of it to be changed."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, offer_scenarios, one_sentence, scenario_folders
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.platform.typed import typed
from recette.scenario.cahier import SCHEMA, Cahier
from recette.scenario.grammar import language_schema
from recette.scenario.selection import scenario_files
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    offer_scenarios(parser)
    parser.add_argument(
        "--out", metavar="DOSSIER", help="où copier les scénarios, leurs données et le schéma"
    )
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Name, version and digest of the collection; with `--out` its copy, in a folder that is not there yet."""
    folder = scenario_folders(arguments.folder)[0]
    cahier = Cahier.in_folder(folder)
    number = len(scenario_files(folder))
    if arguments.out is not None:
        _copy(folder, Path(arguments.out))
    if arguments.json:
        told = {
            "name": cahier.name,
            "version": cahier.version,
            "sha256": cahier.sha256,
            "scenarios": number,
            "folder": arguments.out or str(folder),
        }
        say(json.dumps(told, ensure_ascii=False, indent=2))
        return EXIT_OK
    say(f"{cahier.name} {cahier.version or '(sans version)'} : {counted(number, 'scénario')}")
    say(f"SHA-256 {cahier.sha256}")
    if arguments.out is not None:
        say(f"Copié dans {arguments.out} : recette run --scenarios {typed(arguments.out)} les joue.")
    else:
        say(f"Dans {folder}")
    return EXIT_OK


def _copy(folder: Path, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OptionsError(f"{out} existe déjà : donnez à --out un dossier qui n'existe pas.")
    shutil.copytree(folder, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    text = json.dumps(language_schema(), ensure_ascii=False, indent=2)
    (out / SCHEMA).write_text(text + "\n", encoding="utf-8", newline="\n")
