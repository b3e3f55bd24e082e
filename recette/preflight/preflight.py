"""All checks in their order; each is made only where what it rests on holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.handshake import Handshake
from recette.hub.wire import QueueStatus
from recette.messages.clients import is_health
from recette.messages.dictionary.models import models
from recette.messages.profile.reader import profile
from recette.messages.vhosts import used_on
from recette.play.target import UNKNOWN_CLIENT, Target
from recette.preflight import exchange, login, network
from recette.preflight.checks import Check, Tell
from recette.preflight.exchange import ROUNDS
from recette.preflight.inbox import HELD, Inbox
from recette.preflight.login import Account
from recette.preflight.probes import Probe, Probes

Now = Callable[[], datetime]
_PER_ACCOUNT = ("publish", "usurpation", "dispatcher")
_ALIVE = ("generation", "classes", "clock", "round-trip")
_LOOKS = ("queues", "read", "others", "leftovers", "consumers")


def accounts_of(target: Target) -> list[Account]:
    """The clients that the target says how to log in as, the editor last: its link may be live."""
    found = [Account(client, address, editor=False) for client, address in target.addresses.items()]
    if target.editor_address is not None:
        found.append(Account(target.editor, target.editor_address, editor=True))
    return found


def announcement(target: Target) -> str:
    """What preflight is going to do, to be said before it does it."""
    if target.environment.production:
        return "Rien ne sera publié ni lu : en production, la recette regarde seulement."
    classes = sum(used_on(one.name, target.meeting.perimeter) for one in models(target.meeting.edition))
    count = (2 if target.partners_vhost is None else 3) * (len(accounts_of(target)) + classes)
    return (
        f"Seront publiés, tous « Exercise » : au plus {count} messages que le hub refuse, et {ROUNDS} acquittements entre les "
        "clients de la cible ; aucun message en attente n'est pris, sauf ce qu'une vérification antérieure a laissé."
    )


async def preflight(target: Target, tell: Tell, now: Now = lambda: datetime.now(UTC)) -> list[Check]:
    """Make all checks, each told as soon as it is made."""
    return await _Preflight(target, tell, now).run()


@dataclass(frozen=True, slots=True)
class _Open:
    """An account that is logged in, and its queues as they were found."""

    account: Account
    connection: HubConnection
    queues: dict[topology.Channel, QueueStatus]

    @property
    def free(self) -> bool:
        """Whether preflight can listen without taking anything from anybody, and nobody takes what it sends."""
        if any(one.consumers for one in self.queues.values()):
            return False
        listened = [self.queues.get(channel) for channel in ("ack", "info")]
        return all(one is not None and not one.messages for one in listened)


class _Preflight:
    def __init__(self, target: Target, tell: Tell, now: Now) -> None:
        self._target = target
        self._tell = tell
        self._now = now
        self._checks: list[Check] = []
        self._accounts = accounts_of(target)
        self._patience = target.deadlines.ack
        self._hub = profile(target.hub)
        self._alive = _ALIVE if target.partners_vhost is None else (*_ALIVE, "conversion")
        self._of_account = () if target.environment.production else _PER_ACCOUNT

    async def run(self) -> list[Check]:
        if await self._network():
            async with AsyncExitStack() as stack:
                opened = [one for account in self._accounts if (one := await self._login(account, stack))]
                if self._target.environment.production:
                    for name in (*_PER_ACCOUNT, *self._alive):
                        told = "en production, rien n'est publié"
                        self._add(Check(name, self._target.meeting.name, "skipped", told))
                else:
                    await self._exchange(opened)
        return self._checks

    def _add(self, *checks: Check) -> bool:
        """Whether all of them are passed."""
        for one in checks:
            self._checks.append(one)
            self._tell(one)
        return all(one.status == "go" for one in checks)

    def _skip(self, names: Iterable[str], subject: str, told: str) -> None:
        self._add(*(Check(name, subject, "skipped", told) for name in names))

    async def _network(self) -> bool:
        """Up to TLS, where all accounts share one broker, and what their certificates say of themselves."""
        told, shaken = await self._reach(self._accounts[0].address)
        self._add(*network.check_expiry([one.address for one in self._accounts], shaken, self._now()))
        clients = [one.client for one in self._accounts]
        for account in self._accounts:
            self._add(login.check_cn(account, [one for one in clients if one != account.client]))
        if told:
            self._skip(("vhost", *_LOOKS, *_PER_ACCOUNT, *self._alive), self._target.meeting.name, told)
        return not told

    async def _reach(self, address: BrokerAddress) -> tuple[str, Handshake | None]:
        """Why the broker cannot be reached, if so, and what it presents."""
        told = "le nom du broker ne se résout pas"
        if not self._add(await network.check_name(address)):
            self._skip(("port", "tls"), address.host, told)
            return told, None
        told = "le port du broker ne répond pas"
        if not self._add(await network.check_port(address)):
            self._skip(("tls",), address.host, told)
            return told, None
        check, shaken = await network.check_tls(address, self._target.environment)
        return ("" if self._add(check) else "TLS n'aboutit pas"), shaken

    async def _login(self, account: Account, stack: AsyncExitStack) -> _Open | None:
        check, connection = await login.check_vhost(account)
        if check.status == "go":
            check = replace(check, advice=self._hub.status(account.address.vhost))
        self._add(check)
        if connection is None:
            told = "la connexion au vHost n'aboutit pas"
            self._skip((*_LOOKS, *self._of_account), account.client, told)
            return None
        stack.push_async_callback(connection.close)
        check, queues = await login.check_queues(account, connection)
        if not self._add(check):
            told = "les trois files ne sont pas là"
            self._skip((*_LOOKS[1:], *self._of_account), account.client, told)
            return None
        others = [one.client for one in self._accounts if one.login != account.login]
        readable = self._add(await login.check_read(account, connection))
        self._add(await login.check_others(account, connection, others))
        taken = 0
        if readable and not self._target.environment.production:
            queues, taken = await self._without_own(account, connection, queues)
        self._add(login.check_leftovers(account, queues, taken), login.check_consumers(account, queues))
        if not readable:
            self._skip(self._of_account, account.client, "les files ne peuvent pas être lues")
            return None
        return _Open(account, connection, queues)

    async def _without_own(
        self, account: Account, connection: HubConnection, queues: Mapping[topology.Channel, QueueStatus]
    ) -> tuple[dict[topology.Channel, QueueStatus], int]:
        """The queues without what an earlier check left there, which is taken; everything else goes back."""
        looked: tuple[topology.Channel, ...] = ("ack", "info")
        waiting = sum(queues[one].messages for one in looked)
        if not 0 < waiting <= HELD or any(one.consumers for one in queues.values()):
            return dict(queues), 0
        lives = self._target.home_of(account.client)
        inbox = Inbox(connection, account.client, lives.generation, self._now)
        try:
            async with inbox:
                await inbox.met(waiting, self._patience)
        except HubError:
            return dict(queues), 0
        found = {name: replace(one, messages=one.messages - inbox.own[name]) for name, one in queues.items()}
        return found, inbox.own.total()

    async def _exchange(self, opened: list[_Open]) -> None:
        """What publishes, as far as each account's queues are free."""
        async with AsyncExitStack() as stack:
            ready: list[tuple[_Open, Inbox]] = []
            for one in opened:
                if not one.free:
                    told = "un message y attend, ou un logiciel y lit : rien n'est publié pour ce client"
                    for name in _PER_ACCOUNT:
                        self._add(
                            Check(
                                name,
                                one.account.client,
                                "unsure",
                                told,
                                "videz ses files, arrêtez qui les lit, relancez",
                            )
                        )
                    continue
                lives = self._target.home_of(one.account.client)
                inbox = Inbox(one.connection, one.account.client, lives.generation, self._now)
                try:
                    ready.append((one, await stack.enter_async_context(inbox)))
                except HubError as error:
                    self._add(
                        Check("publish", one.account.client, "unsure", str(error), "relancez la vérification")
                    )
            if not ready:
                told = "aucun client de la cible ne peut échanger"
                self._skip(self._alive, self._target.meeting.name, told)
                return
            await self._published(ready)
            for one, inbox in ready:
                if inbox.foreign:
                    told = (
                        f"{inbox.foreign} messages sont arrivés pendant la vérification, remis dans leur file"
                    )
                    self._add(
                        Check("leftovers", one.account.client, "unsure", told, "le lien est déjà en service")
                    )

    async def _published(self, ready: list[tuple[_Open, Inbox]]) -> None:
        told_nothing = [one for one in ready if not self._hub.reports_reach(one[0].account.client)]
        alive: list[tuple[_Open, Inbox]] = []
        for one in (one for one in ready if one not in told_nothing):
            if await self._dispatcher(*one, ready, alive):
                alive.append(one)
        for silent, _ in told_nothing:
            self._unreported(silent.account.client, verified=bool(alive))
        if not alive:
            told = "le dispatcher ne répond pas comme il le doit"
            self._skip(self._alive, self._target.meeting.name, told)
            return
        first, inbox = alive[0]
        client, vhost, probes = (
            first.account.client,
            self._target.home_of(first.account.client),
            self._probes(first),
        )

        async def ask(probe: Probe) -> int | None:
            return await exchange.code_of(first.account, first.connection, inbox, probe, self._patience)

        self._add(await exchange.check_generation(ask, vhost, client, self._target.content_type(client)))
        self._add(await exchange.check_classes(ask, vhost, probes, self._hub))
        if self._target.partners_vhost is not None:
            await self._conversion(ask, client, probes)
        await self._round_trip([*alive, *told_nothing])

    async def _conversion(self, ask: exchange.Ask, client: str, probes: Probes) -> None:
        """From this client to one that lives on the other vHost."""
        partners = [one for ids in self._target.partners.values() for one in ids]
        others = partners if client == self._target.editor else [self._target.editor]
        if not others:
            told = "la cible ne nomme aucun partenaire"
            self._skip(("conversion",), self._target.meeting.name, told)
            return
        there = self._target.home_of(others[0])
        fire = not is_health(others[0])
        self._add(await exchange.check_conversion(ask, probes, others[0], there, fire=fire))

    def _unreported(self, client: str, *, verified: bool) -> None:
        """A hub that reports nothing to who is no health actor: only another client can tell that it works."""
        told = f"le hub {self._hub.name} n'envoie aucun rapport à qui n'est pas un acteur de santé"
        if verified:
            self._skip(_PER_ACCOUNT, client, told)
            return
        advice = "donnez à la cible les accès d'un client de santé de ce vHost, l'éditeur ou un partenaire"
        self._add(*(Check(name, client, "unsure", told, advice) for name in _PER_ACCOUNT))

    async def _round_trip(self, alive: list[tuple[_Open, Inbox]]) -> None:
        """From one client of the target to another, or to itself; the hub wants a health actor among them."""
        pairs = [
            (sender, to, inbox)
            for sender, _ in alive
            for to, inbox in alive
            if (sender is not to or len(alive) == 1)
            and (is_health(sender.account.client) or is_health(to.account.client))
        ]
        if not pairs:
            told = "aucun client de la cible n'est un acteur de santé : le hub ne transmet pas entre eux"
            self._skip(("round-trip",), self._target.vhost.name, told)
            return
        sender, to, inbox = pairs[0]
        probes, recipient = self._probes(sender), to.account.client
        self._add(
            await exchange.check_round_trip(
                sender.account, sender.connection, inbox, recipient,
                lambda: probes.reference(recipient), self._patience,
            )
        )  # fmt: skip

    async def _dispatcher(
        self,
        one: _Open,
        inbox: Inbox,
        ready: list[tuple[_Open, Inbox]],
        alive: list[tuple[_Open, Inbox]],
    ) -> bool:
        """Whether this account publishes, and hears from the dispatcher."""
        account, probes = one.account, self._probes(one)
        sent_at = self._now()
        checks, arrived = await exchange.check_publish(
            account, one.connection, inbox, probes.expired(), self._patience
        )
        if arrived is None and alive and checks[0].status == "go":
            checks[-1] = exchange.deaf(account, alive[0][0].account.client, self._patience)
        heard = self._add(*checks)
        if arrived is not None and not any(check.id == "clock" for check in self._checks):
            self._add(exchange.check_clock(arrived, sent_at))
        others = [(other, its) for other, its in ready if other is not one]
        key, its_inbox = (others[0][0].account.client, others[0][1]) if others else (UNKNOWN_CLIENT, inbox)
        probe = probes.expired()
        report = its_inbox.expect(probe.id)
        passed = self._add(await exchange.check_usurpation(account, one.connection, key, probe))
        if not passed and others:
            await report(self._patience)  # the hub's 200, which is not to be left behind
        return heard

    def _probes(self, one: _Open) -> Probes:
        client = one.account.client
        return Probes(self._target.home_of(client), client, self._target.content_type(client))
