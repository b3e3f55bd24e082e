"""`recette judge`: judges recorded runs again."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_OK, check_rule_names, exit_code, one_sentence
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.report.console import Console
from recette.report.results import as_document


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("journals", nargs="+", metavar="JOURNAL")
    parser.add_argument("--json", action="store_true", help="pour un programme")
    parser.add_argument(
        "--strict", nargs="+", default=[], metavar="RÈGLE", help="tient ces règles pour obligatoires"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Judge recorded runs again."""
    check_rule_names(arguments.strict)
    worst = EXIT_OK
    for name in arguments.journals:
        path = Path(name) / "journal.jsonl" if Path(name).is_dir() else Path(name)
        journal = read_journal(path)
        judgement = judge(journal, strict=arguments.strict)
        if arguments.json:
            print(json.dumps(as_document(judgement, journal), ensure_ascii=False))
        else:
            Console(sys.stdout).summary(judgement)
        worst = max(worst, exit_code(judgement))
    return worst
