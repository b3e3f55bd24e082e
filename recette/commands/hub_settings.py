"""The hub that the command line asks for: its profile, its lists, its clients."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from recette.commands.options import OptionsError
from recette.messages.profile.supported import SupportedError, read_supported
from recette.sandbox.clients_file import ClientsError, read_clients
from recette.sandbox.settings import HubSettings, hub_settings


def asked_settings(arguments: Namespace) -> HubSettings:
    """`--hub`, `--supported`, `--clients-file`. Raises OptionsError."""
    try:
        supported = read_supported(Path(arguments.supported)) if arguments.supported else None
        clients = read_clients(Path(arguments.clients_file)) if arguments.clients_file else None
    except (SupportedError, ClientsError) as error:
        raise OptionsError(str(error)) from error
    return hub_settings(arguments.hub, clients=clients, supported=supported)
