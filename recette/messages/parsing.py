"""Bytes to a JSON tree, within bounds: what comes in is hostile until shown otherwise."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from recette.messages.diagnostics import Diagnostic

MAX_BODY = 10 * 1024 * 1024
"""Bytes."""
MAX_DEPTH = 100
"""Nested objects and lists."""
MAX_VALUES = 200_000
"""Commas and colons in the text: about as many values."""
MAX_DIGITS = 4300
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class _RefusedError(ValueError):
    pass


def parse_json(body: bytes) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The JSON tree of `body`, or None with the reason. Never raises, in bounded time."""
    problem = _too_much(body)
    if problem is None:
        try:
            return _DECODER.decode(body.decode("utf-8")), ()
        except _RefusedError as error:
            problem = str(error)
        except UnicodeDecodeError as error:
            problem = f"Le corps n'est pas de l'UTF-8 valide (octet {error.start})."
        except RecursionError:
            problem = f"Le corps est imbriqué sur plus de {MAX_DEPTH} niveaux (limite de la recette)."
        except json.JSONDecodeError as error:
            problem = (
                f"Le corps n'est pas du JSON (ligne {error.lineno}, colonne {error.colno} : {error.msg})."
            )
        except ValueError:
            problem = f"Le corps contient un entier de plus de {MAX_DIGITS} chiffres (limite de la recette)."
    return None, (Diagnostic("transport", "$", "DA-01", problem, "un document JSON", f"{len(body)} octets"),)


def _too_much(body: bytes) -> str | None:
    if len(body) > MAX_BODY:
        return f"Le corps fait {len(body)} octets, plus que la limite de la recette ({MAX_BODY} octets)."
    if body.startswith(b"\xef\xbb\xbf"):
        return "Le corps commence par une marque d'ordre des octets (BOM), que JSON ne permet pas."
    if body.count(b",") + body.count(b":") > MAX_VALUES:
        return f"Le corps contient plus de {MAX_VALUES} valeurs (limite de la recette)."
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        return f"Le corps est imbriqué sur plus de {MAX_DEPTH} niveaux (limite de la recette)."
    return None


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for token in _TOKENS.finditer(body):
        first = token[0][0]
        if first in b"[{":
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > MAX_DEPTH:
                    break
        elif first in b"]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _RefusedError(f"La clé « {twice[:60]} » est écrite deux fois dans le même objet.")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _RefusedError(f"Le nombre {text[:40]} est trop grand pour être représenté.")
    return number


def _no_constant(text: str) -> float:
    raise _RefusedError(f"« {text} » n'est pas un nombre JSON.")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
