"""Each play: its sequence diagram, its steps, its findings. Those to be looked at come first and stand open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from recette.judge.verdicts import StepResult
from recette.report.diagram.drawing import diagram
from recette.report.diagram.layout import MAX_ROWS
from recette.report.diagram.sentences import sentences
from recette.report.html.evidence import Evidence
from recette.report.html.findings import findings_of
from recette.report.html.pieces import badge, code, facts, row, section, table
from recette.report.html.room import Rooms
from recette.report.markup import Markup, Node, tag
from recette.report.story import Play, Story
from recette.report.text import moment
from recette.wording.counting import counted

_ACTIONS = {
    "send": "l'éditeur envoie",
    "receive": "le partenaire envoie",
    "nothing": "rien ne doit venir",
    "attest": "une personne regarde l'écran",
    "disturb": "la recette gêne la liaison, l'éditeur revient",
}
_ORDER = ("error", "fail", "inconc", "none", "pass")
_FEW = 40
"""Conformant plays that are listed without being asked for."""
_OPEN = 12
"""Plays to be looked at that stand open; beyond that the causes above say more than the length of the page."""


def plays_sections(story: Story) -> tuple[Markup | None, Markup | None]:
    """The plays to look at, then the conformant ones; None where there are none."""
    rooms = Rooms()
    evidence = Evidence(story, rooms.messages)
    wrong = sorted(
        (one for one in story.plays if not one.conformant), key=lambda one: _ORDER.index(one.result.verdict)
    )
    right = [one for one in story.plays if one.conformant]
    to_look_at = [_play(one, evidence, rooms, opened=index < _OPEN) for index, one in enumerate(wrong)]
    return (
        section(
            "a-examiner",
            "Passages à examiner",
            to_look_at,
            lead=f"{counted(len(wrong), 'passage')}, du plus grave au moins grave.",
        )
        if wrong
        else None,
        section(
            "conformes",
            "Passages conformes",
            _by_vhost(right, evidence, rooms),
            lead=f"{counted(len(right), 'passage')} sans aucun constat ; chacun s'ouvre sur son diagramme de séquence.",
        )
        if right
        else None,
    )


def _by_vhost(plays: list[Play], evidence: Evidence, rooms: Rooms) -> list[Markup]:
    groups: dict[str, list[Play]] = {}
    for one in plays:
        groups.setdefault(one.vhost, []).append(one)
    return [
        tag(
            "details",
            tag("summary", tag("h3", name), tag("span", counted(len(some), "passage"), class_="aside")),
            [_play(one, evidence, rooms, opened=False) for one in some],
            class_="group",
            open=len(plays) <= _FEW,
        )
        for name, some in groups.items()
    ]


def _play(play: Play, evidence: Evidence, rooms: Rooms, *, opened: bool) -> Markup:
    result = play.result
    summary = tag(
        "summary",
        badge(result.verdict),
        tag("h3", result.title),
        tag("span", code(result.id), class_="aside"),
    )
    body = play_content(play, evidence, rooms)
    return tag(
        "article",
        tag("details", summary, tag("div", body, id=play.anchor, class_="inside"), open=opened),
        class_=f"play {result.verdict}",
    )


def play_content(
    play: Play,
    evidence: Evidence,
    rooms: Rooms,
    *,
    linked: bool = True,
    states: Mapping[str, str] = MappingProxyType({}),
) -> list[Node]:
    """All there is to show of a play below its title; `linked` to the requirements that the page shows.

    `states` says by step how far it came, where no verdict can be given yet.
    """
    reason = tag("p", play.result.reason, class_="reason") if play.result.reason else None
    found = findings_of(play, evidence, rooms, linked=linked)
    return [reason, _drawn(play, rooms, states) if play.lifelines else None, found]


def _drawn(play: Play, rooms: Rooms, states: Mapping[str, str]) -> Markup:
    drawn = tag("figure", _picture(play), tag("figcaption", _legend(play)), _told(play))
    if not rooms.drawings.take(drawn):
        drawn = tag("p", "Diagramme : la page n'a plus de place, allure/ le porte.", class_="aside")
    return tag("div", drawn, tag("div", _facts(play), _steps(play.result.steps, states)), class_="pair")


def _picture(play: Play) -> Markup:
    label = f"Diagramme de {play.result.id}"
    return tag("div", diagram(play), class_="wide", role="group", tabindex=0, aria_label=label)


def _told(play: Play) -> Markup:
    items = [tag("li", one) for one in islice(sentences(play), MAX_ROWS)]
    left = len(play.exchanges) - len(items)
    return tag(
        "details",
        tag("summary", "Le déroulé en toutes lettres"),
        tag("ol", items),
        tag("p", f"et {counted(left, 'autre échange', 'autres échanges')}, dans le journal")
        if left
        else None,
        class_="told",
    )


def _legend(play: Play) -> str:
    told = "Trait plein : message ; tirets : acquittement ou rapport"
    fates = {one.fate for one in play.exchanges}
    more = {
        "missing": "pointillé barré : attendu, jamais venu",
        "refused": "barré au hub : refusé",
        "lost": "barré : mis au rebut",
        "late": "horloge : en retard",
        "duplicate": "trait double : en double",
        "unexpected": "losange : non attendu",
    }
    wrong = any(one.rules for one in play.exchanges)
    parts = [told, *(text for fate, text in more.items() if fate in fates)]
    return f"{' ; '.join(parts)}{' ; trait épais et règle nommée : en cause' if wrong else ''}."


def _facts(play: Play) -> Markup:
    scenario = play.scenario
    rows: list[tuple[str, Node]] = [
        ("vHost", code(play.vhost)),
        ("Durée", moment(play.duration)),
        *(
            (
                f"{'Éditeur' if one.party == 'editor' else 'Partenaire'} ({one.actor}, {one.role})",
                code(one.client),
            )
            for one in play.lifelines
            if one.party != "hub"
        ),
    ]
    if scenario is not None:
        rows.append(("Scénario", code(scenario.file)))
        rows.append(("Exigences visées", ", ".join(scenario.requirements) or "aucune en particulier"))
    return facts(rows, kind="facts small")


def _steps(steps: Iterable[StepResult], states: Mapping[str, str]) -> Markup:
    rows = [
        row(
            one.title,
            [_ACTIONS.get(one.action, one.action), " ", tag("span", one.model, class_="whole")],
            badge(one.verdict, states.get(one.id)),
        )
        for one in steps
    ]
    return table("Étapes", ("Étape", "Action", "Verdict"), rows, kind="stacked")
