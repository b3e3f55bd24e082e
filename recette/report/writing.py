"""The reports of one run, in one folder: the results first, what others typeset on a second core meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from recette.report import seal
from recette.report.formats import Form, formats
from recette.report.story import Story

RESULTS = "results.json"
"""What is written of every run: the seal and other commands rest on it."""


def write_all(
    story: Story,
    folder: Path,
    wanted: Collection[str] | None = None,
    *,
    once_results: Callable[[], None] = lambda: None,
) -> list[str]:
    """Write the `wanted` forms of report (all where None), and seal them. Raises OSError.

    Returns what there is to read in the folder, by name. `once_results` is called when results.json is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forms = {
        name: form for name, form in formats().items() if wanted is None or name in wanted or name == RESULTS
    }
    results = forms.pop(RESULTS)
    written = results.files(story, folder)
    once_results()
    heavy = [form for form in forms.values() if form.heavy]
    light = [form for form in forms.values() if not form.heavy]
    with ThreadPoolExecutor(max_workers=1) as second:
        typeset = second.submit(_files, heavy, story, folder)
        written += _files(light, story, folder)
        written += typeset.result()
    seal.write(story.journal, written, folder)
    return [*forms, RESULTS, seal.NAME]


def _files(forms: Iterable[Form], story: Story, folder: Path) -> list[Path]:
    return [path for form in forms for path in form.files(story, folder)]
