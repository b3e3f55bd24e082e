"""A run: how far it came, what is awaited and from whom, each play with its diagram, steps and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recette.console.desk import Sheet
from recette.console.launching import RunInProgress
from recette.console.live import PlayView, RunView, counts
from recette.console.pages.layout import button, form, notice
from recette.console.pages.operator import operator_part
from recette.judge.standing import SoFar
from recette.judge.verdicts import COUNTED
from recette.report.html.evidence import Evidence
from recette.report.html.findings import findings_of
from recette.report.html.pieces import badge, code, row, table
from recette.report.html.plays import play_content
from recette.report.html.room import Rooms
from recette.report.html.verdict import reasons
from recette.report.markup import Markup, Node, joined, tag
from recette.report.story import Play
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, SilenceStep, Step
from recette.wording.counting import counted

_STATES = {"waiting": "à jouer", "playing": "en cours", "ended": "jouée, en attente de verdict"}
_WORKING = {"playing": "La campagne se joue.", "writing": "Jouée et jugée ; les rapports s'écrivent."}
REPORTS = {
    "report.html": "Rapport",
    "pv.pdf": "Procès-verbal (PDF)",
    "results.json": "results.json",
    "junit.xml": "JUnit",
    "journal.jsonl": "Journal",
    "seal.json": "Sceau",
}
"""What of a run's folder is handed out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A run, and what else there is to know of it."""

    name: str
    """Of its folder."""
    view: RunView
    going: RunInProgress | None = None
    """While this console plays it, and after."""
    files: tuple[str, ...] = ()
    """The reports that are there."""
    resumable: bool = False

    @property
    def on(self) -> bool:
        return self.going is not None and self.going.phase != "over"

    @property
    def address(self) -> str:
        return f"/campagnes/{self.name}"


class Drawing:
    """The play that is looked at, drawn anew only where something happened to it."""

    def __init__(self) -> None:
        self._play: PlayView | None = None
        self._state: tuple[object, ...] = ()
        self._part = joined()

    def part(self, shown: Shown, name: str, sheet: Sheet | None) -> Markup:
        """What there is to show of the play of that name."""
        play = shown.view.plays.get(name)
        state = (name, play.version if play is not None else 0, sheet and (sheet.scenario, sheet.step))
        if self._state != state or self._play is not play:
            self._play, self._state = play, state
            self._part = joined(*_play(shown, name, sheet))
        return self._part


def run_parts(shown: Shown, play: str, drawing: Drawing) -> dict[str, Markup]:
    """What changes in the page, by the id of the element that holds it; `play` is the one that is looked at."""
    sheet = shown.going.desk.sheet if shown.going is not None else None
    return {
        "etat": _state(shown),
        "poste": operator_part(sheet, shown.view, shown.going.order.by if shown.going else ""),
        "passage": drawing.part(shown, play, sheet),
    }


def run_page(shown: Shown, play: str) -> list[Node]:
    """The whole page."""
    parts = run_parts(shown, play, Drawing())
    return [
        tag("section", parts["etat"], id="etat", aria_label="État de la campagne"),
        tag("section", parts["poste"], id="poste", aria_label="À vous", aria_live="polite"),
        tag(
            "div",
            tag("section", parts["passage"], id="passage", aria_label="Passage"),
            tag("section", plays_table(shown, play), id="passages", aria_label="Passages"),
            class_="beside",
        ),
    ]


def _state(shown: Shown) -> Markup:
    view, found = shown.view, counts(shown.view.plays.values())
    done = sum(one.state == "judged" for one in view.plays.values())
    return joined(
        tag("h2", _headline(shown)),
        _counts(found),
        tag(
            "p",
            tag("progress", "", value=done, max=max(1, len(view.plays)), aria_label="Passages jugés"),
            f" {done} sur {counted(len(view.plays), 'passage jugé', 'passages jugés')}",
            class_="progress",
        )
        if shown.on
        else None,
        tag("ol", [tag("li", one) for one in reasons(view.story)], class_="reasons") if view.story else None,
        [notice(line, "bad") for line in view.news[-3:]],
        _connect(shown),
        notice(shown.going.failure, "bad") if shown.going is not None and shown.going.failure else None,
        _buttons(shown, found),
    )


def _headline(shown: Shown) -> Node:
    if shown.going is not None and shown.on:
        return _WORKING[shown.going.phase]
    if shown.view.story is not None and shown.view.complete:
        return badge(shown.view.story.judgement.verdict)
    return "Cette campagne a été interrompue : elle n'a pas de verdict d'ensemble."


def _counts(found: dict[str, int]) -> Markup:
    words = {**{name: COUNTED[name] for name in ("pass", "fail", "inconc", "error", "none")}}
    words |= {"playing": ("en cours", "en cours"), "waiting": ("à jouer", "à jouer")}
    return tag(
        "dl",
        [
            tag(
                "div",
                tag("dt", words[name][number > 1]),
                tag("dd", number),
                class_=name if number else "nought",
            )
            for name, number in found.items()
            if number or name in {"pass", "fail"}
        ],
        class_="counts",
    )


def _connect(shown: Shown) -> Markup | None:
    """How the software under test reaches the hub that the run is; the password stays in the terminal."""
    going = shown.going
    if (
        going is None
        or not shown.on
        or not going.hint
        or any(shown.view.plays[one].state != "waiting" for one in shown.view.plays)
    ):
        return None
    lines = [
        *(one.strip() for one in going.hint),
        "Son mot de passe est dans le terminal où tourne la console.",
    ]
    return notice("\n".join(lines))


def _buttons(shown: Shown, found: dict[str, int]) -> Markup:
    parts: list[Node] = []
    if shown.going is not None and shown.going.phase == "playing":
        parts.append(form(f"{shown.address}/arreter", button("Arrêter", kind="danger"), label="Arrêter"))
    if not shown.on and shown.resumable:
        parts.append(
            form(f"{shown.address}/reprendre", button("Reprendre où elle s'arrête"), label="Reprendre")
        )
    wrong = sum(found[name] for name in ("fail", "inconc", "error"))
    if not shown.on and wrong:
        told = f"Rejouer ce qui n'est pas conforme ({wrong})"
        parts.append(form(f"{shown.address}/rejouer", button(told), label="Rejouer"))
    links = [
        tag("li", tag("a", REPORTS[name], href=f"{shown.address}/fichiers/{name}"))
        for name in shown.files
        if name in REPORTS
    ]
    if links and not shown.on:
        links.append(tag("li", tag("a", "Vérifier", href=f"{shown.address}/verification")))
    return tag("div", parts, tag("ul", links, class_="links") if links else None, class_="row")


def followed(view: RunView, before: str) -> str:
    """The play that is looked at where nobody chose one: the one before while it lasts, else what happens now."""
    last = view.plays.get(before)
    if last is not None and last.state in {"playing", "ended"}:
        return before
    going = [one.name for one in view.plays.values() if one.state == "playing"]
    if view.current in going:
        return view.current
    if going:
        return going[0]
    wrong = [
        one.name for one in view.plays.values() if one.result and one.result.verdict not in {"pass", "none"}
    ]
    return wrong[0] if wrong else before or view.current


def _play(shown: Shown, name: str, sheet: Sheet | None) -> Iterator[Node]:
    view = shown.view.plays.get(name)
    if view is None:
        told = (
            f"Cette campagne n'a pas de passage « {name} »." if name else "Aucun passage n'a encore commencé."
        )
        yield tag("p", told, class_="lead")
        return
    seen = view.seen(shown.view.elapsed)
    verdict = (
        badge(view.result.verdict) if view.result is not None else badge("none", _STATES.get(view.state, ""))
    )
    yield tag("h2", verdict, " ", view.title)
    yield tag("p", code(view.name), class_="aside")
    if seen is None:
        yield tag("p", _nothing_yet(view), class_="reason")
        return
    if view.result is None:
        yield from _awaited(view, seen, sheet)
    yield tag("h3", "Déroulé", class_="heard")
    rooms = Rooms()
    seen = replace(seen, anchor="p")
    evidence = Evidence(shown.view, rooms.messages)
    if view.result is not None:
        yield tag("div", play_content(seen, evidence, rooms, linked=False), class_="inside")
        return
    so_far = view.stands()
    content = play_content(seen, evidence, rooms, linked=False, states=_steps_so_far(view, seen, so_far))
    yield tag("div", content, _open_so_far(seen, so_far, evidence, rooms), class_="inside")


def _steps_so_far(view: PlayView, seen: Play, so_far: SoFar) -> dict[str, str]:
    """How far each step came, while it has no verdict."""
    opened = seen.opened or {}
    open_still = {one.step for one in so_far.open if one.verdict != "remark"}

    def state(step: str) -> str:
        if step in view.steps:
            return "EN COURS"
        if step not in opened:
            return "À VENIR"
        return "ÉCART À CE STADE" if step in open_still else "FINIE, À JUGER"

    return {one.id: state(one.id) for one in seen.result.steps if one.verdict == "none"}


def _open_so_far(seen: Play, so_far: SoFar, evidence: Evidence, rooms: Rooms) -> Markup | None:
    """What the rules find so far, and a later message may still take back."""
    result = replace(seen.result, findings=so_far.open)
    head = "À ce stade, tant qu'aucun autre message ne vient"
    return findings_of(replace(seen, result=result), evidence, rooms, linked=False, head=head)


def _nothing_yet(view: PlayView) -> str:
    """Why there is nothing to show of a play."""
    if view.result is not None:
        return view.result.reason or "Ce passage n'a pas été joué."
    if view.state == "waiting":
        return "Ce passage n'a pas encore commencé."
    return "Plusieurs passages se jouent à la fois : le diagramme de celui-ci vient avec son verdict."


def _awaited(view: PlayView, seen: Play, sheet: Sheet | None) -> Iterator[Node]:
    """What is awaited, from whom, and how long still."""
    scenario = seen.scenario
    if scenario is None:
        return
    for name, until in view.steps.items():
        step = scenario.step(name)
        asked = sheet is not None and (sheet.scenario, sheet.step) == (view.name, name)
        ends = sheet.until if sheet is not None and asked else until
        yield tag(
            "p",
            tag("strong", "En attente : "),
            f"{step.title} — {'à vous' if asked else _whose(step, seen.actor)}. ",
            tag("span", "", data_until=f"{ends:.0f}", class_="left") if ends else None,
            class_="awaited",
        )


def _whose(step: Step, editor: str) -> str:
    """From whom something is awaited in a step."""
    match step:
        case SilenceStep():
            return "rien ne doit venir du logiciel testé"
        case DisturbStep():
            return "la recette a rompu la liaison, au logiciel testé de revenir"
        case AttestStep():
            return "à qui regarde l'écran du logiciel testé"
        case MessageStep(sender=sender) if sender == editor:
            return "au logiciel testé d'envoyer"
        case _:
            return "le partenaire a envoyé, au logiciel testé d'acquitter"


def plays_table(shown: Shown, play: str) -> Markup:
    """All plays, a row each."""
    rows = [
        play_row(index, one, shown.address, chosen=one.name == play)
        for index, one in enumerate(shown.view.plays.values())
    ]
    return joined(
        tag("h2", "Passages"),
        table("Tous les passages de la campagne", ("Passage", "Verdict"), rows, kind="stacked plays"),
    )


def play_row(index: int, one: PlayView, address: str, *, chosen: bool = False) -> Markup:
    """One play, as a row; `cells_of` is what changes in it."""
    name = tag(
        "a", one.title, href=f"{address}?passage={one.name}#passage", aria_current="true" if chosen else None
    )
    state = tag("div", cells_of(one), id=f"v{index}-etat")
    return row([name, tag("span", one.name, class_="aside block")], state)


def cells_of(one: PlayView) -> Markup:
    """The verdict of a play, or how far it came."""
    if one.result is None:
        return tag("span", _STATES.get(one.state, ""), class_="aside")
    first = next((f for f in one.result.findings if f.verdict == one.result.verdict), None)
    told = f" {first.rule}" if first is not None else ""
    return tag("span", badge(one.result.verdict), told)
