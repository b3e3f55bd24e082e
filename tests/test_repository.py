"""What a stranger finds: pages whose links lead somewhere, recipes that schemas accept, an inventory that is whole."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import check_jsonschema
import pytest
import yaml

from recette.cli import COMMANDS, main

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
TYPED = re.compile(r"\w'\w|[ \n][;:!?»](?![\w\[-])|«[ \n]")
"""What a keyboard gives where French typography has a curly apostrophe, or a space at which no line breaks."""
VERBATIM = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)", re.DOTALL)
"""What a reader of Markdown does not read as prose: code, and where links lead."""
COMMAND = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -q -e \S+ && \.venv/bin/\S+.*")
RECIPES = {
    "compose.yaml": ["vendor.compose-spec"],
    "docs/integration/gitlab-ci.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "docs/integration/github-actions.yml": ["vendor.github-workflows"],
}


def done(*command: str | Path, code: int = 0) -> str:
    environment = os.environ | {"PIP_NO_COMPILE": "1"}
    words = list(map(str, command))
    ran = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a warning."""
    folder = tmp_path_factory.mktemp("site")
    done(BIN / "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder)
    return folder


def test_the_site_builds_without_a_warning(site: Path) -> None:
    assert (site / "premier-client" / "index.html").is_file()


class Prose(HTMLParser):
    """What a reader reads of a page's content, without code."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._main = self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._main += tag == "div" and (("itemprop", "articleBody") in attrs or self._main > 0)
        self._code += tag in {"code", "pre", "script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._main -= tag == "div" and self._main > 0
        self._code -= tag in {"code", "pre", "script", "style"}

    def handle_data(self, data: str) -> None:
        if self._main:
            self.text += "`" if self._code else data


def test_the_pages_of_the_site_are_set_in_french_type(site: Path) -> None:
    read = 0
    for path in sorted(ROOT.glob("docs/*.md")):
        if path.name in {"architecture.md", "dependencies.md", "glossary.md"}:
            continue
        page = Prose()
        name = "" if path.stem == "index" else path.stem
        page.feed((site / name / "index.html").read_text(encoding="utf-8"))
        assert TYPED.findall(page.text) == [], path.name
        read += len(page.text)
    assert read > 50_000


def test_the_check_of_french_type_finds_what_a_keyboard_gives() -> None:
    assert len(TYPED.findall("l'un : « deux » ; trois ?")) == 6


def test_the_french_readme_is_set_in_french_type() -> None:
    """A forge shows it as it is written."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert TYPED.findall(VERBATIM.sub("`", text)) == []
    assert TYPED.findall(VERBATIM.sub("`", text.replace("\u2019", "'")))


@pytest.mark.parametrize("name", ["README.md", "README.en.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_the_pages_at_the_top_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert name == "SECURITY.md" or links
    assert [one for one in links if not (ROOT / one).exists()] == []


def test_both_readmes_give_the_same_commands() -> None:
    french, english = (
        COMMAND.findall((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.en.md")
    )
    assert len(french) == 2
    assert french == english


def held_to(schema: list[str], path: Path) -> int:
    """The exit code of check-jsonschema, which a process of its own would take 3 s to import."""
    with pytest.raises(SystemExit) as ended:
        check_jsonschema.main(["--builtin-schema", *schema, str(path)])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_holds_in_its_published_schema(name: str, tmp_path: Path) -> None:
    assert held_to(RECIPES[name], ROOT / name) == 0
    document = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    broken = tmp_path / "broken.yml"
    broken.write_text(yaml.safe_dump(document | {"services": 3, "jobs": 3, "recette": 3}), encoding="utf-8")
    assert held_to(RECIPES[name], broken) == 1


def test_the_recipes_call_commands_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    called = [one["command"] for one in services.values() if "command" in one]
    for name in RECIPES:
        text = (ROOT / name).read_text(encoding="utf-8")
        called += [shlex.split(one) for one in re.findall(r"recette (run .*)", text)]
    assert len(called) >= 6
    for words in called:
        assert words[0] in COMMANDS
        with pytest.raises(SystemExit) as ended:
            main([words[0], "--help"])
        assert ended.value.code == 0
        options = capsys.readouterr().out
        assert "--help" in options
        assert [one for one in words if one.startswith("--") and one not in options] == []


def test_the_inventory_lists_every_locked_component(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    options = ("--output-reproducible", "--of", "JSON", "-o", out)
    done(BIN / "cyclonedx-py", "requirements", "requirements.run.lock", *options)
    listed = json.loads(out.read_text(encoding="utf-8"))
    assert listed["bomFormat"] == "CycloneDX"
    locked = re.findall(
        r"^([\w.-]+)==", (ROOT / "requirements.run.lock").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(one["name"] for one in listed["components"]) == sorted(locked)
