"""One vHost: exchanges, bindings, queues, and the routing between them."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from recette.amqp.errors import AmqpError
from recette.sandbox.broker import arguments as args
from recette.sandbox.broker.access import compiled
from recette.sandbox.broker.deaths import REJECTED, dead_letter, is_cycle
from recette.sandbox.broker.definitions import BindingSpec, Definitions, ExchangeSpec, PolicySpec, QueueSpec
from recette.sandbox.broker.errors import DefinitionsError
from recette.sandbox.broker.limits import OBJECTS_PER_VHOST_MAX, QUEUE_LENGTH_MAX, Ledger
from recette.sandbox.broker.messages import Message
from recette.sandbox.broker.queues import Queue
from recette.sandbox.broker.topics import topic_matches

TYPES = frozenset({"direct", "fanout", "topic"})
_ROUTES_REMEMBERED = 1_000  # routing keys come from clients: the memory of them is bounded


@dataclass(frozen=True, slots=True)
class Binding:
    queue: str
    key: str
    arguments: str = ""  # part of a binding's identity, no more


@dataclass(slots=True)
class Exchange:
    name: str
    type: str
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    bindings: dict[Binding, None] = field(default_factory=dict)
    _routes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def bind(self, binding: Binding) -> None:
        self.bindings[binding] = None
        self._routes.clear()

    def unbind(self, bindings: Iterable[Binding]) -> bool:
        """Whether there was one to remove."""
        removed = [binding for binding in bindings if self.bindings.pop(binding, self) is None]
        self._routes.clear()
        return bool(removed)

    def routes(self, key: str) -> tuple[str, ...]:
        """Names of the queues that `key` leads to, each once."""
        if key not in self._routes:
            if len(self._routes) >= _ROUTES_REMEMBERED:
                self._routes.clear()
            self._routes[key] = tuple(
                dict.fromkeys(one.queue for one in self.bindings if self._leads(one, key))
            )
        return self._routes[key]

    def _leads(self, binding: Binding, key: str) -> bool:
        if self.type == "topic":
            return topic_matches(binding.key, key)
        return self.type == "fanout" or binding.key == key


class VHost:
    """The state that all connections to one vHost share."""

    def __init__(self, name: str, ledger: Ledger, after_timer: Callable[[], None]) -> None:
        self.name = name
        self.queues: dict[str, Queue] = {}
        self.exchanges = {"": Exchange("", "direct")} | {
            f"amq.{kind}": Exchange(f"amq.{kind}", kind) for kind in sorted(TYPES)
        }
        self._ledger = ledger
        self._after_timer = after_timer
        self._policies: list[tuple[re.Pattern[str], PolicySpec]] = []
        self._deaths: deque[tuple[Queue, Message, str]] = deque()
        self._burying = False

    def add(self, definitions: Definitions) -> None:
        """Everything that the definitions have for this vHost. Raises DefinitionsError."""
        for policy in definitions.policies:
            if policy.vhost == self.name:
                self._add_policy(policy)
        for queue in self.queues.values():
            queue.settings = args.settings(queue.arguments, self._policy(queue.name))
        for exchange in definitions.exchanges:
            if exchange.vhost == self.name:
                self._add_exchange(exchange)
        for spec in definitions.queues:
            if spec.vhost == self.name and spec.name not in self.queues:
                self._add_queue(spec)
        for binding in definitions.bindings:
            if binding.vhost == self.name:
                self._add_binding(binding)

    def exchange(self, name: str) -> Exchange:
        try:
            return self.exchanges[name]
        except KeyError:
            raise AmqpError(404, f"no exchange '{name}' in vhost '{self.name}'") from None

    def queue(self, name: str) -> Queue:
        try:
            return self.queues[name]
        except KeyError:
            raise AmqpError(404, f"no queue '{name}' in vhost '{self.name}'") from None

    def declare_exchange(self, exchange: Exchange) -> None:
        self._check_room(len(self.exchanges), "exchange", exchange.name)
        self.exchanges[exchange.name] = exchange

    def declare_queue(
        self,
        name: str,
        *,
        arguments: Mapping[str, object],
        durable: bool,
        auto_delete: bool,
        owner: object | None = None,
    ) -> Queue:
        self._check_room(len(self.queues), "queue", name)
        args.check(arguments, f"queue '{name}' in vhost '{self.name}'")
        queue = Queue(
            name,
            arguments=arguments,
            settings=args.settings(arguments, self._policy(name)),
            dead_letter=self._dead_letter,
            ledger=self._ledger,
            after_timer=self._after_timer,
            durable=durable,
            auto_delete=auto_delete,
            owner=owner,
        )
        self.queues[name] = queue
        return queue

    def bind(self, exchange: Exchange, binding: Binding) -> None:
        self._check_room(len(exchange.bindings), "binding", binding.queue)
        exchange.bind(binding)

    def unbind(self, exchange: Exchange, bindings: Iterable[Binding]) -> None:
        if exchange.unbind(bindings) and exchange.auto_delete and not exchange.bindings:
            self.exchanges.pop(exchange.name, None)

    def delete_queue(self, queue: Queue) -> int:
        """How many messages were ready in it."""
        self.queues.pop(queue.name, None)
        for exchange in list(self.exchanges.values()):
            self.unbind(exchange, [binding for binding in exchange.bindings if binding.queue == queue.name])
        return queue.delete()

    def route(self, exchange: Exchange, key: str) -> list[Queue]:
        names = exchange.routes(key) if exchange.name else (key,)
        return [self.queues[name] for name in names if name in self.queues]

    def publish(self, exchange: Exchange, message: Message) -> bool:
        """Whether any queue took it. Raises AmqpError 311 when the broker or a queue is full."""
        queues = self.route(exchange, message.routing_key)
        if queues and not self._ledger.has_room_for(len(message.body)):
            raise AmqpError(311, f"the broker holds its maximum of {self._ledger.limit} bytes of messages")
        for queue in queues:
            if len(queue.ready) >= QUEUE_LENGTH_MAX:
                raise AmqpError(311, f"queue '{queue.name}' holds its maximum of {QUEUE_LENGTH_MAX} messages")
        for queue in queues:
            queue.enqueue(message)
        return bool(queues)

    def close(self) -> None:
        for queue in self.queues.values():
            queue.delete()
        self.queues.clear()

    def _dead_letter(self, queue: Queue, message: Message, reason: str) -> None:
        """Queue by queue and not by recursion: a chain of queues may be long."""
        self._deaths.append((queue, message, reason))
        if self._burying:
            return
        self._burying = True
        try:
            while self._deaths:
                self._bury(*self._deaths.popleft())
        finally:
            self._burying = False

    def _bury(self, queue: Queue, message: Message, reason: str) -> None:
        settings = queue.settings
        exchange = self.exchanges.get(settings.dead_letter_exchange or "")
        if settings.dead_letter_exchange is None or exchange is None:
            return
        letter = dead_letter(message, queue.name, reason, exchange.name, settings.dead_letter_key)
        if letter is None:
            return
        for target in self.route(exchange, letter.routing_key):
            if reason == REJECTED or not is_cycle(letter, target.name):
                target.enqueue(letter)

    def _check_room(self, count: int, kind: str, name: str) -> None:
        if count >= OBJECTS_PER_VHOST_MAX:
            limit = f"{kind} limit in vhost '{self.name}' ({OBJECTS_PER_VHOST_MAX}) is reached"
            raise AmqpError(406, f"cannot declare {kind} '{name}': {limit}")

    def _policy(self, queue: str) -> Mapping[str, object]:
        matching = [policy for pattern, policy in self._policies if pattern.search(queue)]
        return max(matching, key=lambda policy: policy.priority).definition if matching else {}

    def _add_policy(self, policy: PolicySpec) -> None:
        where = f"Définitions du broker : politique {policy.name} sur {policy.vhost}"
        unserved = sorted(policy.definition.keys() - args.POLICY_KEYS)
        if unserved or policy.apply_to not in {"all", "queues", "classic_queues"}:
            what = ", ".join(unserved) or f"apply-to: {policy.apply_to}"
            raise DefinitionsError(f"{where}, le broker embarqué ne sert pas « {what} » ; prenez RabbitMQ.")
        try:
            args.check({f"x-{name}": value for name, value in policy.definition.items()}, policy.name)
        except AmqpError as error:
            raise DefinitionsError(f"{where} : {error.text}.") from error
        pattern = compiled(policy.pattern, f"politique {policy.name}")
        self._policies = [one for one in self._policies if one[1].name != policy.name] + [(pattern, policy)]

    def _add_exchange(self, spec: ExchangeSpec) -> None:
        if spec.type not in TYPES or spec.arguments:
            raise DefinitionsError(
                f"Définitions du broker : exchange {spec.name} sur {spec.vhost}, le broker embarqué ne sert que les"
                " types direct, fanout et topic, sans arguments ; prenez RabbitMQ."
            )
        if spec.name not in self.exchanges:
            self.declare_exchange(
                Exchange(spec.name, spec.type, spec.durable, spec.auto_delete, spec.internal)
            )

    def _add_queue(self, spec: QueueSpec) -> None:
        try:
            self.declare_queue(
                spec.name, arguments=spec.arguments, durable=spec.durable, auto_delete=spec.auto_delete
            )
        except AmqpError as error:
            raise DefinitionsError(
                f"Définitions du broker : file {spec.name} sur {spec.vhost}, le broker embarqué répond {error.text}."
            ) from error

    def _add_binding(self, spec: BindingSpec) -> None:
        if (
            spec.destination_type != "queue"
            or spec.destination not in self.queues
            or spec.source not in self.exchanges
        ):
            raise DefinitionsError(
                f"Définitions du broker : liaison de {spec.source} vers {spec.destination} sur {spec.vhost},"
                " l'exchange ou la file n'est pas défini (une liaison va d'un exchange à une file)."
            )
        self.exchanges[spec.source].bind(
            Binding(spec.destination, spec.routing_key, identity(spec.arguments))
        )


def identity(arguments: Mapping[str, object] | None) -> str:
    """Arguments of a binding as a comparable text."""
    return repr(sorted(arguments.items())) if arguments else ""
