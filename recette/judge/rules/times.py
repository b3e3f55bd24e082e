"""Rules on the dates that a content gives, beside those of its envelope (requirements DA-21 to DA-23, DA-26)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from recette.judge.differences import keyed
from recette.judge.moments import TOLERANCE, moment, whole_hours
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.rules.smur import RPIS
from recette.judge.states import State, histories, resources_key, states, tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH

_AHEAD = timedelta(minutes=1)
"""Both dates are of one clock; one may be rounded to the minute."""
_RECENT = timedelta(days=1)
_FIRST_YEAR = 2020
"""No case of the hub is older."""
_RECORD_DATES = ("context.creationDate", "context.decisionDate", "event.creationDate", "event.decisionDate")
_WAY_OF_A_RECORD = ("departSmur", "arrivedSmur", "departLocation", "arrivedDestination")
"""The stations of an intervention as its record dates them, in the order in which they are reached."""
_HAPPENED = {
    "RS-EDA": ("creation", "initialAlert.reception"),
    "RC-EDA": ("creation", "initialAlert.reception"),
    "RS-DR": ("request.datetime",),
    "RS-RR": ("response.datetime",),
    "RS-SR": ("state.datetime", "datetime"),
    "RS-BPV": ("creation",),
    "EMSI": ("CONTEXT.CREATION",),
    **dict.fromkeys(
        RPIS, (*_RECORD_DATES, *(f"intervention.smurStatus.{name}" for name in _WAY_OF_A_RECORD))
    ),
}
"""Where a message dates what has happened, and not what is to come."""


@rule("DA-21")
def nothing_dated_ahead(view: View) -> Iterator[Finding]:
    for one in view.functional:
        sent = moment(one.message.date_time_sent)
        if sent is None:
            continue
        if one.delivered is not None:
            sent = max(sent, one.delivered.at)  # of a clock that is late, EN-05 speaks
        for path, text in _dates(view, one):
            told = moment(text)
            if told is None or told - sent <= _AHEAD or dated_by_scenario(view, one, text):
                continue
            yield view.broken(
                f"Cette date est postérieure à l'envoi du message qui la porte{_zone(told - sent)}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                expected=f"au plus tard {one.message.date_time_sent}",
                actual=text,
                advice="Datez ce qui a eu lieu de l'heure où cela a eu lieu, avec le décalage horaire de cette heure.",
            )


def _zone(off: timedelta) -> str:
    hours = whole_hours(off)
    if not hours:
        return ""
    return f", de {hours} h juste : c'est l'écart d'un fuseau horaire mal appliqué"


def _dates(view: View, one: EditorMessage) -> Iterator[tuple[str, str]]:
    for path in _HAPPENED.get(one.message.model or "", ()):
        node: Any = one.message.content
        for name in path.split("."):
            node = node.get(name) if isinstance(node, Mapping) else None
        if isinstance(node, str):
            yield path, node
    for index, note in enumerate(tables(one.message.content, "medicalNote")):
        if isinstance(note.get("creation"), str):
            yield f"medicalNote[{index}].creation", note["creation"]
    if one.message.model == "GEO-POS":
        for index, position in enumerate(tables(one.message.content, "position")):
            if isinstance(position.get("datetime"), str):
                yield f"position[{index}].datetime", position["datetime"]
    if one.message.model == "RS-RI":
        yield from _dates_of_resources(view, one)


def _dates_of_resources(view: View, one: EditorMessage) -> Iterator[tuple[str, str]]:
    block = resources_key(view)
    for index, resource in enumerate(tables(one.message.content, block)):
        if isinstance(resource.get("datetime"), str):
            yield f"{block}[{index}].datetime", resource["datetime"]
        for place, state in enumerate(tables(resource, "state")):
            if isinstance(state.get("datetime"), str):
                yield f"{block}[{index}].state[{place}].datetime", state["datetime"]


@rule("DA-22", of_strays=True, needs="scenario")
def dated_of_today(view: View) -> Iterator[Finding]:
    """What the scenario has the editor do during the play."""
    for one in view.functional:
        if one.message.model in {"RS-EDA", "RC-EDA", "RS-SR", *RPIS}:
            continue  # of a case's dates, and of states on their way, rules of their own speak; a record may come late
        for path, text, told in _days_old(view, one):
            if ".state[" in path:
                continue  # the history of a resource may well be old
            days = (view.record.begun - told).days
            yield view.broken(
                f"Ce qui vient d'être fait serait d'il y a {days} jour{'s' if days > 1 else ''}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                expected=f"après le début du passage ({view.record.begun.isoformat(timespec='seconds')})",
                actual=text,
                advice="Datez ce qui a eu lieu de l'heure où cela a eu lieu, et non d'un modèle.",
                disputed=told.year >= _FIRST_YEAR,
            )


@rule("DA-22")
def answered_after_the_request(view: View) -> Iterator[Finding]:
    """An answer that is dated before the request had left; clocks may differ a little."""
    asked = {
        name: one.message.date_time_sent
        for one in view.progress.published.values()
        if one.message.model == "RS-DR"
        for name in one.message.request_ids
    }
    for one in view.functional:
        if one.message.model != "RS-RR":
            continue
        for path, text in _dates(view, one):
            request = next((asked[name] for name in one.message.request_ids if name in asked), None)
            told, since = moment(text), moment(request)
            old = told is not None and view.record.begun - told > _RECENT
            if (
                told is None
                or since is None
                or old
                or since - told <= TOLERANCE
                or dated_by_scenario(view, one, text)
            ):
                continue
            yield view.broken(
                f"La réponse serait d'avant la demande à laquelle elle répond{_zone(since - told)}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                expected=f"après l'envoi de la demande ({request})",
                actual=text,
                advice="Datez la réponse de l'heure où elle est donnée.",
                disputed=True,
            )


@rule("DA-22", needs="scenario")
def created_when_it_was(view: View) -> Iterator[Finding]:
    """A case that the scenario has made during the play."""
    if view.casting.scenario.case_by != view.casting.editor:
        return
    for one in view.functional:
        for path, text, created in _days_old(view, one) if one.message.model == "RS-EDA" else ():
            sent = moment(one.message.date_time_sent) or view.record.begun
            days = (sent - created).days
            yield view.broken(
                f"Le dossier, que le scénario fait créer, serait d'il y a {days} jour{'s' if days > 1 else ''}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                expected=f"après le début du passage ({view.record.begun.isoformat(timespec='seconds')})",
                actual=text,
                advice="Datez le dossier du moment où le dossier est ouvert, et non d'un modèle de dossier.",
                disputed=created.year >= _FIRST_YEAR,
            )


def _days_old(view: View, one: EditorMessage) -> Iterator[tuple[str, str, datetime]]:
    """The dates of a message that are days older than the play, less those that the scenario itself gives."""
    for path, text in _dates(view, one):
        told = moment(text)
        if told is not None and view.record.begun - told > _RECENT and not dated_by_scenario(view, one, text):
            yield path, text, told


def dated_by_scenario(view: View, one: EditorMessage, date: object) -> bool:
    """Whether the scenario itself gives that date to the message, as the official book does: no clock of the editor's."""
    below: list[Any] = [keyed(view, one)]
    while below:
        node = below.pop()
        if isinstance(node, Mapping):
            below += node.values()
        elif isinstance(node, list):
            below += node
        elif node == date and node is not None:
            return True
    return False


@rule("DA-23")
@by_order("les deux statuts de la ressource")
def dates_follow_the_way(view: View, before: Before) -> Iterator[Finding]:
    for one, other, late in _turned_round(list(states(view)), before):
        if not dated_by_scenario(view, one.message, one.datetime):
            yield view.broken(
                f"{one.status} serait d'avant {other.status}, que l'éditeur a dit de la même ressource"
                f"{_zone(late)}.",
                message=one.message,
                path=f"{one.path}.datetime",
                expected=f"après {other.datetime}",
                actual=one.datetime,
                advice="Datez chaque changement de statut de l'heure où il a lieu.",
            )


def _turned_round(told: list[State], before: Before) -> list[tuple[State, State, timedelta]]:
    """States dated before what the editor had said of the same resource on its way there, in the order in which they came.

    With each, the first such state to arrive, and by how much it is dated later.
    """
    dated = [(index, one, when) for index, one in enumerate(told) if (when := _moment_of(one)) is not None]
    if not before.in_line:
        pairs = (
            (one, other, later - when)
            for _, one, when in dated
            for _, other, later in dated
            if _is_on_the_way(one, other) and later - when > _AHEAD and before(other.message, one.message)
        )
        return [next(each) for _, each in groupby(pairs, lambda each: id(each[0]))]
    ways: dict[str, dict[int, _Dated]] = {}
    """By resource and stage."""
    found: dict[int, tuple[State, State, timedelta]] = {}
    for _, said in groupby(
        sorted(dated, key=lambda each: before.place(each[1].message)), lambda each: each[1].message.number
    ):
        states_of_one = list(said)
        for index, one, when in states_of_one:
            later = [
                at
                for stage, way in ways.get(one.resource, {}).items()
                if stage < one.stage and (at := way.first_ahead_of(when)) is not None
            ]
            if later:
                first = min(later)
                found[index] = (one, told[first], (_moment_of(told[first]) or when) - when)
        for index, one, when in states_of_one:
            if not one.ended:
                ways.setdefault(one.resource, {}).setdefault(one.stage, _Dated()).add(index, when)
    return [found[index] for index in sorted(found)]


def _is_on_the_way(one: State, other: State) -> bool:
    """Whether another state of the same resource is reached before one."""
    return other.resource == one.resource and not other.ended and other.stage < one.stage


class _Dated:
    """Of states with dates, each that is dated later than all that arrived before it: in the order of both."""

    def __init__(self) -> None:
        self._arrived: list[int] = []
        self._dates: list[datetime] = []

    def add(self, index: int, when: datetime) -> None:
        """A state that arrived as the `index`th, whenever it is added."""
        place = bisect_left(self._arrived, index)
        if place and self._dates[place - 1] >= when:
            return
        end = bisect_right(self._dates, when, lo=place)
        self._arrived[place:end], self._dates[place:end] = [index], [when]

    def first_ahead_of(self, when: datetime) -> int | None:
        """The first to arrive that is dated later than that, by more than clocks may differ."""
        place = bisect_right(self._dates, _AHEAD, key=lambda each: each - when)
        return self._arrived[place] if place < len(self._arrived) else None


@rule("DA-23")
def dates_of_a_history_follow_the_way(view: View) -> Iterator[Finding]:
    """Of the states that one message tells, the latest is the one by its date: what was reached before is behind it."""
    for told in histories(view):
        history = _History(told)
        for one, when in history.dated:
            other = history.turned_round(one, when)
            if other is None or (
                dated_by_scenario(view, one.message, one.datetime)
                and dated_by_scenario(view, one.message, other.datetime)
            ):
                continue
            yield view.broken(
                f"{one.status} serait d'avant {other.status}, dans l'historique d'une même ressource : le partenaire la "
                f"tient pour {history.latest}.",
                message=one.message,
                path=f"{one.path}.datetime",
                expected=f"après {other.datetime}",
                actual=one.datetime,
                advice="Datez chaque statut de l'historique de l'heure où il a été pris.",
            )


class _History:
    """The states that one message tells of one resource; however many, each is asked for in the time of a look."""

    def __init__(self, told: Iterable[State]) -> None:
        self.dated = [(one, when) for one in told if (when := _moment_of(one)) is not None]
        self.latest = max(self.dated, key=lambda each: each[1])[0].status if self.dated else ""
        """What the resource is held for."""
        self._ends = sorted(when for one, when in self.dated if one.ended)
        self._on_the_way: dict[int, list[tuple[datetime, State]]] = {}
        """By stage, in the order of their dates."""
        for one, when in sorted(self.dated, key=lambda each: each[1]):
            if not one.ended:
                self._on_the_way.setdefault(one.stage, []).append((when, one))

    def turned_round(self, one: State, when: datetime) -> State | None:
        """A state nearer the base that is dated after one that is further out, on the same way out; the first by its date."""
        place = bisect_left(self._ends, when)
        end = self._ends[place] if place < len(self._ends) else None
        found: list[tuple[datetime, State]] = []
        for stage, way in self._on_the_way.items():
            later = bisect_right(way, _AHEAD, key=lambda each: each[0] - when)
            if stage < one.stage and later < len(way) and (end is None or way[later][0] < end):
                found.append(way[later])
        return min(found, key=lambda each: each[0])[1] if found else None


def _moment_of(one: State) -> datetime | None:
    return moment(one.datetime if isinstance(one.datetime, str) else None)


@rule("DA-23")
def records_follow_the_way(view: View) -> Iterator[Finding]:
    for one in view.functional:
        if one.message.model not in RPIS:
            continue
        dated = dict(_dates(view, one))
        way = [f"intervention.smurStatus.{name}" for name in _WAY_OF_A_RECORD]
        told = [(path, when) for path in way if (when := moment(dated.get(path))) is not None]
        for (before, earlier), (path, when) in pairwise(told):
            dictated = all(dated_by_scenario(view, one, dated[name]) for name in (before, path))
            if earlier - when > _AHEAD and not dictated:
                yield view.broken(
                    f"{path.rpartition('.')[2]} serait d'avant {before.rpartition('.')[2]}{_zone(earlier - when)}.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                    expected=f"après {dated[before]}",
                    actual=dated[path],
                    advice="Datez chaque étape de l'intervention de l'heure où elle a eu lieu.",
                )


@rule("DA-26", of_strays=True)
def appointments_end_after_their_start(view: View) -> Iterator[Finding]:
    for one in view.functional:
        content = one.message.content or {}
        start, end = content.get("start"), content.get("end")
        begun, over = (moment(each if isinstance(each, str) else None) for each in (start, end))
        if one.message.model != "RS-SAS-RDV" or begun is None or over is None or over >= begun:
            continue
        typed = keyed(view, one) or {}
        if (typed.get("start"), typed.get("end")) == (start, end):
            continue  # the scenario itself gives both
        yield view.broken(
            f"Le rendez-vous finirait avant d'avoir commencé{_zone(begun - over)}.",
            message=one,
            path=f"{MESSAGE_PATH}.{one.message.key}.end",
            expected=f"après {start}",
            actual=end,
            advice="Déplacez la fin d'un rendez-vous avec son début, et donnez aux deux leur décalage horaire.",
        )
