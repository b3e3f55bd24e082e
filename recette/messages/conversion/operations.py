"""The rules of the conversion tables at work: one function for each operation that versions.conversion names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from recette.messages.conversion.losses import Losses
from recette.messages.conversion.notes import WORDS, NoteWriter
from recette.messages.conversion.places import Place, items, leads, places
from recette.messages.conversion.tables import Rule, Step, counterparts
from recette.messages.dictionary.code_lists import codes, pattern


@dataclass(frozen=True, slots=True)
class Work:
    """One step of one message: its content, which changes, the notes it gets and what is told of it."""

    content: dict[str, Any]
    step: Step
    notes: NoteWriter
    losses: Losses

    def apply(self, rule: Rule) -> None:
        """Raises ConversionError, and DictionaryError for a row that cannot be read."""
        operation = _OPERATIONS.get(rule.operation)
        if operation is None:
            raise rule.line.error(f"règle inconnue « {rule.operation} »")
        self.losses.remark = rule.remark
        operation(self, *rule.words)
        self.losses.remark = ""

    def there(self, path: str) -> list[Place]:
        return [one for one in places(self.content, path) if one.there] if leads(self.content, path) else []


def _rename(work: Work, path: str, name: str) -> None:
    for place in work.there(path):
        place.holder.tree[name] = place.holder.tree.pop(place.name)


def _delete(work: Work, path: str) -> None:
    for place in work.there(path):
        value = place.take()
        if value != {}:
            work.losses.lost(place.path, value)


def _move(work: Work, path: str, target: str) -> None:
    *above, name = target.split(".")
    for place in work.there(path):
        holder = work.content
        for step in above:
            holder = holder.setdefault(step, {})
        holder[name] = place.take()


def _codes(work: Work, path: str, table: str, *policy: str) -> None:
    """`policy`: `known LIST else WHAT …`; LIST `-` stands for the codes of the table alone."""
    listed, what = (policy[1], policy[3:]) if policy else ("", ())
    becomes = counterparts(table, work.step) if table != "-" else {}
    for place in work.there(path):
        before = place.value
        if not isinstance(before, str):
            continue
        after = becomes.get(before)
        if after is not None:
            place.put(after.code)
            work.losses.replaced(place.path, before, after.code, after.remark)
        elif policy and (listed == "-" or before not in codes(listed, work.step.target)):
            _without_counterpart(work, place, *what)


def _without_counterpart(work: Work, place: Place, what: str, *words: str) -> None:
    before = place.value
    if what == "default":
        place.put(words[0])
        work.losses.replaced(place.path, before, words[0])
    elif what == "alert-note":
        place.take()
        work.notes.write_alert(f"{words[0]}: {before}")
        work.losses.noted(place.path, before, words[0])
    else:
        label, *spelled = words
        place.put(dict(one.split("=", 1) for one in spelled).get(before, before))
        text = work.notes.write_at(place, label, {})
        work.losses.noted(place.path, before, text)


def _note(work: Work, path: str, label: str, words: str = "") -> None:
    for place in work.there(path):
        before = place.value
        work.losses.noted(place.path, before, work.notes.write_at(place, label, WORDS[words]))


def _matching(work: Work, path: str, named: str, label: str) -> None:
    """An object whose `code` the target generation refuses; of a list, the items."""
    allowed = re.compile(pattern(named, work.step.target))
    for place in work.there(path):
        kept: list[Any] = []
        listed = isinstance(place.value, list)
        for one in place.value if listed else [place.value]:
            code = one.get("code") if isinstance(one, dict) else None
            if isinstance(code, str) and len(code) <= _LONGEST_CODE and allowed.search(code):
                kept.append(one)
            else:
                work.losses.noted(place.path, one, work.notes.write_value(one, place.patient, label, {}))
        if kept:
            place.put(kept if listed else kept[0])
        else:
            place.take()


_LONGEST_CODE = 64
"""Characters of a code that a pattern looks at; no code is longer."""


def _items(work: Work, path: str, chosen: str, label: str, words: str) -> None:
    name, code = chosen.split("=", 1)
    for place in work.there(path):
        gone = [one for one in items(place) if one.get(name) == code]
        if gone:
            place.put([one for one in place.value if one not in gone])
        for one in gone:
            text = work.notes.write_value(one, place.patient, label, WORDS[words])
            work.losses.noted(place.path, one, text)


def _nomenclature(work: Work, path: str, named: str, default: str, label: str) -> None:
    """The code's root where the target has it, its label then stays; else the default, and a note of the label alone."""
    known = codes(named, work.step.target)
    for place in work.there(path):
        value = place.value
        code = value.get("code") if isinstance(value, dict) else None
        if not isinstance(code, str) or code in known:
            continue
        root = ".".join(code.split(".")[:2]) + ".00"
        if root in known:
            value["code"] = root
            work.losses.replaced(f"{place.path}.code", code, root)
            continue
        told = value.get("label")
        if told is not None:
            text = work.notes.write_value(told, None, _HEADING, {})
            work.losses.noted(place.path, value, text)
        place.put({"code": default, "label": label})


_HEADING = "Identifiant(s) patient(s)"
"""The heading that the hub gives to the note of an unknown code, whatever the code is about."""


def _all_known(work: Work, path: str, named: str, label: str) -> None:
    known = codes(named, work.step.target)
    for place in work.there(path):
        unknown = [one for one in items(place) if one.get("code") not in known]
        if unknown:
            value = place.take()
            text = work.notes.write_value(unknown[0], None, label, {})
            work.losses.noted(place.path, value, text)


def _append(work: Work, path: str, field: str, label: str) -> None:
    for place in work.there(path):
        value = place.take()
        place.holder.tree.setdefault(field, []).append(f"{label} : {value}")
        work.losses.noted(place.path, value, label)


def _default(work: Work, path: str, value: str) -> None:
    for place in places(work.content, path):
        if not place.there:
            place.put(value)
            work.losses.added(place.path, value)


def _empty(work: Work, name: str, condition: str, path: str) -> None:
    if name not in work.content and bool(work.there(path)) == (condition == "when"):
        work.content[name] = []
        work.losses.added(f"$.{name}", [])


def _listed(work: Work, path: str) -> None:
    for place in work.there(path):
        place.put([place.value])


def _single(work: Work, path: str) -> None:
    for place in work.there(path):
        if isinstance(place.value, list):
            first, *others = place.value
            place.put(first)
            for one in others:
                work.losses.lost(place.path, one)


def _text(work: Work, path: str) -> None:
    for place in work.there(path):
        place.put(str(place.value))


def _number_only(work: Work, path: str) -> None:
    for place in work.there(path):
        try:
            float(place.value)
        except (TypeError, ValueError):
            work.losses.lost(place.path, place.take())


_OPERATIONS: Mapping[str, Callable[..., None]] = {
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
