"""The exchanges of a play in words: the diagram for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.verdicts import FRENCH
from recette.report.exchanges import HUB, Exchange
from recette.report.story import Play
from recette.report.text import moment
from recette.wording.counting import counted


def short(client: str) -> str:
    """A client id without what all of them begin with."""
    return client.removeprefix("fr.health.")


def sentences(play: Play) -> Iterator[str]:
    """One sentence for each exchange, in order."""
    editor = play.lifelines[0].client if play.lifelines else ""
    for one in play.exchanges:
        yield f"{moment(one.at)} : {_told(one, editor)}{_marks(one)}"


def overview(play: Play) -> str:
    """What the diagram shows, in one sentence."""
    wrong = [one for one in play.exchanges if one.rules]
    told = counted(len(play.exchanges), "échange")
    if not wrong:
        return f"{told} entre l'éditeur, le hub et {counted(len(play.lifelines) - 2, 'partenaire')}."
    first = "".join(f", le premier : {one.label}, {' '.join(one.rules)}" for one in wrong[:1])
    return f"{told}, dont {counted(len(wrong), 'signalé')}{first}."


def _who(client: str, editor: str) -> str:
    if client == editor:
        return "l'éditeur"
    return "le hub" if client == HUB else short(client)


def _told(one: Exchange, editor: str) -> str:
    sender, recipient = _who(one.sender, editor), _who(one.recipient, editor)
    aside = f" ({one.note})" if one.note else ""
    match one.kind, one.fate:
        case "note", _:
            return one.label
        case "order", _:
            return f"{one.label} donnée à l'éditeur"
        case _, "missing":
            return f"{one.label} attendu de {sender.replace('le ', '')} vers {recipient} : {one.note}"
        case "ack", _:
            return f"{sender} répond à {recipient} par {one.label}{aside}"
        case _:
            return f"{sender} envoie {one.label} à {recipient}{aside}"


def _marks(one: Exchange) -> str:
    return f" — {FRENCH[one.verdict]} {', '.join(one.rules)}" if one.rules else ""
