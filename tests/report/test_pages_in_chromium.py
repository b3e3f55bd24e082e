"""The pages in a real browser: nothing logged, nothing asked for, nothing run, nothing wider than the screen."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from pathlib import Path

import pytest

from recette.report import results
from recette.report.difference import differences
from recette.report.html import difference as difference_page
from recette.report.html import page as report_page
from recette.report.html import steering as steering_page
from recette.report.recorded import read_results
from recette.report.steering import tables
from recette.report.story import tell
from tests.report.chromium import PROGRAM, browse, show
from tests.report.conftest import Recorded

CONTRASTS = """
(() => {
  const part = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const colour = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = colour(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(title, desc)")) {
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const style = getComputedStyle(element);
    const ink = colour(element instanceof SVGElement ? style.fill : style.color);
    const [bright, dark] = [light(ink), light(behind(element))].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName}.${element.getAttribute("class")} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
})()
"""


@pytest.fixture(autouse=True)
def _there_is_a_browser() -> None:
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium n'est pas installé, et la CI doit l'avoir")
        pytest.skip("chromium n'est pas installé")


def written(recorded: Recorded) -> Path:
    return report_page.write(tell(recorded.journal), recorded.folder)


@pytest.fixture(params=["conformant", "failing", "hostile"])
def each(request: pytest.FixtureRequest) -> Recorded:
    """One run after the other; played here, since a run cannot be played inside a test's own loop."""
    found: Recorded = request.getfixturevalue(request.param)
    return found


async def test_a_page_is_still_and_fits(each: Recorded) -> None:
    await _is_still_and_fits(written(each))


async def test_a_comparison_and_a_matrix_are_still_and_fit(
    conformant: Recorded, failing: Recorded, hostile: Recorded, tmp_path: Path
) -> None:
    runs = [
        read_results(results.write(tell(one.journal), one.folder)) for one in (conformant, failing, hostile)
    ]
    before, after = runs[0], replace(runs[2], identity={"pilot": "<img src=x onerror=pwned=1>"})
    pages = {
        "diff.html": difference_page.render(before, after, differences(before.judgement, after.judgement)),
        "matrix.html": steering_page.render(tables([*runs, after]), runs),
    }
    for name, text in pages.items():
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        await _is_still_and_fits(path)


async def _is_still_and_fits(path: Path) -> None:
    async with browse() as (page, seen):
        for width in (1280, 320):
            for scheme in ("light", "dark"):
                await show(page, path, width, scheme)
                await page.evaluate(
                    "document.querySelectorAll('details').forEach((one) => { one.open = true })"
                )
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
                assert await page.evaluate("window.pwned") is None
                assert await page.evaluate("document.scripts.length + document.images.length") == 0
                assert await page.evaluate(CONTRASTS) == []
        assert seen.logged == []
        assert set(seen.requested) == {path.as_uri()}


async def test_the_policy_stops_what_would_get_through(failing: Recorded, tmp_path: Path) -> None:
    """The net below the escaping: a page in which markup did get through runs and asks for nothing."""
    path = written(failing)
    text = path.read_text(encoding="utf-8")
    torn = tmp_path / "torn.html"
    torn.write_text(
        text.replace("</main>", "<script>window.pwned=1</script><img src='http://127.0.0.1:1/x'></main>"),
        encoding="utf-8",
    )
    async with browse() as (page, seen):
        await show(page, torn)
        assert await page.evaluate("window.pwned") is None
        assert seen.logged != []
        assert seen.stopped == ["csp"]


async def test_it_is_read_by_keyboard_and_by_ear(failing: Recorded) -> None:
    path = written(failing)
    async with browse() as (page, _):
        await show(page, path)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        browser = await page.context.new_cdp_session(page)
        nodes = (await browser.send("Accessibility.getFullAXTree"))["nodes"]
        named = [
            (one["role"]["value"], one.get("name", {}).get("value", ""))
            for one in nodes
            if not one["ignored"]
        ]
        roles = [kind for kind, _ in named]
        for landmark in ("banner", "navigation", "main", "contentinfo"):
            assert roles.count(landmark) == 1, landmark
        for kind in ("image", "table", "region", "heading", "link"):
            names = [name for found, name in named if found == kind]
            assert names, kind
            assert all(names), kind
        assert {"columnheader", "rowheader", "cell"} <= set(roles)
        levels = await page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map((one) => Number(one.tagName[1]))"
        )
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


async def test_a_link_to_a_closed_play_opens_it(conformant: Recorded) -> None:
    path = written(conformant)
    async with browse() as (page, _):
        await show(page, path)
        await page.evaluate(
            "document.querySelectorAll('details.group').forEach((one) => { one.open = false })"
        )
        assert await page.evaluate("document.getElementById('p3').closest('details').open") is False
        await page.evaluate("document.querySelector('a[href=\"#p3\"]').click()")
        assert await page.evaluate("document.getElementById('p3').closest('details').open") is True
        assert await page.evaluate("document.getElementById('p3').closest('details.group').open") is True
