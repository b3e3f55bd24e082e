"""How long a run at home waits: for what is known to come quickly, and for what is known not to come."""

from __future__ import annotations

from recette.campaign.home import deadlines_at_home
from recette.campaign.options import Options
from recette.play.target import Deadlines
from recette.sandbox.faults import FAULTS


def test_a_broker_of_another_process_has_longer_to_be_quiet_in() -> None:
    fault = Options().with_fault(FAULTS["muet"])
    for options in (Options(), fault):
        own = deadlines_at_home(options)
        other = deadlines_at_home(Options(broker="rabbitmq", misbehaviour=options.misbehaviour))
        assert other.quiet > 3 * own.quiet
        assert (other.ack, other.answer) == (own.ack, own.answer)
    assert deadlines_at_home(fault).ack < deadlines_at_home(Options()).ack


def test_what_was_asked_for_is_kept() -> None:
    asked = Deadlines(ack=1.0, answer=2.0, quiet=0.1)
    assert deadlines_at_home(Options(broker="rabbitmq", deadlines=asked)) is asked
