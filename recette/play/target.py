"""What is tested and where: one YAML file for one target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NoReturn

from recette.hub.address import AddressError, BrokerAddress
from recette.journal.events import CertificateShown, TargetFacts
from recette.messages.clients import is_health
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.messages.vhosts import UnknownVHostError, VHost, vhost
from recette.play.driver_choice import DriverChoice, read_driver
from recette.scenario import yaml_source
from recette.scenario.model import ROLES, Casting, Format, Role, Scenario
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.yaml_source import Source

UNKNOWN_CLIENT = "fr.health.inconnu"
"""A well-formed client id that no hub knows."""
ABSENT = "fr.health.absent"
"""Where the ids of an actor begin with whom the editor exchanges nothing, and whom the target does not have."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds. No source gives any: these are the target's, and they stand in the journal and in every report."""

    ack: float = 10.0
    answer: float = 120.0
    quiet: float = 3.0

    def named(self, name: str | float | None, default: str) -> float:
        """The deadline a step names, or its own number of seconds."""
        return name if isinstance(name, float | int) else float(getattr(self, name or default))

    def as_mapping(self) -> dict[str, float]:
        return {"ack": self.ack, "answer": self.answer, "quiet": self.quiet}


@dataclass(frozen=True, slots=True)
class Target:
    """One editor on one vHost, the partners that the harness plays, and how each of them connects."""

    name: str
    vhost: VHost
    editor: str
    role: Role
    partners: Mapping[Role, tuple[str, ...]]
    driver: DriverChoice
    deadlines: Deadlines
    addresses: Mapping[str, BrokerAddress] = field(default_factory=dict)
    """By partner client id."""
    format: Literal["json", "xml"] = "json"
    """What the partners send, and what the hub is configured to give the clients."""

    def content_type(self, client: str) -> str:
        """What `client` sends, and what the hub gives it: XML always for whom is no health actor (fact sheet 7.4)."""
        return XML_TYPE if self.format == "xml" or not is_health(client) else JSON_TYPE

    def content_type_for(self, client: str, form: Format | None) -> str:
        """What `client` sends in where a step says so: the format that it names, or the other one."""
        own = self.content_type(client)
        if form == "other":
            return JSON_TYPE if own == XML_TYPE else XML_TYPE
        return {None: own, "json": JSON_TYPE, "xml": XML_TYPE}[form]

    @property
    def facts(self) -> TargetFacts:
        """What the journal's header says of it."""
        return TargetFacts(
            vhost=self.vhost.name,
            editor=self.editor,
            role=self.role,
            partners=tuple(one for ids in self.partners.values() for one in ids),
            format=self.format,
            driver=self.driver.kind,
        )

    @property
    def certificates(self) -> tuple[CertificateShown, ...]:
        """What may be shown of the certificates that the partners connect with."""
        seen = {one: address.tls.certificate for one, address in self.addresses.items() if address.tls}
        return tuple(
            CertificateShown(
                vhost=self.vhost.name,
                client=client,
                subject=one.subject,
                issuer=one.issuer,
                not_before=one.not_before.isoformat(timespec="seconds"),
                not_after=one.not_after.isoformat(timespec="seconds"),
            )
            for client, one in seen.items()
            if one is not None
        )

    def casting(self, scenario: Scenario, actor: str) -> Casting | None:
        """The scenario with `actor` under test; None where roles, generation or partners do not allow it."""
        if scenario.actors[actor] != self.role or self.vhost.generation != scenario.generation:
            return None
        free = {role: [one for one in ids if one != self.editor] for role, ids in self.partners.items()}
        met = {
            name
            for step in scenario.steps
            if actor in {step.sender, step.recipient}
            for name in (step.sender, step.recipient)
        }
        clients = {actor: self.editor}
        for name, role in scenario.actors.items():
            if name == actor:
                continue
            if free.get(role):
                clients[name] = free[role].pop(0)
            elif name in met:
                return None
            else:
                clients[name] = f"{ABSENT}.{name}"
        return Casting(scenario, actor, clients)


def load_target(path: Path) -> Target:
    """Read a target file. Raises ScenarioError with file, line and column."""
    try:
        source = yaml_source.parse(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([Problem(str(path), 1, 1, f"Fichier cible illisible ({error}).")]) from error
    return _TargetReader(source).read()


class _TargetReader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tree: Mapping[str, Any] = source.tree if isinstance(source.tree, dict) else {}

    def read(self) -> Target:
        known = {"broker", "vhost", "editor", "partners", "driver", "deadlines", "format"}
        for key in self.tree:
            if key not in known:
                raise self._error(
                    (key,), f"« {key} » n'est pas connu ici ; connus : {', '.join(sorted(known))}."
                )
        try:
            on = vhost(str(self._need("vhost")))
        except UnknownVHostError as error:
            raise self._error(("vhost",), str(error)) from error
        editor = self._need("editor")
        if not isinstance(editor, dict) or editor.get("role") not in ROLES or not editor.get("id"):
            raise self._error(("editor",), f"« editor » s'écrit {{id: <client>, role: {'|'.join(ROLES)}}}.")
        form = self.tree.get("format", "json")
        if form not in {"json", "xml"}:
            raise self._error(("format",), "« format » vaut json ou xml.")
        partners, addresses = self._partners(on)
        return Target(
            name=self.source.file,
            vhost=on,
            editor=str(editor["id"]),
            role=editor["role"],
            partners=partners,
            driver=self._driver(),
            deadlines=self._deadlines(),
            addresses=addresses,
            format=form,
        )

    def _partners(self, on: VHost) -> tuple[dict[Role, tuple[str, ...]], dict[str, BrokerAddress]]:
        partners: dict[Role, tuple[str, ...]] = {}
        addresses: dict[str, BrokerAddress] = {}
        raw = self._need("partners")
        for index, one in enumerate(raw if isinstance(raw, list) else []):
            at = ("partners", index)
            if not isinstance(one, dict) or one.get("role") not in ROLES or not one.get("id"):
                raise self._error(at, f"Un partenaire s'écrit {{id: <client>, role: {'|'.join(ROLES)}}}.")
            role: Role = one["role"]
            partners[role] = (*partners.get(role, ()), str(one["id"]))
            addresses[str(one["id"])] = self._address(one, on, at)
        if not partners:
            raise self._error(("partners",), "« partners » est une liste d'au moins un partenaire.")
        return partners, addresses

    def _address(self, one: Mapping[str, Any], on: VHost, at: yaml_source.Path) -> BrokerAddress:
        try:
            address = BrokerAddress.parse(str(self._need("broker")), vhost=on.name)
        except AddressError as error:
            raise self._error(("broker",), str(error)) from error
        address = replace(address, user=str(one.get("user", one["id"])))
        variable = one.get("password_env")
        if variable is not None:
            if variable not in os.environ:
                raise self._error(
                    (*at, "password_env"), f"La variable d'environnement {variable} n'est pas définie."
                )
            address = replace(address, password=os.environ[variable])
        return address

    def _driver(self) -> DriverChoice:
        def complain(key: str, text: str) -> NoReturn:
            raise self._error(("driver", key) if key else ("driver",), text)

        return read_driver(self._need("driver"), complain)

    def _deadlines(self) -> Deadlines:
        raw = self.tree.get("deadlines") or {}
        for name, value in raw.items():
            if name not in {"ack", "answer", "quiet"} or not isinstance(value, int | float) or value <= 0:
                raise self._error(("deadlines", name), "Les délais sont ack, answer et quiet, en secondes.")
        return replace(Deadlines(), **{name: float(value) for name, value in raw.items()})

    def _need(self, name: str) -> Any:  # noqa: ANN401 - a YAML tree
        if not self.tree.get(name):
            raise self._error((), f"« {name} » manque dans la cible.")
        return self.tree[name]

    def _error(self, path: yaml_source.Path, text: str) -> ScenarioError:
        return ScenarioError([self.source.problem(path, text)])
