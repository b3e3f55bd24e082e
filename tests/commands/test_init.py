"""`recette init`: with options alone, and with a person at a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from recette.cli import main
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.sandbox.authority import Authority
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hub import Sandbox
from tests import served_hub
from tests.served_hub import TlsHub

EDITOR, PARTNER = "fr.health.test.editeur", "fr.health.test.partenaire"
GIVEN = ["--yes", "--editor", EDITOR, "--partner", PARTNER]


def test_options_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cible.yaml"
    assert main(["init", str(path), *GIVEN]) == 0
    told = capsys.readouterr().out
    assert "Il y reste à faire" in told
    assert "ac.pem ne peut pas être lu" in told
    problems = [line for line in told.splitlines() if line.startswith("    ")]
    assert len(problems) == len(set(problems))
    authority = Authority.create(tmp_path)
    authority.client(PARTNER)
    target = load_target(path)
    assert (target.environment.name, target.vhost.name, target.role) == ("bac-a-sable", "15-15_v2.1", "LRM")
    assert target.addresses[PARTNER].external
    assert target.driver.kind == "operator"
    assert target.status == "Actual"


@pytest.mark.parametrize(
    ("more", "kind", "secure"),
    [
        (["--environment", "sandbox"], "operator", False),
        (["--environment", "sandbox", "--broker", "amqps://127.0.0.1:5671"], "operator", True),
        (["--url", "http://127.0.0.1:1/x: y"], "http", True),
        (["--driver", "command", "--command-line", "true 'un mot'"], "command", True),
        (
            ["--environment", "pre-prod", "--broker", "amqps://hub.exemple.fr", "--format", "xml"],
            "operator",
            True,
        ),
    ],
)
def test_every_text_can_be_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    kind: str,
    secure: bool,
) -> None:
    monkeypatch.setenv("RECETTE_SANDBOX_PASSWORD", "essai")
    path = tmp_path / "cible.yaml"
    Authority.create(tmp_path).client(PARTNER)
    assert main(["init", str(path), *GIVEN, *more]) == 0
    target = load_target(path)
    assert target.driver.kind == kind
    said = capsys.readouterr().out
    assert (f"recette sandbox --port 5672 --vhost 15-15_v2.1 --client {EDITOR} {PARTNER} ;" in said) == (
        more == ["--environment", "sandbox"]
    )
    assert (target.addresses[PARTNER].tls is not None) == secure
    if "pre-prod" in more:
        assert (target.status, target.format) == ("Exercise", "xml")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--yes", "--partner", PARTNER], "--editor : il faut l'identifiant client"),
        (["--yes", "--editor", EDITOR], "--partner : il faut"),
        ([*GIVEN, "--vhost", "15-15_v9"], "inconnu"),
        ([*GIVEN, "--environment", "pre-prod"], "demandez-la à l'ANS"),
        ([*GIVEN, "--driver", "command"], "--command-line : il faut"),
        ([*GIVEN, "--driver", "operator", "--url", "http://127.0.0.1/agir"], "--url est pour le pilote http"),
        ([*GIVEN, "--certificate", "cible.yaml"], "écrivez le nom de la cible avant"),
        ([*GIVEN, "--environment", "sandbox", "--certificate", "a.pem"], "--certificate ne sert qu'en TLS"),
        ([*GIVEN, PARTNER + "2", "--certificate", "a.pem"], "1 fichier pour 2 clients"),
        ([*GIVEN, "--broker", "amqps://u:s3cr3t@hub.exemple.fr"], "enlevez le compte"),
        ([*GIVEN, "--driver", "http", "--url", "http://u:s3cr3t@127.0.0.1/agir"], "enlevez le compte"),
    ],
)
def test_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    path = tmp_path / "cible.yaml"
    assert main(["init", str(path), *options]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "s3cr3t" not in told
    assert not path.exists()


def test_a_file_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cible.yaml"
    path.write_text("à moi", encoding="utf-8")
    assert main(["init", str(path), *GIVEN]) == 2
    assert "existe déjà" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "à moi"


def test_a_link_that_leads_nowhere_is_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, elsewhere = tmp_path / "cible.yaml", tmp_path / "ailleurs.yaml"
    path.symlink_to(elsewhere)
    assert main(["init", str(path), *GIVEN]) == 2
    assert "existe déjà" in capsys.readouterr().err
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", ["a" * 248, "a\u202eb", "a b", "a\x1b[2J", "a\udcffb", "\ufeffa", ""])
@pytest.mark.parametrize("option", ["--editor", "--partner"])
def test_what_no_broker_can_name_a_queue_after_is_no_client(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    path = tmp_path / "cible.yaml"
    try:
        code = main(["init", str(path), *GIVEN, option, name])
    except SystemExit as ended:
        code = ended.code  # type: ignore[assignment]
    told = capsys.readouterr().err
    assert code == 2
    assert len(told) < 600
    assert "\u202e" not in told
    assert "\x1b" not in told
    assert not path.exists()
    path.write_text(
        f"environment: sandbox\nvhost: 15-15_v2.1\nformat: json\n"
        f"editor: {{id: {json.dumps(name)}, role: LRM}}\ndriver: {{kind: operator}}\n",
        encoding="utf-8",
    )
    with pytest.raises(TargetError, match=r"identifiant client|YAML illisible|est un texte"):
        load_target(path)


@pytest.mark.parametrize(
    "file", ["x\u202ey.pem", "x\x7fy.pem", "x\u2028y.pem", "x\U000e0041y.pem", "null", "a: b #c"]
)
def test_a_path_is_read_back_as_it_was_given(tmp_path: Path, file: str) -> None:
    path = tmp_path / "cible.yaml"
    assert main(["init", str(path), *GIVEN, "--certificate", file]) == 0
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["tls"]["certificate"] == file


def test_an_answer_that_no_file_can_hold_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cible.yaml"
    assert main(["init", str(path), *GIVEN, "--certificate", "x\udcffy.pem"]) == 2
    assert "n'est pas en UTF-8" in capsys.readouterr().err
    assert not path.exists()


def test_a_person_at_a_terminal(tmp_path: Path) -> None:
    """A wrong answer is asked again; an empty one takes the usual."""
    ours, theirs = pty.openpty()
    answers = ["", "15-15_v9", "15-15_v2.0", EDITOR, "", "deux", "1", PARTNER, "LRM", "xml", "", "p.p12", ""]
    command = [sys.executable, "-m", "recette.cli", "init", "c.yaml"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as asked:
        os.write(ours, "".join(f"{one}\n" for one in answers).encode())
        told, _ = asked.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert asked.returncode == 0, told
    assert "Vouliez-vous dire" in told or "inconnu" in told
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    for line in ("environment: bac-a-sable", "vhost: 15-15_v2.0", "  certificate: p.p12", "format: xml"):
        assert line in text.splitlines()


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recette.cli", "init", "c.yaml"],
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--yes" in done.stderr


@contextmanager
def hub_with_an_editor(folder: Path, partners: list[str]) -> Iterator[TlsHub]:
    """With TLS, where each client has a certificate of its own, and the reference editor is at work."""
    editors: list[ReferenceEditor] = []

    async def begin(sandbox: Sandbox) -> None:
        address = sandbox.address(served_hub.EDITOR, served_hub.VHOST)
        editors.append(await ReferenceEditor.start(address, served_hub.EDITOR, "LRM"))

    async def end(_: Sandbox) -> None:
        await editors[0].close()

    authority = Authority.create(folder / "tls")
    with served_hub.served("embedded", authority, (served_hub.EDITOR, *partners)) as hub:
        hub.run(begin)
        try:
            yield hub
        finally:
            hub.run(end)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_it_writes_plays(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    partners = ["fr.health.samu992", "fr.health.samu993"][:count]
    with hub_with_an_editor(tmp_path, partners) as hub:
        shown = [hub.certificates[one] for one in partners or [served_hub.EDITOR]]
        options = ["--environment", "sandbox", "--broker", f"amqps://127.0.0.1:{hub.port}"]
        options += ["--authority", str(hub.authority.file), "--vhost", served_hub.VHOST]
        options += ["--certificate", *(str(one.certificate) for one in shown)]
        options += ["--key", *(str(one.key) for one in shown)]
        options += ["--editor", served_hub.EDITOR, "--driver", "command", "--command-line", "true"]
        options += ["--partner", *partners] if partners else ["--no-partner"]
        assert main(["init", "--yes", *options]) == 0
        told = capsys.readouterr().out
        assert "Il y reste à faire" not in told
        assert ("une fois un partenaire ajouté" in told) == (not partners)
        if partners:
            play = ["15-15-partage-simple.g1@destinataire", "--report", "r", "--reports"]
            assert main(["run", *play, "--target", "cible.yaml"]) == 0
        else:  # the editor at work reads its queue: what preflight would read is not there to be seen
            assert main(["preflight", "--target", "cible.yaml"]) == 3
            assert f"{served_hub.EDITOR}.message" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--no-partner"], "se contredisent"),
        (["--certificate", "a.pem", "b.pem"], "un chacun"),
        (["--key", "a.key", "b.key"], "b.key de trop"),
    ],
)
def test_what_goes_together_is_counted(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path / "c.yaml"), *GIVEN, *options]) == 2
    assert said in capsys.readouterr().err
