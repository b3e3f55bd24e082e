"""How the clients of a target log in: broker, TLS files, references to secrets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from recette.hub.address import AddressError, BrokerAddress
from recette.hub.certificates import CertificateError, TrustedFileError
from recette.hub.tls import ClientTls, TlsFiles, client_tls, is_loopback
from recette.messages.vhosts import VHost
from recette.play.environments import BY_NAME, OTHER, SANDBOX, UNSAID, Environment, environment_of
from recette.play.target_section import Section

HOME = "home"
"""As the broker of a target: the run is the hub."""
LOGIN = ("user", "password_env", "password_file", "tls")
_FILES = ("certificate", "key", "passphrase_env", "passphrase_file")


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the target's broker is."""

    url: str
    host: str
    environment: Environment
    secure: bool
    home: bool = False
    """Whether the run itself is the hub."""


def read_hub(target: Section, on: VHost) -> Hub:
    """`environment` and `broker`: either tells the other where it can. Raises TargetError."""
    named = BY_NAME[target.one_of("environment", tuple(BY_NAME))] if "environment" in target else None
    if "broker" not in target and (named is None or not named.broker):
        told = "« broker » manque : écrivez amqps://hôte:5671, ou « environment »."
        if named is not None:
            told = f"L'adresse du broker de {named.title} n'est pas publique : demandez-la à l'ANS et écrivez « broker »."
        target.fail("environment" if named else "", told)
    url = target.text("broker", named.broker if named else None)
    if url == HOME:
        if named not in {None, SANDBOX}:
            target.fail("environment", "Avec « broker: home », la recette est le hub : ôtez « environment ».")
        if "tls" in target:
            target.fail("tls", "Avec « broker: home », écrivez home: {tls: <dossier>} pour un hub en TLS.")
        return Hub(url, "localhost", SANDBOX, secure=False, home=True)
    host, scheme = _checked(target, url, on)
    return Hub(url, host, _environment(target, host, named), scheme == "amqps")


def _environment(target: Section, host: str, named: Environment | None) -> Environment:
    """What the host says goes before what the file says, unless the host says nothing for sure."""
    found = environment_of(host)
    if named is None:
        return found or OTHER
    tunnel = found is SANDBOX  # a loopback address may lead anywhere
    unsure = found is None or tunnel or (found is UNSAID and named is not SANDBOX)
    if found is not None and found is not named and not unsure:
        target.fail("environment", f"Le broker {host} est celui de {found.title}, pas de {named.title}.")
    return named


def _checked(target: Section, url: str, on: VHost) -> tuple[str, str]:
    """Host and scheme of the broker's URL."""
    try:
        parts = urlsplit(url)
        secret = parts.password
        host = BrokerAddress.parse(url, vhost=on.name).host
    except AddressError as error:
        target.fail("broker", str(error))
    except ValueError:
        target.fail("broker", "« broker » n'est pas une adresse : écrivez amqps://hôte:5671.")
    if secret is not None:
        target.fail(
            "broker",
            "Un secret ne s'écrit pas dans la cible : enlevez le mot de passe de « broker » et donnez password_env ou "
            "password_file au partenaire.",
        )
    path = unquote(parts.path[1:]).removeprefix("/")
    if path and path != on.name:
        target.fail("broker", f"« broker » nomme le vHost {path} et « vhost » {on.name} : gardez-en un.")
    return host, parts.scheme


class Access:
    """Makes the address of each client of one target."""

    def __init__(self, target: Section, hub: Hub, on: VHost) -> None:
        self._hub = hub
        self._vhost = on
        self._target = target
        self._common = target.section("tls")
        self._common.only("authority", "verify", *_FILES)
        if self._common.table and not hub.secure:
            target.fail("tls", "« tls » est pour amqps:// : le broker de cette cible est en amqp://.")
        if not self._common.boolean("verify", default=True) and not is_loopback(hub.host):
            self._common.fail(
                "verify", "« verify: false » ne vaut que pour un bac-à-sable sur cette machine : enlevez-le."
            )

    def holds(self, client: Section) -> bool:
        """Whether the file says how this client logs in."""
        return any(name in client for name in LOGIN)

    def address(self, client: Section, name: str) -> BrokerAddress:
        """How `client` connects. Raises TargetError."""
        password = client.secret("password")
        own = client.section("tls")
        own.only(*_FILES)
        tls = self._tls(own) if self._hub.secure else None
        if own.table and not self._hub.secure:
            client.fail("tls", "« tls » est pour amqps:// : le broker de cette cible est en amqp://.")
        certificate = tls.certificate if tls is not None else None
        if tls is not None and certificate is None and password is None:
            client.fail(
                "", f"« {name} » n'a pas de certificat : donnez tls.certificate, à la cible ou à ce client."
            )
        external = certificate is not None and password is None
        user = certificate.subject if certificate is not None and external else client.text("user", name)
        try:
            base = BrokerAddress.parse(self._hub.url, vhost=self._vhost.name)
            return replace(base, user=user, password=password or base.password, tls=tls, external=external)
        except AddressError as error:
            self._target.fail("broker", str(error))

    def _tls(self, own: Section) -> ClientTls:
        files = own if "certificate" in own else self._common
        try:
            return client_tls(
                TlsFiles(
                    authority=self._common.file("authority"),
                    certificate=files.file("certificate"),
                    key=files.file("key"),
                    passphrase=files.secret("passphrase"),
                    verify=self._common.boolean("verify", default=True),
                )
            )
        except TrustedFileError as error:
            self._common.fail("authority", str(error))
        except CertificateError as error:
            files.fail("certificate" if "certificate" in files else "", str(error))
