"""What a hub knows of its clients, in the agency's own YAML form (2026 sheet 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recette.messages.yaml_nodes import TooMuchYamlError, tree
from recette.platform.plain_files import read_plain
from recette.wording.os_errors import unread

_SUFFIX = "Wrapper"
_MOST = 8 * 1024 * 1024
"""Bytes of the file."""


class ClientsError(ValueError):
    """A file of clients that the hub would not start with; one sentence that says where and why."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """One client: the format it prefers, what it must not receive, the versions it speaks."""

    prefers_xml: bool | None = None
    inhibited: frozenset[str] = frozenset()
    """Classes, without `Wrapper`."""
    perimeters: Mapping[str, tuple[str, ...]] | None = None
    """Versions by perimeter, ascending; None where nothing is said."""

    @property
    def vhosts(self) -> frozenset[str]:
        """Where it lives."""
        return frozenset(f"{name}_v{one}" for name, many in (self.perimeters or {}).items() for one in many)

    def speaks_on(self, vhost: str) -> str | None:
        """None where this client is reached on `vhost`; else the vHost that its messages are converted for."""
        perimeter, _, version = vhost.rpartition("_v")
        versions = (self.perimeters or {}).get(perimeter, ())
        if not versions or version in versions:
            return None
        return f"{perimeter}_v{versions[-1]}"


def read_clients(path: Path) -> dict[str, ClientSettings]:
    """Settings by client id. Raises ClientsError, as the real one refuses to start."""
    try:
        document = tree(read_plain(path, _MOST).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ClientsError(f"{path} ne peut pas être lu ({unread(error)}).") from error
    except TooMuchYamlError as error:
        raise ClientsError(f"{path}:{error.line} : {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        raise ClientsError(f"{where} : ce n'est pas du YAML lisible.") from error
    entries = document.get("clients") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ClientsError(f"{path} : il y faut une liste « clients » d'au moins un client.")
    found: dict[str, ClientSettings] = {}
    for number, entry in enumerate(entries):
        where = f"{path} : clients[{number}]"
        if not isinstance(entry, dict):
            raise ClientsError(f"{where} : attendu un client avec client_id et perimeters.")
        name = entry.get("client_id")
        if not isinstance(name, str) or not name.strip():
            raise ClientsError(f"{where}.client_id : l'identifiant du client manque.")
        found[name] = _settings(entry, f"{where} ({name})")
    return found


def _settings(entry: Mapping[str, Any], where: str) -> ClientSettings:
    prefers = entry.get("useXML")
    if prefers is not None and not isinstance(prefers, bool):
        raise ClientsError(f"{where}.useXML : attendu true ou false.")
    inhibited = entry.get("inhibitedUseCases") or []
    if not isinstance(inhibited, list) or not all(isinstance(one, str) for one in inhibited):
        raise ClientsError(f"{where}.inhibitedUseCases : attendu une liste de classes.")
    names = frozenset(one.removesuffix(_SUFFIX) for one in inhibited)
    return ClientSettings(prefers, names, _perimeters(entry.get("perimeters"), where))


def _perimeters(entries: object, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(entries, list) or not entries:
        raise ClientsError(f"{where}.perimeters : il y faut au moins un périmètre.")
    found: dict[str, tuple[str, ...]] = {}
    for number, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.strip():
            raise ClientsError(f"{where}.perimeters[{number}].name : le nom du périmètre manque.")
        versions = entry.get("versions")
        if not isinstance(versions, list) or not versions:
            raise ClientsError(f"{where}.perimeters[{number}].versions : il y faut au moins une version.")
        found[name] = tuple(str(one) for one in versions)
    return found
