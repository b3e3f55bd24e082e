"""What the site adds to the pages: scenario files and pages at the top that they link to, and French typography.

Pages are written with the apostrophe and the spaces of a keyboard; the site shows those that French asks for.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
_ABOVE = re.compile(r"\]\(\.\./(scenarios/|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|README\.md)")


ENGLISH = frozenset({"architecture.md", "dependencies.md", "glossary.md", "CHANGELOG.md"})
_TAG = re.compile(r"(<[^>]*>)")
_VERBATIM = re.compile(r"<(/?)(?:code|pre|script|style|svg)\b")
_SIGNS = (
    (re.compile(r"(?<=\w)'(?=\w)"), "\u2019"),
    (re.compile(r"[ \n]([;!?])"), "\u202f\\1"),
    (re.compile(r"[ \n]([:»])"), "\u00a0\\1"),
    (re.compile(r"«[ \n]"), "«\u00a0"),
)


def on_files(files: Files, config: Any) -> Files:
    """Scenario files as they are, and the pages above."""
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        uri = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, uri, abs_src_path=str(path)))
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"):
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Links that lead above docs/ in the repository lead to the same file within the site."""
    inside = _ABOVE.sub(lambda found: f"]({found[1]}", markdown).replace("](README.md", "](index.md")
    return inside.replace("](docs/", "](")


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """French pages with curly apostrophes, and spaces at which no line breaks."""
    return html if page.file.src_uri in ENGLISH else in_french_type(html)


def in_french_type(html: str) -> str:
    """The same page; what is code, or within a tag, stays as it is."""
    inside, found = 0, []
    for piece in _TAG.split(html):
        if piece.startswith("<"):
            verbatim = _VERBATIM.match(piece)
            inside += 0 if verbatim is None else -1 if verbatim[1] else 1
        found.append(piece if inside or piece.startswith("<") else _typed(piece))
    return "".join(found)


def _typed(text: str) -> str:
    for sign, shown in _SIGNS:
        text = sign.sub(shown, text)
    return text
