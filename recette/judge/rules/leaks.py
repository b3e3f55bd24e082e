"""Rules on data that a partner must not get: of another case, or out of date (requirements DA-24, DA-25)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.differences import matches
from recette.judge.order import Before, by_order, known_at
from recette.judge.registry import rule
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_BLOCKS = {
    "patient": ("patientId", "idPat"),
    "medicalNote": ("medicalNoteId", "idObs"),
}
_SET = (
    ("qualification", "details", "status"),
    ("qualification", "details", "priority"),
    ("qualification", "details", "careLevel"),
)
"""What a case has one of at a time, and an update sets; the owner is CI-12's."""


@rule("DA-24", of_strays=True)
def of_this_case_alone(view: View) -> Iterator[Finding]:
    """A patient or a note beyond those that the scenario keyed, or that this case was told to have."""
    typed = {one.number: match.content.data for match in matches(view).values() for one in match.arrivals}
    for one in view.functional:
        if one.message.model not in _CASE or one.number not in typed:
            continue
        known = _known(view, one)
        for block, names in _BLOCKS.items():
            items = list(_identified(one.message.content, block, names))
            beyond = len(items) - len(tables(typed[one.number], block))
            for path, identifier in items if beyond > 0 else ():
                if identifier in known:
                    continue
                before = view.earlier.of(block, identifier)
                whose = (
                    f" ; il est du dossier {before.case} (passage {before.play})"
                    if before is not None and before.case != one.message.case_id
                    else ""
                )
                what = "Un patient" if block == "patient" else "Une note"
                yield view.broken(
                    f"{what} que personne n'a saisi dans ce dossier part vers le partenaire{whose}.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{path}",
                    expected=f"{len(tables(typed[one.number], block))} dans {block}, ce qui a été saisi",
                    actual=identifier,
                    advice="N'envoyez que ce qui est de ce dossier : vérifiez d'où vient cette donnée.",
                )


def _known(view: View, until: EditorMessage) -> frozenset[str]:
    """What the scenario names, and what either side told of the case before."""
    earlier = [one.message for one in view.progress.published.values() if one.number < until.number]
    earlier += [one.message for one in view.functional if one.number < until.number]
    told = {
        identifier
        for message in earlier
        for block, names in _BLOCKS.items()
        for _, identifier in _identified(message.content, block, names)
    }
    return frozenset(told | set(view.progress.values.values()))


def _identified(
    content: Mapping[str, Any] | None, block: str, names: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for index, item in enumerate(tables(content, block)):
        for name in names:
            if isinstance(item.get(name), str):
                yield f"{block}[{index}].{name}", item[name]


@rule("DA-25", of_strays=True)
@by_order("la mise à jour et ce que l'éditeur a dit d'autre du dossier")
def nothing_undone(view: View, before: Before) -> Iterator[Finding]:
    """An update that nobody asked to change a value, and that puts an old one back over the new."""
    typed = {one.number: match.content.data for match in matches(view).values() for one in match.arrivals}
    for one in view.functional:
        if one.message.model != "RS-EDA-MAJ":
            continue
        for path in _SET:
            value = _at(one.message.content, path)
            if value is None or _at(typed.get(one.number), path) is not None:
                continue
            told = _history(view, one, path, before)
            if value in told[:-1] and value != told[-1]:
                yield view.broken(
                    f"La mise à jour remet {path[-1]} à une valeur que le dossier n'a plus : {told[-1]} redevient {value}.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{'.'.join(path)}",
                    expected=f"{told[-1]}, ou rien",
                    actual=value,
                    advice="N'envoyez dans une mise à jour que ce qui change, ou les valeurs à jour.",
                )


def _history(view: View, until: EditorMessage, path: tuple[str, ...], before: Before) -> list[object]:
    """The values that the case was told to have, in the order in which the editor had them."""
    told = [
        (two.number, _at(two.message.content, path))
        for two in view.functional
        if two.message.model in _CASE and two is not until and before(two, until)
    ]
    told += [
        (two.number, _at(two.message.content, path))
        for two in view.progress.published.values()
        if two.message.model in _CASE and known_at(view, two) <= until.number
    ]
    return [value for _, value in sorted(told, key=lambda one: one[0]) if value is not None]


def _at(content: Mapping[str, Any] | None, path: tuple[str, ...]) -> object:
    node: object = content
    for name in path:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node
