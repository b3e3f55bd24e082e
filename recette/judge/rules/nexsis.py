"""Rules on the link with the fire services (requirements CI-27 to CI-29; fact sheet 5.8, 8.7)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from recette.judge.differences import at, claims, field
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.rules.course import keyed_both
from recette.judge.said import Said, Tellers, some_of
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
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


@rule("CI-27")
@by_order("le partage de l'affaire et la demande de concours")
def shared_before_aid_is_asked(view: View, before: Before) -> Iterator[Finding]:
    by_partner = [one for one in view.progress.published.values() if one.message.model in _SHARING]
    own = Tellers(before)
    for one in view.functional:
        if one.message.model in _SHARING:
            own.add(one.message.case_id, one)
    for one in _operations(view):
        case = one.message.case_id
        shared = any(two.message.case_id == case and two.number < one.number for two in by_partner)
        shared |= own.told_before(case, one)
        if any(_missions(one, _ASKED)) and not shared:
            yield view.broken(
                "Un concours est demandé sur une affaire qui n'a pas été partagée.",
                message=one,
                path=f"{_EMSI}.EVENT.MAIN_EVENT_ID",
                expected="une affaire partagée par RC-EDA",
                actual=one.message.case_id,
                advice="Partagez l'affaire avant la demande de concours, ou empêchez la demande.",
            )


@rule("CI-28")
def answer_names_its_mission(view: View) -> Iterator[Finding]:
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
                    "La réponse ne désigne pas la demande de concours à laquelle elle répond.",
                    message=one,
                    path=f"{_EMSI}.MISSION[{index}].MAIN_MISSION_ID",
                    expected=some_of(sorted(asked)) or "la mission d'une demande reçue",
                    actual=mission.get("MAIN_MISSION_ID") or "absent",
                )


@rule("CI-29")
def operation_names_the_case(view: View) -> Iterator[Finding]:
    """MAIN_EVENT_ID is the case; that the first message is ALERT is said in a description that samples do not follow."""
    for one in _operations(view):
        case = view.progress.case_id
        if case is not None and one.message.case_id != case:
            yield view.broken(
                "L'échange opérationnel ne désigne pas l'affaire partagée.",
                message=one,
                path=f"{_EMSI}.EVENT.MAIN_EVENT_ID",
                expected=case,
                actual=one.message.case_id or "absent",
            )
    yield from _announced_as(view)


@by_order("les deux messages de l'affaire")
def _announced_as(view: View, before: Before) -> Iterator[Finding]:
    operations = list(_operations(view))
    earlier = Said(before, operations)
    for one in operations:
        context = (one.message.content or {}).get("CONTEXT")
        said = context.get("MSGTYPE") if isinstance(context, dict) else None
        wanted = "UPDATE" if earlier.any_before(one) else "ALERT"
        if said in {"ALERT", "UPDATE"} and said != wanted:
            yield view.broken(
                "Selon la description du modèle, le premier message d'une affaire est ALERT et les suivants UPDATE.",
                message=one,
                path=f"{_EMSI}.CONTEXT.MSGTYPE",
                expected=wanted,
                actual=said,
                disputed=True,
            )


@claims
def _spoken_of(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether one of these rules speaks of a difference; a link between missions that is no answer's is a value."""
    if message.message.model != "EMSI":
        return False
    spoken = {
        "MAIN_EVENT_ID": operation_names_the_case,
        "MSGTYPE": operation_names_the_case,
        "MAIN_MISSION_ID": answer_names_its_mission,
    }.get(field(difference))
    told = spoken(view) if spoken is not None else ()
    return any((one.event, one.path) == (message.number, at(difference)) for one in told)


@rule("CI-33", of_strays=True)
def one_id_a_support(view: View) -> Iterator[Finding]:
    """Support that was keyed once and asked for under two mission ids is asked for twice, to the partner."""
    asked: dict[str, list[tuple[EditorMessage, object]]] = {}
    for one in _operations(view):
        for place, mission in _missions(one, _ASKED):
            alike, name = asked.setdefault(_support(one, mission), []), mission.get("ID")
            others = (two for two, its in alike if two is not one and its != name)
            twin = next((two for two in others if not keyed_both(view, one, two)), None)
            mine = [its for two, its in alike[-2:] if two is one]
            if len(mine) < 2 and name not in mine:  # of one message, two ids tell as much as all
                alike.append((one, name))
            if twin is None:
                continue
            yield view.broken(
                "Un concours demandé une fois part deux fois, sous deux identifiants de mission : le partenaire en voit deux.",
                message=one,
                path=f"{_EMSI}.MISSION[{place}].ID",
                expected=f"l'identifiant de la demande (événement {twin.number})",
                actual=str(name),
                advice="Formez l'identifiant de la demande quand elle est créée, et gardez-le à chaque envoi.",
            )


def _support(one: EditorMessage, mission: dict[str, object]) -> str:
    """What is asked for, of whom and in which case, whatever its id."""
    told = [one.message.recipient_id, one.message.case_id, {**mission, "ID": ""}]
    return json.dumps(told, sort_keys=True, default=str)
