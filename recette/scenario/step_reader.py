"""Reads the steps of a scenario that has the grammar's shape, and says what is wrong with what they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypedDict, cast

from recette.messages.dictionary.models import UnknownModelError, has_path, model
from recette.scenario import yaml_source
from recette.scenario.cahier import beside
from recette.scenario.comparison import find
from recette.scenario.grammar import ACTIONS, DEADLINES, DURATION
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.requirements import catalogue, unknown
from recette.scenario.steps import (
    LASTING,
    AttestStep,
    Content,
    DisturbStep,
    EditorSends,
    Format,
    MessageStep,
    PartnerAck,
    PartnerSends,
    SilenceStep,
    Step,
)
from recette.scenario.template import names_in
from recette.scenario.yaml_source import Origin, Source

_DURATION = re.compile(DURATION)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class _Common(TypedDict):
    """What every step has, of whichever kind."""

    id: str
    title: str
    line: int
    group: str
    within: str | float | None


class StepReader:
    """Reads steps, each in the generation that its sender speaks; what it found besides is to be asked afterwards."""

    def __init__(
        self,
        source: Source,
        sources: Mapping[str, str],
        speaks: Mapping[str, int],
        testable: tuple[str, ...],
    ) -> None:
        self.problems: list[Problem] = []
        self.captured: set[str] = set()
        self.origins: list[Origin] = []
        """Of the data of every message."""
        self.texts: list[tuple[yaml_source.Path, str]] = []
        """What people and their software read, which can hold variables too."""
        self._source = source
        self._sources = sources
        self._speaks = speaks
        self._testable = testable
        self._read: dict[str, Step] = {}

    def read(self, raw: Any) -> list[Step]:  # noqa: ANN401 - a YAML tree
        """The steps that are whole enough to be read."""
        steps: list[Step] = []
        seen: set[str] = set()
        for index, one in enumerate(raw):
            path: yaml_source.Path = ("steps", index)
            if one["id"] in seen:
                self._problem((*path, "id"), f"L'étape « {one['id']} » existe déjà.")
            seen.add(one["id"])
            step = self._step(one, path)
            if step is not None:
                steps.append(step)
                self._read[step.id] = step
        return steps

    def _problem(self, path: yaml_source.Path, text: str) -> None:
        self.problems.append(self._source.problem(path, text))

    def _step(self, one: Mapping[str, Any], path: yaml_source.Path) -> Step | None:
        (action,) = (name for name in ACTIONS if name in one)
        body = one[action]
        self.texts.append(((*path, "prompt"), str(one.get("prompt", ""))))
        common = _Common(
            id=str(one["id"]),
            title=str(one.get("title", one["id"])),
            line=self._source.places[path][0],
            group=str(one.get("group", "")),
            within=self._within(one.get("within"), path),
        )
        at = (*path, action)
        if action == "attest":
            return self._attestation(body, common, at)
        if action == "nothing":
            return self._silence(body, common, at)
        if action == "disturb":
            return self._disturbance(body, common, at)
        if "again" in body:
            return self._repetition(one, body, common, path, at)
        return self._message(one, body, action, common, path)

    def _attestation(self, body: Mapping[str, Any], common: _Common, at: yaml_source.Path) -> AttestStep:
        self.texts += [((*at, name), str(body.get(name, ""))) for name in ("text", "check")]
        requirement = str(body.get("requirement", "SC-05"))
        problem = unknown(requirement)
        if problem is None and "S" not in catalogue()[requirement].observed_by:
            problem = f"L'exigence {requirement} ne s'observe pas à l'écran : elle ne s'atteste pas."
        if problem is not None:
            self._problem((*at, "requirement"), problem)
        return AttestStep(
            **common,
            actor=self._actor(body, "of", at) if "of" in body else "",
            text=str(body.get("text", "")).strip(),
            check=str(body.get("check", "")),
            requirement=requirement,
        )

    def _silence(self, body: Mapping[str, Any], common: _Common, at: yaml_source.Path) -> SilenceStep:
        return SilenceStep(
            **common, actor=self._actor(body, "from", at), models=tuple(body.get("models") or ())
        )

    def _disturbance(self, body: Mapping[str, Any], common: _Common, at: yaml_source.Path) -> DisturbStep:
        actor, how = self._actor(body, "of", at), body["how"]
        lasts = self._duration(body["for"], (*at, "for")) if "for" in body else 0.0
        if actor in self._speaks and actor not in self._testable:
            self._problem((*at, "of"), "« of » est l'éditeur testé : la recette ne gêne pas ses partenaires.")
        if (how in LASTING) is not (lasts > 0):
            text = f"« for » dit combien de temps dure un incident qui dure ({', '.join(sorted(LASTING))}), et rien d'un autre."
            self._problem((*at, "for" if "for" in body else "how"), text)
        if any(one.group == common["group"] for one in self._read.values() if common["group"]):
            self._problem(
                at, "Un incident est la première étape de son groupe : les autres se jouent pendant."
            )
        return DisturbStep(**common, actor=actor, incident=how, lasts=lasts)

    def _message(
        self,
        one: Mapping[str, Any],
        body: Mapping[str, Any],
        action: str,
        common: _Common,
        path: yaml_source.Path,
    ) -> MessageStep:
        at = (*path, action)
        sender = self._actor(body, "from", at)
        by_partner = self._as_the_partner_sends(one, path)
        recipient = "" if "unknown" in body else self._actor(body, "to", at)
        if action == "send" and sender in self._testable:
            text = "« send » est dit par un partenaire ; pour l'éditeur, écrivez expect ou message."
            self._problem((*at, "from"), text)
        if action == "expect" and set(self._testable) != {sender}:
            self._problem((*at, "from"), "« expect » attend un message de l'éditeur testé, et de lui seul.")
        alternatives = body.get("any_of") or [body]
        if len(alternatives) > 1 and any(name != sender for name in self._testable):
            self._problem((*at, "any_of"), "Des alternatives ne valent que pour ce que l'éditeur envoie.")
        contents = []
        for index, alternative in enumerate(alternatives if sender in self._speaks else ()):
            where = (*at, "any_of", index) if "any_of" in body else at
            content = self._content(one, alternative, self._speaks[sender], where, path)
            if content is not None:
                contents.append(content)
        if by_partner.times > 1 and sender in self._testable:
            self._problem((*path, "times"), "« times » ne vaut que pour ce qu'un partenaire envoie.")
        return MessageStep(
            **common,
            sender=sender,
            recipient=recipient,
            contents=tuple(contents),
            ack=one.get("ack", True) is not False,
            refused=one.get("refused"),
            by_editor=self._as_the_editor_sends(one, path),
            by_partner=by_partner,
        )

    def _as_the_editor_sends(self, one: Mapping[str, Any], path: yaml_source.Path) -> EditorSends:
        """What only the editor's sending can have."""
        return EditorSends(
            ask=one.get("ask", True) is True,
            optional=one.get("optional", False) is True,
            prompt=str(one.get("prompt", "")).strip(),
            answer=self._partner_ack(one.get("ack", True), (*path, "ack")),
        )

    def _as_the_partner_sends(self, one: Mapping[str, Any], path: yaml_source.Path) -> PartnerSends:
        """What only a partner's sending can have."""
        times, form = one.get("times", 1), one.get("format")
        expires = self._duration(one["expires"], (*path, "expires")) if "expires" in one else None
        return PartnerSends(times, cast("Format | None", form), expires)

    def _repetition(
        self,
        one: Mapping[str, Any],
        body: Mapping[str, Any],
        common: _Common,
        path: yaml_source.Path,
        at: yaml_source.Path,
    ) -> MessageStep:
        """The partner sends the message of an earlier step once more, with the same distributionID."""
        sender, recipient = self._actor(body, "from", at), self._actor(body, "to", at)
        earlier = self._read.get(str(body["again"]))
        ends = (earlier.sender, earlier.recipient) if isinstance(earlier, MessageStep) else None
        if ends != (sender, recipient):
            self._problem(
                (*at, "again"), "« again » nomme une étape antérieure du même émetteur au même destinataire."
            )
        if sender in self._testable:
            self._problem(
                (*at, "from"), "« again » est dit par un partenaire : l'éditeur testé ne répète rien."
            )
        return MessageStep(
            **common,
            sender=sender,
            recipient=recipient,
            contents=earlier.contents if isinstance(earlier, MessageStep) else (),
            ack=one.get("ack", True) is not False,
            refused=one.get("refused"),
            by_editor=self._as_the_editor_sends(one, path),
            by_partner=replace(self._as_the_partner_sends(one, path), again=str(body["again"])),
        )

    def _partner_ack(self, raw: Any, at: yaml_source.Path) -> PartnerAck:  # noqa: ANN401
        if isinstance(raw, bool):
            return PartnerAck()
        after = self._duration(raw["after"], (*at, "after")) if "after" in raw else 0.0
        if "refuse" not in raw and "error" not in raw:
            return PartnerAck(after=after)
        answer: Literal["refusal", "error"] = "refusal" if "refuse" in raw else "error"
        code = raw.get("refuse", raw.get("error"))
        return PartnerAck(answer, after, code, str(raw.get("cause", "Refus d'exercice (fictif)")))

    def _content(
        self,
        step: Mapping[str, Any],
        body: Mapping[str, Any],
        generation: int,
        at: yaml_source.Path,
        step_at: yaml_source.Path,
    ) -> Content | None:
        try:
            known = model(str(body.get("model")), generation)
        except UnknownModelError as error:
            self._problem((*at, "model"), str(error))
            return None
        data = self._data(body.get("data"), generation, (*at, "data"))
        if data is None:
            return None
        capture = {str(name): str(path) for name, path in (step.get("capture") or {}).items()}
        self.captured |= capture.keys()
        ignore = tuple(map(str, step.get("ignore") or ()))
        whole = {known.key: data}
        for index, path in enumerate(ignore):
            where = (*step_at, "ignore", index)
            if not has_path(known, path):
                self._problem(where, f"Le chemin {path} n'existe pas dans {known.name}.")
            elif find(whole, path) is None:
                self._problem(where, f"Le chemin {path} ne désigne rien dans les données de l'étape.")
        for name, path in capture.items():
            if path != "distributionID" and not has_path(known, path):
                text = f"Le chemin {path} n'existe pas dans {known.name}."
                self._problem((*step_at, "capture", name), text)
        return Content(
            model=known.name,
            key=known.key,
            data=data,
            names=frozenset(names_in(data)),
            ignore=ignore,
            identity={str(path): str(name) for path, name in (step.get("identity") or {}).items()},
            ordered=step.get("ordered") is True,
            dates=step.get("dates", "ignored"),
            capture=capture,
        )

    def _data(self, raw: Any, generation: int, at: yaml_source.Path) -> Mapping[str, Any] | None:  # noqa: ANN401
        if isinstance(raw, dict):
            self.origins.append(Origin(self._source, at, raw))
            return raw
        file = beside(self._source.file, raw)
        if file not in self._sources:
            self._problem(at, f"Le fichier de données {raw} n'existe pas à côté du scénario.")
            return None
        try:
            data = yaml_source.at_generation(yaml_source.parse(file, self._sources[file]), generation)
        except ScenarioError as error:
            self.problems += error.problems
            return None
        if not isinstance(data.tree, dict):
            self.problems.append(data.problem((), "Un fichier de données contient une table."))
            return None
        self.origins.append(Origin(data, (), data.tree))
        return data.tree

    def _actor(self, body: Mapping[str, Any], name: str, at: yaml_source.Path) -> str:
        actor = body.get(name)
        if actor not in self._speaks:
            self._problem((*at, name), f"« {name} » doit nommer un acteur : {', '.join(self._speaks)}.")
        return str(actor)

    def _within(self, raw: Any, path: yaml_source.Path) -> str | float | None:  # noqa: ANN401
        if raw is None or raw in DEADLINES:
            return cast("str | None", raw)
        return self._duration(raw, (*path, "within"))

    def _duration(self, raw: str, at: yaml_source.Path) -> float:
        """Seconds; only what expires may be over already."""
        match = _DURATION.match(raw)
        if match is None or (at[-1] != "expires" and raw.startswith("-")):
            self._problem(at, f"« {at[-1]} » est une durée (500ms, 5s, 2m).")
            return 0.0
        return float(match[1]) * _UNITS[match[2]]
