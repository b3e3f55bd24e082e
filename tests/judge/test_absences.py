"""What explains that something did not come, and whose it is then, in recorded runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recette.journal.events import (
    Confirmed,
    DeadlinePassed,
    DriverAnswered,
    DriverAsked,
    Event,
    Received,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    StepDone,
    StepOpened,
    Unreadable,
)
from recette.journal.link_events import LinkBlocked, LinkLost, LinkRestored, LinkUnblocked, QueuesShared
from recette.judge.gaps import Gap
from recette.messages.reading import read
from recette.sandbox.editor import Outgoing, ReferenceEditor
from tests.judge.journal_builder import JournalBuilder, by
from tests.judge.playing import Play, rules
from tests.judge.recorded import renumbered, result, run_of, told, unseen

Edit = Callable[[list[Event]], list[Event]]
MUTE = ("15-15-ressource-acceptee.g1@sollicite", "muet")
UNANSWERED = ("15-smur-engagement-du-smur.g3@tablette", "engagement-sans-reponse")
SILENCE = ("15-15-ressource-refusee.g1@sollicite", "")
EXPIRED = ("robustesse-message-expire.g1", "")
NAMED = ("15-15-destinataire-inconnu.g1@origine", "")


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, scenarios_folder: Path
) -> Callable[[tuple[str, str]], list[Event]]:
    known: dict[tuple[str, str], list[Event]] = {}

    def recorded(which: tuple[str, str]) -> list[Event]:
        if which not in known:
            known[which] = run_of(*which, scenarios_folder, tmp_path_factory.mktemp("recorded"))
        return known[which]

    return recorded


Runs = Callable[[tuple[str, str]], list[Event]]


def started(events: list[Event]) -> ScenarioStarted:
    return next(one for one in events if isinstance(one, ScenarioStarted))


def partner(events: list[Event]) -> str:
    begun = started(events)
    return next(client for actor, client in begun.clients.items() if actor != begun.editor)


def cut(events: list[Event], *, before: bool = False, back: bool = True, whose: str = "") -> list[Event]:
    """The link of a partner breaks during the step that was missed, or before it."""
    client, vhost = whose or partner(events), started(events).vhost
    missed = next(one for one in events if isinstance(one, DeadlinePassed))
    opened = next(i for i, e in enumerate(events) if isinstance(e, StepOpened) and e.step == missed.step)
    index = opened if before else opened + 1
    lost: list[Event] = [LinkLost(vhost=vhost, client=client, reason="coupée")]
    if back:
        lost.append(LinkRestored(vhost=vhost, client=client, seconds=1.0, attempts=1))
    return [*events[:index], *lost, *events[index:]]


def in_step(events: list[Event], *found: Event) -> list[Event]:
    """Events of a partner's link, during the step that was missed."""
    missed = next(one for one in events if isinstance(one, DeadlinePassed))
    opened = next(i for i, e in enumerate(events) if isinstance(e, StepOpened) and e.step == missed.step)
    return [*events[: opened + 1], *found, *events[opened + 1 :]]


def blocked(events: list[Event], *, before: bool = False) -> list[Event]:
    """The broker takes no publications while the step is played, or until just before it is."""
    place = {"vhost": started(events).vhost, "client": partner(events)}
    block, over = LinkBlocked(**place, reason="low on memory"), LinkUnblocked(**place)
    if not before:
        return in_step(events, block)
    begun = events.index(started(events))
    return [*events[:begun], block, over, *events[begun:]]


def garbled(events: list[Event], whose: str = "") -> list[Event]:
    """A message that nobody can read comes instead."""
    client = whose or partner(events)
    reason = "propriété AMQP qui n'est pas de l'UTF-8"
    found = Unreadable(
        vhost=started(events).vhost, client=client, queue=f"{client}.message", routing_key="k", reason=reason,
        properties=b"\xff", body=b"{}",
    )  # fmt: skip
    return in_step(events, found)


def looked(events: list[Event], consumers: int | None) -> list[Event]:
    """What a look at the queues said when the deadline came."""
    queue = f"{partner(events)}.message"
    state = {} if consumers is None else {queue: {"messages": 0, "consumers": consumers}}
    return [replace(one, queues=state) if isinstance(one, DeadlinePassed) else one for one in events]


def by_hand(events: list[Event], *, done: bool) -> list[Event]:
    """A person was asked, and says to have done it, or says nothing."""
    found: list[Event] = []
    for one in events:
        found.append(replace(one, driver="operator") if isinstance(one, DriverAsked) else one)
        if isinstance(one, DriverAsked) and done:
            found.append(StepDone(scenario=one.scenario, step=one.step, by="Opératrice fictive"))
    return found


WAYS: dict[str, tuple[Edit, str, str, str]] = {
    "nothing": (list, "fail", "editor", "n'est pas arrivé"),
    "cut-and-back": (cut, "inconc", "hub", "1 s) : ce qui n'y a pas été vu"),
    "cut-for-good": (lambda e: cut(e, back=False), "inconc", "hub", "depuis l'événement"),
    "cut-before": (lambda e: cut(e, before=True), "fail", "editor", "n'est pas arrivé"),
    "somebody-else-cut": (lambda e: cut(e, whose="fr.health.x"), "fail", "editor", "n'est pas arrivé"),
    "broker-gone": (lambda e: looked(e, None), "inconc", "hub", "le broker ne répondait plus"),
    "not-alone": (lambda e: looked(e, 2), "inconc", "operator", "a d'autres lecteurs"),
    "alone": (lambda e: looked(e, 1), "fail", "editor", "n'est pas arrivé"),
    "blocked": (blocked, "inconc", "hub", "n'acceptait plus de publications (low on memory)"),
    "blocked-before": (lambda e: blocked(e, before=True), "fail", "editor", "n'est pas arrivé"),
    "unreadable": (garbled, "inconc", "hub", "message illisible pendant"),
    "unreadable-elsewhere": (lambda e: garbled(e, "fr.health.x"), "fail", "editor", "n'est pas arrivé"),
    "not-said-done": (lambda e: by_hand(e, done=False), "inconc", "operator", "l'opérateur n'a pas dit"),
    "said-done": (lambda e: by_hand(e, done=True), "fail", "editor", "n'est pas arrivé"),
}


@pytest.mark.parametrize("way", WAYS)
def test_why_no_answer_came(runs: Runs, tmp_path: Path, way: str) -> None:
    edit, verdict, party, says = WAYS[way]
    events = runs(MUTE)
    found = result(renumbered(events, edit(events)), tmp_path / "journal.jsonl")
    assert told(found) == [("SC-01", verdict, party)]
    assert says in found.findings[0].explanation


@pytest.mark.parametrize("way", [name for name in WAYS if not name.endswith("done")])
def test_why_no_engagement_came(runs: Runs, tmp_path: Path, way: str) -> None:
    """Where nothing explains it the rule of its own names it; otherwise what explains it is told once."""
    edit, verdict, party, _ = WAYS[way]
    events = runs(UNANSWERED)
    found = result(renumbered(events, edit(events)), tmp_path / "journal.jsonl")
    assert ("CI-22", "fail", "editor") in told(found) or verdict != "fail"
    assert [one for one in told(found) if one[0] == "SC-01"] == (
        [] if verdict == "fail" else [("SC-01", verdict, party)]
    )
    assert (verdict == "fail") == ("CI-22" in {one.rule for one in found.findings})
    assert found.verdict == verdict


def test_an_answer_that_the_hub_refused_is_not_missing(play: Play) -> None:
    """What the refusal is for is named, and nothing else."""

    def as_another(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            out.document["senderID"] = "fr.health.samu999"
        return [out]

    found = {rule for rule, _ in rules(play(UNANSWERED[0], as_another))}
    assert "EN-02" in found
    assert not found & {"CI-22", "SC-01"}


@pytest.mark.parametrize(
    ("edit", "findings"),
    [
        (list, []),
        (cut, [("SC-03", "inconc", "hub")]),
        (lambda events: looked(events, 2), [("SC-03", "inconc", "operator")]),
        (lambda events: looked(events, None), [("SC-03", "inconc", "hub")]),
    ],
)
def test_a_silence_proves_something_only_where_somebody_listened(
    runs: Runs, tmp_path: Path, edit: Edit, findings: list[tuple[str, str, str]]
) -> None:
    events = runs(SILENCE)
    assert told(result(renumbered(events, edit(events)), tmp_path / "journal.jsonl")) == findings


def test_a_refusal_is_the_hubs_to_report(runs: Runs, tmp_path: Path) -> None:
    """The partner's own expired message: where no report comes, it is not the editor's."""
    events = runs(EXPIRED)
    silent = [one for one in events if not isinstance(one, Received) or of(one) != "RS-ERROR"]
    found = result(renumbered(events, silent), tmp_path / "journal.jsonl")
    assert ("SC-04", "inconc", "hub") in told(found)
    assert "editor" not in {party for _, _, party in told(found)}


def test_a_refusal_elsewhere_is_seen_at_the_editors(runs: Runs, tmp_path: Path) -> None:
    found = result(unseen(runs(NAMED)), tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("inconc", [("SC-04", "inconc", "operator")])


def of(event: Received) -> str | None:
    return read(event.body, event.content_type, 1).model


@pytest.mark.parametrize("status", ["returned", "nacked"])
def test_what_the_broker_did_not_take_is_the_hubs(runs: Runs, tmp_path: Path, status: str) -> None:
    events = runs(MUTE)
    first = next(one for one in events if isinstance(one, Confirmed))
    refused = [replace(first, status=status) if one is first else one for one in events]
    assert ("HUB-01", "error", "hub") in told(result(refused, tmp_path / "journal.jsonl"))


def test_other_readers_are_told_even_where_all_came(runs: Runs, tmp_path: Path) -> None:
    events = runs(SILENCE)
    queue = f"{partner(events)}.message"
    end = next(index for index, one in enumerate(events) if isinstance(one, ScenarioEnded))
    shared = QueuesShared(scenario=started(events).scenario, queues={queue: {"messages": 0, "consumers": 2}})
    found = result([*events[:end], shared, *events[end:]], tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("inconc", [("HUB-01", "inconc", "operator")])
    assert queue in found.findings[0].explanation


@pytest.mark.parametrize(
    ("by", "finding"),
    [("", ("PIL-01", "error", "harness")), ("Opératrice fictive", ("PIL-01", "inconc", "operator"))],
)
def test_a_driver_that_could_not_is_not_the_editor(
    runs: Runs, tmp_path: Path, by: str, finding: tuple[str, str, str]
) -> None:
    could_not = [
        replace(one, accepted=False, by=by, detail="impossible") if isinstance(one, DriverAnswered) else one
        for one in runs(SILENCE)
    ]
    assert finding in told(result(could_not, tmp_path / "journal.jsonl"))


@pytest.mark.parametrize(
    ("first", "last", "touches"),
    [(1, 9, False), (1, 10, True), (12, 13, True), (20, 30, True), (21, 30, False)],
)
def test_what_a_gap_touches(first: int, last: int, touches: bool) -> None:
    gap = Gap("vhost", "client", 10, 20, 1.5)
    assert gap.overlaps(first, last) == touches
    assert gap.shown == "événements 10 à 20, 1,5 s"
    assert replace(gap, seconds=None).shown == "événements 10 à 20"


def test_a_gap_that_did_not_end_touches_all_that_follows() -> None:
    gap = Gap("vhost", "client", 10)
    assert gap.overlaps(1000, 1001)
    assert not gap.overlaps(1, 9)
    assert gap.shown == "depuis l'événement 10"


def test_what_the_hub_refused_meanwhile_is_quoted() -> None:
    """A refusal is laid to the step that was opened last; the other one, open as well, quotes it."""
    play = JournalBuilder("15-15-partage-plusieurs-partenaires.g3@origine").open("ajout-premier")
    update = play.due("ajout-premier")
    play.open("ajout-second")
    play.hub_refuses(update, 300, "format de distributionID invalide")
    queues = {f"{update.to}.message": {"messages": 0, "consumers": 1}}
    missed = play.write(
        DeadlinePassed(
            scenario=play.casting.name,
            step="ajout-premier",
            waiting_for="message",
            seconds=1.0,
            queues=queues,
        )
    )
    result = play.judged()
    (finding,) = [one for one in result.findings if one.rule == "SC-01"]
    assert (finding.step, finding.verdict, finding.event) == ("ajout-premier", "fail", missed)
    assert f"événement {missed - 1}, 300" in finding.explanation
    assert "« format de distributionID invalide »" in finding.explanation


@pytest.mark.parametrize(("refused", "verdict"), [(True, "fail"), (False, "inconc")])
def test_what_the_hub_refused_with_a_report_is_no_excuse(refused: bool, verdict: str) -> None:
    """Not even what is no document, and has no id but in its bytes; what vanished without a report is one."""
    builder = JournalBuilder("15-15-partage-simple.g1@destinataire", observed=False)
    header = builder.entries[0].event
    assert isinstance(header, RunStarted)
    builder.entries[0] = replace(
        builder.entries[0], event=replace(header, face_to_face=True, relay_observed=True)
    )
    builder._connects()
    owed = builder.unanswered(builder.casting.messages[0].id)
    deadline = builder.entries.pop()
    seen = replace(builder._saw(owed, "received", ""), distribution_id="a_1")
    builder.write(seen)
    if refused:
        builder.write(
            replace(seen, action="refused", code=300, body=b'{"distributionID": "a_1", "content": [')
        )
    builder.write(deadline.event)
    assert {one.verdict for one in by(builder.close().judged(), "AC-01")} == {verdict}


@pytest.mark.parametrize(("code", "found"), [(300, ("SC-01", "inconc")), (100, ("TR-10", "fail"))])
def test_what_the_hub_refused_is_passed_by_no_one_though_no_rule_knows_why(
    code: int, found: tuple[str, str]
) -> None:
    """A hub may serve other models than those that judge: the partner has nothing all the same."""
    play = JournalBuilder("15-15-ressource-acceptee.g1@sollicite").open("arrivee")
    play.hub_refuses(play.due("arrivee"), code, "dit le hub")
    play.misses(3.0)
    judged = play.close().judged()
    assert [(one.rule, one.verdict) for one in judged.findings] == [found]
    assert (judged.verdict, judged.steps[-1].verdict) == (found[1], found[1])
