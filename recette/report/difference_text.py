"""Differences between two judgements as lines of text and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from recette.judge.verdicts import BEYOND, FRENCH
from recette.report.difference import FRENCH_TRENDS, TRENDS, Change, PlayDifference
from recette.report.provenance import Provenance
from recette.report.recorded import Recorded
from recette.report.text import safe
from recette.wording.counting import counted

_COUNTED = {
    "worse": ("en recul", "en recul"),
    "better": ("en progrès", "en progrès"),
    "appeared": ("apparu", "apparus"),
    "disappeared": ("disparu", "disparus"),
    "changed": ("changé sans plus", "changés sans plus"),
}


def lines(found: Iterable[PlayDifference]) -> Iterator[str]:
    """One block for each play."""
    for one in found:
        yield safe(f"{FRENCH_TRENDS[one.trend]:<9} {one.id} — {one.title} : {turned(one.before, one.after)}")
        for change in one.changes:
            yield safe(f"    {told(change)}")


def told(change: Change) -> str:
    """One change in one line."""
    if not change.rule:
        return f"{FRENCH_TRENDS[change.trend]:<9} étape {change.step} : {turned(change.before, change.after)}"
    place = " ".join(part for part in (change.step, change.path) if part)
    return (
        f"{FRENCH_TRENDS[change.trend]:<9} {change.rule} {turned(change.before, change.after)} "
        f"({place}) — {change.explanation}"
    )


def turned(before: str, after: str) -> str:
    """What a verdict was and is; nothing on a side where it was not."""
    words = [FRENCH[one] if one else "(absent)" for one in (before, after)]
    return words[0] if words[0] == words[1] else " → ".join(words)


def summary(found: Sequence[PlayDifference]) -> str:
    if not found:
        return "Aucune différence : mêmes passages, mêmes verdicts, mêmes constats."
    plays = [one.trend for one in found if one.id != BEYOND]
    times = Counter(plays)
    told = ", ".join(counted(times[one], *_COUNTED[one]) for one in TRENDS if times[one])
    parts = [f"{counted(len(plays), 'passage différent', 'passages différents')} : {told}"] if plays else []
    parts += [f"hors des passages, {FRENCH_TRENDS[one.trend].lower()}" for one in found if one.id == BEYOND]
    text = " ; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def causes(found: Sequence[PlayDifference], recorded: Provenance, current: Provenance) -> Iterator[str]:
    """Why a journal is not judged as it was: rule by rule, what changed in the program since."""
    changed = recorded.changed_rules(current)
    rules = Counter(change.rule for one in found for change in one.changes if change.rule)
    for rule, times in sorted(rules.items()):
        if rule not in recorded.rules:
            why = "nouvelle depuis"
        elif rule not in current.rules:
            why = "retirée depuis"
        elif rule in changed:
            why = "modifiée depuis"
        elif recorded.engine != current.engine:
            why = "elle-même inchangée ; ce sur quoi elle s'appuie (dictionnaire, lecture, rapprochement) a changé"
        else:
            why = "inchangée, comme tout ce qui juge"
        told = counted(times, "constat de différence", "constats de différence")
        yield f"    {rule} : {told} ; règle {why}."
    if found and recorded == current:
        yield (
            "    Rien de ce qui juge n'a changé : results.json ne vient pas de ce journal, ou a été modifié ; "
            "recette verify dit où."
        )


def document(found: Sequence[PlayDifference]) -> list[dict[str, Any]]:
    """For programs."""
    return [{**asdict(one), "regression": one.regression} for one in found]


def not_the_same(before: Recorded, after: Recorded) -> Iterator[str]:
    """What two runs are not about alike: another product, another hub; versions of one product are what is compared."""
    products = [one.identity.get("product", "") for one in (before, after)]
    clients = [{play.client for play in one.judgement.scenarios if play.client} for one in (before, after)]
    if all(products) and products[0] != products[1]:
        yield f"Attention : ce ne sont pas les mêmes logiciels ({before.software} ; {after.software})."
    elif not all(products) and not clients[0] & clients[1]:
        named = [", ".join(sorted(one)) or "aucun client" for one in clients]
        yield f"Attention : ce ne sont pas les mêmes clients ({named[0]} ; {named[1]})."
    if before.hub and after.hub and before.hub != after.hub:
        yield f"Attention : ce ne sont pas les mêmes hubs ({before.hub} ; {after.hub})."
