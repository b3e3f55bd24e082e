"""The top of the page: what was tested, the verdict, and its reasons in three lines."""

from __future__ import annotations

from recette.judge.verdicts import COUNTED, FRENCH, VERDICTS, Judgement
from recette.report.editors import editor_verdicts
from recette.report.grouping import Cause, causes
from recette.report.html.environment import editors
from recette.report.html.pieces import SIGNS
from recette.report.markup import Markup, tag
from recette.report.scope import (
    coverage_text,
    hub_text,
    nobodys_text,
    not_observed_lines,
    passage_line,
    reference_text,
    software_text,
    unobserved_here,
)
from recette.report.story import Story
from recette.report.text import PARTIES
from recette.wording.counting import counted


def reasons(story: Story) -> tuple[str, str, str]:
    """Why the verdict is what it is: how many, the first cause, what to do."""
    found = causes(story.judgement.results)
    return _how_many(story.judgement), _cause(found), _next(story, found)


def verdict_section(story: Story) -> Markup:
    """The verdict, its reasons and the counts."""
    judgement = story.judgement
    counts = judgement.counts
    numbers = [
        tag(
            "div",
            tag("dt", COUNTED[name][counts[name] > 1]),
            tag("dd", counts[name]),
            class_=name if counts[name] else "nought",
        )
        for name in ("pass", "fail", "inconc", "error", "none")
    ]
    remarks = tag(
        "div",
        tag("dt", "remarques" if counts["remarks"] > 1 else "remarque"),
        tag("dd", counts["remarks"]),
        class_="remark" if counts["remarks"] else "nought",
    )
    return tag(
        "section",
        tag(
            "h2",
            tag("span", SIGNS[judgement.verdict], class_="sign", aria_hidden="true"),
            FRENCH[judgement.verdict],
            id="verdict-titre",
        ),
        _scope(story),
        tag("ol", [tag("li", line) for line in reasons(story)], class_="reasons"),
        tag("dl", numbers, remarks, class_="counts"),
        _each_editor(story),
        _not_observed(story),
        _notes(judgement),
        id="verdict",
        class_=f"verdict {judgement.verdict}",
        aria_labelledby="verdict-titre",
    )


def _each_editor(story: Story) -> Markup | None:
    """What came of each, where several were under test at once."""
    found = list(editor_verdicts(story.judgement, story.header))
    if not found:
        return None
    told = [f"{FRENCH[one.verdict]} : {one.shown}, {one.told or 'aucun passage'}." for one in found]
    return tag(
        "div",
        tag("h3", "Le verdict de chaque éditeur"),
        tag("ul", [tag("li", one) for one in told]),
        class_="notes",
    )


def title(story: Story) -> str:
    """What this page is about."""
    who, where = editors(story.header), story.header.vhosts
    clients = " et ".join(who) if len(who) < 3 else f"{len(who)} logiciels"
    ours, software = reference_text(story.header), software_text(story.header.identity)
    tested = (
        f"d'{ours} ({clients})" if ours else f"de {software} ({clients})" if software else f"de {clients}"
    )
    return f"Recette {tested} sur {' et '.join(where) if len(where) < 3 else f'{len(where)} vHosts'}"


def _how_many(judgement: Judgement) -> str:
    total = len(judgement.scenarios)
    counts = judgement.counts
    if total == 0:
        return "Aucun passage n'est jugé : cette campagne ne prouve rien."
    if counts["pass"] == total:
        told = (
            "L'unique passage joué est conforme"
            if total == 1
            else f"Les {total} passages joués sont conformes"
        )
        if _holds(judgement):
            return f"{told}."
        if judgement.verdict == "fail":
            beyond = counted(
                len(judgement.findings), "constat hors des passages", "constats hors des passages"
            )
            return f"{told}, mais la campagne ne l'est pas : {beyond}."
        return f"{told}, mais la campagne elle-même ne permet pas de conclure."
    parts = [f"{counts[name]} {COUNTED[name][counts[name] > 1]}" for name in VERDICTS if counts[name]]
    return f"{counted(total, 'passage')} : {', '.join(parts)}."


def _holds(judgement: Judgement) -> bool:
    """Whether the whole is as good as its plays."""
    return judgement.verdict == "pass"


def _cause(found: list[Cause]) -> str:
    serious = [one for one in found if one.verdict != "remark"]
    if not serious:
        if not found:
            return "Aucun constat : ni non-conformité, ni remarque."
        first = found[0]
        return f"Aucune non-conformité ; {counted(len(found), 'règle')} en remarque, dont {first.rule} : {first.first.explanation}"
    first = serious[0]
    more = (
        f" {counted(len(serious) - 1, 'autre cause', 'autres causes')} plus bas." if len(serious) > 1 else ""
    )
    return (
        f"Première cause, attribuée à {PARTIES[first.attributed_to]} : {first.rule}, "
        f"{counted(len(first.plays), 'passage')}. {first.first.explanation}{more}"
    )


def _next(story: Story, found: list[Cause]) -> str:
    if not story.plays:
        return "À faire : retrouver le journal tel qu'il a été écrit, ou rejouer la campagne."
    if not story.complete:
        return "Le journal n'a pas de fin : la campagne a été interrompue, rejouez-la."
    serious = [one for one in found if one.verdict != "remark"]
    if serious:
        return f"À faire d'abord : {serious[0].first.advice}"
    unplayed = next((one for one in story.judgement.scenarios if one.verdict != "pass"), None)
    if unplayed is not None:
        return f"{unplayed.id} : {unplayed.reason or FRENCH[unplayed.verdict].lower()}"
    return f"Le journal est complet : {counted(story.events, 'événement')}, rejugeables sans l'éditeur ni le hub."


def _scope(story: Story) -> Markup:
    """Where and how much was played, as loud as the verdict."""
    hub = hub_text(story.header.played_on, story.issuers)
    told = coverage_text(story.header.due, story.header.identity, story.judgement)
    lines = [nobodys_text(story.header), f"Sur {hub}" if hub else "", told]
    return tag("p", " · ".join(one for one in lines if one), class_="scope")


def _not_observed(story: Story) -> Markup | None:
    judgement = story.judgement
    lines = list(not_observed_lines(unobserved_here(judgement, story.header)))
    passage = passage_line(judgement)
    if not lines and not passage:
        return None
    return tag(
        "div",
        tag("h3", "Non observé dans cette campagne, parce que") if lines else None,
        tag("ul", [tag("li", one) for one in lines]) if lines else None,
        tag("p", passage) if passage else None,
        class_="notes",
    )


def _notes(judgement: Judgement) -> Markup | None:
    if not judgement.notes:
        return None
    return tag(
        "div",
        tag("h3", "À savoir"),
        tag("ul", [tag("li", note) for note in judgement.notes]),
        class_="notes",
    )
