"""Why a hub cannot be used: each error is one French sentence that says what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import aio_pika.exceptions
import aiormq.exceptions

from recette.hub.address import BrokerAddress
from recette.hub.certificates import date_problem
from recette.wording.os_errors import reason

_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_ISSUER = frozenset({2, 18, 19, 20, 21})
_WRONG_NAME = frozenset({62, 63, 64})
"""OpenSSL's X509_V_ERR codes."""
_UNFIT = {
    7: "sa signature est fausse",
    22: "sa chaîne est trop longue",
    23: "il est révoqué",
    24: "son émetteur n'est pas une autorité",
    26: "il n'est pas fait pour un serveur",
    66: "sa clé est trop faible",
    67: "la clé de son autorité est trop faible",
    68: "son empreinte est trop faible",
}
"""The others, which only the hub's operator can mend."""
_ALERTS = {
    "CERTIFICATE_REQUIRED": "n'a pas reçu de certificat client : donnez tls.certificate et tls.key dans la cible",
    "CERTIFICATE_EXPIRED": "dit que le certificat client a expiré ou n'est pas encore valable : vérifiez ses dates et "
    "l'horloge de cette machine",
    "UNKNOWN_CA": "ne connaît pas l'autorité du certificat client : prenez un certificat d'une autorité que ce hub "
    "accepte (IGC Santé TEST ou PROD selon l'environnement), avec sa chaîne",
    "CERTIFICATE_REVOKED": "dit que le certificat client est révoqué : faites-en faire un autre",
    "CERTIFICATE_UNKNOWN": "n'accepte pas le certificat client : vérifiez son autorité, ses dates et son usage (clientAuth)",
    "BAD_CERTIFICATE": "n'accepte pas le certificat client : vérifiez son autorité, sa clé et son usage (clientAuth)",
    "UNSUPPORTED_CERTIFICATE": "n'accepte pas ce certificat client : vérifiez son type et son usage (clientAuth)",
    "DECRYPT_ERROR": "dit que la clé n'est pas celle du certificat client : vérifiez tls.key",
    "ACCESS_DENIED": "n'admet pas le certificat client : faites-le enregistrer auprès de l'opérateur du hub",
    "PROTOCOL_VERSION": "ne sert pas TLS 1.2 ou plus récent : adressez-vous à son opérateur",
    "HANDSHAKE_FAILURE": "ne s'accorde pas sur TLS, ou attend un certificat client : vérifiez tls.certificate",
}
"""What the broker's TLS alert says, by the end of its name."""


class HubError(RuntimeError):
    """The hub cannot be reached or refuses an operation. Never the editor's fault."""


class ProtocolError(ConnectionError):
    """What no broker may send; the text says what, in French, and ends the connection."""


def own_certificate_error(address: BrokerAddress) -> HubError | None:
    """Why the client's own certificate cannot be used today: known before anything is sent."""
    certificate = address.tls.certificate if address.tls else None
    problem = certificate and date_problem(certificate, datetime.now(UTC))
    return HubError(problem) if problem else None


def connection_error(address: BrokerAddress, error: BaseException) -> HubError:
    """Translate what the client library raised while connecting to `address`."""
    where = f"{address.host}:{address.port}"
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ProtocolError):
            return protocol_error(where, str(cause))
        if isinstance(cause, ssl.SSLError):
            return _tls_error(where, cause)
        if isinstance(cause, socket.gaierror):
            return HubError(
                f"Le nom « {address.host} » est inconnu du DNS : vérifiez l'adresse du broker et le réseau."
            )
    text = str(error)
    if isinstance(error, aiormq.exceptions.InvalidFrameError) and "Connection.Close" not in text:
        return protocol_error(where, "il n'ouvre pas la connexion dans l'ordre voulu")
    if isinstance(error, aiormq.exceptions.InvalidFrameError) or "OpenOk" in text:
        return HubError(
            f"Le vHost « {address.vhost} » est inconnu du broker {where} ou interdit à « {address.user} » : "
            "vérifiez le vHost de la cible et les droits du compte."
        )
    if isinstance(error, aiormq.exceptions.AuthenticationError | aio_pika.exceptions.AuthenticationError) or (
        "ACCESS_REFUSED" in text
    ):
        return _login_error(address, where, refused="ACCESS_REFUSED" in text)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return HubError(
            f"Le broker {where} ne répond pas en AMQP : vérifiez l'adresse, que ce port est celui du hub, et le pare-feu."
        )
    closed = any(isinstance(cause, EOFError | ConnectionResetError | BrokenPipeError) for cause in causes)
    if closed:
        return HubError(_closed_text(address, where))
    return HubError(
        f"Le broker {where} est injoignable ({_unreached(causes) or text or type(error).__name__}) : "
        "vérifiez l'adresse et que le hub est démarré."
    )


def protocol_error(where: str, what: str) -> HubError:
    """A broker that does not keep to the protocol."""
    return HubError(
        f"Le broker {where} ne suit pas AMQP 0-9-1 ({what}) : vérifiez l'adresse et le port, et prévenez son opérateur."
    )


def loss(error: BaseException) -> str:
    """Why a connection ended, in a few words; a broker's code stands as the broker said it."""
    if type(error) is ConnectionError:
        return str(error)  # our own word
    for one in _causes(error):
        if isinstance(one, ProtocolError):
            return f"le broker ne suit pas AMQP ({one})"
        if isinstance(one, aiormq.exceptions.ConnectionClosed) and len(one.args) > 1:
            return f"connexion fermée par le broker, {one.args[0]} {str(one.args[1]).partition(' - ')[0]}"
        if isinstance(one, OSError) and not isinstance(one, aiormq.exceptions.AMQPError) and one.errno:
            return f"connexion perdue, {reason(one)}"
    return "connexion coupée net"


def _unreached(causes: Sequence[BaseException]) -> str:
    """What the machine said of the connection; nothing where it said nothing."""
    said = [reason(one) for one in causes if isinstance(one, OSError) and one.errno is not None]
    refused = any("Connect call failed" in str(one) for one in causes)
    return said[0] if said else ("connexion refusée" if refused else "")


def tls_error(where: str, error: BaseException) -> HubError:
    """Translate what a bare TLS handshake with `where` raised."""
    cause = next((one for one in _causes(error) if isinstance(one, ssl.SSLError)), None)
    if cause is not None:
        return _tls_error(where, cause)
    if isinstance(error, TimeoutError):
        return HubError(
            f"{where} accepte la connexion et ne répond rien à TLS : vérifiez que c'est le port TLS du hub, et le pare-feu."
        )
    return HubError(
        f"{where} a fermé la connexion pendant la négociation TLS : vérifiez que c'est le port TLS du hub, et le pare-feu."
    )


def closed_without_a_word(address: BrokerAddress, error: BaseException) -> bool:
    """Whether a broker with TLS ended the connection and its reason, if it gave one, was lost."""
    causes = tuple(_causes(error))
    return (
        address.tls is not None
        and any(isinstance(one, EOFError | ConnectionResetError | BrokenPipeError) for one in causes)
        and not any(isinstance(one, ssl.SSLError) for one in causes)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it; the client library's chains run in circles."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _tls_error(where: str, error: ssl.SSLError) -> HubError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return HubError(_verification_text(where, error))
    reason = error.reason or ""
    for alert, told in _ALERTS.items():
        if reason.endswith(alert) and "ALERT" in reason:
            return HubError(f"Le broker {where} {told}.")
    if reason in {"WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "RECORD_LAYER_FAILURE"}:
        return HubError(
            f"{where} ne parle pas TLS, ou pas TLS 1.2 ou plus récent : vérifiez le port (5671 pour amqps), ou écrivez "
            "amqp:// pour un bac-à-sable sans TLS."
        )
    return HubError(
        f"La connexion TLS à {where} a échoué ({reason or 'OpenSSL ne dit pas pourquoi'}) : vérifiez les certificats de la cible."
    )


def _verification_text(where: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _EXPIRED:
        return f"Le certificat du broker {where}, ou celui de son autorité, a expiré : prévenez l'opérateur du hub."
    if error.verify_code == _NOT_YET_VALID:
        return (
            f"Le certificat du broker {where}, ou celui de son autorité, n'est pas encore valable : "
            "vérifiez l'horloge de cette machine."
        )
    if error.verify_code in _UNKNOWN_ISSUER:
        return (
            f"Le certificat du broker {where} ne vient pas d'une autorité connue de la cible : vérifiez "
            "tls.authority (IGC Santé TEST ou PROD selon l'environnement), et que c'est bien ce hub qui répond."
        )
    if error.verify_code in _WRONG_NAME:
        return (
            f"Le certificat du broker {where} n'est pas au nom de cet hôte : vérifiez l'adresse, "
            "et que c'est bien ce hub qui répond."
        )
    why = _UNFIT.get(error.verify_code, f"code {error.verify_code} d'OpenSSL")
    return f"Le certificat du broker {where} est refusé ({why}) : prévenez l'opérateur du hub."


def _login_error(address: BrokerAddress, where: str, *, refused: bool) -> HubError:
    if not address.external:
        return HubError(
            f"Le broker {where} refuse le compte « {address.user} » : vérifiez l'utilisateur et le mot de passe."
        )
    certificate = address.tls.certificate if address.tls else None
    if refused and certificate is not None:
        return HubError(
            f"Le broker {where} refuse le certificat au nom de « {certificate.subject} » (EXTERNAL) : vérifiez que ce "
            "CN est enregistré auprès de l'opérateur du hub."
        )
    return HubError(
        f"Le broker {where} ne propose pas l'authentification par certificat (EXTERNAL) : vérifiez le port, et que "
        "tls.certificate est dans la cible."
    )


def _closed_text(address: BrokerAddress, where: str) -> str:
    if address.tls is None:
        return (
            f"Le broker {where} a fermé la connexion sans répondre : vérifiez que ce port parle AMQP sans TLS, "
            "ou écrivez amqps://."
        )
    if address.tls.certificate is None:
        return (
            f"Le broker {where} a fermé la connexion TLS : il attend sans doute un certificat client, "
            "donnez tls.certificate et tls.key dans la cible."
        )
    return (
        f"Le broker {where} a fermé la connexion TLS sans dire pourquoi : il refuse sans doute le certificat de "
        f"« {address.tls.certificate.subject} », vérifiez son autorité et son usage (clientAuth)."
    )
