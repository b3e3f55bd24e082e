"""The rules of the conversion tables made functions: one for each operation that versions.conversion names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from recette.messages.conversion.losses import Losses
from recette.messages.conversion.notes import WORDS, NoteWriter
from recette.messages.conversion.places import Place, items, trail
from recette.messages.conversion.tables import Rule, Step, counterparts, known_codes, known_pattern, rules


@dataclass(frozen=True, slots=True)
class Work:
    """One step of one message: its content, which changes, the notes it gets and what is told of it."""

    content: dict[str, Any]
    notes: NoteWriter
    losses: Losses


Action = Callable[[Work], None]


@cache
def actions(model: str, step: Step) -> tuple[tuple[Action, str], ...] | None:
    """What is done, in this order, and what is strange about it; None where nothing converts. Raises DictionaryError."""
    found = rules().get((model, step))
    return None if found is None else tuple((_action(one, step), one.remark) for one in found)


def _action(rule: Rule, step: Step) -> Action:
    operation = _OPERATIONS.get(rule.operation)
    if operation is None:
        raise rule.line.error(f"règle inconnue « {rule.operation} »")
    return operation(step, *rule.words)


def _rename(_: Step, path: str, name: str) -> Action:
    way = trail(path)
    before = way.name

    def rename(work: Work) -> None:
        for tree in way.trees(work.content):
            if before in tree:
                tree[name] = tree.pop(before)

    return rename


def _delete(_: Step, path: str) -> Action:
    way = trail(path)

    def delete(work: Work) -> None:
        for place in way.places(work.content):
            value = place.take()
            if value != {}:
                work.losses.lost(place, value)

    return delete


def _move(_: Step, path: str, target: str) -> Action:
    way = trail(path)
    *above, name = target.split(".")

    def move(work: Work) -> None:
        for place in way.places(work.content):
            holder = work.content
            for step in above:
                holder = holder.setdefault(step, {})
            holder[name] = place.take()

    return move


def _codes(step: Step, path: str, table: str, *policy: str) -> Action:
    """`policy`: `known LIST else WHAT …`; LIST `-` stands for the codes of the table alone."""
    way = trail(path)
    becomes = counterparts(table, step) if table != "-" else {}
    known: frozenset[str] | None = None
    if policy:
        known = known_codes(policy[1], step.target) if policy[1] != "-" else frozenset()

    name = way.name

    def replace(work: Work) -> None:
        for taken, tree in way.holders(work.content):
            before = tree.get(name)
            if before.__class__ is not str:
                continue
            after = becomes.get(before)
            if after is not None:
                tree[name] = after.code
                place = Place(work.content, way, taken, tree)
                work.losses.replaced(place, before, after.code, after.remark)
            elif known is not None and before not in known:
                _without_counterpart(work, Place(work.content, way, taken, tree), *policy[3:])

    return replace


def _without_counterpart(work: Work, place: Place, what: str, *words: str) -> None:
    before = place.value
    if what == "default":
        place.put(words[0])
        work.losses.replaced(place, before, words[0])
    elif what == "alert-note":
        place.take()
        work.notes.write_alert(f"{words[0]}: {before}")
        work.losses.noted(place, before, words[0])
    else:
        label, *spelled = words
        place.put(dict(one.split("=", 1) for one in spelled).get(before, before))
        text = work.notes.write_at(place, label, {})
        work.losses.noted(place, before, text)


def _note(_: Step, path: str, label: str, words: str = "") -> Action:
    way, spelling = trail(path), WORDS[words]

    def note(work: Work) -> None:
        for place in way.places(work.content):
            work.losses.noted(place, place.value, work.notes.write_at(place, label, spelling))

    return note


def _matching(step: Step, path: str, named: str, label: str) -> Action:
    """An object whose `code` the target generation refuses; of a list, the items."""
    way, allowed = trail(path), known_pattern(named, step.target)

    def fits(one: Any) -> bool:  # noqa: ANN401 - a JSON tree
        code = one.get("code") if isinstance(one, dict) else None
        return isinstance(code, str) and len(code) <= _LONGEST_CODE and allowed.search(code) is not None

    def keep_matching(work: Work) -> None:
        for place in way.places(work.content):
            value = place.value
            listed = isinstance(value, list)
            kept = [one for one in (value if listed else [value]) if fits(one)]
            for one in value if listed else [value]:
                if one not in kept:
                    work.losses.noted(place, one, work.notes.write_value(one, place.patient, label, {}))
            if kept:
                place.put(kept if listed else kept[0])
            else:
                place.take()

    return keep_matching


_LONGEST_CODE = 64
"""Characters of a code that a pattern looks at; no code is longer."""


def _items(_: Step, path: str, chosen: str, label: str, words: str) -> Action:
    way, spelling = trail(path), WORDS[words]
    name, code = chosen.split("=", 1)

    def take_items(work: Work) -> None:
        for place in way.places(work.content):
            gone = [one for one in items(place) if one.get(name) == code]
            if not gone:
                continue
            left = [one for one in place.value if one not in gone]
            place.put(left)
            if not left:
                work.losses.added(place, left, "la liste reste, vide")
            for one in gone:
                text = work.notes.write_value(one, place.patient, label, spelling)
                work.losses.noted(place, one, text)

    return take_items


def _nomenclature(step: Step, path: str, named: str, default: str, label: str) -> Action:
    """The code's root where the target has it, its label then stays; else the default, and a note of the label alone."""
    way, known = trail(path), known_codes(named, step.target)

    def replace(work: Work) -> None:
        for place in way.places(work.content):
            value = place.value
            code = value.get("code") if isinstance(value, dict) else None
            if not isinstance(code, str) or code in known:
                continue
            root = ".".join(code.split(".")[:2]) + ".00"
            if root in known:
                value["code"] = root
                work.losses.replaced(f"{place.path}.code", code, root, _OLD_LABEL)
                continue
            told = value.get("label")
            if told is not None:
                text = work.notes.write_value(told, None, _HEADING, {})
                work.losses.noted(place, value, text)
            place.put({"code": default, "label": label})

    return replace


_OLD_LABEL = "le libellé reste celui de l'ancien code"
_HEADING = "Identifiant(s) patient(s)"
"""The heading that the hub gives to the note of an unknown code, whatever the code is about."""


def _all_known(step: Step, path: str, named: str, label: str) -> Action:
    way, known = trail(path), known_codes(named, step.target)

    def keep_known(work: Work) -> None:
        for place in way.places(work.content):
            unknown = [one for one in items(place) if one.get("code") not in known]
            if unknown:
                value = place.take()
                work.losses.noted(place, value, work.notes.write_value(unknown[0], None, label, {}))

    return keep_known


def _append(_: Step, path: str, field: str, label: str) -> Action:
    way = trail(path)

    def append(work: Work) -> None:
        for place in way.places(work.content):
            value = place.take()
            place.tree.setdefault(field, []).append(f"{label} : {value}")
            work.losses.noted(place, value, label)

    return append


def _default(_: Step, path: str, value: str) -> Action:
    way = trail(path)

    def fill(work: Work) -> None:
        for taken, tree in way.holders(work.content):
            if way.name not in tree:
                tree[way.name] = value
                work.losses.added(Place(work.content, way, taken, tree), value)

    return fill


def _empty(_: Step, name: str, condition: str, path: str) -> Action:
    way, wanted = trail(path), condition == "when"

    def add_empty(work: Work) -> None:
        if name not in work.content and bool(way.places(work.content)) is wanted:
            work.content[name] = []
            work.losses.added(f"$.{name}", [])

    return add_empty


def _listed(_: Step, path: str) -> Action:
    way = trail(path)

    def put_in_list(work: Work) -> None:
        for place in way.places(work.content):
            place.put([place.value])

    return put_in_list


def _single(_: Step, path: str) -> Action:
    way = trail(path)

    def keep_first(work: Work) -> None:
        for place in way.places(work.content):
            if isinstance(place.value, list):
                first, *others = place.value
                place.put(first)
                for one in others:
                    work.losses.lost(place, one)

    return keep_first


def _text(_: Step, path: str) -> Action:
    way = trail(path)

    def write_out(work: Work) -> None:
        for place in way.places(work.content):
            before = place.value
            place.put(str(before))
            if place.value != before:
                work.losses.replaced(place, before, place.value)

    return write_out


def _number_only(_: Step, path: str) -> Action:
    way = trail(path)

    def drop_texts(work: Work) -> None:
        for place in way.places(work.content):
            try:
                float(place.value)
            except (TypeError, ValueError):
                work.losses.lost(place, place.take())

    return drop_texts


_OPERATIONS: Mapping[str, Callable[..., Action]] = {
    "rename": _rename,
    "delete": _delete,
    "move": _move,
    "codes": _codes,
    "note": _note,
    "matching": _matching,
    "items": _items,
    "nomenclature": _nomenclature,
    "all-known": _all_known,
    "append": _append,
    "default": _default,
    "empty": _empty,
    "listed": _listed,
    "single": _single,
    "text": _text,
    "number-only": _number_only,
}
