"""YAML is counted while it is read: whatever it is, it ends soon and in one sentence."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recette.cli import main
from recette.messages.yaml_nodes import MAX_DEPTH, MAX_NODES, TooMuchYamlError, compose
from recette.scenario import yaml_source
from recette.scenario.problems import ScenarioError
from tests.fuzzing import fuzzed

LAUGHS = "\n".join(
    [f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 9)}]" if one else "a0: &a0 [x]" for one in range(40)]
)
HOSTILE = {
    "brackets": "[" * 40_000,
    "many brackets": "[" * 8_000_000,
    "braces": "{a: " * 40_000,
    "dashes": "- " * 40_000,
    "question marks": "? " * 40_000,
    "closed brackets": "[" * 90_000 + "]" * 90_000,
    "sexagesimal": "a: 1" + ":1" * 75_000,
    "sexagesimal float": "a: 1" + ":1" * 75_000 + ".5",
    "a long number": "a: 1" + "1" * 150_000,
    "hexadecimal": "a: 0x" + "f" * 150_000,
    "binary": "a: 0b" + "1" * 150_000,
    "a long list": "[" + "1," * 8_000_000 + "]",
    "many keys": "".join(f"k{one}: 1\n" for one in range(MAX_NODES)),
    "laughs": LAUGHS,
    "deep anchors": "\n".join(
        f"a{one}: &a{one} [*a{one - 1}]" if one else "a0: &a0 [x]" for one in range(2_000)
    ),
    "self": "a: &a [*a]",
    "self in a table": "a: &a {b: [1, {c: *a}]}",
    "self as a key": "&a {*a : 1}",
    "table as a key": "? {a: 1}\n: 1",
    "laughs as a key": f"{LAUGHS}\n? *a30\n: 1",
    "directives": "".join(f"%TAG !a{one}! x\n" for one in range(300_000)) + "---\na: 1",
    "python": "a: !!python/object/apply:os.system [id]",
    "binary tag": "a: !!binary [x]",
    "tagged text": "a: !!int x",
    "two documents": "a: 1\n---\nb: 2",
    "alias of nothing": "a: *b",
    "twice the anchor": "a: &a 1\nb: &a 2",
    "control": "a: \x07",
    "surrogate": "a: \ud800",
    "merge": "a: &a {b: 1}\nc: {<<: *a}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_soon_and_in_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "essai.yaml"
    path.write_bytes(HOSTILE[name].encode("utf-8", "surrogatepass"))
    began = time.process_time()
    for words in (["lint", str(path)], ["run", str(path)], ["run", "--target", str(path)]):
        code = main(words)
        told = "".join(capsys.readouterr())
        assert code in {1, 2}, told
        assert "défaut" not in told
    assert time.process_time() - began < 10


def test_it_is_counted_while_it_is_read() -> None:
    """Nothing is made of what comes after the bound."""
    with pytest.raises(TooMuchYamlError):
        compose(HOSTILE["a long list"])


def test_the_bounds_are_named_with_their_place() -> None:
    for text, told in {
        "[" * (MAX_DEPTH + 1): "trop profondément imbriqué",
        "a:\n" + "  - 1\n" * MAX_NODES: f"Plus de {MAX_NODES} valeurs",
    }.items():
        with pytest.raises(ScenarioError, match=told) as caught:
            yaml_source.parse("essai.yaml", text)
        (problem,) = caught.value.problems
        assert (problem.line, problem.column) != (1, 1)


def test_what_is_within_the_bounds_is_read() -> None:
    text = "a: &a [1, 2.5, yes, ~, 2026-01-01, '1', {b: c}]\nd: *a\ne: " + "[" * 90 + "]" * 90
    tree = yaml_source.parse("essai.yaml", text).tree
    assert tree["a"] == tree["d"] == [1, 2.5, True, None, "2026-01-01", "1", {"b": "c"}]
    assert yaml_source.parse("essai.yaml", "").tree is None
    assert yaml_source.parse("essai.yaml", "# rien").tree is None


PIECES = st.lists(
    st.sampled_from(
        [
            "[",
            "]",
            "{",
            "}",
            "- ",
            "? ",
            ": ",
            "\n",
            "  ",
            "a",
            "&a ",
            "*a",
            "!!int ",
            "!x ",
            "|",
            ">",
            "'",
            '"',
            "%",
            "---",
            "1:1",
            ",",
            "#",
            "\t",
            "<<",
            "é",
            "\x85",
        ]
    )
    | st.text(max_size=4),
    max_size=60,
)


@fuzzed(100)
@given(pieces=PIECES)
def test_any_text_is_read_or_refused_with_its_place(pieces: list[str]) -> None:
    try:
        yaml_source.parse("essai.yaml", "".join(pieces))
    except ScenarioError as error:
        told = error.problems
    else:
        told = []
    assert all(one.line > 0 and one.column > 0 and one.text for one in told)
