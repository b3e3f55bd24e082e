"""The command line. Everything slow is imported by the command that needs it."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    command = importlib.import_module(f"recette.commands.{arguments.command}")
    return int(command.run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="recette", description="Joue et juge le cahier de recette du Hub Santé."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande")
    _add_run(commands.add_parser("run", help="joue des scénarios et les juge"))
    listing = commands.add_parser("list", help="les scénarios qu'il y a")
    listing.add_argument("--json", action="store_true", help="pour un programme")
    lint = commands.add_parser("lint", help="les erreurs des fichiers de scénario")
    lint.add_argument("paths", nargs="+", metavar="CHEMIN")
    _add_validate(commands.add_parser("validate", help="ce qui ne va pas dans un message"))
    _add_sandbox(commands.add_parser("sandbox", help="un hub à la maison, jusqu'à Ctrl-C"))
    judge = commands.add_parser("judge", help="juge à nouveau des campagnes enregistrées")
    judge.add_argument("journals", nargs="+", metavar="JOURNAL")
    judge.add_argument("--json", action="store_true", help="pour un programme")
    judge.add_argument(
        "--strict", nargs="+", default=[], metavar="RÈGLE", help="tient ces règles pour obligatoires"
    )
    _add_models(commands.add_parser("models", help="le dictionnaire des messages, et ses écarts"))
    faults = commands.add_parser("faults", help="les éditeurs fautifs de référence")
    faults.add_argument(
        "--check", action="store_true", help="prouve que chaque faute est trouvée par sa règle"
    )
    faults.add_argument("--broker", choices=("embedded", "rabbitmq"), default="embedded")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"« {text} » n'est pas un nombre d'au moins 1")
    return int(text)


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "scenarios", nargs="*", metavar="SCÉNARIO", help="identifiants, fichiers ou dossiers ; tous sinon"
    )
    run.add_argument(
        "--target", metavar="FICHIER", help="l'éditeur à tester ; sinon l'éditeur de référence, ici"
    )
    run.add_argument("--vhost", metavar="NOM", help="seulement ce vHost")
    run.add_argument(
        "--broker", choices=("embedded", "rabbitmq"), default="embedded", help="le broker du bac-à-sable"
    )
    run.add_argument(
        "--format", choices=("json", "xml"), help="ce que l'éditeur et les partenaires échangent"
    )
    run.add_argument(
        "--editor", choices=("LRM", "SMUR", "ORU"), help="seulement l'éditeur de référence de ce rôle"
    )
    run.add_argument("--fault", metavar="FAUTE", help="joue l'éditeur de référence avec cette faute")
    run.add_argument(
        "--bundle", metavar="DOSSIER|ZIP", help="les modèles officiels jugent, leur cahier se joue"
    )
    run.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        help="combien de scénarios à la fois (1 sur une cible ou avec une faute, sinon 8)",
    )
    run.add_argument(
        "--strict", nargs="+", default=[], metavar="RÈGLE", help="tient ces règles pour obligatoires"
    )
    run.add_argument("--report", metavar="DOSSIER", help="où écrire les rapports (reports/<date> sinon)")
    run.add_argument("--json", action="store_true", help="le résultat sur la sortie, pour un programme")


def _add_validate(validate: argparse.ArgumentParser) -> None:
    validate.add_argument("files", nargs="+", metavar="FICHIER|DOSSIER")
    validate.add_argument("--vhost", required=True, metavar="NOM")
    validate.add_argument("--model", metavar="MODÈLE", help="pour un contenu sans sa clé")
    validate.add_argument("--bundle", metavar="DOSSIER|ZIP", help="juge avec les schémas officiels")
    validate.add_argument("--json", action="store_true", help="pour un programme")


def _add_models(models: argparse.ArgumentParser) -> None:
    models.add_argument("--json", action="store_true", help="pour un programme")
    asked = models.add_subparsers(dest="models", metavar="action")
    show = asked.add_parser("show", help="un message, champ par champ")
    show.add_argument("model", metavar="MODÈLE")
    show.add_argument("--generation", metavar="N|VHOST", help="toutes sinon")
    diff = asked.add_parser("diff", help="ce qui change d'une génération à l'autre")
    diff.add_argument("first", metavar="A", help="génération ou vHost")
    diff.add_argument("second", metavar="B", help="génération ou vHost")
    diff.add_argument("model", nargs="?", metavar="MODÈLE", help="tous sinon")
    export = asked.add_parser("export", help="JSON Schema, XSD et exemples")
    export.add_argument("--out", required=True, metavar="DOSSIER")
    export.add_argument("--generation", metavar="N|VHOST", help="toutes sinon")
    check = asked.add_parser("check", help="l'accord avec les modèles officiels")
    check.add_argument("--bundle", required=True, metavar="DOSSIER|ZIP")
    check.add_argument("--mutants", type=int, default=200, metavar="N", help="par message et format")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="graine du hasard")
    for one in (show, diff, check):
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="pour un programme")


def _add_sandbox(sandbox: argparse.ArgumentParser) -> None:
    sandbox.add_argument("--broker", choices=("embedded", "rabbitmq"), default="embedded")
    sandbox.add_argument(
        "--vhost", nargs="+", metavar="NOM", help="15-15_v1.5 sinon, ou celui de l'éditeur de référence"
    )
    sandbox.add_argument("--client", nargs="+", metavar="ID", help="les clients, avec leurs trois files")
    sandbox.add_argument("--port", type=int, default=0)
    sandbox.add_argument(
        "--editor", choices=("LRM", "SMUR", "ORU"), help="démarre aussi un éditeur de référence"
    )
    sandbox.add_argument("--fault", metavar="FAUTE", help="l'éditeur de référence a cette faute")
    sandbox.add_argument(
        "--hook-port", type=int, default=0, metavar="N", help="où l'éditeur de référence attend ses ordres"
    )
    sandbox.add_argument(
        "--write-target", metavar="FICHIER", help="écrit la cible qui joue contre cet éditeur de référence"
    )


if __name__ == "__main__":
    sys.exit(main())
