"""`--converter`: a conversion service of others, in the place of the built-in converter."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from urllib.parse import urlsplit

from recette.commands.options import OptionsError
from recette.platform.host_names import may_be_a_host
from recette.wording.values import shown


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
    if not _is_address(url):
        raise OptionsError(f"--converter attend une adresse http:// ou https://, pas {shown(url)}.")
    if _has_secret(url):
        raise OptionsError(
            "Un secret ne s'écrit pas dans une adresse, que des rapports montrent : enlevez de --converter l'utilisateur, le "
            "mot de passe et ce qui suit « ? »."
        )
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and may_be_a_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False


def _has_secret(url: str) -> bool:
    parts = urlsplit(url)
    return "@" in parts.netloc or bool(parts.query)
