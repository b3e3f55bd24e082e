"""Rules on what only a person sees (observed by S): attested in front of the editor's screen."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.absences import never_left
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import View
from recette.scenario.steps import AttestStep, MessageStep, Step

ATTESTED = (
    "TR-18",
    "TR-19",
    "TR-20",
    "AC-05",
    "AC-11",
    "AC-12",
    "AC-13",
    "ER-01",
    "ER-02",
    "ER-03",
    "ER-04",
    "ER-05",
    "ER-06",
    "CI-01",
    "CI-06",
    "CI-08",
    "CI-09",
    "CI-13",
    "CI-14",
    "CI-30",
    "CI-31",
    "DA-06",
    "DA-16",
    "DA-17",
)
"""Requirements with a rule under their own name; what else is attested is heard by SC-05."""
_RECEIVED = "DA-06"
"""What is said of the values of a message, where the scenario itself has no screen looked at."""


def attested(view: View) -> Iterator[Finding]:
    """What was attested for the requirement that is looked at."""
    yield from _attestations(view, frozenset({view.rule}))


for _requirement in ATTESTED:
    rule(_requirement, needs="screen")(attested)


@rule("SC-05")
def attested_without_rule(view: View) -> Iterator[Finding]:
    """What is attested and has no rule of its own: nothing that a person says of a screen goes unheard."""
    others = {step.requirement for step in view.casting.scenario.steps if isinstance(step, AttestStep)}
    yield from _attestations(view, frozenset(others.difference(ATTESTED)))


def _attestations(view: View, requirements: frozenset[str]) -> Iterator[Finding]:
    for name, (number, event) in view.record.course.attested.items():
        step = view.casting.scenario.step(name)
        requirement, expected = _asked(step)
        if requirement not in requirements:
            continue
        said = f"{event.by} : {event.comment}" if event.by else event.comment
        if event.answer == "conforme":
            continue
        if event.answer == "approche":
            text = f"L'écran montre à peu près ce qui est attendu. {said}".strip()
            yield view.noted(text, step=name, event=number, expected=expected, actual="approché")
        elif event.answer == "non-conforme":
            yield never_left(view, name, number) or view.broken(
                f"L'écran ne montre pas ce qui est attendu. {said}".strip(),
                step=name,
                event=number,
                expected=expected,
                actual=event.answer,
            )
        elif isinstance(step, AttestStep):
            yield view.unclear(
                f"Personne n'a dit ce que montre l'écran : {expected}",
                "operator",
                step=name,
                event=number,
                advice="Faites attester cette étape devant l'écran de l'éditeur.",
            )


def _asked(step: Step) -> tuple[str, str]:
    """The requirement that an attestation of a step is about, and what the screen was to show."""
    match step:
        case AttestStep(requirement=requirement, text=text):
            return requirement, text
        case MessageStep(models=models):
            return _RECEIVED, f"les valeurs de {models} telles que le partenaire les a envoyées"
        case _:
            return "", ""
