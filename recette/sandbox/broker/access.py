"""Who may do what: passwords, the three rights on names, the two rights on topics, as RabbitMQ understands them."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from recette.amqp.errors import AmqpError
from recette.sandbox.broker.definitions import Definitions, User
from recette.sandbox.broker.errors import DefinitionsError

CONFIGURE, WRITE, READ = "configure", "write", "read"


def compiled(pattern: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise DefinitionsError(
            f"Définitions du broker : {where}, l'expression « {pattern} » est invalide ({error})."
        ) from error


@dataclass(slots=True)
class Access:
    """The users of a broker and their rights."""

    _users: dict[str, User] = field(default_factory=dict)
    _hashes: dict[str, bytes] = field(default_factory=dict)
    _rights: dict[tuple[str, str], dict[str, re.Pattern[str]]] = field(default_factory=dict)
    _topics: dict[tuple[str, str, str], dict[str, re.Pattern[str]]] = field(default_factory=dict)

    def add(self, definitions: Definitions) -> None:
        """Users and rights of the definitions, beside those known; raises DefinitionsError."""
        for user in definitions.users:
            self._users[user.name] = user
            self._hashes[user.name] = _decoded(user)
        for right in definitions.permissions:
            where = f"droits de {right.user} sur {right.vhost}"
            self._known(right.user, where)
            self._rights[right.user, right.vhost] = {
                # RabbitMQ reads an empty expression as "nothing".
                name: compiled(pattern or "^$", where)
                for name, pattern in ((CONFIGURE, right.configure), (WRITE, right.write), (READ, right.read))
            }
        for topic in definitions.topic_permissions:
            where = f"droits de {topic.user} sur les clés de {topic.exchange}"
            self._known(topic.user, where)
            self._topics[topic.user, topic.vhost, topic.exchange] = {
                name: compiled(
                    pattern.replace("{username}", topic.user).replace("{vhost}", topic.vhost), where
                )
                for name, pattern in ((WRITE, topic.write), (READ, topic.read))
            }

    def _known(self, user: str, where: str) -> None:
        if user not in self._users:
            raise DefinitionsError(f"Définitions du broker : {where}, cet utilisateur n'est pas défini.")

    def password_is_right(self, name: str, password: str) -> bool:
        user = self._users.get(name)
        if user is None:
            return False
        if user.password:
            return hmac.compare_digest(user.password.encode(), password.encode())
        salted = self._hashes.get(name, b"")  # four bytes of salt, then the digest
        return hmac.compare_digest(hashlib.sha256(salted[:4] + password.encode()).digest(), salted[4:])

    def is_user(self, name: str) -> bool:
        return name in self._users

    def may_enter(self, user: str, vhost: str) -> bool:
        return (user, vhost) in self._rights

    def check(self, user: str, vhost: str, right: str, kind: str, name: str) -> None:
        """Raises AmqpError 403 unless the user has this right on a queue or an exchange."""
        rights = self._rights.get((user, vhost))
        if rights is None or not rights[right].search(name or "amq.default"):
            raise AmqpError(
                403,
                f"access to {kind} '{name or 'amq.default'}' in vhost '{vhost}' refused for user '{user}'",
            )

    def check_topic(self, user: str, vhost: str, right: str, exchange: str, key: str) -> None:
        """Raises AmqpError 403 where the user's right on a topic exchange excludes this routing key."""
        rights = self._topics.get((user, vhost, exchange))
        if rights is not None and not rights[right].search(key):
            raise AmqpError(
                403,
                f"access to topic '{key}' in exchange '{exchange}' in vhost '{vhost}' refused for user '{user}'",
            )


def _decoded(user: User) -> bytes:
    try:
        return base64.b64decode(user.password_hash, validate=True)
    except binascii.Error as error:
        raise DefinitionsError(
            f"Définitions du broker : utilisateur {user.name}, password_hash n'est pas en base64."
        ) from error
