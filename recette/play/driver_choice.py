"""The `driver` section of a target file: how the editor is made to act."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from recette.platform.host_names import may_be_a_host

Kind = Literal["simulated", "http", "command", "operator", "none"]
Complain = Callable[[str, str], NoReturn]
"""Raises with the place of a key of the section (the section itself for "") and one French sentence."""
_KEYS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "http": {"url": str, "timeout": (int, float), "retries": int},
    "command": {"command": (str, list), "timeout": (int, float), "env": list},
    "operator": {"name": str, "patience": (int, float)},
    "none": {"patience": (int, float)},
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_LONGEST = 24 * 3600.0
_TIMEOUT, _PATIENCE, _RETRIES = 30.0, 600.0, 2


@dataclass(frozen=True, slots=True)
class DriverChoice:
    """How the editor is made to act. Each kind has its own fields; the others stay as they are here."""

    kind: Kind
    url: str = ""
    timeout: float = _TIMEOUT
    """Seconds for one POST or one run of the command."""
    retries: int = _RETRIES
    """POSTs beyond the first."""
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    """Variables of the environment that the command gets beside the usual ones."""
    name: str = ""
    """The operator's; asked for where it is empty."""
    patience: float = _PATIENCE
    """Seconds that an operator, or whom nobody asks, gets for each step, beyond the deadlines of the target."""


def read_driver(raw: object, complain: Complain) -> DriverChoice:
    """The section as it stands in the file."""
    if not isinstance(raw, Mapping) or raw.get("kind") not in _KEYS:
        complain("", f"« driver » est une table dont « kind » vaut {', '.join(_KEYS)}.")
    kind: Any = raw["kind"]
    known = _KEYS[kind]
    for name, value in raw.items():
        if name == "kind":
            continue
        if name not in known:
            complain(
                str(name), f"« {name} » n'est pas connu d'un pilote {kind} ; connus : {', '.join(known)}."
            )
        if isinstance(value, bool) or not isinstance(value, known[name]):
            complain(str(name), f"« {name} » n'a pas la forme attendue pour un pilote {kind}.")
    return DriverChoice(
        kind=kind,
        url=_url(raw, complain) if kind == "http" else "",
        timeout=_seconds(raw, "timeout", _TIMEOUT, complain),
        retries=_retries(raw, complain),
        command=_command(raw, complain) if kind == "command" else (),
        env=_env(raw, complain),
        name=str(raw.get("name", "")).strip(),
        patience=_seconds(raw, "patience", _PATIENCE, complain),
    )


def _url(raw: Mapping[str, Any], complain: Complain) -> str:
    url = str(raw.get("url", ""))
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and may_be_a_host(parts.hostname or "")
    except ValueError:
        usable = False
    if not usable:
        complain("url" if url else "", "Un pilote http a une « url » : http://hôte:port/chemin.")
    if "@" in parts.netloc:
        complain(
            "url",
            "Un secret ne s'écrit pas dans la cible : enlevez l'utilisateur et le mot de passe de « url » ; ce qui doit "
            "s'authentifier se fait par un pilote command, qui reçoit les variables que nomme « env ».",
        )
    return url


def _env(raw: Mapping[str, Any], complain: Complain) -> tuple[str, ...]:
    names = raw.get("env", [])
    for name in names:
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            complain("env", "« env » est une liste de noms de variables d'environnement, sans leurs valeurs.")
        if name not in os.environ:
            complain("env", f"La variable d'environnement {name} n'est pas définie.")
    return tuple(names)


def _command(raw: Mapping[str, Any], complain: Complain) -> tuple[str, ...]:
    written = raw.get("command", "")
    try:
        words = shlex.split(written) if isinstance(written, str) else [str(word) for word in written]
    except ValueError:
        complain("command", "« command » a un guillemet de trop ou de moins.")
    if not words:
        complain("", "Un pilote command a une « command » : un programme et ses arguments.")
    if shutil.which(words[0]) is None:
        complain("command", f"La commande « {words[0]} » n'existe pas ici ou n'est pas exécutable.")
    return tuple(words)


def _retries(raw: Mapping[str, Any], complain: Complain) -> int:
    retries: int = raw.get("retries", _RETRIES)
    if not 0 <= retries <= 10:
        complain("retries", "« retries » est un nombre de 0 à 10.")
    return retries


def _seconds(raw: Mapping[str, Any], name: str, default: float, complain: Complain) -> float:
    seconds = float(raw.get(name, default))
    if not 0 < seconds <= _LONGEST:
        complain(name, f"« {name} » est un nombre de secondes, de plus de 0 à {_LONGEST:g}.")
    return seconds
