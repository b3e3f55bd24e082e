"""`--models` and `--bundle`: which edition judges, and with whose schemas."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.options import OptionsError
from recette.messages.dictionary.generations import Edition, edition_named
from recette.messages.json.schemas import SchemaSet


def offer_models(parser: ArgumentParser) -> None:
    """`--models`: an official tag."""
    parser.add_argument(
        "--models", metavar="ÉDITION", help="l'édition des modèles qui juge (3.4.0) ; sinon celle du vHost"
    )


def edition_asked(arguments: Namespace) -> Edition | None:
    """The edition that `--models` names. Raises UnknownEditionError."""
    return edition_named(arguments.models) if arguments.models else None


def schemas_asked(arguments: Namespace, generation: int | None = None) -> SchemaSet | None:
    """What `--bundle` or `--models` has judge; None where neither is given.

    Raises OptionsError, UnknownEditionError, and BundleError for a bundle of another generation than `generation`.
    """
    if arguments.bundle and arguments.models:
        raise OptionsError("--bundle juge par les schémas du lot : il ne va pas avec --models.")
    if arguments.bundle:
        return SchemaSet.from_bundle(Path(arguments.bundle), generation)
    edition = edition_asked(arguments)
    return None if edition is None else SchemaSet.builtin(edition)
