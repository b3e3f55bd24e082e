"""What proves a finding: the place in the message, the whole message, the line of the scenario. Within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from recette.judge.verdicts import Finding
from recette.report.html.pieces import code
from recette.report.html.room import Room
from recette.report.listing import Gap, Line, Listing, excerpt, listing
from recette.report.markup import Markup, Node, tag
from recette.report.story import Body, Play
from recette.wording.counting import counted

_AROUND = 3
_STEP_LINES = 8


class Bodies(Protocol):
    """Whatever holds the messages that findings are about."""

    @property
    def bodies(self) -> Mapping[int, Body]: ...

    def body(self, finding: Finding) -> Body | None: ...


class Evidence:
    """Proves the findings of one page; whole messages are shown as long as there is room."""

    def __init__(self, story: Bodies, room: Room) -> None:
        self._story = story
        self._room = room

    def place_in_message(self, finding: Finding) -> Markup | None:
        """The lines around what the finding is about."""
        body = self._story.body(finding)
        if body is None or not finding.path:
            return None
        whole = listing(body.data, body.content_type, [finding.path])
        return tag(
            "figure",
            tag("figcaption", "Dans le message : ", code(finding.path)),
            _absent(whole),
            lines_of(excerpt(whole, _AROUND), f"Extrait du message, {finding.rule}"),
            class_="proof",
        )

    def place_in_scenario(self, play: Play, finding: Finding) -> Markup | None:
        """The step as the scenario writes it."""
        file, _, number = finding.place.rpartition(":")
        source = play.scenario.sources.get(file) if play.scenario else None
        if source is None or not number.isdecimal():
            return None
        shown = _step_lines(source.splitlines(), int(number) - 1)
        return tag(
            "figure",
            tag("figcaption", "Dans le scénario : ", code(finding.place)),
            lines_of(shown, f"Extrait du scénario, {finding.rule}"),
            class_="proof",
        )

    def messages_of(self, play: Play) -> Markup | None:
        """The messages that the findings of a play are about, whole, each once."""
        paths: dict[int, list[str]] = {}
        for finding in play.result.findings:
            if finding.event in self._story.bodies:
                paths.setdefault(finding.event, []).append(finding.path)
        shown = [one for one in (self._message(event, places) for event, places in paths.items()) if one]
        return tag("div", shown, class_="messages") if shown else None

    def _message(self, event: int, paths: list[str]) -> Markup | None:
        body = self._story.bodies[event]
        title = (
            f"Message entier, événement {event} ({body.content_type or 'sans type'}, {len(body.data)} octets)"
        )
        whole = listing(body.data, body.content_type, paths)
        cut = [Gap(0)] if whole.cut else []
        shown = tag("details", tag("summary", title), lines_of([*whole.lines, *cut], title), class_="message")
        if self._room.take(shown):
            return shown
        return tag("p", f"{title} : voyez le journal, la page n'a plus de place.", class_="aside")


def _step_lines(lines: list[str], at: int) -> list[Line]:
    """A step of a scenario file from its first line, which is marked, to the step after it."""
    first = lines[at] if 0 <= at < len(lines) else ""
    indent = first[: len(first) - len(first.lstrip())]
    ends = (
        n for n in range(at + 1, len(lines)) if lines[n].strip() and not lines[n].startswith(f"{indent} ")
    )
    end = min(next(ends, len(lines)), at + _STEP_LINES)
    return [Line(text[len(indent) : 200], not index) for index, text in enumerate(lines[at:end])]


def _absent(whole: Listing) -> Markup | None:
    if not whole.absent:
        return None
    return tag(
        "p", "Rien à cet endroit du message : la ligne marquée est la plus proche au-dessus.", class_="aside"
    )


def lines_of(lines: Iterable[Line | Gap], label: str) -> Markup:
    """Lines of a message or a scenario, those that something points at marked."""
    shown: list[Node] = []
    for one in lines:
        if isinstance(one, Gap):
            told = f"⋯ {counted(one.lines, 'ligne')}" if one.lines else "⋯ la suite est dans le journal"
            shown.append(tag("span", f"  {told}\n", class_="gap"))
        elif one.marked:
            shown += [tag("mark", f"▶ {one.text}"), "\n"]
        else:
            shown.append(f"  {one.text}\n")
    return tag("pre", shown, tabindex=0, aria_label=label, role="region")
