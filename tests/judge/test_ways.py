"""What went another way than to the editor, or was held up on its way, is not the editor's; its twin is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recette.journal.events import Attested, RunStarted
from recette.journal.link_events import Lagged, LinkBlocked, LinkUnblocked, Probed
from recette.judge.verdicts import Finding
from recette.messages.hub_saw import HubSaw
from tests.judge.journal_builder import JournalBuilder, Said, by

FIRST = "15-15-partage-simple.g1@origine"
RECEIVES = "15-15-partage-simple.g1@destinataire"


def after_a_play(name: str, *probes: tuple[bool, Probed], observed: bool = False) -> JournalBuilder:
    """A play that follows another on a hub of others, which was probed before: to the editor, or to a partner."""
    builder = JournalBuilder(FIRST, observed=observed)
    header = builder.entries[0].event
    assert isinstance(header, RunStarted)
    builder.entries[0] = replace(builder.entries[0], event=replace(header, probes=not observed))
    builder.rest()
    for to_editor, one in probes:
        editor = builder.casting.editor_client
        partner = next(one for one in builder.casting.clients.values() if one != editor)
        recipient = editor if to_editor else partner
        builder.write(replace(one, recipient=recipient))
    return builder.then(name)


def probed(outcome: str, seconds: float = 0.02, **more: object) -> Probed:
    made = Probed(
        vhost="15-15_v1.5", client="p", recipient="p", model="RS-EDA", outcome=outcome, seconds=seconds
    )
    return replace(made, **more)  # type: ignore[arg-type]


def moved(builder: JournalBuilder, step: str, seconds: float = 0.02) -> None:
    """A probe that the partner sent after its deadline comes back."""
    builder.write(
        replace(probed("delivered", seconds), model="RC-REF", scenario=builder.casting.name, step=step)
    )


def only(builder: JournalBuilder, rule: str) -> Finding:
    (one,) = by(builder.judged(), rule)
    return one


@pytest.mark.parametrize(
    ("way", "verdict", "said"),
    [
        (probed("direct"), "fail", "n'a pas été acquitté"),
        (probed("elsewhere", code=400), "inconc", "déclaré pour une autre version"),
        (probed("silent"), "inconc", "rien dit d'une sonde"),
        (probed("untold", code=400), "inconc", "ne dit pas s'il convertit"),
        (probed("refused", code=300, reason="conversion"), "inconc", "refuse un message valide"),
        (probed("refused", code=501), "fail", "n'a pas été acquitté"),
        (probed("refused", code=200), "fail", "n'a pas été acquitté"),
    ],
)
def test_an_editor_that_is_declared_for_another_version_owes_no_ack(
    way: Probed, verdict: str, said: str
) -> None:
    builder = after_a_play(RECEIVES, (True, way))
    step = builder.casting.messages[0].id
    builder.unanswered(step)
    moved(builder, step)
    found = only(builder.close(), "AC-01")
    assert (found.verdict, found.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")
    assert said in found.explanation
    assert ("déclaré" in found.advice) == (verdict == "inconc")


def test_an_editor_that_answered_once_in_the_play_is_reached() -> None:
    builder = after_a_play(RECEIVES, (True, probed("elsewhere", code=400)))
    first, second = (one.id for one in builder.casting.messages)
    builder.until(first)
    builder.unanswered(second)
    moved(builder, second)
    assert only(builder.close(), "AC-01").verdict == "fail"


def test_a_screen_that_was_never_told_accuses_nobody() -> None:
    for outcome, verdict in (("direct", "fail"), ("elsewhere", "inconc"), ("untold", "inconc")):
        builder = after_a_play("ecran-partage.g1@origine", (True, probed(outcome))).rest()
        index = max(i for i, one in enumerate(builder.entries) if isinstance(one.event, Attested))
        entry = builder.entries[index]
        assert isinstance(entry.event, Attested)
        builder.entries[index] = replace(entry, event=replace(entry.event, answer="non-conforme"))
        assert {one.verdict for one in builder.judged().findings} == {verdict}


def led(builder: JournalBuilder, said: Said, recipient: str) -> None:
    """The hub at home tells that it converted the partner's message and took it to a vHost."""
    content = said.content
    builder.write(
        HubSaw(
            vhost="15-15_v1.5",
            client=said.to,
            action="transferred",
            recipient=recipient,
            distribution_id=content["distributionID"],
            reference_id=content["distributionID"],
        )
    )


@pytest.mark.parametrize(("vhost", "verdict"), [("15-15_v2.1", "inconc"), ("15-15_v1.5", "fail")])
def test_a_hub_that_is_seen_to_take_it_elsewhere(vhost: str, verdict: str) -> None:
    builder = after_a_play(RECEIVES, observed=True)
    owed = builder.unanswered(builder.casting.messages[0].id)
    led(builder, owed, vhost)
    found = only(builder.close(), "AC-01")
    assert found.verdict == verdict
    assert ("15-15_v2.1" in found.explanation) == (verdict == "inconc")


@pytest.mark.parametrize(
    ("seconds", "pace", "verdict"),
    [(0.3, 0.02, "fail"), (3.0, 0.02, "inconc"), (3.0, 1.0, "fail"), (9.0, 1.0, "inconc")],
)
def test_a_hub_that_held_up_its_probe_may_have_held_up_the_editors_message(
    seconds: float, pace: float, verdict: str
) -> None:
    builder = after_a_play(FIRST, (False, probed("delivered", pace)))
    step = builder.casting.messages[0].id
    builder.open(step)
    due = builder.due(step)
    builder.misses(15.0)
    moved(builder, step, seconds)
    builder.editor_says(due)
    found = only(builder.close(), "SC-01")
    assert (found.verdict, found.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")


@pytest.mark.parametrize(
    ("deadline", "seconds", "verdict"),
    [(120.0, 2.5, "fail"), (120.0, 59.0, "fail"), (120.0, 60.0, "inconc"), (5.0, 2.5, "inconc")],
)
def test_a_message_that_never_came_is_weighed_against_its_deadline(
    deadline: float, seconds: float, verdict: str
) -> None:
    builder = after_a_play(FIRST, (False, probed("delivered", 0.02)))
    step = builder.casting.messages[0].id
    builder.open(step)
    builder.misses(deadline)
    moved(builder, step, seconds)
    found = only(builder.close(), "SC-01")
    assert (found.verdict, found.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")


def test_a_broker_that_was_seen_to_hold_gave_the_message_late() -> None:
    """An alarm is noticed by who publishes next, which may be after the deadline."""
    for alarm in (True, False):
        builder = after_a_play(FIRST, observed=True)
        step = builder.casting.messages[0].id
        builder.open(step)
        due = builder.due(step)
        builder.misses(15.0)
        if alarm:
            builder.write(LinkBlocked(vhost="15-15_v1.5", client=due.to, reason="low on disk"))
            builder.write(LinkUnblocked(vhost="15-15_v1.5", client=due.to))
        builder.editor_says(due)
        found = only(builder.close(), "SC-01")
        assert found.verdict == ("inconc" if alarm else "fail")
        assert ("low on disk" in found.explanation) == alarm


def test_what_the_hub_had_in_time_was_not_late() -> None:
    for in_time in (True, False):
        builder = after_a_play(FIRST, observed=True)
        step = builder.casting.messages[0].id
        builder.open(step)
        due = builder.due(step)
        if not in_time:
            builder.misses(15.0)
        builder.editor_says(due)
        if in_time:  # the deadline went by between what the hub did and what came
            before = next(i for i in range(len(builder.entries) - 1, 0, -1) if _forwarded(builder, i))
            builder.misses(15.0)
            late = builder.entries.pop()
            builder.entries.insert(before + 1, late)
            builder.entries = [replace(one, number=n) for n, one in enumerate(builder.entries, 1)]
        found = only(builder.close(), "SC-01")
        assert found.verdict == ("inconc" if in_time else "fail")


def _forwarded(builder: JournalBuilder, index: int) -> bool:
    event = builder.entries[index].event
    return isinstance(event, HubSaw) and event.action == "forwarded"


NEIGHBOUR = "15-15-limitrophe-accepte.g1"


@pytest.mark.parametrize(
    ("way", "verdict"),
    [("direct", "fail"), ("untold", "fail"), ("elsewhere", "inconc"), ("silent", "inconc")],
)
def test_an_editor_that_got_only_acks_owes_its_next_message(way: str, verdict: str) -> None:
    """Where nothing tells the way; where something speaks against it, nobody knows what the editor waits for."""
    builder = after_a_play(f"{NEIGHBOUR}@origine", (True, probed(way)))
    builder.until("partage").open("transfert").misses(15.0)
    moved(builder, "transfert")
    found = only(builder.close(), "SC-01")
    assert (found.verdict, found.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")


@pytest.mark.parametrize("earlier", [FIRST, RECEIVES])
def test_an_editor_that_never_answered_a_message_may_not_have_it(earlier: str) -> None:
    """Having answered one in an earlier play, it is reached; having been sent none there, nobody knows."""
    builder = after_a_play(earlier, (True, probed("untold"))).rest().then(f"{NEIGHBOUR}@voisin")
    builder.unanswered("partage")
    moved(builder, "partage")
    builder.close().unanswered("transfert")
    moved(builder, "transfert")
    builder.close().open("suite").misses(15.0)
    moved(builder, "suite")
    found = {(one.verdict, one.attributed_to) for one in only_of(builder.close(), "AC-01", "SC-01")}
    assert found == {("fail", "editor") if earlier == RECEIVES else ("inconc", "hub")}


@pytest.mark.parametrize(
    ("way", "verdict"),
    [
        (probed("silent"), "fail"),
        (probed("refused", code=300, reason="conversion"), "fail"),
        (probed("elsewhere", code=400), "fail"),
        (probed("untold", code=400), "fail"),
    ],
)
def test_what_was_answered_in_an_earlier_play_arrives_whatever_a_probe_told(
    way: Probed, verdict: str
) -> None:
    """Its twin, never answered, is `test_an_editor_that_is_declared_for_another_version_owes_no_ack`."""
    builder = after_a_play(RECEIVES, (True, way)).rest().then(RECEIVES)
    step = builder.casting.messages[0].id
    builder.unanswered(step)
    moved(builder, step)
    assert only(builder.close(), "AC-01").verdict == verdict


@pytest.mark.parametrize(("way", "verdict"), [("elsewhere", "inconc"), ("silent", "fail")])
def test_a_conversion_may_lose_another_model_than_the_one_that_was_answered(way: str, verdict: str) -> None:
    builder = after_a_play(RECEIVES, (True, probed(way, code=400)))
    first, second = (one.id for one in builder.casting.messages)
    builder.until(first).then(RECEIVES)
    for step in (first, second):
        builder.unanswered(step)
        moved(builder, step)
        builder.close()
    found = {one.step: one.verdict for one in by(builder.judged(), "AC-01")}
    assert found == {first: "fail", second: verdict}


def only_of(builder: JournalBuilder, *wanted: str) -> list[Finding]:
    """What these rules found, each something."""
    result = builder.judged()
    found = [by(result, one) for one in wanted]
    assert all(found)
    return [one for each in found for one in each]


REFUSED = "15-15-destinataire-inconnu.g1@origine"
LAGS = [
    ((), "fail"),
    ((7.4,), "fail"),
    ((7.5,), "inconc"),
    ((4.0, 4.0), "inconc"),
]


def late(builder: JournalBuilder, *lags: float, where: str = "harness") -> None:
    for seconds in lags:
        builder.write(Lagged(where=where, seconds=seconds, over=0.5))


@pytest.mark.parametrize(("lags", "verdict"), LAGS)
def test_a_machine_that_was_late_for_half_the_wait_accuses_nobody(
    lags: tuple[float, ...], verdict: str
) -> None:
    builder = JournalBuilder(FIRST)
    builder.open(builder.casting.messages[0].id)
    late(builder, *lags)
    builder.misses(15.0)
    found = only(builder, "SC-01")
    assert (found.verdict, found.attributed_to) == (verdict, "editor" if verdict == "fail" else "harness")
    assert ("la machine de la recette était en retard" in found.explanation) == (verdict == "inconc")


@pytest.mark.parametrize(
    ("where", "said"), [("hub", "la machine du hub était"), ("relay", "la machine du relais était")]
)
def test_which_machine_it_was_is_said(where: str, said: str) -> None:
    builder = after_a_play(RECEIVES, (True, probed("direct")))
    step = builder.casting.messages[0].id
    builder.unanswered(step)
    builder.write(Lagged(where=where, seconds=1.0, over=3.5))
    moved(builder, step)
    found = only(builder.close(), "AC-01")
    assert (found.verdict, found.attributed_to) == ("inconc", "harness")
    assert said in found.explanation


def test_less_than_a_second_explains_nothing() -> None:
    builder = JournalBuilder(FIRST)
    builder.open(builder.casting.messages[0].id)
    late(builder, 0.9)
    builder.misses(0.5)
    assert only(builder, "SC-01").verdict == "fail"


def test_two_machines_are_one_lag() -> None:
    """The harness and a hub beside it stand still together."""
    builder = JournalBuilder(FIRST)
    builder.open(builder.casting.messages[0].id)
    late(builder, 4.0)
    late(builder, 4.0, where="hub")
    builder.misses(15.0)
    assert only(builder, "SC-01").verdict == "fail"


def test_what_was_late_before_or_after_the_wait_explains_nothing() -> None:
    builder = JournalBuilder(FIRST)
    late(builder, 60.0)
    builder.open(builder.casting.messages[0].id)
    builder.misses(15.0)
    late(builder, 60.0)
    assert only(builder, "SC-01").verdict == "fail"


def test_a_lag_that_is_told_after_the_deadline_began_before() -> None:
    builder = JournalBuilder(FIRST)
    builder.open(builder.casting.messages[0].id)
    builder.misses(15.0)
    builder.write(Lagged(where="hub", seconds=9.0, over=9.5))
    judgement = builder.judgement()
    (found,) = by(judgement.scenarios[-1], "SC-01")
    assert found.verdict == "inconc"
    assert any("La machine du hub a pris 9 s de retard" in one for one in judgement.notes)


def test_a_refusal_that_was_awaited_of_a_late_hub() -> None:
    for lag, verdict in ((0.0, "fail"), (8.0, "inconc")):
        builder = JournalBuilder(REFUSED)
        step = next(one for one in builder.casting.messages if one.refused is not None)
        builder.open(step.id)
        late(builder, *filter(None, [lag]))
        builder.nothing_comes("silence", 15.0)
        assert only(builder.close(), "SC-04").verdict == verdict
