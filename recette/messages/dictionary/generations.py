"""The one table of generations, editions and vHosts: `generations.table`, read once.

An edition is an official tag of the models; a generation is the editions that speak one version of the format. Nothing
else in the project knows how many there are, or what they are called.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from recette.messages.dictionary.lines import FOLDER, OUTDATED, Line, blocks_of, own_folder
from recette.wording.nearest_name import nearest

TABLE = "generations.table"


class UnknownEditionError(ValueError):
    """No such edition; the text names the known ones."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One official tag of the models."""

    tag: str
    generation: int = field(compare=False)
    place: int = field(compare=False)
    """Its rank among all editions, oldest first."""
    namespace: str = field(compare=False)
    """That of `message` in XML."""
    contents_lower: bool = field(compare=False)
    """The namespace of a content is its use-case key in small letters."""
    published: str = field(compare=False)
    """The day, `2026-03-24`; empty where no source says."""

    @property
    def title(self) -> str:
        """Both as a sentence names them: `génération 3 (3.4.1)`."""
        dated = f"{self.tag} du {self.published}" if self.tag == "main" and self.published else self.tag
        return f"génération {self.generation} ({dated})"


Models: TypeAlias = Edition | int
"""An edition, or the number of a generation, which stands for its default edition."""


@dataclass(frozen=True, slots=True)
class VHostRow:
    """One vHost of the table: the edition that judges there by default, and all that a source has there."""

    name: str
    default: Edition
    served: tuple[Edition, ...]
    """Every edition that the hub may serve there, the default among them, oldest first."""
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """All that the file says."""

    editions: tuple[Edition, ...]
    defaults: dict[int, Edition]
    """By generation, oldest first."""
    aliases: dict[str, Edition]
    vhosts: tuple[VHostRow, ...]
    used: dict[str, frozenset[str]]
    """Messages by perimeter; `*` for those that every perimeter uses."""
    spellings: dict[str, tuple[str, ...]]
    """All names of one thing, by the one that the project uses, which comes first."""


@cache
def table() -> Table:
    """The table, read from its file. Raises DictionaryError."""
    editions: list[Edition] = []
    defaults: dict[int, Edition] = {}
    aliases: dict[str, Edition] = {}
    vhosts: list[tuple[list[Line], list[str]]] = []
    used: dict[str, frozenset[str]] = {}
    spellings: dict[str, tuple[str, ...]] = {}
    for block in blocks_of(FOLDER / TABLE):
        kind, *words = block[0].words
        if kind == "generation" and len(words) == 1 and words[0].isdigit():
            found = _generation(int(words[0]), block, len(editions))
            for edition, options in found:
                editions.append(edition)
                aliases.update(dict.fromkeys(_after(options, "also"), edition))
                if "default" in options or len(found) == 1:
                    defaults[edition.generation] = edition
            defaults.setdefault(int(words[0]), editions[-1])
        elif kind == "vhost" and len(words) > 1:
            vhosts.append((block, words))
        elif kind == "used" and words:
            used[words[0]] = frozenset(words[1:])
        elif kind == "name" and len(words) > 1:
            spellings[words[0]] = tuple(words)
        else:
            raise block[0].error("attendu « generation N », « vhost NOM ÉDITION », « used … » ou « name … »")
    known = {**{one.tag: one for one in editions}, **aliases}
    rows = tuple(_vhost(block, words, known, editions) for block, words in vhosts)
    return Table(tuple(editions), defaults, aliases, rows, used, spellings)


def generations() -> tuple[int, ...]:
    """The numbers of all generations, oldest first."""
    return tuple(table().defaults)


def editions(generation: int | None = None) -> tuple[Edition, ...]:
    """All editions, or those of one generation, oldest first."""
    return tuple(one for one in table().editions if generation is None or one.generation == generation)


def edition_of(models: Models) -> Edition:
    """The edition itself, or the default one of a generation. Raises UnknownEditionError."""
    if isinstance(models, Edition):
        return models
    try:
        return table().defaults[models]
    except KeyError:
        known = ", ".join(map(str, generations()))
        raise UnknownEditionError(f"La génération {models} n'existe pas ; connues : {known}.") from None


def edition_named(text: str) -> Edition:
    """The edition of that official tag, or the default one of a generation's number. Raises UnknownEditionError."""
    known = table()
    by_tag = {**{one.tag: one for one in known.editions}, **known.aliases}
    if text in by_tag:
        return by_tag[text]
    if text.isdigit() and int(text) in known.defaults:
        return known.defaults[int(text)]
    near = nearest(text, by_tag)
    hint = f" Vouliez-vous dire {near[0]} ?" if near else ""
    raise UnknownEditionError(
        f"L'édition des modèles « {text} » est inconnue.{hint} Connues : {', '.join(by_tag)} "
        "(recette models adopt en apprend une nouvelle)."
        + (
            f" Celles qui ont été adoptées dans {own_folder()} le furent avec une autre version de recette, et ne sont "
            "pas lues : refaites recette models adopt."
            if OUTDATED
            else ""
        )
    )


def marked(line: Line, mark: str) -> frozenset[Edition]:
    """The editions that a mark stands for: `@1`, `@2-`, `@1-2`, `@1,3`, `@3.4.0-`, `@3.3.0-3.3.2`. Raises DictionaryError."""
    found = _marked(mark.removeprefix("@"))
    if not found:
        raise line.error(f"« {mark} » ne désigne pas d'éditions (attendu @1, @2-, @1-2, @1,3, @3.4.0-)")
    return found


@cache
def _marked(text: str) -> frozenset[Edition]:
    """Empty where a part of it names nothing."""
    known = table()
    spans: dict[str, tuple[int, int]] = {}
    for one in known.editions:
        first, _ = spans.get(str(one.generation), (one.place, 0))
        spans[str(one.generation)] = (first, one.place)
        spans[one.tag] = (one.place, one.place)
    spans.update({alias: (one.place, one.place) for alias, one in known.aliases.items()})
    found: set[Edition] = set()
    for part in text.split(","):
        span = _span(part, spans, len(known.editions) - 1)
        if span is None or span[1] < span[0]:
            return frozenset()
        found.update(known.editions[span[0] : span[1] + 1])
    return frozenset(found)


def _span(part: str, spans: dict[str, tuple[int, int]], last: int) -> tuple[int, int] | None:
    """First and last place. A tag may have a hyphen of its own: each is tried as the one of a range."""
    if part in spans:
        return spans[part]
    for position, sign in enumerate(part):
        first, until = part[:position], part[position + 1 :]
        if sign == "-" and first in spans and (not until or until in spans):
            return spans[first][0], spans[until][1] if until else last
    return None


def spelled(held: Iterable[Edition]) -> str:
    """How a mark writes a set of editions, without its `@`: generations whole where they are, open at the end."""
    places = sorted(one.place for one in held)
    known = table().editions
    parts = []
    while places:
        first = last = places.pop(0)
        while places and places[0] == last + 1:
            last = places.pop(0)
        parts.append(_spelled(known, first, last))
    return ",".join(parts)


def _spelled(known: tuple[Edition, ...], first: int, last: int) -> str:
    opens = first == 0 or known[first - 1].generation != known[first].generation
    closes = last + 1 == len(known) or known[last + 1].generation != known[last].generation
    start = str(known[first].generation) if opens else known[first].tag
    if last + 1 == len(known):
        return f"{start}-"
    end = str(known[last].generation) if closes else known[last].tag
    if first == last and not (opens and closes):
        return known[first].tag
    if opens and closes and known[first].generation == known[last].generation:
        return start
    return f"{start}-{end}"


def _generation(number: int, block: list[Line], place: int) -> list[tuple[Edition, list[str]]]:
    namespace, lower = "", False
    rows: list[tuple[Line, list[str]]] = []
    for line in block[1:]:
        kind, *words = line.words
        if kind == "namespace" and len(words) == 1:
            namespace = words[0]
        elif kind == "contents" and words == ["lower"]:
            lower = True
        elif kind == "edition" and words:
            rows.append((line, words))
        else:
            raise line.error("attendu « namespace URI », « contents lower » ou « edition TAG … »")
    if not namespace or not rows:
        raise block[0].error("une génération a un « namespace » et au moins une « edition »")
    found = []
    for offset, (_, (tag, *options)) in enumerate(rows):
        own = _after(options, "namespace")
        published = options[0] if options and options[0][:1].isdigit() else ""
        edition = Edition(tag, number, place + offset, own[0] if own else namespace, lower, published)
        found.append((edition, options))
    return found


def _vhost(block: list[Line], words: list[str], known: dict[str, Edition], all_: list[Edition]) -> VHostRow:
    name, default, *more = words
    others = _after(more, "or")
    for tag in (default, *others):
        if tag not in known:
            raise block[0].error(f"l'édition « {tag} » n'est pas dans ce tableau")
    spoken = {known[tag].generation for tag in (default, *others)}
    source = next((line.text.split(maxsplit=1)[1] for line in block[1:] if line.words[0] == "source"), "")
    return VHostRow(name, known[default], tuple(one for one in all_ if one.generation in spoken), source)


def _after(words: list[str], option: str) -> list[str]:
    """What stands behind an option word, up to the next one."""
    if option not in words:
        return []
    found = []
    for word in words[words.index(option) + 1 :]:
        if word in {"also", "default", "namespace", "or"}:
            break
        found.append(word)
    return found
