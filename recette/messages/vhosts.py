"""The hub's vHosts and the edition of the models that judges on each of them (fact sheet 1.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recette.messages.dictionary.generations import Edition, edition_named, edition_of, table
from recette.messages.json.schemas import BUILTIN
from recette.wording.nearest_name import nearest

_SUFFIX = re.compile(r"_v[A-Za-z0-9.]+$")


class UnknownVHostError(ValueError):
    """No such vHost; the text names the known ones."""


@dataclass(frozen=True, slots=True)
class VHost:
    """One vHost: `{perimeter}_v{version of the functional specification}`."""

    name: str
    perimeter: str
    edition: Edition
    """The one that judges here."""
    served: tuple[Edition, ...]
    """Those that the hub may serve here, the judging one among them: only that where it was named."""
    source: str = ""
    """What the sources say of its version, where they disagree or only one says so."""

    @property
    def generation(self) -> int:
        """The generation that the judging edition is of."""
        return self.edition.generation


def perimeter_of(name: str) -> str:
    """The perimeter of a vHost, known or not: its name without the version."""
    return _SUFFIX.sub("", name)


KNOWN_VHOSTS = tuple(
    VHost(row.name, perimeter_of(row.name), row.default, row.served, row.source) for row in table().vhosts
)


def vhost(name: str, models: Edition | None = None) -> VHost:
    """The vHost of that name, with or without its leading slash; any name will do where `models` is given.

    Raises UnknownVHostError.
    """
    bare = name.removeprefix("/")
    by_name = {known.name.lower(): known for known in KNOWN_VHOSTS}
    known = by_name.get(bare.lower())
    if models is not None:
        found = known.name if known is not None else bare
        return VHost(found, perimeter_of(found), models, (models,), known.source if known else "")
    if known is not None:
        return known
    near = nearest(bare, by_name)
    hint = f" Vouliez-vous dire {near[0]} ?" if near else ""
    raise UnknownVHostError(
        f"Le vHost « {name} » est inconnu.{hint} Connus : {', '.join(known.name for known in KNOWN_VHOSTS)}. "
        "Un autre s'emploie en nommant l'édition de ses modèles (--models)."
    )


def recorded(vhosts: Iterable[VHost]) -> dict[str, Any]:
    """What a journal keeps of the editions: the one that judges on each vHost, and others that may be served there."""
    held = {one.name: one for one in vhosts}
    return {
        "editions": {name: one.edition.tag for name, one in held.items()},
        "served": {
            name: [each.tag for each in one.served] for name, one in held.items() if len(one.served) > 1
        },
    }


def recorded_vhost(name: str, models: Mapping[str, Any]) -> VHost:
    """The vHost as a journal has it (`recorded`); one that names no edition was judged by its generation's default.

    Raises UnknownVHostError, UnknownEditionError.
    """
    tag = models.get("editions", {}).get(name)
    if tag is None:
        return vhost(name, edition_of(vhost(name).generation))
    found = vhost(name, edition_named(tag))
    served = models.get("served", {}).get(name, [tag])
    return VHost(found.name, found.perimeter, found.edition, tuple(map(edition_named, served)), found.source)


def judged_by(edition: Edition, names: Iterable[str], models: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a journal keeps (`recorded`), with `edition` judging on the vHosts of its generation by the dictionary.

    None where there is none of these. Raises UnknownVHostError, UnknownEditionError.
    """
    vhosts = {name: recorded_vhost(name, models) for name in names}
    ours = {
        name: replace(one, edition=edition, served=(edition,))
        for name, one in vhosts.items()
        if one.generation == edition.generation
    }
    return {"source": BUILTIN, **recorded({**vhosts, **ours}.values())} if ours else None


def used_on(model: str, perimeter: str) -> bool:
    """Whether the perimeter uses this message, by its specification or by what a hub carries there (`generations.table`).

    Of an unknown perimeter nothing is said. What a hub of a profile refuses on one vHost is the profile's to say.
    """
    used = table().used
    return perimeter not in used or model in used["*"] or model in used[perimeter]
