"""`--converter`: a conversion service of others, in the place of the built-in converter."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from urllib.parse import urlsplit

from recette.commands.options import OptionsError


def offer_converter(parser: ArgumentParser) -> None:
    """The option that `converter_asked` reads."""
    parser.add_argument(
        "--converter",
        metavar="URL",
        help="le service de conversion de l'agence (POST URL/convert) ; le convertisseur intégré sinon",
    )


def converter_asked(arguments: Namespace) -> str | None:
    """The address of a conversion service, where one is named. Raises OptionsError."""
    url: str | None = arguments.converter
    if url is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise OptionsError(f"--converter attend une adresse http:// ou https://, pas « {url} ».")
    if _has_secret(url):
        raise OptionsError(
            "Un secret ne s'écrit pas dans une adresse, que des rapports montrent : enlevez de --converter l'utilisateur, le "
            "mot de passe et ce qui suit « ? »."
        )
    return url


def _has_secret(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False  # no address at all, which is told once it is called
    return "@" in parts.netloc or bool(parts.query)
