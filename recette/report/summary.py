"""The end of a run in a terminal: a screen for any number of plays, or everything."""

from __future__ import annotations

from recette.journal.events import RunStarted
from recette.judge.verdicts import COUNTED, FRENCH, Judgement, ScenarioResult, Verdict
from recette.report.editors import editor_verdicts
from recette.report.grouping import Cause, causes
from recette.report.ink import Ink
from recette.report.scope import coverage_text, hub_text, not_observed_lines, tested_text, unobserved_here
from recette.report.text import finding_lines, hub_profile_text, models_text
from recette.wording.counting import counted

_IN_FULL, _IN_A_LINE, _NAMES = 3, 6, 3
"""Causes told as a block, and as a line; plays that a cause names."""
_VHOSTS = 12
_COLUMNS: tuple[Verdict, ...] = ("pass", "fail", "inconc", "error", "none")


def everything(judgement: Judgement, ink: Ink) -> None:
    """Every play, and what belongs to none, each finding as a block."""
    for one in judgement.results:
        ink.line(f"{one.id} — {one.title}", verdict=one.verdict)
        if one.reason:
            ink.line(f"    {one.reason}")
        for finding in one.findings:
            ink.line()
            _block(finding_lines(finding), finding.verdict, ink)
        if one.findings:
            ink.line()


def at_a_glance(judgement: Judgement, header: RunStarted, ink: Ink, *, causes_told: bool = False) -> None:
    """Counts by perimeter, the causes, then the verdict of the whole."""
    _vhosts(judgement, header, ink)
    if not causes_told:
        _causes(judgement, ink)
        _reasons(judgement, ink)
    for line in not_observed_lines(unobserved_here(judgement, header)):
        ink.line(f"Non observé : {line}")
    for note in judgement.notes[:5]:
        ink.line(f"Note : {uncapitalised(note)}")
    if len(judgement.notes) > 5:
        ink.line(f"Note : et {len(judgement.notes) - 5} autres, dans results.json")
    counts = judgement.counts
    told = ", ".join(counted(counts[name], *COUNTED[name]) for name in _COLUMNS)
    where = hub_text(header.played_on)
    on = f", sur {where}" if where else ""
    ink.line(f": {counted(len(judgement.scenarios), 'passage')}{on}", verdict=judgement.verdict)
    ink.line(f"    {told} ; {counted(counts['remarks'], 'remarque')}{_beyond(judgement)}")
    tested = tested_text(header)
    if tested:
        ink.line(f"    éprouvé : {tested}")
    ink.line(f"    jugé par : {models_text(header)}, profil de hub {hub_profile_text(header)}")
    for one in editor_verdicts(judgement, header):
        ink.line(f"{one.shown} : {one.told or 'aucun passage'}", verdict=one.verdict, indent="  ")
    told = coverage_text(header.due, header.identity, judgement)
    if told:
        ink.line(f"    {told}")


def _beyond(judgement: Judgement) -> str:
    many = len(judgement.findings)
    found = counted(many, "constat hors des passages", "constats hors des passages")
    return f" ; {found}" if many else ""


def _vhosts(judgement: Judgement, header: RunStarted, ink: Ink) -> None:
    groups: dict[str, list[ScenarioResult]] = {}
    for one in judgement.scenarios:
        groups.setdefault(one.vhost or "non chargés", []).append(one)
    if not groups:
        return
    editions = header.editions
    width = max(len("vHost"), *(len(name) for name in groups))
    tags = max(len("édition"), *(len(one) for one in ("", *editions.values())))
    heads = "".join(f"{FRENCH[name].lower():>15}" for name in _COLUMNS)
    ink.line(f"  {'vHost':<{width}}  {'édition':<{tags}}{heads}")
    for name, some in list(groups.items())[:_VHOSTS]:
        found = [one.verdict for one in some]
        cells = "".join(f"{found.count(column) or '·':>15}" for column in _COLUMNS)
        ink.line(f"  {name:<{width}}  {editions.get(name, '·'):<{tags}}{cells}")
    if len(groups) > _VHOSTS:
        ink.line(f"  et {len(groups) - _VHOSTS} autres")
    ink.line()


def _causes(judgement: Judgement, ink: Ink) -> None:
    found = causes(judgement.results)
    for cause in found[:_IN_FULL]:
        lines = finding_lines(cause.first)
        _block([*lines, f"    {'passages':<8} {_plays(cause)}"], cause.verdict, ink)
        ink.line()
    for cause in found[_IN_FULL : _IN_FULL + _IN_A_LINE]:
        told = f"{cause.rule} — {cause.first.explanation}"
        ink.line(f"{told[:100]} ({counted(len(cause.plays), 'passage')})", verdict=cause.verdict, indent="  ")
    left = len(found) - _IN_FULL - _IN_A_LINE
    if left > 0:
        ink.line(f"  et {counted(left, 'autre cause', 'autres causes')} : voyez report.html ou --verbose")
    if len(found) > _IN_FULL:
        ink.line()


def _plays(cause: Cause) -> str:
    names = cause.plays
    more = f" et {counted(len(names) - _NAMES, 'autre')}" if len(names) > _NAMES else ""
    return f"{len(names)} : {', '.join(names[:_NAMES])}{more}"


def _reasons(judgement: Judgement, ink: Ink) -> None:
    """Plays that no finding explains: not played, cut off."""
    bare = [
        one
        for one in judgement.scenarios
        if one.verdict != "pass" and all(finding.verdict == "remark" for finding in one.findings)
    ]
    for one in bare[:_IN_A_LINE]:
        ink.line(f"{one.id} : {one.reason}" if one.reason else one.id, verdict=one.verdict, indent="  ")
    if len(bare) > _IN_A_LINE:
        ink.line(f"  et {counted(len(bare) - _IN_A_LINE, 'autre')} : voyez report.html ou --verbose")
    if bare:
        ink.line()


def _block(lines: list[str], verdict: str, ink: Ink) -> None:
    ink.line(lines[0].removeprefix(f"{FRENCH[verdict]} "), verdict=verdict, indent="  ")
    for line in "\n".join(lines[1:]).splitlines():
        ink.line(f"  {line}")


def uncapitalised(sentence: str) -> str:
    """A sentence after a colon; one that begins with a name or a number stays as it is."""
    first, _, _ = sentence.partition(" ")
    return sentence[:1].lower() + sentence[1:] if first[1:].islower() else sentence
