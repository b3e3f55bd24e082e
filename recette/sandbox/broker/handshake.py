"""From the protocol header to connection.open-ok: who the client is, and what both sides can do."""

from __future__ import annotations

from pamqp import commands as amqp
from pamqp.base import Frame
from pamqp.common import FieldTable

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError
from recette.amqp.frames import FRAME_MAX, FRAME_MIN
from recette.amqp.methods import Method
from recette.sandbox.broker import limits
from recette.sandbox.broker.acts import Act
from recette.sandbox.broker.client import Client

_CAPABILITIES: FieldTable = {
    "publisher_confirms": True, "basic.nack": True, "consumer_cancel_notify": True,
    "authentication_failure_close": True, "per_consumer_qos": True, "exchange_exchange_bindings": False,
    "connection.blocked": True, "consumer_priorities": False, "direct_reply_to": False,
}  # fmt: skip


class Handshake:
    """One per connection; no heartbeat is sent before it is over, which some clients would not understand."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._expected: type | None = amqp.Connection.StartOk
        self._mechanism = ""
        self.heartbeat = 0
        """Seconds, 0 for none."""
        self.frame_max = limits.HANDSHAKE_FRAME_MAX
        """Bytes of a frame that the client may send now."""

    @property
    def over(self) -> bool:
        return self._expected is None

    @property
    def authenticated(self) -> bool:
        return self._expected is not amqp.Connection.StartOk

    def greet(self, header: bytes) -> bool:
        """Answer the first eight bytes; whether the client speaks AMQP 0-9-1."""
        if header != frames.PROTOCOL_HEADER:
            self._client.send(frames.PROTOCOL_HEADER)
            return False
        mechanisms = "PLAIN EXTERNAL" if self._certificate_name() else "PLAIN"
        server: FieldTable = {
            "product": "recette sandbox",
            "platform": "Python",
            "capabilities": _CAPABILITIES,
        }
        self._send(amqp.Connection.Start(0, 9, server, mechanisms, "en_US"))
        return True

    def take(self, method: Method) -> None:
        """Raises AmqpError: 403 for a login, 530 for a vHost or a tuning that is refused."""
        if self._expected is None or not isinstance(method, self._expected):
            raise AmqpError(503, "method not expected during the handshake")
        if isinstance(method, amqp.Connection.StartOk):
            self._login(method)
            self._expected = amqp.Connection.TuneOk
            self._send(amqp.Connection.Tune(limits.CHANNEL_MAX, FRAME_MAX, limits.HEARTBEAT))
            return
        try:
            if isinstance(method, amqp.Connection.TuneOk):
                self._tune(method)
                self._expected = amqp.Connection.Open
            elif isinstance(method, amqp.Connection.Open):
                self._open(method.virtual_host)
        except AmqpError as error:
            error.index = method.index
            raise

    def _send(self, method: Frame) -> None:
        self._client.send(methods.method(0, method))

    def _login(self, start: amqp.Connection.StartOk) -> None:
        access, certificate = self._client.state.access, self._certificate_name()
        capabilities = (start.client_properties or {}).get("capabilities")
        if isinstance(capabilities, dict):
            self._client.takes_cancel = bool(capabilities.get("consumer_cancel_notify"))
            self._client.takes_blocked = bool(capabilities.get("connection.blocked"))
        self._mechanism = str(start.mechanism)
        accepted = False
        if start.mechanism == "EXTERNAL" and certificate:
            self._client.user = certificate
            accepted = access.is_user(certificate)
        elif start.mechanism == "PLAIN":
            _, self._client.user, password = (f"{start.response}\0\0").split("\0")[:3]
            accepted = access.password_is_right(self._client.user, password)
        if not accepted:
            raise AmqpError(
                403,
                f"Login was refused using authentication mechanism {start.mechanism}. For details see the broker"
                " logfile.",
            )

    def _tune(self, tuned: amqp.Connection.TuneOk) -> None:
        frame_max = tuned.frame_max or FRAME_MAX
        if not FRAME_MIN <= frame_max <= FRAME_MAX:
            raise AmqpError(
                530, f"negotiated frame_max={frame_max} is not between 4096 and {FRAME_MAX} bytes"
            )
        channel_max = tuned.channel_max or limits.CHANNEL_MAX
        if channel_max > limits.CHANNEL_MAX:
            raise AmqpError(530, f"negotiated channel_max={channel_max} is over {limits.CHANNEL_MAX}")
        self.frame_max = self._client.frame_max = frame_max
        self._client.channel_max = channel_max
        self.heartbeat = tuned.heartbeat

    def _open(self, name: str) -> None:
        client = self._client
        vhost = client.state.vhosts.get(name)
        if vhost is None:
            raise AmqpError(530, f"vhost {name} not found")
        if not client.state.access.may_enter(client.user, name):
            client.state.observe(Act("turned-away", name, client.user))
            raise AmqpError(530, f"access to vhost '{name}' refused for user '{client.user}'")
        client.vhost = vhost
        client.tell("connected", detail=f"{self._mechanism}, {self._tls()}")
        self._send(amqp.Connection.OpenOk())
        self._expected = None

    def _tls(self) -> str:
        tls = self._client.transport.get_extra_info("ssl_object")
        return tls.version() or "TLS" if tls is not None else "sans TLS"

    def _certificate_name(self) -> str | None:
        """CN of the client's certificate, which TLS has verified."""
        certificate = self._client.transport.get_extra_info("peercert") or {}
        fields = (field for group in certificate.get("subject", ()) for field in group)
        return next((value for name, value in fields if name == "commonName"), None)
