"""The `editors` of a target file: several under test, each with its driver, and the harness plays nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from recette.messages.roles import ROLES, Role
from recette.play.driver_choice import DriverChoice, read_driver
from recette.play.target_section import Section

FEWEST = 2
_OWN_IDENTITY = ("vendor", "product", "version")


@dataclass(frozen=True, slots=True)
class Seat:
    """One editor under test."""

    id: str
    role: Role
    driver: DriverChoice
    password: str | None = field(default=None, repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    relay: Path | None = None
    """The folder of the relay before it, on a hub of others."""


def read_editors(target: Section) -> tuple[Seat, ...]:
    """The list, checked. Raises TargetError."""
    for name in ("editor", "partners", "partners_vhost"):
        if name in target:
            target.fail(
                name,
                f"« {name} » ne va pas avec « editors », où chacun est testé et où la recette ne joue personne : ôtez l'un ou "
                "l'autre.",
            )
    seats = tuple(_seats(target))
    if len(seats) < FEWEST:
        target.fail(
            "editors", "« editors » est une liste d'au moins deux éditeurs, chacun {id, role, driver}."
        )
    return seats


def _seats(target: Section) -> Iterator[Seat]:
    taken: set[str] = set()
    for one in target.sections("editors"):
        one.only("id", "role", "driver", "identity", "password_env", "password_file", "relay")
        name, role = one.client(), cast("Role", one.one_of("role", ROLES))
        if name in taken:
            one.fail("id", f"« {name} » est déjà pris : chaque éditeur a son identifiant.")
        taken.add(name)
        identity = one.section("identity")
        identity.only(*_OWN_IDENTITY)
        named = {key: identity.text(key) for key in _OWN_IDENTITY if key in identity}
        yield Seat(name, role, _driver(one, target), one.secret("password"), named, one.file("relay"))


def _driver(seat: Section, target: Section) -> DriverChoice:
    """Its own, or the target's; an operator where neither says."""
    for section in (seat, target):
        if "driver" in section:
            found = section.section("driver")
            found.text("kind")
            return read_driver(found.table, found.fail)
    return DriverChoice("operator")
