"""HTML and SVG as values: the one door through which text becomes markup, and it escapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from recette.report.text import safe


@dataclass(frozen=True, slots=True)
class Markup:
    """Finished markup. Only this module makes it of text; everything else composes."""

    text: str


Node = Markup | str | int | None | Iterable["Node"]
Attribute = str | int | float | bool | None

_PLAIN = re.compile(r"[A-Za-z0-9 .,:;()/_#-]*")
"""What is the same once escaped: most of what is shown, and it is shown by the hundred thousand."""
_VOID = frozenset({"meta", "link", "br", "hr", "col", "input"})
_EMPTY_IN_SVG = frozenset({"path", "line", "rect", "circle", "use"})


def tag(name: str, /, *children: Node, **attributes: Attribute) -> Markup:
    """An element; `class_` is written class, `aria_label` aria-label, None and False are left out."""
    opened = f"<{name}{''.join(map(_attribute, attributes.items()))}"
    if name in _VOID:
        return Markup(f"{opened}>")
    if name in _EMPTY_IN_SVG and not children:
        return Markup(f"{opened}/>")
    return Markup(f"{opened}>{joined(*children).text}</{name}>")


def joined(*children: Node) -> Markup:
    """Its children one after the other: text is escaped, markup stays."""
    return Markup("".join(map(_text, children)))


def style_element(css: str) -> Markup:
    """A style sheet of the project's own, which HTML does not unescape."""
    if "<" in css:
        raise ValueError("a style sheet with « < » could end its own element")
    return Markup(f"<style>{css}</style>")


def _text(child: Node) -> str:
    match child:
        case None:
            return ""
        case Markup():
            return child.text
        case str() | int():
            text = str(child)
            return text if _PLAIN.fullmatch(text) else escape(safe(text), quote=False)
        case _:
            return joined(*child).text


def _attribute(item: tuple[str, Attribute]) -> str:
    name, value = item
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {shown}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {shown}="{text if _PLAIN.fullmatch(text) else escape(safe(text))}"'
