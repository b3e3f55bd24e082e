"""Faults of an editor whose link breaks off (requirement TR-15)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from recette.hub.address import BrokerAddress
from recette.messages.reading import Message
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, fault
from recette.sandbox.returning import CameBack

_BROKEN = "robustesse-liaison-rompue.g2@origine"
Ending = Callable[[], Awaitable[None]]


class _Forgets:
    """What waited for it while it was away is taken from the queue, and thrown away."""

    def __init__(self) -> None:
        self._away = False
        self._back = datetime.min.replace(tzinfo=UTC)

    def lost(self) -> None:
        self._away = True

    def back(self) -> None:
        self._away, self._back = False, datetime.now(UTC)

    def ignores(self, message: Message) -> bool:
        sent = message.date_time_sent
        if message.model == "RC-REF" or sent is None:
            return False
        return self._away or datetime.fromisoformat(sent) < self._back


class _Repeats:
    """The case that it shared goes out once more when it is back, though the broker had confirmed it."""

    def __init__(self, editor: ReferenceEditor) -> None:
        self.sent: Outgoing | None = None
        self._confirmed: Outgoing | None = None
        self._editor = editor
        self._sending: set[asyncio.Task[None]] = set()

    def lost(self) -> None:
        self._confirmed = self.sent

    def back(self) -> None:
        if self._confirmed is not None:
            task = asyncio.create_task(self._editor.send(self._confirmed, faulty=False))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def end(self) -> None:
        await asyncio.gather(*self._sending)


async def _forget(editor: ReferenceEditor, _: BrokerAddress) -> Ending:
    forgets = _Forgets()
    editor.ignores = forgets.ignores
    if isinstance(editor.watcher, CameBack):
        editor.watcher.hearing.append(forgets)
    return _nothing


async def _repeat(editor: ReferenceEditor, _: BrokerAddress) -> Ending:
    repeats = _Repeats(editor)
    if isinstance(editor.watcher, CameBack):
        editor.watcher.hearing.append(repeats)
    return repeats.end


async def _nothing() -> None:
    pass


def _remember(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    hearing = editor.watcher.hearing if isinstance(editor.watcher, CameBack) else ()
    for one in hearing:
        if isinstance(one, _Repeats) and out.model == "RS-EDA":
            one.sent = out
    return [out]


def _lose_what_cannot_leave(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """What a person keys until the link is back is thrown away, without a word: a link may be broken for a while before its
    library says so.
    """
    watcher = editor.watcher
    keyed = isinstance(watcher, CameBack) and not watcher.returned and out.model == "RS-EDA-MAJ"
    return [] if keyed else [out]


FAULTS: tuple[SeededFault, ...] = (
    fault("ne-revient-pas", "TR-15", _BROKEN, "ne revient pas d'une coupure", stays_away=True),
    fault(
        "oublie-ce-qui-attendait",
        "TR-15",
        _BROKEN,
        "revient d'une coupure et jette ce qui l'attendait dans sa file",
        also={"AC-01": "ce qui est jeté n'est pas acquitté non plus"},
        starts=_forget,
    ),
    fault(
        "renvoie-ce-qui-etait-confirme",
        "TR-15",
        _BROKEN,
        "revient d'une coupure et renvoie ce que le hub lui avait confirmé",
        also={"EN-04": "c'est aussi un distributionID qui sert deux fois"},
        starts=_repeat,
        sends=_remember,
    ),
    fault(
        "perd-ce-qu-on-lui-dicte",
        "TR-15",
        _BROKEN,
        "perd ce qu'on lui demande d'envoyer pendant une coupure",
        sends=_lose_what_cannot_leave,
    ),
)
