"""The target file: one YAML for one editor on one vHost, checked whole before anything is connected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar, cast

from recette.hub.address import BrokerAddress
from recette.journal.facts import IDENTITY, LEVELS
from recette.messages.dictionary.generations import UnknownEditionError, edition_named
from recette.messages.profile.reader import DEFAULT, PROFILES
from recette.messages.roles import ROLES, Role
from recette.messages.vhosts import KNOWN_VHOSTS, UnknownVHostError, VHost, vhost
from recette.play.driver_choice import DriverChoice, read_driver
from recette.play.target import Deadlines, HomeHub, ObservedAt, Status, Target, all_but
from recette.play.target_access import LOGIN, Access, read_hub
from recette.play.target_editors import Seat, read_editors
from recette.play.target_error import TargetError
from recette.play.target_section import Section
from recette.scenario import yaml_source
from recette.scenario.data_files import read_text
from recette.scenario.problems import Problem, ScenarioError
from recette.wording.os_errors import unread

KEYS = (
    "environment", "broker", "vhost", "editor", "editors", "partners", "format", "distributionStatus", "deadlines", "tls",
    "driver", "identity", "hub", "home", "observation", "models", "partners_vhost",
    "witness",
)  # fmt: skip
_DEADLINES = ("ack", "answer", "quiet")
Read = TypeVar("Read")


def load_target(path: Path) -> Target:
    """Read a target file. Raises TargetError with file, line and column of every defect."""
    try:
        source = yaml_source.parse(str(path), read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise TargetError(
            [Problem(str(path), 1, 1, f"Fichier cible illisible : {unread(error)}.")]
        ) from error
    except ScenarioError as error:
        raise TargetError(error.problems) from error
    if not isinstance(source.tree, dict):
        raise TargetError([source.problem((), f"Une cible est une table : {', '.join(KEYS)}.")])
    return _Reader(Section(source, (), source.tree)).read()


@dataclass(frozen=True, slots=True)
class _Clients:
    """Who is who, and how each of them logs in."""

    editor: str = ""
    role: Role = "LRM"
    partners: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    addresses: Mapping[str, BrokerAddress] = field(default_factory=dict)
    editor_address: BrokerAddress | None = None
    seats: tuple[Seat, ...] = ()
    """The editors, where there are several."""
    witness: str = ""


class _Reader:
    """Gathers the defects of all sections, so that an author sees them at once."""

    def __init__(self, target: Section) -> None:
        self._target = target
        self._problems: list[Problem] = []

    def read(self) -> Target:
        target = self._target
        self._try(lambda: target.only(*KEYS))
        on = self._try(lambda: _vhost(target))
        hub = self._try(lambda: read_hub(target, on or KNOWN_VHOSTS[0]))
        at_home = hub is not None and hub.home
        access = self._try(lambda: Access(target, hub, on) if hub and on and not at_home else None)
        home = self._try(lambda: _home(target, at_home=at_home))
        observation = self._try(lambda: _observation(target, at_home=at_home))
        there = self._try(lambda: _partners_vhost(target, on))
        clients = self._try(lambda: _clients(target, access, self._try, there, at_home=at_home))
        form = self._try(lambda: target.one_of("format", ("json", "xml"), "json"))
        hub_profile = self._try(lambda: target.one_of("hub", PROFILES, DEFAULT))
        status = self._try(lambda: target.one_of("distributionStatus", ("Actual", "Exercise"), "Actual"))
        deadlines = self._try(lambda: _deadlines(target.section("deadlines")))
        driver = self._try(lambda: _driver(target))
        identity = self._try(lambda: _identity(target.section("identity"), alone="editors" not in target))
        if self._problems or on is None or hub is None or clients is None or not deadlines or not driver:
            raise TargetError(sorted(dict.fromkeys(self._problems), key=lambda one: (one.line, one.column)))
        found = Target(
            name=target.source.file,
            vhost=on,
            editor=clients.editor,
            role=clients.role,
            partners=clients.partners,
            driver=driver,
            deadlines=deadlines,
            addresses=clients.addresses,
            format="xml" if form == "xml" else "json",
            hub=hub_profile or DEFAULT,
            hub_named="hub" in target.table,
            environment=hub.environment,
            status=cast("Status", status),
            editor_address=clients.editor_address,
            home=home,
            observation=observation,
            identity=identity or {},
            partners_vhost=there,
            witness=clients.witness,
        )
        return found if clients.seats == () else _among(found, clients.seats)

    def _try(self, part: Callable[[], Read]) -> Read | None:
        """A part of the file; its defects are kept for the end."""
        try:
            return part()
        except TargetError as error:
            self._problems += error.problems
            return None


def _vhost(target: Section) -> VHost:
    named = target.text("models", "")
    try:
        edition = edition_named(named) if named else None
    except UnknownEditionError as error:
        target.fail("models", str(error))
    try:
        return vhost(target.text("vhost"), edition)
    except UnknownVHostError as error:
        target.fail("vhost", str(error))


def _partners_vhost(target: Section, on: VHost | None) -> VHost | None:
    """Where the partners live, if not where the editor does."""
    if "partners_vhost" not in target:
        return None
    try:
        found = vhost(target.text("partners_vhost"))
    except UnknownVHostError as error:
        target.fail("partners_vhost", str(error))
    return None if on is not None and found.name == on.name else found


def _clients(
    target: Section,
    access: Access | None,
    attempt: Callable[[Callable[[], object]], object],
    there: VHost | None,
    *,
    at_home: bool,
) -> _Clients:
    if "editors" in target:
        return _several(target, access)
    editor = target.section("editor")
    if not editor.table:
        target.fail("editor", f"« editor » s'écrit {{id: <client>, role: {'|'.join(ROLES)}}}.")
    editor.only("id", "role", *(("password_env", "password_file") if at_home else LOGIN))
    name, role = editor.client(), cast("Role", editor.one_of("role", ROLES))
    own = access.address(editor, name) if access is not None and access.holds(editor) else None
    partners: dict[Role, tuple[str, ...]] = {}
    addresses: dict[str, BrokerAddress] = {}

    def read(one: Section) -> None:
        one.only("id", "role", *(() if at_home else LOGIN))
        partner, its_role = one.client(), cast("Role", one.one_of("role", ROLES))
        if partner in addresses or partner == name:
            one.fail("id", f"« {partner} » est déjà pris : la recette joue chaque partenaire une fois.")
        partners[its_role] = (*partners.get(its_role, ()), partner)
        if access is not None:
            address = access.address(one, partner)
            addresses[partner] = address if there is None else replace(address, vhost=there.name)

    for one in target.sections("partners"):
        attempt(lambda one=one: read(one))  # type: ignore[misc]
    if not target.table.get("partners") and own is None:
        target.fail(
            "partners",
            "« partners » est une liste d'au moins un partenaire que joue la recette (sans partenaire, donnez à "
            "« editor » de quoi se connecter : recette preflight le vérifie).",
        )
    return _Clients(name, role, partners, addresses, own)


def _several(target: Section, access: Access | None) -> _Clients:
    """The first of the editors, as far as all are alike, and who sees them where the hub is not ours. Raises TargetError."""
    seats = read_editors(target)
    first = _Clients(seats[0].id, seats[0].role, seats=seats)
    relayed = [one.id for one in seats if one.relay is not None]
    if access is None:
        if relayed:
            target.fail("editors", "Avec « broker: home », la recette voit déjà tout : ôtez « relay ».")
        return first
    if relayed and "witness" not in target:
        unseen = ", ".join(one.id for one in seats if one.relay is None)
        if unseen:
            target.fail(
                "editors",
                f"Rien ne montrerait ce que reçoit {unseen} : donnez un « relay » à chaque éditeur.",
            )
        return first
    if "witness" not in target:
        target.fail(
            "editors",
            "Sur un hub qui n'est pas le sien, la recette ne voit pas ce que deux éditeurs s'échangent : écrivez « broker: home », "
            "ou « witness », le client à qui l'opérateur du hub montre leurs files, ou « relay » sous chaque éditeur, le dossier de "
            "son recette relay (docs/editeur-a-editeur.md).",
        )
    witness = target.section("witness")
    witness.only("id", *LOGIN)
    name = witness.client()
    if name in {one.id for one in seats}:
        witness.fail("id", f"« {name} » est un éditeur sous test : le témoin est un client à part.")
    return replace(first, addresses={name: access.address(witness, name)}, witness=name)


def _among(target: Target, seats: tuple[Seat, ...]) -> Target:
    """The first editor with the others, each of whom has all the rest for partners."""

    def seated(seat: Seat) -> Target:
        return replace(
            target,
            editor=seat.id,
            role=seat.role,
            partners=all_but(seat.id, {one.id: one.role for one in seats}),
            driver=seat.driver,
            home=replace(target.home, password=seat.password) if target.home is not None else None,
            identity={**target.identity, "level": "editeur-editeur", **seat.identity},
            relay=seat.relay,
        )

    first, *others = map(seated, seats)
    return replace(first, opposite=tuple(others))


def _home(target: Section, *, at_home: bool) -> HomeHub | None:
    """How the software under test reaches the hub that the run is."""
    if not at_home:
        if "home" in target:
            target.fail(
                "home", "« home » va avec « broker: home », où la recette est le hub de votre logiciel."
            )
        return None
    home = target.section("home")
    home.only("port", "tls", "wait")
    port, wait = home.table.get("port", 0), home.table.get("wait", HomeHub().wait)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65_535:
        home.fail("port", "« port » est un port, de 0 (un port libre) à 65535.")
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 < wait <= 86_400:
        home.fail("wait", "« wait » est le nombre de secondes laissées au logiciel pour se connecter.")
    return HomeHub(port, target.section("editor").secret("password"), home.file("tls"), float(wait))


def _observation(target: Section, *, at_home: bool) -> ObservedAt | None:
    """Where what the hub sees can be heard."""
    if "observation" not in target:
        return None
    if at_home:
        target.fail("observation", "Avec « broker: home », la recette voit déjà tout : ôtez « observation ».")
    section = target.section("observation")
    section.only("port", "password_env", "password_file")
    port, password = section.table.get("port"), section.secret("password")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= 65_535:
        section.fail("port", "« port » est celui que recette sandbox affiche pour l'observation.")
    if password is None:
        section.fail("", "« observation » demande password_env ou password_file.")
    return ObservedAt(port, password)


def _identity(identity: Section, *, alone: bool) -> dict[str, str]:
    """Whose software is tested, for whom and at which level: what the procès-verbal and the matrix name.

    `alone`: whether the harness plays the partners.
    """
    identity.only(*IDENTITY)
    found = {name: identity.text(name) for name in IDENTITY if name in identity}
    if "level" in identity:
        identity.one_of("level", tuple(LEVELS))
    if not alone and found.get("level", "editeur-editeur") != "editeur-editeur":
        identity.fail("level", "Avec « editors », le niveau est « editeur-editeur » : ôtez « level ».")
    if alone and found.get("level") == "editeur-editeur":
        identity.fail(
            "level",
            "Le niveau « editeur-editeur » met face à face deux logiciels : ici la recette joue les partenaires, écrivez "
            "« ans-editeur », ou nommez-les tous deux dans « editors ».",
        )
    return found


def _deadlines(deadlines: Section) -> Deadlines:
    deadlines.only(*_DEADLINES)
    for name, value in deadlines.table.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86_400:
            deadlines.fail(name, "Les délais sont ack, answer et quiet, en secondes, de plus de 0 à 86400.")
    return replace(Deadlines(), **{name: float(value) for name, value in deadlines.table.items()})


def _driver(target: Section) -> DriverChoice:
    """An operator, where the target names no driver."""
    if "driver" not in target:
        return DriverChoice("operator")
    driver = target.section("driver")
    driver.text("kind")
    return read_driver(driver.table, driver.fail)
