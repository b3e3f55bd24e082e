"""One case of the book as a scenario in the project's own language, with all that had to be repaired or left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recette.messages.dictionary.models import MessageModel, UnknownModelError, model
from recette.scenario.book.examples import Examples
from recette.scenario.book.linking import LINKS, Linking, case_of, put
from recette.scenario.book.model import BookCase, BookStep, Defect
from recette.scenario.book.paths import resolve
from recette.scenario.book.roles import TO_THE_OBSERVATORY, Parts, given_out
from recette.scenario.comparison import find

EDITOR, PARTNER, OBSERVATORY = "editeur", "partenaire", "observatoire"
_NEEDS = {"RS-RR": "requestId", "RS-SR": "resourceId"}
"""Answers and statuses speak of what an earlier message announced."""


class UnwritableError(ValueError):
    """A case of which no scenario can be made; the text says why."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A step with its content, before it is written."""

    step: BookStep
    message: MessageModel
    content: Mapping[str, Any]
    sender: str
    recipient: str


@dataclass(slots=True)
class Conversion:
    """A case on its way. `document` and `data` (by file name) are there once `convert` has returned."""

    case: BookCase
    generation: int
    examples: Examples
    identifier: str
    document: dict[str, Any] = field(default_factory=dict)
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)
    omitted: list[Defect] = field(default_factory=list)
    """The steps that are left out."""

    def convert(self, others: Iterable[BookCase]) -> None:
        """Raises UnwritableError and UndecidedError."""
        parts = given_out(self.case, others)
        self.defects += parts.defects
        steps = self._told_apart(parts.steps)
        kept = self._with_content(steps)
        if not parts.steps:
            raise UnwritableError("il n'a aucune étape")
        if not kept or kept[0].step.id != steps[0].id:
            raise UnwritableError(f"sa première étape ne peut pas être écrite ({self.omitted[0].of_step})")
        creator = kept[0].sender
        linking = Linking(
            case_of(one.content for one in kept), creator, PARTNER if creator == EDITOR else EDITOR
        )
        written = [step for one in kept if (step := self._step(one, linking)) is not None]
        self.document = self._document(parts, linking, written)

    def _document(self, parts: Parts, linking: Linking, steps: list[dict[str, Any]]) -> dict[str, Any]:
        observed = any(OBSERVATORY in {one["message"]["from"], one["message"]["to"]} for one in steps)
        actors = {EDITOR: parts.editor, PARTNER: parts.partner, **({OBSERVATORY: "ORU"} if observed else {})}
        # The official platform plays all other parts at once: where the editor does not send to the observatory, it
        # may be the observatory.
        testable = [EDITOR, *([OBSERVATORY] if observed and parts.editor == "LRM" else [])]
        has_case = any("caseId" in one for one in self.data.values())
        return {
            "id": self.identifier,
            "title": self.case.label,
            "perimeter": parts.perimeter,
            "generations": [self.generation],
            "summary": self._summary(),
            "actors": actors,
            "editor": testable,
            **({"case": linking.creator} if has_case else {}),
            **({"identifiers": made} if (made := linking.used(self.data.values())) else {}),
            "steps": steps,
        }

    def _summary(self) -> str:
        told = [self.case.description]
        told += [f"Étape non reprise : {one.of_step}." for one in self.omitted]
        told += [f"Cahier : {one.of_step}." for one in self.defects]
        return "\n".join(one for one in told if one)

    def _omit(self, step: BookStep, text: str) -> None:
        self.omitted.append(Defect("omitted", text, step.where, step.id))

    def _note(self, step: BookStep, text: str, *, repaired: bool) -> None:
        self.defects.append(Defect("repaired" if repaired else "reported", text, step.where, step.id))

    def _with_content(self, steps: list[BookStep]) -> list[_Part]:
        kept = []
        for step in steps:
            try:
                message = model(step.model, self.generation)
            except UnknownModelError as error:
                self._omit(step, str(error))
                continue
            sample = self.examples.find(step.model, step.file)
            if isinstance(sample, str):
                self._omit(step, sample)
                continue
            content = sample.document.get(message.key)
            if not isinstance(content, dict):
                self._omit(step, f"l'exemple {step.model}/{step.file} ne porte pas « {message.key} »")
                continue
            if sample.slip:
                self._note(step, f"l'exemple {step.file} s'écrit {sample.slip}", repaired=True)
            sender, recipient = _ends(step)
            kept.append(_Part(step, message, content, sender, recipient))
        return kept

    def _told_apart(self, steps: Iterable[BookStep]) -> list[BookStep]:
        """Each step under a name of its own, and of its data file."""
        taken: set[str] = set()
        found = []
        for step in steps:
            name = step.id or "sans-numero"
            while _file_name(name) in taken:
                name += "-bis"
            taken.add(_file_name(name))
            if name != step.id:
                self._note(
                    step, f"le numéro « {step.id} » est déjà pris ou vide : nommée {name}", repaired=True
                )
            found.append(replace(step, id=name))
        return found

    def _step(self, part: _Part, linking: Linking) -> dict[str, Any] | None:
        step, message = part.step, part.message
        need = _NEEDS.get(step.model)
        if self.omitted and need is not None and not linking.known(part.content, need):
            self._omit(step, f"le {need} qu'elle reprend est celui d'une étape non reprise")
            return None
        self._check_case(part, linking)
        data = linking.linked(part.content, part.sender)
        whole = {message.key: data}
        for path in step.overridden:
            found = self._path(step, path, message, part.content)
            if found is not None:
                put(whole, found, f"${{{linking.owner(str(find({message.key: part.content}, found)))}}}")
        self._check_owner(part)
        ignore = [self._path(step, path, message, part.content) for path in step.ignored]
        name = f"{self.identifier}.{_file_name(step.id)}.yaml"
        self.data[name] = data
        paths = [one for one in dict.fromkeys(ignore) if one and one.rpartition(".")[2] not in LINKS]
        return {
            "id": step.id,
            "title": step.description or f"{step.model} {step.id}",
            "message": {
                "from": part.sender,
                "to": part.recipient,
                "model": message.name,
                "data": f"donnees/{name}",
            },
            **({"ignore": paths} if paths and part.sender == EDITOR else {}),
        }

    def _path(
        self, step: BookStep, path: str, message: MessageModel, content: Mapping[str, Any]
    ) -> str | None:
        found = resolve(path, message, content)
        if found.told:
            self._note(step, found.told, repaired=found.path is not None)
        return found.path

    def _check_case(self, part: _Part, linking: Linking) -> None:
        """A sample of another case: it is played under the caseId of this one, as the official test page does."""
        told = part.content.get("caseId")
        if isinstance(told, str) and told != linking.case_id:
            text = (
                f"l'exemple porte le dossier {told}, les autres étapes {linking.case_id} : "
                "l'étape est gardée avec son contenu, sous le dossier de la partie, comme le fait la page de test "
                "officielle ; son contenu peut ne pas être celui de l'histoire"
            )
            self._note(part.step, text, repaired=True)

    def _check_owner(self, part: _Part) -> None:
        """A transfer to the partner, whose client id in the play no editor could guess from the sample."""
        told = part.content.get("owner")
        case = part.content.get("caseId")
        if not isinstance(told, str) or not isinstance(case, str) or case.startswith(f"{told}."):
            return
        if not any(path.endswith(".owner") for path in (*part.step.overridden, *part.step.ignored)):
            text = (
                f"owner vaut {told}, que le cahier ne dit pas à remplacer : l'identifiant de l'acteur est mis"
            )
            self._note(part.step, text, repaired=True)


def _ends(step: BookStep) -> tuple[str, str]:
    if step.model in TO_THE_OBSERVATORY:
        return (EDITOR if step.sense == "send" else PARTNER), OBSERVATORY
    return (EDITOR, PARTNER) if step.sense == "send" else (PARTNER, EDITOR)


def _file_name(step: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in step) or "etape"
