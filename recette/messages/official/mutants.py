"""Seeded mutants of messages, JSON and XML: one defect each, of the kinds that editors make."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from recette.messages.xml.names import local_name, namespace

_DATES = (
    *("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123+01:00", "2026-01-02T03:04:05", "2026-01-02"),
    *("2026-13-40T03:04:05+01:00", "02/01/2026", "2026-01-02T03:04:05+0100", "2026-01-02 03:04:05+01:00"),
)
_TEXTS = (
    "",
    " ",
    "ZZZ",
    "fr.health",
    "fr.health.samu000.a.b.c.d.e.f.g.h.i.j",
    "é",
    "-1",
    "12345678901",
    "true",
    "1e3",
)
_OTHERS: tuple[Any, ...] = (0, 1.5, -7, 12345678901, True, None, "texte", "", [], {}, ["texte"], {"a": 1})
_DRAWS = 20
"""Places tried until a defect changes something: not every kind can be made everywhere."""
_Place = tuple[Any, Any]
"""A container and the key or index of one of its values."""


def json_mutant(
    document: Any,  # noqa: ANN401 - a JSON tree
    part: Callable[[Any], Any],
    skip: str,
    number: int,
    random: Random,
) -> tuple[str, Any]:
    """The kind of the `number`th defect, and a copy of the tree with it, inside of `part` and not below `skip`."""
    kinds = list(_JSON)
    kind = kinds[number % len(kinds)]
    for _ in range(_DRAWS):
        mutant = copy.deepcopy(document)
        top = part(mutant)
        places = _places(top, skip)
        if places:
            _JSON[kind](top, random.choice(places), random)
        elif isinstance(top, dict):
            top["champInconnu"] = "texte"
        if mutant != document:
            break
    return kind, mutant


def xml_mutant(
    root: Any,  # noqa: ANN401 - an lxml element
    candidates: Callable[[Any], list[Any]],
    number: int,
    random: Random,
) -> tuple[str, Any]:
    """The kind of the `number`th defect, and a copy of the document with it in one of the `candidates`."""
    from lxml import etree

    kinds = list(_XML)
    kind = kinds[number % len(kinds)]
    whole = etree.tostring(root)
    for _ in range(_DRAWS):
        mutant = copy.deepcopy(root)
        _XML[kind](random.choice(candidates(mutant)), random)
        if etree.tostring(mutant) != whole:
            break
    return kind, mutant


def json_removals(
    document: Any,  # noqa: ANN401 - a JSON tree
    part: Callable[[Any], Any],
    skip: str,
) -> Iterator[Any]:
    """Copies of the tree, each without another of the values inside of `part` and not below `skip`."""
    for index in range(len(_places(part(document), skip))):
        mutant = copy.deepcopy(document)
        container, key = _places(part(mutant), skip)[index]
        del container[key]
        yield mutant


def xml_removals(
    root: Any,  # noqa: ANN401 - an lxml element
    candidates: Callable[[Any], list[Any]],
) -> Iterator[Any]:
    """Copies of the document, each without another of the `candidates`, the first of which holds all the others."""
    for index in range(1, len(candidates(root))):
        mutant = copy.deepcopy(root)
        element = candidates(mutant)[index]
        element.getparent().remove(element)
        yield mutant


def _places(node: Any, skip: str = "") -> list[_Place]:  # noqa: ANN401
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found: list[_Place] = []
    for key, child in pairs:
        if skip and key == skip:
            continue
        found.append((node, key))
        found.extend(_places(child))
    return found


def _j_removed(_: Any, place: _Place, __: Random) -> None:  # noqa: ANN401
    del place[0][place[1]]


def _j_added(root: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    value = place[0][place[1]]
    target = next((one for one in (value, place[0], root) if isinstance(one, dict)), None)
    if target is not None:
        target[random.choice(("champInconnu", "caseID", "freeText", "resources"))] = "texte"


def _j_renamed(_: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    container, key = place
    if isinstance(key, str):
        container[random.choice((key + "s", key.upper(), key[:-1] or "x", key.capitalize()))] = container.pop(
            key
        )


def _j_type(_: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    place[0][place[1]] = copy.deepcopy(random.choice(_OTHERS))


def _j_text(_: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    value = place[0][place[1]]
    if isinstance(value, str):
        place[0][place[1]] = _broken(value, random)


def _j_count(_: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    value = place[0][place[1]]
    if isinstance(value, list):
        one = value[0] if value else "texte"
        place[0][place[1]] = random.choice(([], value * 5, one, [value], [one]))
    else:
        place[0][place[1]] = [value]


def _j_date(root: Any, place: _Place, random: Random) -> None:  # noqa: ANN401
    dated = [one for one in _places(root) if _is_date(one[0][one[1]])]
    container, key = random.choice(dated) if dated else place
    container[key] = random.choice(_DATES)


def _is_date(value: object) -> bool:
    return isinstance(value, str) and value[4:5] == "-" and "T" in value


def _broken(value: str, random: Random) -> str:
    cut = random.randrange(len(value) + 1)
    return random.choice(
        (
            value + "!",
            "!" + value,
            value[:cut],
            value.lower(),
            value + " ",
            " " + value,
            value.replace(".", "", 1),
            *_TEXTS,
        )
    )


_JSON: dict[str, Callable[[Any, _Place, Random], None]] = {
    "champ retiré": _j_removed,
    "champ ajouté": _j_added,
    "champ renommé": _j_renamed,
    "type": _j_type,
    "code ou motif": _j_text,
    "cardinalité": _j_count,
    "date": _j_date,
}


def _x_removed(element: Any, _: Random) -> None:  # noqa: ANN401
    if element.getparent() is not None:
        element.getparent().remove(element)


def _x_added(element: Any, random: Random) -> None:  # noqa: ANN401
    child = element.makeelement(f"{{{namespace(element.tag)}}}champInconnu")
    child.text = "texte"
    element.insert(random.randrange(len(element) + 1), child)


def _x_renamed(element: Any, random: Random) -> None:  # noqa: ANN401
    name = local_name(element.tag)
    new = random.choice((name + "s", name.upper(), name.capitalize()))
    element.tag = f"{{{namespace(element.tag)}}}{new}"


def _x_text(element: Any, random: Random) -> None:  # noqa: ANN401
    if len(element) == 0:
        element.text = _broken(element.text or "", random)


def _x_repeated(element: Any, _: Random) -> None:  # noqa: ANN401
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def _x_order(element: Any, random: Random) -> None:  # noqa: ANN401
    parent = element.getparent()
    if parent is not None and len(parent) > 1:
        parent.remove(element)
        parent.insert(random.randrange(len(parent) + 1), element)


def _x_namespace(element: Any, random: Random) -> None:  # noqa: ANN401
    name = local_name(element.tag)
    spaces = ("urn:emergency:cisu:3.0", "urn:emergency:cisu:2.0", "urn:emergency:eda:1.9", "")
    space = random.choice(spaces)
    element.tag = f"{{{space}}}{name}" if space else name


def _x_attribute(element: Any, random: Random) -> None:  # noqa: ANN401
    xsi = "{http://www.w3.org/2001/XMLSchema-instance}"
    name, value = random.choice((("id", "1"), (f"{xsi}nil", "true"), ("lang", "fr")))
    element.set(name, value)


def _x_date(element: Any, random: Random) -> None:  # noqa: ANN401
    top = element.getroottree().getroot()
    dated = [one for one in top.iter() if len(one) == 0 and _is_date(one.text)]
    if dated:
        random.choice(dated).text = random.choice(_DATES)


def _x_structure(element: Any, random: Random) -> None:  # noqa: ANN401
    if len(element):
        element[random.randrange(len(element))].tail = "texte"
    else:
        _x_added(element, random)


_XML: dict[str, Callable[[Any, Random], None]] = {
    "élément retiré": _x_removed,
    "élément ajouté": _x_added,
    "élément renommé": _x_renamed,
    "code, motif ou type": _x_text,
    "cardinalité": _x_repeated,
    "ordre": _x_order,
    "espace de noms": _x_namespace,
    "attribut": _x_attribute,
    "date": _x_date,
    "texte ou élément déplacé": _x_structure,
}
