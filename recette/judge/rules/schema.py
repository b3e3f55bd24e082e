"""Rules that say what the schemas find, and in which generation a content is valid (requirements TR-08, EN, HD, DA)."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.registry import rule
from recette.judge.rules.data import case_without_health_data
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import has_field
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.messages.validation.diagnostics import Diagnostic

BY_SCHEMAS = (
    "EN-01",
    "EN-07",
    "EN-08",
    "EN-13",
    "EN-14",
    "EN-15",
    "HD-08",
    "HD-09",
    "DA-02",
    "DA-03",
    "DA-04",
    "DA-13",
    "DA-14",
    "DA-15",
    "DA-19",
    "DA-20",
)


def schema_breaches(view: View) -> Iterator[Finding]:
    """What the schemas find under the requirement that is looked at."""
    for one in view.messages:
        for error in view.diagnostics(one):
            if error.rule == view.rule and (error.severity != "warning" or view.rule == "EN-13"):
                yield _schema_finding(view, one, error)


for _requirement in BY_SCHEMAS:
    rule(_requirement)(schema_breaches)


def _schema_finding(view: View, one: EditorMessage, error: Diagnostic) -> Finding:
    if error.severity == "unsure" or error.refused_by == "recette":
        own = error.refused_by == "recette"
        return view.unclear(
            f"{one.message.model or 'Message'} : {error.message}",
            "harness" if own else "hub",
            step=one.step,
            event=one.number,
            advice="Aucune source ne l'interdit : voyez avec l'exploitant du hub ce qui vaut."
            if own
            else f"Écrivez {error.expected}.",
        )
    return view.broken(
        f"{one.message.model or 'Message'} : {error.message}",
        message=one,
        path=error.path,
        expected=error.expected,
        actual=error.actual,
    )


@rule("TR-08")
def content_of_this_generation(view: View) -> Iterator[Finding]:
    for one in view.messages:
        generations = _spoken(view, one)
        if generations:
            spoken = " ou ".join(str(generation) for generation in generations)
            first = next(_content_errors(view, one))
            yield view.broken(
                f"{one.message.model} est valide en génération {spoken}, pas sur ce vHost : {first.message}",
                message=one,
                path=first.path,
                expected=f"génération {view.generation}",
                actual=f"génération {spoken}",
            )


def _spoken(view: View, one: EditorMessage) -> list[int]:
    """The other generations that its content is valid in, where it is not of this vHost's."""
    key, content = one.message.key, one.message.content
    if key is None or content is None or next(_content_errors(view, one), None) is None:
        return []
    return [
        other.schemas.generation
        for other in view.other_generations()
        if not other.validate_content(content, key)
    ]


def _content_errors(view: View, one: EditorMessage) -> Iterator[Diagnostic]:
    """What is wrong inside the content: not its namespace or how many there are, nor what AC-10 says of an ack."""
    for error in view.diagnostics(one):
        if (
            error.layer == "content"
            and error.rule not in {"EN-15", "HD-08"}
            and not _is_early_step(view, one, error)
        ):
            yield error


def _is_early_step(view: View, one: EditorMessage, error: Diagnostic) -> bool:
    """Whether AC-10 says it: an ack has no step in this edition."""
    early = not has_field("step", "RC-REF", view.edition)
    return early and one.message.model == "RC-REF" and error.path.endswith(".step")


@rule("DA-01")
def content_valid(view: View) -> Iterator[Finding]:
    """What the schemas find, and what only the hub's deserialisation refuses (102)."""
    yield from _invalid(view)
    for one in view.record.hub.refusals:
        if (
            one.event.code in {102, 301}
            and one.event.client == view.editor
            and not view.wants_refusal(one.step)
        ):
            if any(error.severity != "warning" for error in _of(view, one.number)):
                continue
            if one.message.model == "RS-ERROR":
                continue  # ER-07 says what is wrong with it
            yield view.broken(
                f"Le hub a refusé le message ({one.event.code}) : il ne sait pas le lire.",
                step=one.step,
                event=one.number,
                actual=", ".join(one.message.keys),
            )


@rule("DA-01", needs="hub")
def bytes_are_a_document(view: View) -> Iterator[Finding]:
    """What a lax hub reads all the same, and writes anew: the partner never sees what was wrong with it.

    It reads as XML what does not say that it is JSON; the type itself is TR-11's.
    """
    for number, event in view.record.hub.rewritten:
        said = JSON_TYPE if event.content_type == JSON_TYPE else XML_TYPE
        message = read(event.body or b"", said, view.record.vhost.edition)
        for problem in message.problems:
            if problem.severity == "error" and problem.refused_by != "recette":
                yield view.broken(
                    f"Le hub a lu ce message malgré un défaut, et l'a réécrit : {problem.message}",
                    step=view.record.step_at(number),
                    event=number,
                    path=problem.path,
                    expected=problem.expected,
                    actual=problem.actual,
                    advice="Émettez un document bien formé et rien d'autre : un autre lecteur le refuserait.",
                )


def _invalid(view: View) -> Iterator[Finding]:
    """A content of another generation is TR-08's, an ack's step AC-10's, what RC-EDA never has DA-10's."""
    named = {(one.event, one.path) for one in case_without_health_data(view)}
    for one in view.messages:
        foreign = bool(_spoken(view, one))
        for error in view.diagnostics(one):
            if error.rule != view.rule or error.severity != "error" or (foreign and error.layer == "content"):
                continue
            if (one.number, error.path) not in named and not _is_early_step(view, one, error):
                yield _schema_finding(view, one, error)


def _of(view: View, number: int) -> tuple[Diagnostic, ...]:
    return next((view.diagnostics(one) for one in view.messages if one.number == number), ())
