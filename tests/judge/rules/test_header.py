"""How a header may name its sender and its recipient: the readings are remarks, another client is a fault."""

from __future__ import annotations

import pytest

from tests.judge.journal_builder import Change, Content, JournalBuilder, found, inside

EDITOR, PARTNER = "fr.health.samu991", "fr.health.samu992"


def named(sender: tuple[str, str], recipient: tuple[str, str] | None = None) -> Change:
    def change(document: Content) -> None:
        inside(document)["sender"] = {"name": sender[0], "URI": sender[1]}
        if recipient is not None:
            inside(document)["recipient"] = [{"name": recipient[0], "URI": recipient[1]}]

    return change


def played(change: Change) -> list[tuple[str, str]]:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")
    play.editor_says(play.due("partage"), change=change)
    return found(play.close().rest().judged())


@pytest.mark.parametrize(
    ("sender", "rules"),
    [
        (("samu991", f"hubex:{EDITOR}"), ["HD-02"]),
        (("samu991", "hubex:samu991"), ["HD-02", "HD-03"]),
        ((f"{EDITOR}-Horizon", f"sge:{EDITOR}-Horizon"), ["HD-02", "HD-03"]),
        ((f"Horizon-{EDITOR}", f"horizon:Horizon-{EDITOR}"), ["HD-02", "HD-03"]),
        ((EDITOR, f"hubsante:{EDITOR}"), ["HD-03"]),
    ],
)
def test_another_reading_of_the_sender_is_a_remark(sender: tuple[str, str], rules: list[str]) -> None:
    assert played(named(sender)) == [(rule, "remark") for rule in rules]


@pytest.mark.parametrize(
    "recipient",
    [
        ("samu992", f"hubex:{PARTNER}"),
        (f"{PARTNER}-Horizon", f"sge:{PARTNER}-Horizon"),
        (f"Horizon-{PARTNER}", f"horizon:{PARTNER}"),
    ],
)
def test_another_reading_of_the_recipient_is_a_remark(recipient: tuple[str, str]) -> None:
    assert played(named((EDITOR, f"hubex:{EDITOR}"), recipient)) == [("HD-07", "remark")]


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ((PARTNER, f"hubex:{PARTNER}"), [("HD-02", "fail"), ("HD-03", "fail")]),
        ((EDITOR, f"hubex:{PARTNER}"), [("HD-03", "fail")]),
        ((EDITOR, f"hubex:{PARTNER}-{EDITOR}"), [("HD-03", "fail")]),
        ((EDITOR, "hubex:"), [("HD-03", "fail")]),
        ((f"-{EDITOR}", EDITOR), [("HD-02", "fail"), ("HD-03", "fail")]),
        (("Horizon", f"hubex:{EDITOR}"), [("HD-02", "fail")]),
    ],
)
def test_another_client_or_nobody_is_a_fault(
    sender: tuple[str, str], expected: list[tuple[str, str]]
) -> None:
    assert played(named(sender)) == expected
