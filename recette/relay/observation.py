"""Where a run hears what a relay sees: a file in the relay's folder says it, readable by its owner alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from recette.hub.observing import ObservationError
from recette.platform.plain_files import OWNER_ALONE, read_plain, write_anew

FILE = "observation.json"
_MOST = 4096
"""Bytes of it."""


class NotARelayError(ObservationError):
    """No relay writes into that folder: whoever named it has to name another."""


@dataclass(frozen=True, slots=True)
class RelayPlace:
    """Port on this machine, and the word that opens it."""

    port: int
    password: str = field(repr=False)
    obeys: bool = False
    """Whether it breaks the link off when the run asks for it."""


def write_place(folder: Path, place: RelayPlace) -> None:
    """Raises OSError."""
    told = json.dumps({"port": place.port, "password": place.password, "obeys": place.obeys})
    write_anew(folder / FILE, told.encode(), OWNER_ALONE)


def read_place(folder: Path) -> RelayPlace:
    """Raises NotARelayError."""
    try:
        found = json.loads(read_plain(folder / FILE, _MOST))
        place = RelayPlace(int(found["port"]), str(found["password"]), found.get("obeys") is True)
        if not 0 < place.port < 1 << 16:
            raise ValueError("port")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotARelayError(
            f"{folder} n'est pas le dossier d'un relais qui tourne : donnez celui de recette relay --report, et lancez-le "
            "d'abord."
        ) from error
    return place
