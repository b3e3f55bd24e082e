"""Rules on the link with the fire services (requirements CI-27 to CI-29; fact sheet 5.8, 8.7)."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.differences import Claim, at, field
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, Rule, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

_EMSI = f"{MESSAGE_PATH}.emsi"
_ASKED, _ANSWERED = "#DEMANDE_CONCOURS#", "#REPONSE_DEMANDE_CONCOURS#"
_SHARING = frozenset({"RC-EDA", "RS-EDA"})


def _operations(view: View) -> Iterator[EditorMessage]:
    return (one for one in view.functional if one.message.model == "EMSI")


def _missions(one: EditorMessage, name: str) -> Iterator[tuple[int, dict[str, object]]]:
    """The missions of an EMSI whose NAME begins so, with their place."""
    missions = (one.message.content or {}).get("MISSION")
    for index, mission in enumerate(missions if isinstance(missions, list) else []):
        if isinstance(mission, dict) and str(mission.get("NAME", "")).startswith(name):
            yield index, mission


def ci_27(view: View) -> Iterator[Finding]:
    shared = {
        one.message.case_id: one.number
        for one in view.progress.published.values()
        if _shares(one.message.model)
    }
    for one in view.functional:
        if _shares(one.message.model):
            shared.setdefault(one.message.case_id, one.number)
    for one in _operations(view):
        asks = any(_missions(one, _ASKED))
        if asks and shared.get(one.message.case_id, one.number) >= one.number:
            yield view.broken(
                "CI-27",
                "Un concours est demandé sur une affaire qui n'a pas été partagée.",
                message=one,
                path=f"{_EMSI}.EVENT.MAIN_EVENT_ID",
                expected="une affaire partagée par RC-EDA",
                actual=one.message.case_id,
                advice="Partagez l'affaire avant la demande de concours, ou empêchez la demande.",
            )


def _shares(model: str | None) -> bool:
    return model in _SHARING


def ci_28(view: View) -> Iterator[Finding]:
    asked = {
        str(mission.get("ID"))
        for one in view.progress.published.values()
        for mission in (one.message.content or {}).get("MISSION", ())
        if isinstance(mission, dict) and str(mission.get("NAME", "")).startswith(_ASKED)
    }
    for one in _operations(view):
        for index, mission in _missions(one, _ANSWERED):
            if mission.get("MAIN_MISSION_ID") not in asked:
                yield view.broken(
                    "CI-28",
                    "La réponse ne désigne pas la demande de concours à laquelle elle répond.",
                    message=one,
                    path=f"{_EMSI}.MISSION[{index}].MAIN_MISSION_ID",
                    expected=", ".join(sorted(asked)) or "la mission d'une demande reçue",
                    actual=mission.get("MAIN_MISSION_ID") or "absent",
                )


def ci_29(view: View) -> Iterator[Finding]:
    """MAIN_EVENT_ID is the case; that the first message is ALERT is said in a description that samples do not follow."""
    for index, one in enumerate(_operations(view)):
        content = one.message.content or {}
        case = view.progress.case_id
        if case is not None and one.message.case_id != case:
            yield view.broken(
                "CI-29",
                "L'échange opérationnel ne désigne pas l'affaire partagée.",
                message=one,
                path=f"{_EMSI}.EVENT.MAIN_EVENT_ID",
                expected=case,
                actual=one.message.case_id or "absent",
            )
        context = content.get("CONTEXT")
        said = context.get("MSGTYPE") if isinstance(context, dict) else None
        wanted = "UPDATE" if index else "ALERT"
        if said in {"ALERT", "UPDATE"} and said != wanted:
            yield view.broken(
                "CI-29",
                "Selon la description du modèle, le premier message d'une affaire est ALERT et les suivants UPDATE ; "
                "des exemples officiels portent UPDATE dès le premier.",
                message=one,
                path=f"{_EMSI}.CONTEXT.MSGTYPE",
                expected=wanted,
                actual=said,
                disputed=True,
            )


def _claims(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether one of these rules speaks of a difference; a link between missions that is no answer's is a value."""
    if message.message.model != "EMSI":
        return False
    spoken = {"MAIN_EVENT_ID": ci_29, "MSGTYPE": ci_29, "MAIN_MISSION_ID": ci_28}.get(field(difference))
    told = spoken(view) if spoken is not None else ()
    return any((one.event, one.path) == (message.number, at(difference)) for one in told)


CLAIMS: tuple[Claim, ...] = (_claims,)
RULES: dict[str, Rule] = {"CI-27": ci_27, "CI-28": ci_28, "CI-29": ci_29}
