"""What a reference editor's screen shows, told from what the editor stored; a check asks for one thing of it.

A check is a word and its arguments: `remis <caseId>`, `affiche <caseId> <path>=<value>`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from recette.messages.reading import Message

PROTECTED = frozenset({"owner", "qualification.details.priority", "qualification.details.careLevel"})
"""Fields that a person decides on: what a partner says of them is proposed, never written over."""
_IDENTITY = ("patientId", "idPat", "medicalNoteId", "idObs", "resourceId", "ID")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the exchange log."""

    at: datetime
    way: str
    """`envoi` or `réception`."""
    distribution_id: str
    model: str
    case_id: str | None
    result: str


@dataclass(frozen=True, slots=True)
class Report:
    """An error report as it is shown; `about` is the message it was linked to, if any."""

    code: int
    cause: str
    about: str | None
    with_source: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a partner changed, marked as such."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class _Said:
    """A content, typed here or a partner's, on a case that was known before or not."""

    content: Mapping[str, Any]
    here: bool
    known: bool


@dataclass(slots=True)
class CaseView:
    """A case on the screen."""

    values: dict[str, Any] = field(default_factory=dict)
    """By dotted path."""
    changes: list[Change] = field(default_factory=list)
    created_by: str = ""
    """`saisie` for a case typed here, `réception` for one that came."""
    answered_by: str | None = None
    """The owner that a partner's message gave last."""
    alerts: list[str] = field(default_factory=list)
    """What the user was told of."""
    resources: dict[str, str] = field(default_factory=dict)
    """Availability by resourceId: `oui`, `non` or `inconnue`."""
    undrawn: list[_Said] = field(default_factory=list)
    """What was said of the case since somebody looked at it last."""


class Display:
    """Everything that is shown. `hidden` names the checks that a faulty screen has no place for."""

    def __init__(self, hidden: frozenset[str] = frozenset(), *, overwrites: bool = False) -> None:
        self.log: list[Line] = []
        self.sent: dict[str, Line] = {}
        self.acknowledged: set[str] = set()
        self.reports: list[Report] = []
        self.cases: dict[str, CaseView] = {}
        self._hidden = hidden
        self._overwrites = overwrites

    def note_sent(self, message: Message) -> None:
        """A message left; a case that starts with it was typed here."""
        line = self._logged("envoi", message, "envoyé")
        if message.model in {"RC-REF", None}:
            return
        self.sent[line.distribution_id] = line
        if message.case_id is not None and message.content is not None:
            case = self.cases.setdefault(message.case_id, CaseView(created_by="saisie"))
            case.undrawn.append(_Said(message.content, here=True, known=True))

    def note_received(self, message: Message) -> None:
        """A message was stored."""
        self._logged("réception", message, "intégré")
        if message.case_id is None or message.content is None:
            return
        known = message.case_id in self.cases
        case = self.cases.setdefault(message.case_id, CaseView(created_by="réception"))
        case.alerts.append(message.model or "")
        case.answered_by = str(message.content.get("owner") or case.answered_by or "") or None
        if message.model == "RS-SR":
            state = message.content.get("state", message.content)
            case.resources |= dict.fromkeys(message.resource_ids[:1], _availability(state))
        case.undrawn.append(_Said(message.content, here=False, known=known))

    def note_acknowledged(self, message: Message) -> None:
        self._logged("réception", message, "rattaché" if message.reference_id in self.sent else "sans objet")
        self.acknowledged.add(message.reference_id or "")

    def note_report(self, message: Message, about: str) -> None:
        """An error report came, about the message of that id as far as it could be told."""
        content = message.content or {}
        self._logged("réception", message, "rapport d'erreur")
        linked = about if about in self.sent else None
        self.reports.append(
            Report(
                message.error_code or 0,
                str(content.get("errorCause", "")),
                linked,
                isinstance(content.get("sourceMessage"), dict),
            )
        )

    def shows(self, check: str) -> bool:
        """Whether the screen shows what a check asks for; raises KeyError for a check that it does not know."""
        word, *arguments = check.split(" ", 2)
        answer = _CHECKS[word]
        return word not in self._hidden and answer(self, *arguments)

    def hides(self, check: str) -> bool:
        """Whether no waiting would make it appear."""
        return check.partition(" ")[0] in self._hidden

    def of_case(self, case_id: str, way: str = "") -> list[Line]:
        """The log's lines on a case."""
        return [one for one in self.log if one.case_id == case_id and way in {"", one.way}]

    def last_sent(self, case_id: str) -> Line | None:
        lines = [one for one in self.of_case(case_id, "envoi") if one.distribution_id in self.sent]
        return lines[-1] if lines else None

    def drawn(self, case_id: str) -> CaseView | None:
        """The case with all that was said of it, or None; nothing is drawn before somebody looks."""
        case = self.cases.get(case_id)
        if case is None:
            return None
        for said in case.undrawn:
            if said.here:
                case.values.update(_leaves(said.content))
            else:
                for path, value in _leaves(said.content):
                    self._note_value(case, path, value, changed=said.known)
        case.undrawn.clear()
        return case

    def _note_value(self, case: CaseView, path: str, value: object, *, changed: bool) -> None:
        before = case.values.get(path)
        if before == value:
            return
        if changed and not self._overwrites:
            case.changes.append(Change(path, before, value))
        if not changed or before is None or path not in PROTECTED or self._overwrites:
            case.values[path] = value

    def _logged(self, way: str, message: Message, result: str) -> Line:
        case = message.case_id
        if case is None and message.reference_id in self.sent:
            case = self.sent[message.reference_id].case_id
        line = Line(
            datetime.now(UTC),
            way,
            message.distribution_id or "",
            message.model or "illisible",
            case,
            result,
        )
        self.log.append(line)
        return line


def _leaves(node: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Every value by its path; the items of a list by what identifies them, else by their place."""
    found: list[tuple[str, Any]] = []
    for name, child in node.items():
        path = f"{above}{name}"
        items = child if isinstance(child, list) else [child]
        for index, item in enumerate(items):
            at = f"{path}.{_identity(item, index)}" if isinstance(child, list) else path
            found += _leaves(item, f"{at}.") if isinstance(item, dict) else [(at, item)]
    return found


def _identity(item: object, index: int) -> str:
    named = item if isinstance(item, dict) else {}
    return next((str(named[one]) for one in _IDENTITY if one in named), str(index))


def _availability(state: object) -> str:
    said = state.get("availability") if isinstance(state, dict) else None
    return "inconnue" if said is None else "oui" if said else "non"


def _delivered(display: Display, case_id: str) -> bool:
    line = display.last_sent(case_id)
    return line is not None and line.distribution_id in display.acknowledged


def _waiting(display: Display, case_id: str) -> bool:
    line = display.last_sent(case_id)
    return line is not None and line.distribution_id not in display.acknowledged


def _shown(display: Display, case_id: str, wanted: str) -> bool:
    path, _, value = wanted.partition("=")
    case = display.drawn(case_id)
    return case is not None and str(case.values.get(path)) == value


def _changed(display: Display, case_id: str, path: str) -> bool:
    case = display.drawn(case_id)
    return case is not None and any(one.path == path for one in case.changes)


def _linked(display: Display, case_id: str) -> bool:
    line = display.last_sent(case_id)
    return line is not None and any(one.about == line.distribution_id for one in display.reports)


def _created(display: Display, case_id: str, by: str) -> bool:
    return case_id in display.cases and display.cases[case_id].created_by == by


def _answered(display: Display, case_id: str, owner: str) -> bool:
    return case_id in display.cases and display.cases[case_id].answered_by == owner


def _told(display: Display, case_id: str, model: str) -> bool:
    return case_id in display.cases and model in display.cases[case_id].alerts


def _logged_both_ways(display: Display, case_id: str) -> bool:
    lines = display.of_case(case_id)
    return {one.way for one in lines} == {"envoi", "réception"} and all(one.at.tzinfo for one in lines)


def _has_results(display: Display, case_id: str) -> bool:
    lines = display.of_case(case_id, "réception")
    return bool(lines) and all(one.result for one in lines)


_CHECKS: Mapping[str, Callable[..., bool]] = {
    "acquitte": _delivered,
    "remis": _delivered,
    "en-attente": _waiting,
    "rapport": lambda display, code: any(str(one.code) == code and one.cause for one in display.reports),
    "rapport-rattache": _linked,
    "rapport-sans-reference": lambda display: any(one.about is None for one in display.reports),
    "rapport-avec-message": lambda display: any(one.with_source for one in display.reports),
    "partage": lambda display, case: _created(display, case, "saisie"),
    "dossier-cree": lambda display, case: _created(display, case, "réception"),
    "integre": lambda display, case: case in display.cases,
    "affiche": _shown,
    "accents": _shown,
    "changement": _changed,
    "conserve": _shown,
    "saisie-libre": lambda display, case: case in display.cases,
    "reponse-au-transfert": _answered,
    "averti": _told,
    "trace": lambda display, case: bool(display.of_case(case, "envoi")),
    "journal-des-echanges": _logged_both_ways,
    "journal-des-traitements": _has_results,
    "extrait-des-traces": lambda display, case: bool(display.of_case(case)),
    "disponibilite-inconnue": lambda display, case, resource: (
        case in display.cases and display.cases[case].resources.get(resource) == "inconnue"
    ),
}
