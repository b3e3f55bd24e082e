"""Whether the hub carries what a play needs, as its probes told when the run began."""

from __future__ import annotations

from recette.play.prompting import CannotGoOn
from recette.play.run import Run
from recette.scenario.model import Casting
from recette.scenario.steps import MessageStep


def check_carried(run: Run, casting: Casting) -> None:
    """Raises CannotGoOn where the hub refused, when the run began, what this play needs."""
    refused = run.prober.refused if run.prober is not None else {}
    for step in casting.steps:
        if not isinstance(step, MessageStep) or step.refused is not None:
            continue
        names = [content.model for content in step.contents]
        by_editor = casting.by_editor(step)
        if all(one in refused for one in names) and not (by_editor and step.by_editor.optional):
            who = "l'éditeur" if by_editor else "le partenaire"
            raise CannotGoOn(
                f"Le hub refuse {' et '.join(names)} sur ce vHost ({refused[names[0]]}) : {who} ne "
                "pourrait pas l'envoyer. Demandez à l'opérateur du hub de l'y admettre, ou un autre vHost."
            )
