"""Judges a journal: the rules over each scenario, then the roll-up. Pure: the same journal, the same judgement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from recette.journal.events import Entry, RunStarted
from recette.journal.reader import Journal, UnreadableJournalError
from recette.judge.face_to_face import FaceToFace, Seen
from recette.judge.missed import unexplained
from recette.judge.observation import Observation, unproven
from recette.judge.record import Record
from recette.judge.registry import Rule
from recette.judge.replay import Replay
from recette.judge.rules import RULES
from recette.judge.strays import CAMPAIGN_RULE, campaign_findings
from recette.judge.undecided import undecided
from recette.judge.verdicts import Finding, Judgement, ScenarioResult, StepResult, Verdict, worst
from recette.judge.view import View
from recette.judge.views import Views
from recette.judge.ways import lags_told
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.validator import Validator
from recette.scenario.model import Casting
from recette.scenario.requirements import catalogue
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, SilenceStep, Step
from recette.wording.counting import counted
from recette.wording.values import listed

_SHOWN = 10
"""Defects of a journal that are told one by one."""


def judge(journal: Journal, *, strict: Iterable[str] = ()) -> Judgement:
    """Judge a recorded run; `strict` names SHOULD rules to be held as MUST, besides those of the run itself.

    Raises UnreadableJournalError when the journal has no header, is redacted, or contradicts itself.
    """
    judging = Judging(journal.header, strict=strict)
    if not journal.altered and not journal.redacted:
        for entry in journal.entries:
            judging.take(entry)
    return judging.judgement(journal)


Heard = Callable[[Record, ScenarioResult], None]


class Judging:
    """A judgement that goes on with its journal: each play is judged as soon as all that belongs to it is known."""

    def __init__(
        self, header: RunStarted, *, strict: Iterable[str] = (), judged: Heard = lambda _record, _result: None
    ) -> None:
        """`judged` hears of each play with its final verdict."""
        self._header = header
        self._heard = judged
        self._replay = Replay(header)
        self._held = frozenset(strict) | frozenset(header.strict)
        self._views = Views(header, self._held)
        self._rank = {(one.vhost, one.editor): place for place, one in enumerate(header.targets)}
        self._judged: dict[tuple[int, int], ScenarioResult] = {}
        self._attempts: list[str] = []
        self._seen = Observation.on(header)
        self._faces = FaceToFace() if header.face_to_face else None

    def take(self, entry: Entry) -> None:
        """The next entry. Raises UnreadableJournalError."""
        self._judge(self._replay.take(entry))

    def judgement(self, journal: Journal) -> Judgement:
        """The whole, of the journal whose entries were all taken. Raises UnreadableJournalError when it is redacted."""
        if journal.altered:
            return Judgement("error", (), 0, tuple(_altered(journal)))
        if journal.redacted:
            how = "expurgé" if journal.whole else "expurgé en partie"
            raise UnreadableJournalError(
                f"Ce journal est {how} : le contenu des messages en a été ôté, et il ne peut pas être jugé à nouveau. "
                "recette verify contrôle les verdicts qui l'accompagnent."
            )
        replay = self._replay
        self._judge(replay.rest())
        for seen in self._faces.rest() if self._faces is not None else ():
            self._conclude(seen)
        results = [self._judged[place] for place in sorted(self._judged)]
        results += [
            ScenarioResult(one.scenario, one.title, "none", (), (), one.reason, one.vhost)
            for one in replay.facts.not_loaded
        ]
        missing = [name for name in self._header.plan if name not in replay.facts.begun]
        strays = self._of_the_campaign(journal)
        findings = tuple(found for _, found in strays)
        loose = [one.verdict for one in findings if one.verdict != "remark"]
        verdict = worst([*(one.verdict for one in results), *loose])
        cut = bool(missing) or not replay.facts.complete
        if cut and verdict in {"pass", "none"}:
            verdict = "inconc"
        notes = [*_notes(journal, replay, self._held, self._attempts), *_never_begun(missing)]
        return Judgement(
            verdict,
            tuple(results),
            replay.facts.unclaimed,
            tuple(notes),
            tuple(self._seen.not_observed(RULES)),
            tuple(name for name in RULES if self._seen.proven_by_passage(catalogue()[name])),
            findings,
            tuple(editor for editor, _ in strays),
            cut,
        )

    def _of_the_campaign(self, journal: Journal) -> tuple[tuple[str, Finding], ...]:
        """What belongs to no play, and comes from the editor under test, which is named."""
        facts, begun = self._replay.facts, datetime.fromisoformat(journal.entries[0].at)
        return tuple(campaign_findings(facts.strays, facts.cases, begun, held=CAMPAIGN_RULE in self._held))

    def _judge(self, records: Iterable[Record]) -> None:
        """Judge plays that are complete; an attempt that was played again has no verdict of its own."""
        for record in records:
            view = self._views.of(record)
            seen = Seen(view, tuple(_findings(view)))
            if record.replayed:
                self._attempts.append(_attempt(_scenario(seen)))
                continue
            self._views.complete(view)
            for one in (seen,) if self._faces is None else self._faces.take(seen):
                self._conclude(one)

    def _conclude(self, seen: Seen) -> None:
        """The play's verdict, which is final."""
        record, result = seen.view.record, _scenario(seen)
        self._judged[self._rank.get(record.target, len(self._rank)), record.place] = result
        self._seen.add(record)
        self._heard(record, result)


def _never_begun(plays: Sequence[str]) -> Iterable[str]:
    if plays:
        shown = ", ".join(plays[:_SHOWN]) + (", …" if len(plays) > _SHOWN else "")
        one = "passage prévu par la campagne n'a pas commencé"
        many = "passages prévus par la campagne n'ont pas commencé"
        yield f"{counted(len(plays), one, many)} : {shown}."


def _altered(journal: Journal) -> Iterable[str]:
    yield "Ce journal n'est plus celui qui a été écrit : il ne prouve rien, et rien n'en est jugé."
    yield from (f"Journal, {one}." for one in journal.defects[:_SHOWN])
    if len(journal.defects) > _SHOWN:
        yield f"Journal : {len(journal.defects) - _SHOWN} autres endroits changés."


def _attempt(result: ScenarioResult) -> str:
    """An attempt that was cut off and played again has no verdict; what it showed is said all the same."""
    broken = sorted({one.rule for one in result.findings if one.verdict == "fail"})
    shown = f" L'essai interrompu montrait : {', '.join(broken)}." if broken else ""
    return (
        f"{result.id} a été interrompu, puis rejoué depuis son début : seul le dernier essai est jugé.{shown}"
    )


def _notes(journal: Journal, replay: Replay, held: frozenset[str], attempts: Iterable[str]) -> Iterable[str]:
    found = replay.facts
    yield from (f"Journal, {one}." for one in journal.defects)
    yield from (one.text for one in found.troubles)
    yield from attempts
    for gap in found.gaps:
        yield f"La liaison de {gap.client} avec le hub ({gap.vhost}) a été coupée : {gap.shown}."
    for block in found.blocks:
        yield f"{block.why} ({block.client} sur {block.vhost}, {block.shown})."
    yield from lags_told(found.lags)
    if found.unreadable:
        told = counted(
            found.unreadable,
            "message remis par le hub n'a pas pu être lu",
            "messages remis par le hub n'ont pas pu être lus",
        )
        yield f"{told}, et ce n'est pas jugé : voyez le journal (« unreadable »)."
    if held:
        yield f"Règles tenues pour obligatoires sur demande : {', '.join(sorted(held))}."
    for number, play in found.late:
        yield f"Événement n° {number} : arrivé après la fin de {play}, qui n'en tient pas compte."
    if found.unclaimed:
        left = (
            f" ({counted(found.leftovers, 'était', 'étaient')} dans les files avant le premier scénario : "
            "restes d'une campagne antérieure)"
            if found.leftovers
            else ""
        )
        nobodys = counted(found.unclaimed, "message reçu n'appartient", "messages reçus n'appartiennent")
        yield f"{nobodys} à aucun scénario{left} : voyez le journal."


def found_by_rules(view: View) -> list[Finding]:
    """What the rules find in a play as far as it came, whichever of the editions that its vHost serves is meant."""
    record, found = view.record, _found(view, RULES)
    return undecided(found, record, partial(_found_again, view)) if len(record.vhost.served) > 1 else found


def _found(view: View, names: Iterable[str]) -> list[Finding]:
    """What the rules of these requirements find."""
    return [one for name in names for rule in RULES[name] for one in _apply(rule, view)]


def _found_again(view: View, record: Record, names: Iterable[str]) -> list[Finding]:
    """What they find in the same play where another edition judges it."""
    return _found(view.of(record, Validator(SchemaSet.builtin(record.vhost.edition))), names)


def _findings(view: View) -> list[Finding]:
    """All that is found in a play that came to its end."""
    seen = Observation.on(view.header)
    seen.add(view.record)
    found = [*found_by_rules(view), *unproven(view, seen)]
    return [*found, *unexplained(view, found)]


def _scenario(seen: Seen) -> ScenarioResult:
    view, findings = seen.view, list(seen.findings)
    record = view.record
    order = {step.id: index for index, step in enumerate(record.casting.steps)}
    findings = sorted(dict.fromkeys(findings), key=lambda one: (order.get(one.step, -1), one.event, one.rule))
    steps = tuple(_step(view, step, findings) for step in record.casting.steps)
    loose = [one.verdict for one in findings if one.verdict != "remark"]
    verdict = worst([*(one.verdict for one in steps), *loose])
    unplayed = any(
        one.verdict == "none" and not _left_out(view, step)
        for one, step in zip(steps, record.casting.steps, strict=True)
    )
    if verdict == "pass" and (record.ended is None or unplayed):
        verdict = "inconc"
    reason = record.ended.reason if record.ended else "La campagne a été interrompue pendant ce scénario."
    told = " ".join([reason, *_refusals_told(view), *_losses_told(view)]).strip()
    scenario = record.casting.scenario
    return ScenarioResult(
        record.casting.name,
        scenario.title,
        verdict,
        steps,
        tuple(findings),
        told,
        record.vhost.name,
        record.casting.editor_client,
    )


def _refusals_told(view: View) -> Iterable[str]:
    """What the hub refused because the scenario wanted it to: the verdict names it."""
    for one in view.record.hub.refusals:
        if view.wants_refusal(one.step) and one.event.client == view.editor:
            yield (
                f"Étape {one.step} : le hub a refusé {one.message.model} ({one.event.code}), son rapport est parti sur "
                f"{one.event.recipient}, et le partenaire n'a rien reçu."
            )


def _losses_told(view: View) -> Iterable[str]:
    """What the hub's conversion took from what the editor was told to send: nothing is judged of it."""
    for step in view.casting.messages:
        if step.by_editor.lost and step.id in view.record.course.windows:
            yield f"Étape {step.id} : la conversion ne transmet pas {listed(step.by_editor.lost)}, et rien n'en est jugé."


def _apply(rule: Rule, view: View) -> list[Finding]:
    try:
        return rule(view)
    except Exception as error:  # noqa: BLE001 - a rule that crashes is an error of that rule, not of the run
        text = f"La règle {rule.requirement} a échoué ({type(error).__name__} : {error})."
        named = view.in_the_name_of(rule.requirement)
        return [
            named.failed(text, "harness", step="", event=view.record.number, advice="Signalez ce défaut.")
        ]


def _left_out(view: View, step: Step) -> bool:
    """Whether whoever runs the campaign left it out: it has no verdict, and takes none from the play."""
    return isinstance(step, AttestStep) and step.requirement in view.header.left_out


def _step(view: View, step: Step, findings: list[Finding]) -> StepResult:
    action, model = what_is_done(view.casting, step)
    verdict: Verdict = "none"
    if step.id in view.record.course.windows and not _left_out(view, step):
        own: list[Verdict] = [
            one.verdict for one in findings if one.step == step.id and one.verdict != "remark"
        ]
        verdict = worst([*own, _by_its_end(view.record, step)])
    return StepResult(step.id, step.title, action, model, verdict)


def _by_its_end(record: Record, step: Step) -> Verdict:
    """What a step is worth that nothing is held against; one that was cut off in the middle tells nothing."""
    if len(record.course.windows[step.id]) > 1:
        return "pass"
    progress = record.progress
    happened = step.id in record.course.disturbed or step.id in progress.matches or progress.sent_in(step.id)
    return "inconc" if happened else "none"


def what_is_done(casting: Casting, step: Step) -> tuple[str, str]:
    """The action of a step, as results name it, and the models that it is about."""
    match step:
        case MessageStep():
            models = " | ".join(content.model for content in step.contents)
            return ("send" if casting.by_editor(step) else "receive"), models
        case SilenceStep():
            return "nothing", ""
        case AttestStep():
            return "attest", ""
        case DisturbStep():
            return "disturb", ""
