"""What changed in a message between two editions, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import codes, pattern, quoted
from recette.messages.dictionary.generations import Models, table
from recette.messages.dictionary.reader import Field, MessageEntry
from recette.messages.validation.diagnostics import below


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: `path` is where, `before` and `after` are empty where the field is not there."""

    model: str
    path: str
    kind: Literal["ajouté", "retiré", "modifié", "renommé"]
    before: str
    after: str


def differences(name: str, first: Models, second: Models) -> tuple[Difference, ...]:
    """What changed in one message, in the dictionary's order; nothing where neither edition has it."""
    entry = dictionary.entry(name)
    held = [entry.held_in(edition) for edition in (first, second)]
    if held == [True, True]:
        sides = [_Side(entry.fields, edition) for edition in (first, second)]
        return (*_of_head(entry, first, second), *_compared(name, "$", sides[0], sides[1]))
    if held[0]:
        return (Difference(name, "$", "retiré", entry.label, ""),)
    return (Difference(name, "$", "ajouté", "", entry.label),) if held[1] else ()


def _of_head(entry: MessageEntry, first: Models, second: Models) -> Iterator[Difference]:
    """The use-case key, and the end of the namespace in XML."""
    before, after = entry.key_in(first), entry.key_in(second)
    if before != after:
        yield Difference(entry.name, "$", "renommé", f"clé {before}", f"clé {after}")
    before, after = entry.space_in(first) or before, entry.space_in(second) or after
    if (entry.space_in(first), entry.space_in(second)) != ("", "") and before != after:
        yield Difference(entry.name, "$", "renommé", f"espace de noms {before}", f"espace de noms {after}")


@dataclass(frozen=True, slots=True)
class _Side:
    """The fields of one place in one of the two editions."""

    fields: tuple[Field, ...]
    edition: Models

    @property
    def by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields if one.held_in(self.edition)}

    def below(self, one: Field) -> _Side:
        return _Side(one.children, self.edition)


def _compared(model: str, path: str, old: _Side, new: _Side) -> Iterator[Difference]:
    before, after = old.by_name, new.by_name
    renamed = _renamed(old, new)
    for name, one in before.items():
        where = _where(path, one)
        other = after.get(name) or after.get(renamed.get(name, ""))
        if other is None:
            yield Difference(model, where, "retiré", _said(one, old.edition), "")
            continue
        if other.name != name:
            yield Difference(model, where, "renommé", name, other.name)
        yield from _changed(model, _where(path, other), one, other, old.edition, new.edition)
        yield from _compared(model, _where(path, other), old.below(one), new.below(other))
    orders = turned(before, after)
    if orders is not None:
        yield Difference(model, path, "modifié", *(f"en XML, {' puis '.join(one)}" for one in orders))
    come = [one for name, one in after.items() if name not in before and name not in renamed.values()]
    for one in come:
        yield Difference(model, _where(path, one), "ajouté", "", _said(one, new.edition))
        for where, child in flat(one.children, new.edition, _where(path, one)):
            yield Difference(model, where, "ajouté", "", _said(child, new.edition))


def turned(before: Collection[str], after: Collection[str]) -> tuple[list[str], list[str]] | None:
    """The names in both, in the order of each: from the first to the last of those that do not stand where they stood.

    None where all of them do.
    """
    common, again = [one for one in before if one in after], [one for one in after if one in before]
    apart = [place for place, (one, other) in enumerate(zip(common, again, strict=True)) if one != other]
    return (common[apart[0] : apart[-1] + 1], again[apart[0] : apart[-1] + 1]) if apart else None


def _renamed(old: _Side, new: _Side) -> dict[str, str]:
    """Fields that the table knows by both names; objects whose name went while another came with mostly the same fields."""
    found: dict[str, str] = {}
    before, after = old.by_name, new.by_name
    for names in table().spellings.values():
        gone = [one for one in names if one in before and one not in after]
        come = [one for one in names if one in after and one not in before]
        found.update(zip(gone, come, strict=False))
    for name, one in before.items():
        own: set[str] = set() if name in found else set(old.below(one).by_name)
        for candidate in (other for other in after if own and name not in after and other not in before):
            shared = own & set(new.below(after[candidate]).by_name)
            if 2 * len(shared) > len(own) and candidate not in found.values():
                found[name] = candidate
                break
    return found


def _where(path: str, one: Field) -> str:
    return below(path, one.name) + ("[*]" if one.listed else "")


def flat(fields: tuple[Field, ...], edition: Models, path: str = "$") -> Iterator[tuple[str, Field]]:
    """Every field with its path; `[*]` for the items of a list."""
    for one in fields:
        if not one.held_in(edition):
            continue
        where = below(path, one.name) + ("[*]" if one.listed else "")
        yield where, one
        yield from flat(one.children, edition, where)


def cardinality(one: Field) -> str:
    """`1`, `0..1`, `0..n`, `1..3`; a list that must be there but may be empty is `0..n!`."""
    if not one.listed:
        return "1" if one.required else "0..1"
    text = f"{one.least}..{'n' if one.most is None else one.most}"
    return text + ("!" if one.required and not one.least else "?" if one.least and not one.required else "")


def meaning_of(one: Field, edition: Models) -> str:
    """The type, with its pattern or the number of its codes."""
    family, _, name = one.kind.partition(":")
    if family == "code":
        return f"code {name} ({len(codes(name, edition))} valeurs)"
    if family in {"id", "match"}:
        return f"{name} {pattern(name, edition)}"
    return "objet ouvert" if one.open else "objet" if one.kind == "object" else one.kind


def _changed(
    model: str, path: str, before: Field, after: Field, first: Models, second: Models
) -> Iterator[Difference]:
    said = _said(before, first), _said(after, second)
    if before.kind.startswith("code:") and after.kind.startswith("code:"):
        old, new = (codes(one.kind[5:], g) for one, g in ((before, first), (after, second)))
        gone = [quoted(code) for code in old if code not in new]
        come = [quoted(code) for code in new if code not in old]
        said = (
            said[0] + (f" ; codes retirés : {', '.join(gone)}" if gone else ""),
            said[1] + (f" ; codes ajoutés : {', '.join(come)}" if come else ""),
        )
    if said[0] != said[1]:
        yield Difference(model, path, "modifié", *said)


def _said(one: Field, edition: Models) -> str:
    return f"{cardinality(one)} {meaning_of(one, edition)}"
