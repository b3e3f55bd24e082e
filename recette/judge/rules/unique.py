"""Rules on identifiers that must differ, and on who makes them (requirements CI-40 to CI-43).

The schemas' descriptions say of each that it is unique or generated once, and whose organisation begins it. A person may
keep one patientId over several cases, a vehicle its resourceId for as long as it drives: that is no second use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.differences import keyed
from recette.judge.earlier import Named
from recette.judge.naming import identifiers, patients
from recette.judge.registry import rule
from recette.judge.rules.ids import another_s, same_organisation
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH, Message

_LISTS = {
    "patient": ("patientId", "idPat"),
    "medicalNote": ("medicalNoteId", "idObs"),
    "resource": ("resourceId",),
    "mobilizedResource": ("resourceId",),
}
"""The lists whose items an identifier tells apart, with its name in each generation."""
_SHARING = frozenset({"RS-EDA", "RS-EDA-MAJ", "RS-RI"})
_MADE = frozenset({"patient", "medicalNote", "request"})
"""What begins with the organisation of whoever made it; of a resource, whose holder counts, DA-12 speaks."""
_WORDS = {
    "patient": "Deux patients",
    "medicalNote": "Deux notes",
    "resource": "Deux ressources",
    "request": "Deux demandes",
    "context": "Deux messages EMSI",
}


@rule("CI-40")
def one_id_one_thing(view: View) -> Iterator[Finding]:
    told: set[tuple[int, str]] = set()
    for finding in (*_twice_in_a_message(view), *_twice_in_a_play(view)):
        if (finding.event, finding.actual) not in told:
            told.add((finding.event, finding.actual))
            yield finding


def _twice_in_a_message(view: View) -> Iterator[Finding]:
    for one in view.functional:
        if one.message.model not in _SHARING:
            continue
        asked = keyed(view, one)
        for block, names in _LISTS.items():
            first: dict[str, tuple[int, Mapping[str, Any]]] = {}
            for index, item in enumerate(tables(one.message.content, block)):
                name = next((name for name in names if isinstance(item.get(name), str)), None)
                if name is None:
                    continue
                place, other = first.setdefault(item[name], (index, item))
                if _is_another(block, place, index, same=other == item) and not _asked_for(
                    asked, block, name, item[name]
                ):
                    words = _WORDS[block.replace("mobilizedR", "r")]
                    again = " La seconde redit la première mot pour mot." if other == item else ""
                    yield view.broken(
                        f"{words} d'un même message ont le même identifiant : le partenaire n'en voit qu'une chose.{again}",
                        disputed=other == item,
                        message=one,
                        path=f"{MESSAGE_PATH}.{one.message.key}.{block}[{index}].{name}",
                        expected=f"un autre identifiant que {block}[{place}]",
                        actual=item[name],
                        advice="Formez un identifiant pour chaque objet quand il est créé, et gardez-le.",
                    )


def _is_another(block: str, first: int, index: int, *, same: bool) -> bool:
    """Whether an item is more than the first one; a resource that is told again word for word is that resource."""
    return index != first and not (same and block not in {"patient", "medicalNote"})


def _asked_for(asked: Any, block: str, name: str, identifier: str) -> bool:  # noqa: ANN401 - a JSON tree
    """Whether the scenario itself gives two things of a message that identifier, as an official example does."""
    return [one.get(name) for one in tables(asked, block)].count(identifier) > 1


def _twice_in_a_play(view: View) -> Iterator[Finding]:
    """Two things that the scenario has the editor make, under one identifier."""
    values, kinds = view.progress.values, {one.name: one.kind for one in view.casting.scenario.identifiers}
    own = [one.name for one in view.casting.scenario.identifiers if one.by == view.casting.editor]
    for place, name in enumerate(own):
        for other in own[:place]:
            same = name in values and values[name] == values.get(other) and kinds[name] == kinds[other]
            message = _names_last(view, name, other) if same else None
            if message is not None and kinds[name] in _WORDS:
                yield view.broken(
                    f"{_WORDS[kinds[name]]} du scénario ont le même identifiant : le partenaire n'en voit qu'une chose.",
                    message=message,
                    path=f"{MESSAGE_PATH}.{message.message.key}",
                    expected=f"un identifiant de plus pour « {name} », « {other} » ayant celui-là",
                    actual=values[name],
                    advice="Formez un identifiant pour chaque objet quand il est créé, et gardez-le.",
                )


def _names_last(view: View, *names: str) -> EditorMessage | None:
    """The message by which the second of two things got its identifier."""
    by_number = {one.number: one for one in view.messages}
    numbers = [
        match.arrival.number
        for match in view.progress.matches.values()
        if match.learnt.intersection(names) or match.content.names.intersection(names)
    ]
    first = [
        min((number for number, match in _matched(view) if name in match), default=None) for name in names
    ]
    known = [one for one in first if one is not None]
    return by_number.get(max(known)) if known and numbers else None


def _matched(view: View) -> Iterator[tuple[int, frozenset[str]]]:
    for match in view.progress.matches.values():
        yield match.arrival.number, match.content.names


@rule("CI-41")
def new_id_in_a_new_case(view: View) -> Iterator[Finding]:
    """Over the plays of a campaign: what is generated once is not generated for another case."""
    told: set[tuple[str, str]] = set()
    for message, one in identifiers(view):
        before = view.earlier.of(one.kind, one.identifier)
        if before is None or before.case == one.case or (one.kind, one.identifier) in told:
            continue
        told.add((one.kind, one.identifier))
        yield _used_already(view, message, one, before, _ONCE[one.kind])
    for message, person in patients(view):
        earlier = view.earlier.of("patient", person.identifier)
        if (
            earlier is None
            or earlier.case == person.case
            or not _somebody_else(earlier.traits, person.traits)
        ):
            continue
        if ("patient", person.identifier) not in told:
            told.add(("patient", person.identifier))
            yield _used_already(
                view, message, person, earlier, "Ce patient porte l'identifiant d'une autre personne"
            )


_ONCE = {
    "request": "Cette demande reprend le requestId d'une demande d'un autre dossier",
    "medicalNote": "Cette note reprend l'identifiant d'une note d'un autre dossier",
    "report": "Ce bilan reprend le reportId d'un bilan d'un autre dossier",
}


def _used_already(view: View, message: EditorMessage, one: Named, before: Named, text: str) -> Finding:
    return view.broken(
        f"{text} ({before.where}).",
        message=message,
        path=one.path,
        expected="un identifiant nouveau",
        actual=one.identifier,
        advice="Formez cet identifiant d'un numéro qui ne revient pas : ni d'un dossier à l'autre, ni après un redémarrage.",
    )


def _somebody_else(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether a trait that both state is not the same. A person keeps an identifier; two persons do not share one."""
    return any(value != other[name] for name, value in one.items() if name in other)


@rule("CI-42", needs="scenario")
def id_of_its_maker(view: View) -> Iterator[Finding]:
    """Of what the scenario has the editor make: what came from a partner, or was known before, keeps its maker's."""
    for name in (one for one in view.casting.scenario.identifiers if one.by == view.casting.editor):
        value = view.progress.values.get(name.name, "")
        space, mark, _ = value.partition(f".{name.kind}.")
        message = next((one for one in view.functional if value and value in _named(one.message)), None)
        if not mark or message is None or name.kind not in _MADE:
            continue
        if not same_organisation(space, view.editor):
            yield view.broken(
                "Cet identifiant est formé au nom d'une autre organisation que celle de l'éditeur, qui l'a créé.",
                message=message,
                path=f"{MESSAGE_PATH}.{message.message.key}",
                expected=f"{view.editor}.{name.kind}.<numéro>",
                actual=value,
                advice="Commencez par votre propre organisation (orgId) les identifiants que votre logiciel crée.",
                disputed=not another_s(view, space),
            )


def _named(message: Message) -> set[str]:
    notes = (
        item.get(name) for item in tables(message.content, "medicalNote") for name in _LISTS["medicalNote"]
    )
    return {*message.named_ids, *(one for one in notes if isinstance(one, str))}


@rule("CI-43")
def own_number_of_the_case(view: View) -> Iterator[Finding]:
    partners = _numbers_of_partners(view)
    told: set[str] = set()
    first: dict[str, tuple[int, str]] = {}
    """The first number of each case, with its event."""
    for one in view.functional:
        number, case = _number(one.message), one.message.case_id
        if not number or number in told or number == case:
            continue
        before = view.earlier.of("case", number)
        since, known = (one.number, number)
        if not _dictated(view, one):
            since, known = first.setdefault(case or "", (one.number, number))
        if number != known and number not in partners and not _shared_again_since(view, since):
            told.add(number)
            yield view.broken(
                f"senderCaseId change pour un même dossier : {known} à l'événement {since}, {number} ici. Le partenaire ne sait "
                "plus sous quel numéro l'éditeur le connaît.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.senderCaseId",
                expected=known,
                actual=number,
                advice="Gardez à un dossier le numéro qu'il a reçu à sa création.",
            )
        elif number in partners:
            told.add(number)
            yield view.broken(
                "senderCaseId est le numéro du dossier chez le partenaire, et non celui de l'émetteur de ce message.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.senderCaseId",
                expected="le numéro du dossier dans le logiciel de l'éditeur",
                actual=number,
                advice="Gardez le caseId, et mettez dans senderCaseId le numéro que le dossier a chez vous.",
            )
        elif before is not None and before.case != case:
            told.add(number)
            yield view.broken(
                f"senderCaseId est déjà le numéro d'un autre dossier ({before.where}).",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.senderCaseId",
                expected="un numéro par dossier",
                actual=number,
                advice="Numérotez chaque dossier une fois, sans reprendre un numéro.",
            )


def _dictated(view: View, message: EditorMessage) -> bool:
    """Whether the scenario has this number keyed in, as the official book does: then it is not of the editor's making."""
    return "senderCaseId" in (keyed(view, message) or {})


def _shared_again_since(view: View, number: int) -> bool:
    """Whether a partner shared the case since: of a second number then, CI-05 speaks."""
    return any(
        one.message.model in {"RS-EDA", "RC-EDA"} and one.number > number
        for one in view.progress.published.values()
    )


def _numbers_of_partners(view: View) -> set[str]:
    """What partners call the cases that they made: as they say, and as the end of the caseId has it (fact sheet 5.2)."""
    found: set[str] = set()
    for one in view.progress.published.values():
        case = one.message.case_id
        if case is not None and not case.startswith(f"{view.editor}."):
            found |= {_number(one.message), case.rpartition(".")[2]} - {""}
    return found


def _number(message: Message) -> str:
    if message.model not in {"RS-EDA", "RS-EDA-MAJ", "RC-EDA"}:
        return ""
    found = (message.content or {}).get("senderCaseId")
    return found if isinstance(found, str) else ""
