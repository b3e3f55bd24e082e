"""From the protocol header to connection.open-ok: who the client is, and what both sides can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pamqp import commands as amqp
from pamqp.common import FieldTable

from recette.sandbox.broker import limits, wire
from recette.sandbox.broker.acts import Act
from recette.sandbox.broker.errors import AmqpError

if TYPE_CHECKING:
    from recette.sandbox.broker.session import Method, Session

_CAPABILITIES: FieldTable = {
    "publisher_confirms": True, "basic.nack": True, "consumer_cancel_notify": True,
    "authentication_failure_close": True, "per_consumer_qos": True, "exchange_exchange_bindings": False,
    "connection.blocked": False, "consumer_priorities": False, "direct_reply_to": False,
}  # fmt: skip


class Handshake:
    """One per session; no heartbeat is sent before it is over, which some clients would not understand."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._expected: type = amqp.Connection.StartOk
        self._heartbeat = 0
        self.greeted = False
        self._mechanism = ""

    @property
    def authenticated(self) -> bool:
        return self._expected is not amqp.Connection.StartOk

    def greet(self, header: bytes) -> bool:
        """Answer the first eight bytes; whether the client speaks AMQP 0-9-1."""
        self.greeted = True
        if header != wire.PROTOCOL_HEADER:
            self._session.send(wire.PROTOCOL_HEADER)
            return False
        mechanisms = "PLAIN EXTERNAL" if self._certificate_name() else "PLAIN"
        server: FieldTable = {
            "product": "recette sandbox",
            "platform": "Python",
            "capabilities": _CAPABILITIES,
        }
        self._session.send(wire.method(0, amqp.Connection.Start(0, 9, server, mechanisms, "en_US")))
        return True

    def take(self, method: Method) -> None:
        """Raises AmqpError: 403 for a login, 530 for a vHost or a tuning that is refused."""
        if not isinstance(method, self._expected):
            raise AmqpError(503, f"expected {self._expected.__name__}")
        if isinstance(method, amqp.Connection.StartOk):
            self._login(method)
            self._expected = amqp.Connection.TuneOk
            tune = amqp.Connection.Tune(limits.CHANNEL_MAX, limits.FRAME_MAX, limits.HEARTBEAT)
            self._session.send(wire.method(0, tune))
        elif isinstance(method, amqp.Connection.TuneOk):
            self._tune(method)
            self._expected = amqp.Connection.Open
        elif isinstance(method, amqp.Connection.Open):
            self._open(method.virtual_host)

    def _login(self, start: amqp.Connection.StartOk) -> None:
        access, certificate = self._session.broker.access, self._certificate_name()
        capabilities = (start.client_properties or {}).get("capabilities")
        self._session.takes_cancel = isinstance(capabilities, dict) and bool(
            capabilities.get("consumer_cancel_notify")
        )
        self._mechanism = str(start.mechanism)
        accepted = False
        if start.mechanism == "EXTERNAL" and certificate:
            self._session.user = certificate
            accepted = access.is_user(certificate)
        elif start.mechanism == "PLAIN":
            _, self._session.user, password = (f"{start.response}\0\0").split("\0")[:3]
            accepted = access.password_is_right(self._session.user, password)
        if not accepted:
            raise AmqpError(
                403,
                f"Login was refused using authentication mechanism {start.mechanism}. For details see the broker"
                " logfile.",
            )

    def _tune(self, tuned: amqp.Connection.TuneOk) -> None:
        frame_max = tuned.frame_max or limits.FRAME_MAX
        if not limits.FRAME_MIN <= frame_max <= limits.FRAME_MAX:
            raise AmqpError(
                530, f"negotiated frame_max={frame_max} is not between 4096 and {limits.FRAME_MAX} bytes"
            )
        channel_max = tuned.channel_max or limits.CHANNEL_MAX
        if channel_max > limits.CHANNEL_MAX:
            raise AmqpError(530, f"negotiated channel_max={channel_max} is over {limits.CHANNEL_MAX}")
        self._session.frame_max, self._session.channel_max = frame_max, channel_max
        self._heartbeat = tuned.heartbeat

    def _open(self, name: str) -> None:
        session = self._session
        vhost = session.broker.vhosts.get(name)
        if vhost is None:
            raise AmqpError(530, f"vhost {name} not found")
        if not session.broker.access.may_enter(session.user, name):
            raise AmqpError(530, f"access to vhost '{name}' refused for user '{session.user}'")
        session.vhost = vhost
        session.broker.observe(
            Act("connected", name, session.user, detail=f"{self._mechanism}, {self._tls()}")
        )
        session.send(wire.method(0, amqp.Connection.OpenOk()))
        session.opened(self._heartbeat)

    def _tls(self) -> str:
        tls = self._session.transport.get_extra_info("ssl_object")
        return tls.version() or "TLS" if tls is not None else "sans TLS"

    def _certificate_name(self) -> str | None:
        """CN of the client's certificate, which TLS has verified."""
        certificate = self._session.transport.get_extra_info("peercert") or {}
        fields = (field for group in certificate.get("subject", ()) for field in group)
        return next((value for name, value in fields if name == "commonName"), None)
