"""Bytes to a JSON tree, within bounds: what comes in is hostile until shown otherwise."""

from __future__ import annotations

import json
import math
import re
from itertools import accumulate
from typing import Any

import orjson

from recette.messages.validation.diagnostics import Diagnostic, RefusedBy
from recette.wording.syntax_errors import in_json
from recette.wording.values import shown

MAX_BODY = 10 * 1024 * 1024
"""Bytes."""
MAX_DEPTH = 254
"""Nested objects and lists, as deep as orjson writes; a message has a dozen."""
MAX_VALUES = 100_000
"""Commas, colons and brackets in the text: about as many values; a message has hundreds."""
MAX_DIGITS = 4300
"""Digits of an integer; Python's own bound, beyond which reading one takes quadratic time."""
MAX_NUMBER = "1,8e308"
"""The greatest number that a double holds, as it is said."""
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NOT_BRACKETS_OR_QUOTES = bytes(byte for byte in _NOT_BRACKETS if byte != ord('"'))
_BLANKS = b" \t\r\n"
_INDENTED = b'{\n  "'
"""How a body begins that most libraries wrote for people to read: orjson itself writes the like."""
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


BOUND = "(limite de la recette)"
"""What a sentence about a bound of this project ends with: no one else refuses it."""


class _RefusedError(ValueError):
    pass


def parse_json(body: bytes, messages: int = 1) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The JSON tree of `body`, or None with the reason. Never raises, in bounded time.

    `messages`: how many messages' worth it may be of.
    """
    problem = _too_much(body, messages)
    if problem is None:
        tree, canonical = _canonical(body)
        if canonical:
            return tree, ()
        tree, problem = _strictly(body)
    if problem is None:
        return tree, ()
    return None, (unreadable(problem, "un document JSON", body),)


def unreadable(problem: str, wanted: str, body: bytes) -> Diagnostic:
    """A body that cannot be read, because of what is wrong with it or because of a bound of this project."""
    by: RefusedBy = "recette" if BOUND in problem else "specification"
    return Diagnostic("transport", "$", "DA-01", problem, wanted, f"{len(body)} octets", refused_by=by)


def _strictly(body: bytes) -> tuple[Any, str | None]:
    """The tree of any body, or what is wrong with it."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        return None, f"Le corps est imbriqué sur plus de {MAX_DEPTH} niveaux {BOUND}."
    try:
        tree = _DECODER.decode(body.decode("utf-8"))
        if _SURROGATE.search(body):
            json.dumps(tree, ensure_ascii=False).encode("utf-8")
    except _RefusedError as error:
        return None, str(error)
    except UnicodeDecodeError as error:
        return None, f"Le corps n'est pas de l'UTF-8 valide (octet {error.start})."
    except UnicodeEncodeError:
        return (
            None,
            "Le corps contient une moitié de caractère Unicode (séquence \\ud800 à \\udfff isolée).",
        )
    except RecursionError:
        return None, f"Le corps est imbriqué sur plus de {MAX_DEPTH} niveaux {BOUND}."
    except json.JSONDecodeError as error:
        return None, f"Le corps n'est pas du JSON ({in_json(error)})."
    except ValueError:
        return None, f"Le corps contient un entier de plus de {MAX_DIGITS} chiffres {BOUND}."
    return tree, None


def parse_object(body: bytes) -> tuple[dict[str, Any] | None, tuple[Diagnostic, ...]]:
    """The JSON object of `body`, or None with the reason."""
    tree, problems = parse_json(body)
    if problems or isinstance(tree, dict):
        return tree, problems
    text = "Le document est du JSON, mais pas un objet."
    return None, (Diagnostic("transport", "$", "DA-01", text, "un objet", shown(tree)),)


def _canonical(body: bytes) -> tuple[Any, bool]:
    """The tree of a body that orjson reads without loss, as nearly all are; False for any other.

    What is written back the same but for blanks, or with the same brackets, colons and numbers outside of strings, has
    no key twice and no number out of range; orjson itself refuses broken characters, and more than MAX_DEPTH levels.
    """
    try:
        tree = orjson.loads(body)
        if body.startswith(_INDENTED) and orjson.dumps(tree, option=orjson.OPT_INDENT_2) == body:
            return tree, True
        written = orjson.dumps(tree)
    except (ValueError, TypeError):
        return None, False
    if written == body or written.translate(None, _BLANKS) == body.translate(None, _BLANKS):
        return tree, True
    return tree, b"\\" in body and _outside_strings(written) == _outside_strings(body)


def _outside_strings(text: bytes) -> bytes:
    """A JSON text without its strings and blanks: brackets, colons, commas, numbers and words."""
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(unescaped.split(b'"')[::2]).translate(None, _BLANKS)


def _too_much(body: bytes, messages: int) -> str | None:
    longest, values = messages * MAX_BODY, messages * MAX_VALUES
    if len(body) > longest:
        return f"Le corps fait {len(body)} octets, plus de {longest} octets {BOUND}."
    if body.startswith(b"\xef\xbb\xbf"):
        return "Le corps commence par une marque d'ordre des octets (BOM), que JSON ne permet pas."
    if len(body) > values and sum(map(body.count, (b",", b":", b"[", b"{"))) > values:
        return f"Le corps contient plus de {values} valeurs {BOUND}."
    return None


def _depth(body: bytes) -> int:
    """How deep brackets nest outside of strings, without reading byte by byte where nothing is hostile."""
    if b"\\" not in body:
        left = b"".join(body.translate(None, _NOT_BRACKETS_OR_QUOTES).split(b'"')[::2])
        for depth in range(MAX_DEPTH + 1):
            if not left:
                return depth
            left = left.replace(b"[]", b"").replace(b"{}", b"")
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(unescaped.split(b'"')[::2])
    brackets = outside.translate(None, _NOT_BRACKETS)
    return max(accumulate(_STEP[one] for one in brackets), default=0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RefusedError(f"La clé {shown(name[:60])} est écrite deux fois dans le même objet.")
            seen.add(name)
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _RefusedError(f"Le nombre {text[:40]} dépasse {MAX_NUMBER} {BOUND}.")
    return number


def _no_constant(text: str) -> float:
    raise _RefusedError(f"« {text} » n'est pas un nombre JSON.")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
