"""What the procès-verbal says, as plain data: the template shows it and knows nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recette.journal.events import RunStarted
from recette.journal.facts import LEVELS
from recette.judge.verdicts import COUNTED, FINDING_VERDICTS, FRENCH, Judgement
from recette.report.coverage import Row, coverage
from recette.report.editors import EditorVerdict, editor_verdicts
from recette.report.grouping import Cause, causes
from recette.report.minutes.typesettable import typesettable
from recette.report.months import MONTHS
from recette.report.scope import (
    coverage_text,
    hub_text,
    nobodys_text,
    not_observed_lines,
    passage_line,
    reference_text,
    unseen_hub,
)
from recette.report.story import Play, Story
from recette.report.text import PARTIES, cahier_text, hub_profile_text, models_text
from recette.wording.counting import counted, in_seconds

_RESERVATIONS, _ATTESTATIONS, _FINDINGS = 8, 6, 200
"""What the two first pages, and the annex of findings, show at most; the rest is counted."""
_TEXT = 400
"""Characters of one value of a message."""
_DRIVERS = {
    "simulated": "éditeur de référence",
    "http": "par HTTP",
    "operator": "à un opérateur",
    "command": "par commande",
}
_DEADLINES = {"ack": "acquittement", "answer": "réponse", "quiet": "silence"}
_ANSWERS = {
    "conforme": ("pass", "conforme"),
    "approche": ("remark", "approché"),
    "non-conforme": ("fail", "non conforme"),
    "sans-reponse": ("inconc", "sans réponse"),
}


@dataclass(frozen=True, slots=True)
class _Attestation:
    """What a person said of the editor's screen."""

    asked: str
    play: str
    answer: str
    by: str
    at: str
    comment: str

    def shown(self) -> dict[str, str]:
        verdict, word = _ANSWERS.get(self.answer, ("inconc", self.answer))
        return {
            "asked": self.asked,
            "play": self.play,
            "verdict": verdict,
            "word": word,
            "by": self.by,
            "at": self.at,
            "comment": _cut(self.comment),
        }


def content(story: Story) -> dict[str, Any]:
    """Everything that the template shows."""
    judgement, header = story.judgement, story.header
    found = causes(judgement.results)
    attested = list(_attestations(story))
    rows = coverage(story.plays, judgement)
    serious = [one for one in found if one.verdict != "remark"]
    shown = {
        "title": f"Procès-verbal de recette {header.run}",
        "subtitle": _subtitle(story),
        "reference": header.run,
        "recette": header.recette,
        "date": {"year": story.ended.year, "month": story.ended.month, "day": story.ended.day},
        "verdict": judgement.verdict,
        "verdict_word": FRENCH[judgement.verdict],
        "reasons": _reasons(judgement, serious, editor_verdicts(judgement, header)),
        "scope": [_cut(one) for one in _scope(story)],
        "not_observed": [_cut(one) for one in not_observed_lines(judgement.not_observed)],
        "subject": _subject(header, story),
        "targets": _targets(header),
        "conditions": _conditions(story),
        "results": _results(story.plays),
        "reservations": list(_reservations(judgement, found))[:_RESERVATIONS],
        "more_reservations": _more(len(list(_reservations(judgement, found))), _RESERVATIONS, "A et C"),
        "notes": [_cut(one) for one in judgement.notes[:4]],
        "attestations": [one.shown() for one in attested[:_ATTESTATIONS]],
        "more_attestations": _more(len(attested), _ATTESTATIONS, "D"),
        "all_attestations": [one.shown() for one in attested]
        if len(attested) > _ATTESTATIONS or any(one.comment for one in attested)
        else [],
        "signatures": _signatures(header),
        "events": story.events,
        "completeness": "complet" if story.complete else "interrompu",
        "fingerprint": story.fingerprint,
        "fingerprint_short": f"{story.fingerprint[:16]}…",
        "plays": [_play(one) for one in story.plays],
        "requirements": [_requirement(one) for one in rows],
        "requirements_lead": _requirements_lead(rows),
        "findings": [_finding(one) for one in found[:_FINDINGS]],
        "more_findings": _more(len(found), _FINDINGS, ""),
    }
    made: dict[str, Any] = typesettable(shown)
    return made


def moment(when: datetime) -> str:
    """A date and time as French writes them."""
    day = "1er" if when.day == 1 else str(when.day)
    return f"{day} {MONTHS[when.month - 1]} {when.year} à {when:%H h %M}"


def _subtitle(story: Story) -> str:
    header = story.header
    product = reference_text(header) or " ".join(
        header.identity[one] for one in ("product", "version") if header.identity.get(one)
    )
    editors = list(dict.fromkeys(one.editor for one in header.targets))
    who = product or (editors[0] if len(editors) == 1 else f"{len(editors)} logiciels éprouvés")
    where = header.vhosts[0] if len(header.vhosts) == 1 else f"{len(header.vhosts)} vHosts"
    return f"{who}, sur {where}, le {moment(story.ended).partition(' à ')[0]}"


def _reasons(judgement: Judgement, serious: list[Cause], editors: Iterable[EditorVerdict]) -> list[str]:
    counts, total = judgement.counts, len(judgement.scenarios)
    if total == 0:
        return ["Rien n'a été jugé : cette campagne ne prouve rien."]
    parts = [
        counted(counts[one], *COUNTED[one])
        for one in ("pass", "fail", "inconc", "error", "none")
        if counts[one]
    ]
    remarks = counted(counts["remarks"], "remarque") if counts["remarks"] else "aucune remarque"
    told = [f"{counted(total, 'passage')} : {', '.join(parts)} ; {remarks}."]
    if serious:
        told.append(f"Première cause : {serious[0].rule}, {serious[0].first.explanation}")
    told += [f"{one.shown} : {FRENCH[one.verdict]} ({one.told or 'aucun passage'})." for one in editors]
    return [_cut(one, 260) for one in told]


def _scope(story: Story) -> Iterator[str]:
    """Where and how much was played, as loud as the verdict."""
    nobodys = nobodys_text(story.header)
    if nobodys:
        yield f"{nobodys}."
    hub = hub_text(story.header.played_on, story.issuers)
    if hub:
        yield f"Sur {hub}."
    told = coverage_text(story.header.due, story.header.identity, story.judgement)
    if told:
        yield f"{told}."
    passage = passage_line(story.judgement)
    if passage:
        yield passage


def _subject(header: RunStarted, story: Story) -> list[tuple[str, str]]:
    named = header.identity
    product = " ".join(named[one] for one in ("product", "version") if named.get(one))
    ours = reference_text(header)
    software = [
        ("Éditeur", "aucun" if ours else named.get("vendor", "")),
        ("Logiciel et version", ours or product),
    ]
    if header.face_to_face:
        names = dict.fromkeys(one.name for one in editor_verdicts(story.judgement, header))
        software = [("Éditeur", name) for name in names]
    rows = (
        *software,
        ("SAMU pilote", named.get("pilot", "")),
        ("Niveau de test", LEVELS.get(named.get("level", ""), named.get("level", ""))),
        ("Campagne", f"{header.run}, cible {header.target}"),
        ("Jouée du", f"{moment(story.started)} au {moment(story.ended)} ({story.ended:%Z})"),
    )
    return [(name, value) for name, value in rows]


def _targets(header: RunStarted) -> list[dict[str, Any]]:
    """Each software with the vHosts it was tested on."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for one in header.targets:
        driver = _DRIVERS.get(one.driver, one.driver)
        found.setdefault((one.editor, one.role, one.format.upper(), driver), []).append(one.vhost)
    return [
        {
            "editor": editor,
            "role": role,
            "format": format_,
            "driver": driver,
            "vhosts": [_with_edition(one, header) for one in vhosts],
        }
        for (editor, role, format_, driver), vhosts in found.items()
    ]


def _with_edition(name: str, header: RunStarted) -> str:
    tag = header.editions.get(name)
    return f"{name} (G{header.generation_of(name)}, {tag})" if tag else name


def _conditions(story: Story) -> list[tuple[str, str]]:
    header = story.header
    partners = dict.fromkeys(client for one in header.targets for client in one.partners)
    rows = (
        ("Cahier", _cut(" ; ".join(map(cahier_text, header.cahiers)))),
        (
            "Partenaires joués",
            "aucun : les éditeurs se répondent" if header.face_to_face else ", ".join(partners),
        ),
        ("Modèles", f"{models_text(header)} ; profil de hub {hub_profile_text(header)}"),
        (
            "Délais",
            ", ".join(f"{_DEADLINES.get(k, k)} {in_seconds(v)}" for k, v in header.deadlines.items()),
        ),
        (
            "Côté hub",
            "observé (hub de la recette)" if header.hub_observed else unseen_hub(header),
        ),
        ("Captures", _cut(" ; ".join(header.captures))),
        ("TLS", " ; ".join(story.tls)),
        ("Règles durcies", ", ".join(header.strict)),
    )
    return [(name, value) for name, value in rows if value]


def _results(plays: Iterable[Play]) -> list[dict[str, Any]]:
    by_perimeter: dict[str, list[Play]] = {}
    for one in plays:
        by_perimeter.setdefault(one.perimeter or "(non chargés)", []).append(one)
    rows = [_counts(name, some, total=False) for name, some in sorted(by_perimeter.items())]
    everything = [one for some in by_perimeter.values() for one in some]
    return rows if len(rows) == 1 else [*rows, _counts("Ensemble", everything, total=True)]


def _counts(name: str, plays: list[Play], *, total: bool) -> dict[str, Any]:
    verdicts = [one.result.verdict for one in plays]
    remarks = sum(finding.verdict == "remark" for one in plays for finding in one.result.findings)
    columns = [verdicts.count(one) for one in ("pass", "fail", "inconc", "error", "none")]
    return {"name": name, "total": total, "counts": [len(plays), *columns, remarks]}


def _reservations(judgement: Judgement, found: list[Cause]) -> Iterator[dict[str, str]]:
    for one in found:
        yield {
            "verdict": one.verdict,
            "word": _word(one.verdict),
            "rule": one.rule,
            "text": _cut(one.first.explanation, 220),
            "whose": PARTIES[one.attributed_to],
            "plays": counted(len(one.plays), "passage"),
        }
    for verdict, word in (("none", "non joué"), ("inconc", "non concluant"), ("error", "erreur")):
        silent = [one for one in judgement.scenarios if one.verdict == verdict and not one.findings]
        reasons = dict.fromkeys(one.reason for one in silent)
        for reason in reasons:
            some = [one for one in silent if one.reason == reason]
            yield {
                "verdict": verdict,
                "word": word,
                "rule": "",
                "text": _cut(reason or "sans raison donnée", 220),
                "whose": "",
                "plays": counted(len(some), "passage"),
            }


def _attestations(story: Story) -> Iterator[_Attestation]:
    plays = {one.result.id: one for one in story.plays}
    for one in story.attestations:
        event = one.said
        play = plays.get(event.scenario)
        yield _Attestation(
            play.to_be_seen(event.step) if play else event.step,
            event.scenario,
            event.answer,
            event.by or _unnamed(story.header, play),
            f"{one.at:%d/%m/%Y %H:%M}",
            event.comment,
        )


def _unnamed(header: RunStarted, play: Play | None) -> str:
    """Who answered where nobody is named: the reference editor does, for its own screen."""
    target = header.target_of(play.result.vhost, play.result.client) if play else None
    return _DRIVERS["simulated"] if target is not None and target.driver == "simulated" else "(sans nom)"


def _signatures(header: RunStarted) -> list[dict[str, str]]:
    named = header.identity
    if header.face_to_face:
        vendors = [header.products.get(one.editor, {}).get("vendor", one.editor) for one in header.targets]
        return [{"for": f"Pour {one}", "name": ""} for one in dict.fromkeys(vendors)]
    return [
        {"for": f"Pour l'éditeur{_of(named.get('vendor'))}", "name": ""},
        {"for": f"Pour le SAMU pilote{_of(named.get('pilot'))}", "name": ""},
        {"for": "Pour l'Agence du numérique en santé", "name": ""},
    ]


def _of(name: str | None) -> str:
    return f", {name}" if name else ""


def _play(one: Play) -> dict[str, str]:
    findings = dict.fromkeys(finding.rule for finding in one.result.findings)
    return {
        "title": one.result.title,
        "id": one.result.id + (f" · {one.vhost}" if one.vhost else ""),
        "reason": _cut(one.result.reason, 300),
        "verdict": one.result.verdict,
        "word": FRENCH[one.result.verdict].lower(),
        "findings": ", ".join(findings) or "–",
    }


def _requirement(one: Row) -> dict[str, str]:
    cells = one.cells.values()
    watched, broken, aimed = (
        sum(getattr(cell, name) for cell in cells) for name in ("watched", "broken", "aimed")
    )
    worst = min((cell.worst for cell in cells if cell.worst), key=FINDING_VERDICTS.index, default="")
    if worst:
        word = f"{_word(worst)}, {broken} sur {watched or aimed}"
    elif one.not_observed:
        word = f"non observée : {one.not_observed}"
    elif aimed:
        proven = "prouvée par le passage" if one.by_passage else "sans constat"
        worst, word = "pass", f"{proven}, visée par {counted(aimed, 'passage')}"
    else:
        word = "surveillée, sans constat" if watched else "non vérifiée"
    requirement = one.requirement
    return {
        "id": requirement.id,
        "text": requirement.text,
        "source": requirement.source,
        "level": "obligatoire" if requirement.obligation == "MUST" else "recommandée",
        "verdict": worst,
        "word": word,
    }


def _requirements_lead(rows: list[Row]) -> str:
    aimed = sum(one.aimed for one in rows)
    watched = sum(one.watched and not one.aimed for one in rows)
    return (
        f"{len(rows)} exigences au catalogue : {aimed} visées par un scénario joué, {watched} surveillées par leur règle "
        f"sans scénario consacré, {len(rows) - aimed - watched} ni l'un ni l'autre. « Surveillée » : aucun constat, ce qui "
        "ne prouve que là où le cas s'est présenté."
    )


def _finding(one: Cause) -> dict[str, Any]:
    first = one.first
    rows = (
        ("Passages", ", ".join(one.plays), False),
        ("Place", first.path, True),
        ("Attendu", first.expected, True),
        ("Reçu", first.actual, True),
        ("Règle", first.source, False),
        ("Attribué à", f"{PARTIES[one.attributed_to]} (événement {first.event} du journal)", False),
        ("À faire", first.advice, False),
    )
    return {
        "verdict": one.verdict,
        "word": _word(one.verdict),
        "rule": one.rule,
        "text": _cut(first.explanation),
        "rows": [(name, _cut(value), mono) for name, value, mono in rows if value],
    }


def _word(verdict: str) -> str:
    return FRENCH[verdict].lower()


def _more(there: int, shown: int, annex: str) -> str:
    if there <= shown:
        return ""
    where = f" : voir annexe {annex}" if annex else ""
    return f"Et {counted(there - shown, 'autre', 'autres')}{where}."


def _cut(text: str, length: int = _TEXT) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
