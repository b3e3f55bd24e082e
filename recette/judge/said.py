"""Messages that say one thing, and which of them left before another: looked up, since there may be thousands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import merge
from itertools import accumulate, groupby, islice

from recette.judge.order import Before
from recette.judge.view import EditorMessage, View
from recette.messages.reading import Message

_SHOWN = 100
"""Names that a finding repeats: it may be one of thousands."""


class Said:
    """The editor's messages that say something; none is added once it was asked."""

    def __init__(self, before: Before, messages: Iterable[EditorMessage] = ()) -> None:
        self._before = before
        self._messages = list(messages)
        self._places: list[int] = []
        self._first: list[EditorMessage] = []
        """Of all that left no later than each of them, the one that arrived first, and the one that arrived last."""
        self._last: list[EditorMessage] = []
        self._others: list[_TwoIds] = []
        self._left: list[EditorMessage] = []
        """All of them, in the order in which they left."""

    def add(self, one: EditorMessage) -> None:
        self._messages.append(one)

    def first_before(self, until: EditorMessage) -> EditorMessage | None:
        """Of those that left before a message, the one that arrived first."""
        if not self._before.in_line:
            return next(self._compared(until), None)
        count = self._lined_up(until)
        return self._first[count - 1] if count else None

    def last_before(self, until: EditorMessage) -> EditorMessage | None:
        """Of those that left before a message, the one that arrived last."""
        if not self._before.in_line:
            return max(self._compared(until), key=lambda one: one.number, default=None)
        count = self._lined_up(until)
        return self._last[count - 1] if count else None

    def first_other_before(self, until: EditorMessage) -> EditorMessage | None:
        """Of those that left before a message, the one that arrived first and is no redelivery of it."""
        identifier = until.message.distribution_id
        if not self._before.in_line:
            others = (one for one in self._compared(until) if one.message.distribution_id != identifier)
            return next(others, None)
        count = self._lined_up(until)
        if not count:
            return None
        if not self._others:
            self._others = list(accumulate(((one, None) for one in self._left), _two_ids))
        first, second = self._others[count - 1]
        return second if first.message.distribution_id == identifier else first

    def any_before(self, until: EditorMessage) -> bool:
        """Whether any of them left before a message."""
        return self.first_before(until) is not None

    def any_stands(self, others: Said, until: EditorMessage) -> bool:
        """Whether any of them left before a message, and none of `others` after it and before the message."""
        if not self._before.in_line:
            between = list(others._compared(until))
            return any(not any(self._before(one, two) for two in between) for one in self._compared(until))
        mine, its = self._lined_up(until), others._lined_up(until)
        if not mine or not its:
            return mine > 0
        return self._before(others._left[its - 1], self._left[mine - 1])

    def _compared(self, until: EditorMessage) -> Iterator[EditorMessage]:
        return (one for one in self._messages if one is not until and self._before(one, until))

    def _lined_up(self, until: EditorMessage) -> int:
        """How many of them left before a message."""
        if not self._places:
            ordered = self._left = sorted(self._messages, key=self._before.place)
            self._places = [self._before.place(one) for one in ordered]
            self._first = list(accumulate(ordered, _first))
            self._last = list(accumulate(ordered, _last))
        return bisect_left(self._places, self._before.place(until))


class Firsts:
    """Of messages that say something, in the order in which they arrived, the first two whose distributionIDs differ."""

    def __init__(self) -> None:
        self._told: dict[str | None, EditorMessage] = {}

    def add(self, one: EditorMessage) -> None:
        if len(self._told) < 2:
            self._told.setdefault(one.message.distribution_id, one)

    def other(self, than: EditorMessage) -> EditorMessage | None:
        """The first that is no redelivery of a message."""
        identifier = than.message.distribution_id
        return next((one for known, one in self._told.items() if known != identifier), None)


def _first(one: EditorMessage, other: EditorMessage) -> EditorMessage:
    return one if one.number < other.number else other


_TwoIds = tuple[EditorMessage, EditorMessage | None]
"""The first to arrive of some messages, and the first of those with another distributionID."""


def _two_ids(known: _TwoIds, new: _TwoIds) -> _TwoIds:
    (first, second), (one, _) = known, new
    if first.message.distribution_id == one.message.distribution_id:
        return _first(first, one), second
    if one.number < first.number:
        return one, first
    return first, one if second is None else _first(second, one)


def _last(one: EditorMessage, other: EditorMessage) -> EditorMessage:
    return other if one.number < other.number else one


def some_of(names: Iterable[str]) -> str:
    """Names in a row, or as many of them as anybody reads."""
    shown = list(islice(names, _SHOWN + 1))
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")


class Tellers:
    """By what they say, the messages that say it."""

    def __init__(self, before: Before) -> None:
        self._before = before
        self._said: dict[Hashable, Said] = {}
        self._names: list[str] = []

    def add(self, what: Hashable, one: EditorMessage) -> None:
        """A message says something."""
        if what not in self._said:
            self._said[what] = Said(self._before)
        self._said[what].add(one)

    def of(self, what: Hashable) -> Said:
        """Who says it; nobody where it is never said."""
        return self._said.get(what) or Said(self._before)

    def told_before(self, what: Hashable, until: EditorMessage) -> bool:
        """Whether any message that left before one says it."""
        return what in self._said and self._said[what].any_before(until)

    def all_before(self, until: EditorMessage, also: Iterable[str] = ()) -> Iterator[str]:
        """What any message that left before one says, and what is said `also`: names, sorted."""
        self._names = self._names or sorted(one for one in self._said if isinstance(one, str))
        others = sorted(also)
        for name, _ in groupby(merge(others, self._names)):
            if name in others or self.told_before(name, until):
                yield name


class ToldByEither:
    """What either side had said when a message left: a case of thousands is read once."""

    def __init__(self, view: View, before: Before, things: Callable[[Message], Iterable[Hashable]]) -> None:
        """`things`: what of a message counts."""
        self._by_editor = Tellers(before)
        self._by_partner: dict[Hashable, int] = {}
        """The first event at which a partner said each."""
        for one in view.functional:
            for thing in things(one.message):
                self._by_editor.add(thing, one)
        for sent in view.progress.published.values():
            for thing in things(sent.message):
                self._by_partner[thing] = min(sent.number, self._by_partner.get(thing, sent.number))

    def told_before(self, thing: Hashable, until: EditorMessage) -> bool:
        """Whether anybody had said it when that message left."""
        if self._by_partner.get(thing, until.number) < until.number:
            return True
        return self._by_editor.told_before(thing, until)

    def all_before(self, until: EditorMessage) -> Iterator[str]:
        """What anybody had said when that message left: names, sorted."""
        theirs = (
            name
            for name, number in self._by_partner.items()
            if isinstance(name, str) and number < until.number
        )
        return self._by_editor.all_before(until, theirs)
