"""The hub that the command line asks for: its profile, its lists, its clients, who converts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import count
from recette.commands.converter_option import converter_asked, offer_converter
from recette.commands.options import OptionsError
from recette.messages.profile.reader import DEFAULT, PROFILES
from recette.messages.profile.supported import SupportedError, read_supported
from recette.messages.vhosts import vhost
from recette.sandbox.clients_file import ClientsError, read_clients
from recette.sandbox.conversions import BuiltIn, Conversions, Remote
from recette.sandbox.settings import HubSettings, hub_settings
from recette.sandbox.turned_round import MOST


def hub_arguments(parser: ArgumentParser) -> None:
    """The options that `asked_settings` and `asked_conversions` read."""
    parser.add_argument(
        "--hub", choices=PROFILES, default=DEFAULT, help=f"le profil du hub ({DEFAULT} sinon)"
    )
    parser.add_argument(
        "--supported",
        metavar="FICHIER",
        help="les classes que porte chaque vHost, dans la forme de l'agence (supported.messages.csv)",
    )
    parser.add_argument(
        "--clients-file",
        metavar="FICHIER",
        help="les clients du hub et leurs versions, dans la forme de l'agence (clients.yaml) : le hub convertit entre elles",
    )
    parser.add_argument(
        "--fire-vhost",
        metavar="NOM",
        help="le vHost des pompiers : le hub convertit ce que la santé leur envoie d'ailleurs",
    )
    parser.add_argument(
        "--reorder",
        type=count,
        nargs="?",
        const=MOST,
        default=0,
        metavar="N",
        help=f"retourne les rafales : un message s'y déplace d'au plus N places ({MOST} sinon, comme mesuré sur le vrai hub)",
    )
    offer_converter(parser)


def asked_settings(arguments: Namespace) -> HubSettings:
    """Raises OptionsError and UnknownVHostError."""
    try:
        supported = read_supported(Path(arguments.supported)) if arguments.supported else None
        clients = read_clients(Path(arguments.clients_file)) if arguments.clients_file else None
    except (SupportedError, ClientsError) as error:
        raise OptionsError(str(error)) from error
    fire = vhost(arguments.fire_vhost).name if arguments.fire_vhost else None
    return hub_settings(
        arguments.hub, clients=clients, supported=supported, fire_vhost=fire, reorder=arguments.reorder
    )


def asked_conversions(arguments: Namespace) -> Conversions:
    """Who converts; asked for within a running loop. Raises OptionsError."""
    url = converter_asked(arguments)
    return BuiltIn() if url is None else Remote(url)
