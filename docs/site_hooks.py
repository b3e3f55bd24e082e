"""What the site adds to the pages: the scenario files and the pages at the top of the repository that they link to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
_ABOVE = re.compile(r"\]\(\.\./(scenarios/|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|README\.md)")


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
