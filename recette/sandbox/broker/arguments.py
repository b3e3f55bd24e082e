"""Arguments of queues and exchanges: what is served, what is refused, and how a policy combines with them."""

from collections.abc import Mapping
from dataclasses import dataclass

from recette.amqp.errors import AmqpError
from recette.sandbox.broker.definitions import SHORT_STRING_MAX

TTL = "x-message-ttl"
DEAD_LETTER_EXCHANGE = "x-dead-letter-exchange"
DEAD_LETTER_KEY = "x-dead-letter-routing-key"
COMPARED = (TTL, DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY)  # on a second declaration
TTL_MAX = 4_294_967_295  # ms, RabbitMQ's own
POLICY_KEYS = frozenset({"message-ttl", "dead-letter-exchange", "dead-letter-routing-key"})
REFUSED = frozenset({
    "x-expires", "x-max-length", "x-max-length-bytes", "x-overflow", "x-max-priority", "x-single-active-consumer",
    "x-delivery-limit", "alternate-exchange",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What governs a queue, arguments and policy taken together."""

    ttl: int | None  # ms
    dead_letter_exchange: str | None
    dead_letter_key: str | None


def settings(arguments: Mapping[str, object], policy: Mapping[str, object]) -> Settings:
    """The shorter time to live counts; for the rest an argument is stronger than a policy."""
    limits = [ttl for ttl in (arguments.get(TTL), policy.get("message-ttl")) if isinstance(ttl, int)]
    return Settings(
        min(limits, default=None),
        _text(arguments.get(DEAD_LETTER_EXCHANGE, policy.get("dead-letter-exchange"))),
        _text(arguments.get(DEAD_LETTER_KEY, policy.get("dead-letter-routing-key"))),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def check(arguments: Mapping[str, object], place: str) -> None:
    """Raises AmqpError: 406 for a wrong value, 540 for an argument that RabbitMQ obeys and this broker does not."""
    kind = arguments.get("x-queue-type", "classic")
    for name in sorted(REFUSED & arguments.keys()):
        raise AmqpError(540, f"argument '{name}' for {place}")
    if kind != "classic":
        raise AmqpError(540, f"argument 'x-queue-type' for {place}: only classic queues")
    if TTL in arguments:
        check_ttl(arguments[TTL], f"invalid arg '{TTL}' for {place}")
    for name in (DEAD_LETTER_EXCHANGE, DEAD_LETTER_KEY):
        value = arguments.get(name, "")
        if not isinstance(value, str) or len(value.encode()) > SHORT_STRING_MAX:
            raise AmqpError(406, f"invalid arg '{name}' for {place}: not a short string")
    if DEAD_LETTER_KEY in arguments and DEAD_LETTER_EXCHANGE not in arguments:
        raise AmqpError(406, f"invalid arg '{DEAD_LETTER_KEY}' for {place}: routing_key_but_no_dlx_defined")


def check_ttl(value: object, complaint: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise AmqpError(406, f"{complaint}: not an integer")
    if value < 0:
        raise AmqpError(406, f"{complaint}: {{value_negative,{value}}}")
    if value > TTL_MAX:
        raise AmqpError(406, f"{complaint}: {{value_too_large,{value}}}")


def check_same(name: str, place: str, received: object, current: object) -> None:
    """Raises AmqpError 406 when a declaration asks for something else than what there is."""
    if received != current:
        raise AmqpError(
            406,
            f"inequivalent arg '{name}' for {place}: received {_shown(received)} but current is {_shown(current)}",
        )


def _shown(value: object) -> str:
    return "none" if value is None else f"'{str(value).lower() if isinstance(value, bool) else value}'"
