"""What lies in a run's folder and was not sealed is named, and the answer is not yes."""

from __future__ import annotations

from pathlib import Path

from recette.journal.reader import read_journal
from recette.proof import keys, telling
from recette.proof.verification import verify
from recette.report import seal
from recette.report.story import tell
from recette.report.writing import write_all

FOREIGN = {
    "allure/0-result.json": b"{}",
    "allure/0-attachment.txt": b"",
    "pv-2.pdf": b"%PDF-1.7",
    "report.html~": b"",
    "dossier/de plus/.note": b"",
    "nom\u202e\n\x1b[31m": b"",
}


def test_what_was_not_sealed_is_named_and_the_answer_is_not_yes(
    run: Path, key_files: dict[str, Path]
) -> None:
    keys.sign(run, keys.private_key(key_files["private"]))
    for name, content in FOREIGN.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(content)
    found = verify(run)
    assert (found.problems, found.doubts, found.foreign, found.holds) == (
        [],
        [],
        tuple(sorted(FOREIGN)),
        False,
    )
    *named, last = telling.lines(found)
    many = f"il y a ici {len(FOREIGN)} fichiers"
    assert last.startswith(f"INCERTAIN : rien de ce qui a été scellé n'est changé, mais {many}")
    assert all(said.isprintable() for said in named)
    for name in list(FOREIGN)[1:]:
        (run / name).unlink()
    write_all(tell(read_journal(run / "journal.jsonl")), run)
    assert seal.read(run).signature is not None
    one = next(iter(FOREIGN))
    found = verify(run)
    assert found.foreign == (one,)
    assert "mais il y a ici 1 fichier " in list(telling.lines(found))[-1]
    (run / one).unlink()
    assert verify(run).holds


def test_a_link_in_a_run_is_foreign(run: Path, tmp_path: Path) -> None:
    """What it shows now may be what was sealed, and something else later."""
    (run / "report.html").rename(tmp_path / "report.html")
    (run / "report.html").symlink_to(tmp_path / "report.html")
    (run / "ailleurs").symlink_to(tmp_path)
    assert verify(run).foreign == ("ailleurs", "report.html")
