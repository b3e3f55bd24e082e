"""Why a hub cannot be used: each error is one French sentence that says what to do."""

from __future__ import annotations

import ssl

import aio_pika.exceptions
import aiormq.exceptions

from recette.hub.address import BrokerAddress


class HubError(RuntimeError):
    """The hub cannot be reached or refuses an operation. Never the editor's fault."""


def connection_error(address: BrokerAddress, error: BaseException) -> HubError:
    """Translate what the client library raised while connecting to `address`."""
    where = f"{address.host}:{address.port}"
    text = str(error)
    if isinstance(error, aiormq.exceptions.InvalidFrameError) or "OpenOk" in text:
        return HubError(
            f"Le vHost « {address.vhost} » est inconnu du broker {where} ou interdit à « {address.user} » : "
            "vérifiez le vHost de la cible et les droits du compte."
        )
    if isinstance(error, aiormq.exceptions.AuthenticationError | aio_pika.exceptions.AuthenticationError):
        return HubError(
            f"Le broker {where} refuse le compte « {address.user} » : vérifiez l'utilisateur et le mot de passe."
        )
    if "ACCESS_REFUSED" in text:
        return HubError(
            f"Le broker {where} refuse le compte « {address.user} » : vérifiez l'utilisateur et le mot de passe."
        )
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return HubError(
            f"La connexion TLS à {where} a échoué ({text}) : vérifiez les certificats de la cible."
        )
    if isinstance(error, TimeoutError):
        return HubError(f"Le broker {where} ne répond pas : vérifiez l'adresse, le port et le pare-feu.")
    return HubError(
        f"Le broker {where} est injoignable ({text or type(error).__name__}) : "
        "vérifiez l'adresse et que le hub est démarré."
    )
