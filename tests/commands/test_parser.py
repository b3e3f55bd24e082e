"""The command line speaks French, and says what is wrong in one sentence."""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recette.cli import _MODULES, COMMANDS, main
from recette.commands import selftest
from recette.commands.parser import SENTENCES, Parser
from recette.sandbox.faults import FAULTS

ROOT = Path(__file__).parents[2]
WRONG = {
    "": "recette : il manque commande. Voyez recette --help.",
    "foo": "recette : commande : « foo » n'existe pas (au choix : ",
    "run --editor ABC": "recette run : --editor : « ABC » n'existe pas (au choix : ",
    "run --jobs 0": "recette run : --jobs : « 0 » n'est pas un nombre d'au moins 1.",
    "run --target": "recette run : --target : il faut une valeur.",
    "run --strict": "recette run : --strict : il faut au moins une valeur.",
    "run --json=1": "recette run : --json : « 1 » est de trop, cette option n'a pas de valeur.",
    "run --b": "recette run : --b peut vouloir dire --",
    "selftest --seed x": "recette selftest : --seed : « x » n'est pas un nombre entier.",
    "run --nope": "recette run : argument inconnu : --nope. Voyez recette run --help.",
    "run --tarjet=x": "recette run : argument inconnu : --tarjet=x, vouliez-vous dire --target ? Voyez recette run --help.",
    "models diff a b --nope": "recette models diff : argument inconnu : --nope. Voyez recette models diff --help.",
    "fautes": "recette : commande : « fautes » n'existe pas, vouliez-vous dire faults ? Voyez recette --help.",
    "sandbox --port 70000": "recette sandbox : --port : « 70000 » n'est pas un port (0 à 65535).",
    "console --port 70000": "recette console : --port : « 70000 » n'est pas un port (0 à 65535).",
    "relay --hub amqp://127.0.0.1 --report r --port -1": "recette relay : --port : « -1 » n'est pas un port (0 à 65535).",
    "models show": "recette models show : il manque MODÈLE|LISTE.",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_command_line_is_one_french_sentence(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(WRONG[words])
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("text", SENTENCES)
def test_argparse_still_asks_for_this_text(text: str) -> None:
    """A later Python that says it in other words would say it in English."""
    assert f"{text!r}" in inspect.getsource(argparse)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_in_french(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage : recette {name} ")
    assert "show this help" not in told
    assert "positional" not in told


def test_a_defect_of_the_harness_is_never_the_exit_code_of_a_non_conformity(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("par zéro")

    monkeypatch.setattr(selftest, "select", broken)
    assert main(["selftest"]) == 3
    told = capsys.readouterr().err
    assert told.startswith("La recette a un défaut (ZeroDivisionError : par zéro, test_parser.py:")
    assert "Traceback" not in told


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = tmp_path / "absent" / "cible.yaml"
    assert main(["run", "--target", str(absent)]) == 2
    assert (
        capsys.readouterr().err == f"{absent}:1:1: Fichier cible illisible : il n'y a rien à cet endroit.\n"
    )


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "absent" / "page.html"
    assert main(["run", "15-15-partage-simple.g1", "--report", str(tmp_path / "a")]) == 0
    capsys.readouterr()
    assert main(["matrix", str(tmp_path / "a"), "--html", str(page)]) == 2
    assert capsys.readouterr().err == f"{page} : il n'y a rien à cet endroit.\n"


def test_faults_are_listed_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"]: row["rule"] for row in rows} == {one.id: one.rule for one in FAULTS.values()}


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_the_overview_names_every_command(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([asked]) == 0
    told = capsys.readouterr().out
    named = [line.split()[0] for line in told.splitlines() if re.match(r" {4}\S", line)]
    assert named == list(COMMANDS)
    assert all(len(line) <= 80 for line in told.splitlines())
    assert all(word in told for text in COMMANDS.values() for word in text.split())


def test_the_overview_imports_nothing_that_takes_time() -> None:
    code = (
        "import sys, recette.cli; recette.cli.main(['-h']); "
        "print([m for m in ('argparse', 're', 'typing', 'collections', 'importlib.metadata') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1:] == ["[]"], ran.stdout + ran.stderr


def test_judging_again_imports_nothing_that_plays() -> None:
    """What errors there are is asked once there is one: every command would wait for it."""
    code = (
        "import sys, recette.commands.judge, recette.commands.validate, recette.commands.lint; "
        "print([m for m in ('aio_pika', 'cryptography', 'recette.sandbox', 'recette.play.run') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1:] == ["[]"], ran.stdout + ran.stderr


@pytest.mark.parametrize("command", ["faults", "run --fault", "sandbox --fault"])
def test_a_fault_that_is_none_is_asked_for_by_its_name(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "message-ide"]) == 2
    assert (
        capsys.readouterr().err == "La faute « message-ide » n'existe pas : vouliez-vous dire message-id ?\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("run --strict EN4", "« EN4 » n'existe pas : vouliez-vous dire EN-14 ou EN-04"),
        ("run 15-15", "C'est un périmètre : il se joue en nommant son vHost"),
    ],
)
def test_a_name_that_is_none_is_told_what_it_may_have_meant(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2
    assert told in capsys.readouterr().err


def test_what_is_no_relay_s_folder_and_what_is_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fichier"
    file.touch()
    assert main(["relay", "--hub", "amqp://127.0.0.1:1", "--report", str(file)]) == 2
    assert f"{file} n'est pas un dossier" in capsys.readouterr().err
    target = tmp_path / "cible.yaml"
    editor, partner = "fr.health.test.a", "fr.health.test.b"
    assert (
        main(
            [
                "init",
                str(target),
                "--yes",
                "--environment",
                "sandbox",
                "--editor",
                editor,
                "--partner",
                partner,
            ]
        )
        == 0
    )
    target.write_text(
        target.read_text(encoding="utf-8").replace(", password_env: RECETTE_SANDBOX_PASSWORD", ""),
        encoding="utf-8",
        newline="\n",
    )
    assert (
        main(
            [
                "run",
                "--target",
                str(target),
                "--observed-by",
                str(tmp_path / "nulle-part"),
                "--report",
                str(tmp_path / "r"),
            ]
        )
        == 2
    )
    assert "n'est pas le dossier d'un relais" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_of_several_values_may_be_given_again(name: str) -> None:
    """The first values are not silently dropped."""
    asked = importlib.import_module(f"recette.commands.{_MODULES.get(name, name)}")
    parser = Parser(prog="recette")
    asked.arguments(parser)
    for one in every_option(parser):
        if one.option_strings and one.nargs == "+":
            assert isinstance(one, argparse._ExtendAction), one.option_strings


def every_option(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for one in parser._actions:
        yield one
        if isinstance(one, argparse._SubParsersAction):
            for inner in one.choices.values():
                yield from every_option(inner)
