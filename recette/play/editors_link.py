"""The editor's own link to its hub, where the recette stands in between: disturbed, and as before again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from recette.journal.events import DeadlinePassed
from recette.journal.link_events import EditorReturned, LinkDisturbed
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Queues
from recette.play.prompting import CannotGoOn
from recette.play.run import Run
from recette.scenario.model import Casting
from recette.scenario.steps import DisturbStep


async def disturb(run: Run, casting: Casting, step: DisturbStep) -> None:
    """Do what the step says. Raises CannotGoOn where there is no link of the editor to disturb."""
    link = run.link
    if link is None or not link.reads:
        raise CannotGoOn(
            "L'éditeur ne lit pas sa file .message à travers la recette, ou son relais : il n'y a rien à gêner tant qu'il ne "
            "se connecte pas là."
        )
    run.journal.write(
        LinkDisturbed(
            scenario=casting.name,
            step=step.id,
            client=casting.editor_client,
            incident=step.incident,
            seconds=step.lasts,
        )
    )
    why = await link.disturb(step.incident, step.lasts)
    if why is not None:
        raise CannotGoOn(f"Le relais n'a pas gêné la liaison de l'éditeur : {why}.")


async def returned(
    run: Run, casting: Casting, step: DisturbStep, deadline: Deadline, queues: Callable[[], Awaitable[Queues]]
) -> None:
    """Until the editor is back. Raises CannotGoOn where it stays away: nothing more can come of the play."""
    link = run.link
    back = link is not None and await run.waiting.until(lambda: link.reads, deadline)
    if link is not None and link.in_vain:
        raise CannotGoOn(
            f"L'incident « {step.incident} » n'a pas eu lieu : le hub n'a pas remis à l'éditeur, à temps et sur la même liaison, "
            "ce qu'il y fallait."
        )
    if link is None or not back:
        run.journal.write(
            DeadlinePassed(
                scenario=casting.name,
                step=step.id,
                waiting_for="return",
                seconds=deadline.granted,
                queues=await queues(),
            )
        )
        raise CannotGoOn("L'éditeur n'est pas revenu lire sa file .message : la suite n'est pas jouée.")
    run.journal.write(
        EditorReturned(
            scenario=casting.name,
            step=step.id,
            client=casting.editor_client,
            seconds=round(link.away, 3),
        )
    )
