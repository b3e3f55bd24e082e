"""pv.pdf: the procès-verbal, typeset with Typst from its own fonts, without network."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from recette.platform.plain_files import write_anew
from recette.report.formats import report_format
from recette.report.minutes.content import content
from recette.report.story import Story

NAME = "pv.pdf"


@report_format(NAME, heavy=True)
def write(story: Story, folder: Path) -> Path:
    """Write `pv.pdf` into `folder`; the same run gives the same bytes."""
    path = folder / NAME
    write_anew(path, render(story))
    return path


def template() -> bytes:
    """The layout, which takes its data as `pv`."""
    return (files("recette.report.minutes") / "minutes.typ").read_bytes()


def render(story: Story) -> bytes:
    """The PDF (PDF/A-2a and PDF/UA-1), dated by the end of the run."""
    import typst

    made: bytes = typst.compile(
        template(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"pv": json.dumps(content(story), ensure_ascii=False)},
        pdf_standards=["a-2a", "ua-1"],
        timestamp=int(story.ended.timestamp()),
    )
    return made
