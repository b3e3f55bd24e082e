"""Where a hub is and who connects to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from recette.hub.tls import ClientTls, TlsFiles, client_tls, is_loopback
from recette.platform.host_names import may_be_a_host


class AddressError(ValueError):
    """A broker URL that cannot be used; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """One login on one vHost. The password is kept out of `repr`, logs and journals."""

    host: str
    port: int
    vhost: str
    user: str
    password: str = field(default="", repr=False)
    tls: ClientTls | None = field(default=None, repr=False)
    external: bool = False
    """SASL EXTERNAL: the broker takes the user from the certificate's CN (DST 3.1)."""

    def __post_init__(self) -> None:
        if self.tls is not None and not self.tls.verifies and not is_loopback(self.host):
            raise AddressError(
                f"Le certificat de {self.host} doit être vérifié : « verify: false » ne vaut que pour un "
                "bac-à-sable sur cette machine."
            )

    @property
    def shown(self) -> str:
        """The address as it may be shown: without the password."""
        scheme = "amqps" if self.tls is not None else "amqp"
        return f"{scheme}://{self.user}@{self.host}:{self.port}/{quote(self.vhost, safe='')}"

    @property
    def place(self) -> str:
        """Scheme, host and port alone."""
        return f"{'amqps' if self.tls is not None else 'amqp'}://{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str, *, vhost: str | None = None) -> BrokerAddress:
        """Read `amqp://user:password@host:port/vhost`; `vhost` overrides the one in the URL.

        Raises AddressError.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"amqp", "amqps"} or not may_be_a_host(parts.hostname or ""):
            raise AddressError(
                f"« {_without_password(url)} » n'est pas une adresse de broker : écrivez "
                "amqp://hôte:port/vhost (amqps:// en TLS)."
            )
        try:
            port = parts.port
        except ValueError as error:
            raise AddressError(
                f"Le port de « {_without_password(url)} » n'est pas un nombre valide."
            ) from error
        tls = client_tls(TlsFiles()) if parts.scheme == "amqps" else None
        return cls(
            host=parts.hostname or "",
            port=port or (5671 if tls else 5672),
            vhost=vhost if vhost is not None else (unquote(parts.path[1:]) or "/"),
            user=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            tls=tls,
        )


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    if not at:
        return url
    return f"{before.rpartition(':')[0] or before}@{after}"
