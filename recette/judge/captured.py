"""A capture sorted: each message once however often it was seen, by its case, with the clocks of its sources compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.events import Received
from recette.judge.moments import moment
from recette.messages.dictionary.generations import Models
from recette.messages.extracting import extracted_id
from recette.messages.reading import Message, read

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of what no clock tells the time of."""
REFERRING = frozenset({"RC-REF", "RS-ERROR"})
"""What answers a message, and is of no step of its own."""


@dataclass(frozen=True, slots=True)
class Clock:
    """By how much the clock of one source is ahead of the first one's, as their common messages tell."""

    source: int
    ahead: timedelta
    exact: bool
    """Whether messages went both ways; else it is ahead, or behind, by at least as much."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message, with every place that it was seen at; `event` is of the best of them."""

    number: int
    """Its place among all messages of the capture, in the order in which they were sent; the first is 1."""
    event: Passed
    message: Message
    at: datetime | None
    """By the first source's clock."""
    published: tuple[Passed, ...]
    delivered: tuple[Passed, ...]
    delivered_at: datetime | None = None


@dataclass(slots=True)
class Case:
    """The messages of one case, in their order; of none where `name` is empty."""

    name: str
    messages: list[Seen] = field(default_factory=list)


Numbered = tuple[int, Passed]
"""In the order of the capture."""


def sorted_out(
    header: CaptureStarted, passed: Iterable[Passed], edition: Models
) -> tuple[list[Case], list[Clock]]:
    """The cases of a capture, the one that began first at the top, what belongs to none at the end."""
    groups = list(_groups(enumerate(passed)))
    clocks = list(_clocks(groups, len(header.sources)))
    ahead = {one.source: one.ahead for one in clocks}
    messages = [one for group in groups for one in _merged(group, edition, ahead)]
    messages.sort(key=_place)
    return _by_case([replace(one, number=place) for place, one in enumerate(messages, start=1)]), clocks


def _place(one: Seen) -> tuple[datetime, int]:
    """By the clock of the capture; where it has none, by the sender's own, to the second."""
    return one.at or moment(one.message.date_time_sent) or datetime.max.replace(tzinfo=UTC), one.number


def _groups(passed: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """What is seen of one message: of the same sender, with the same id."""
    found: dict[tuple[str, bytes], list[Numbered]] = {}
    for number, event in passed:
        from_it = _identifier(event)
        found.setdefault((event.sent_by, from_it), []).append((number, event))
    yield from found.values()


def _identifier(event: Passed) -> bytes:
    found = extracted_id(event.body)
    return found.encode("utf-8", "surrogatepass") if found else event.body


def _merged(group: list[Numbered], edition: Models, ahead: Mapping[int, timedelta]) -> Iterator[Seen]:
    """One message, or as many as one and the same source saw its sender publish."""
    published = [one for one in group if one[1].seen == "published"]
    delivered = [one for one in group if one[1].seen == "delivered" and not one[1].redelivered]
    first_source = published[0][1].source if published else None
    sent = [one for one in published if one[1].source == first_source]
    for place, (number, event) in enumerate(sent or (delivered or group)[:1]):
        message = read(event.body, event.content_type, edition)
        handed = [one for _, one in delivered]
        yield Seen(
            number,
            event,
            message,
            _time(event, ahead),
            tuple(one for _, one in published) if place == 0 else (event,),
            tuple(handed) if place == 0 else (),
            _time(handed[0], ahead) if handed and place == 0 else None,
        )


def _time(event: Passed, ahead: Mapping[int, timedelta]) -> datetime | None:
    at = event.at
    return at - ahead.get(event.source, timedelta()) if at is not None else None


def _clocks(groups: Iterable[list[Numbered]], sources: int) -> Iterator[Clock]:
    """From messages that one source saw leave and another arrive: none arrives before it left."""
    shortest: dict[tuple[int, int], timedelta] = {}
    for group in groups:
        left = _by_source(max, (one for _, one in group if one.seen == "published"))
        came = _by_source(min, (one for _, one in group if one.seen == "delivered" and not one.redelivered))
        for source, at in left.items():
            for other, then in came.items():
                if source != other:
                    shortest[source, other] = min(then - at, shortest.get((source, other), then - at))
    for source in range(1, sources):
        there, back = shortest.get((0, source)), shortest.get((source, 0))
        if there is not None and back is not None:
            yield Clock(source, (there - back) / 2, exact=True)
        elif there is not None and there < timedelta():
            yield Clock(source, there, exact=False)
        elif back is not None and back < timedelta():
            yield Clock(source, -back, exact=False)


def watched_until(messages: Collection[Seen], clocks: Iterable[Clock]) -> dict[str, datetime]:
    """By client whose own publications some source saw, how long any of these went on; by the first source's clock."""
    ahead = {one.source: one.ahead for one in clocks}
    ends: dict[int, datetime] = {}
    for event in (event for one in messages for event in (*one.published, *one.delivered)):
        at = _time(event, ahead)
        if at is not None:
            ends[event.source] = max(at, ends.get(event.source, at))
    until: dict[str, datetime] = {}
    for event in (event for one in messages for event in one.published):
        went_on = ends.get(event.source, NO_TIME)
        until[event.sent_by] = max(went_on, until.get(event.sent_by, went_on))
    return until


def as_received(event: Passed, vhost: str, routing_key: str) -> Received:
    """What a capture saw pass, as its recipient took it from its queue; the first time, as far as anybody knows."""
    return Received(
        vhost=vhost,
        client=event.recipient,
        queue=f"{event.recipient}.{event.channel}",
        routing_key=routing_key,
        redelivered=False,
        content_type=event.content_type,
        delivery_mode=event.delivery_mode,
        expiration=event.expiration,
        headers={},
        body=event.body,
        sender=event.sent_by,
    )


def _by_source(
    pick: Callable[[datetime, datetime], datetime], events: Iterable[Passed]
) -> dict[int, datetime]:
    """The last, or the first, of their times for each source."""
    found: dict[int, datetime] = {}
    for one in events:
        if one.at is not None:
            found[one.source] = pick(one.at, found.get(one.source, one.at))
    return found


def _by_case(messages: list[Seen]) -> list[Case]:
    """An ack or an error is of the case of what it refers to."""
    of_message: dict[str, str] = {}
    for one in messages:
        if one.message.distribution_id and one.message.case_id:
            of_message[one.message.distribution_id] = one.message.case_id
    cases: dict[str, Case] = {}
    for one in messages:
        name = one.message.case_id or of_message.get(one.message.reference_id or "", "")
        cases.setdefault(name, Case(name)).messages.append(one)
    loose = cases.pop("", None)
    return [*cases.values(), *([] if loose is None else [loose])]
