"""The rule on the editor's clock (requirement EN-05: dateTimeSent says what time it is)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from recette.judge.moments import TOLERANCE, moment
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.messages.reading import Message


@rule("EN-05")
def clock_right(view: View) -> Iterator[Finding]:
    """Once for a play: one clock is wrong, not each message. How long a message was on its way accuses nobody.

    That of a capture says nothing: whoever made it may have had any.
    """
    if view.header.captured:
        return
    for one in view.messages:
        if one.delivered is None:
            continue
        off = _off(one.message, view.record.begun, one.delivered.at)
        if off is None:
            continue
        said = f"{one.message.date_time_sent} pour {one.delivered.at.isoformat(timespec='seconds')}"
        if _same_machine(view) or _hub_agrees(view):
            yield view.broken(
                f"dateTimeSent {_shown(off)}.",
                message=one,
                path="$.dateTimeSent",
                expected=f"l'heure d'envoi, à {TOLERANCE.seconds // 60} min près",
                actual=said,
                advice="Synchronisez l'horloge du logiciel (NTP, DST 2.2.3).",
            )
        elif _hub_disagrees(view):
            yield view.unclear(
                f"dateTimeSent {_shown(off)}, mais le hub n'est pas non plus à l'heure de cette machine ({said}).",
                "harness",
                step=one.step,
                event=one.number,
                advice="Synchronisez l'horloge de cette machine (NTP), puis rejouez : l'éditeur n'est pas en cause.",
            )
        else:
            yield view.unclear(
                f"dateTimeSent {_shown(off)} selon cette machine ({said}) : rien ne dit laquelle des deux horloges "
                "est fausse.",
                "operator",
                step=one.step,
                event=one.number,
                advice="Vérifiez que cette machine et celle de l'éditeur sont synchronisées (NTP), puis rejouez.",
            )
        return


def _off(message: Message, begun: datetime, arrived: datetime) -> timedelta | None:
    """By how much a date lies after the message's arrival, or before its play began."""
    said = moment(message.date_time_sent)
    if said is None:
        return None
    if said - arrived > TOLERANCE:
        return said - arrived
    return said - begun if begun - said > TOLERANCE else None


def _shown(off: timedelta) -> str:
    seconds = abs(off.total_seconds())
    much = f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.0f} h"
    return f"{'avance' if off > timedelta() else 'retarde'} de {much}"


def _same_machine(view: View) -> bool:
    """At home all clocks are one."""
    return view.header.hub_observed


def _hub_agrees(view: View) -> bool:
    witnesses = _hub_offs(view)
    return bool(witnesses) and all(off is None for off in witnesses)


def _hub_disagrees(view: View) -> bool:
    return any(off is not None for off in _hub_offs(view))


def _hub_offs(view: View) -> list[timedelta | None]:
    """How far from this machine's clock the hub's own reports are."""
    return [
        _off(one.arrival.message, view.record.begun, one.at)
        for one in view.record.delivered
        if one.arrival.message.model == "RS-ERROR"
        and one.arrival.message.sender_id != view.editor
        and moment(one.arrival.message.date_time_sent) is not None
    ]
