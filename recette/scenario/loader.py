"""Loads scenario files; every defect is found here, with file, line and column, before anything is played."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from recette.messages.models import UnknownModelError, has_path, model
from recette.messages.schemas import SchemaSet
from recette.messages.validation import Validator
from recette.scenario import yaml_source
from recette.scenario.comparison import find
from recette.scenario.model import ROLES, Content, Identifier, Role, Scenario, Step
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.template import VARIABLE, names_in
from recette.scenario.yaml_source import Source

_TOP = {
    "id",
    "title",
    "perimeter",
    "generations",
    "summary",
    "requirements",
    "actors",
    "editor",
    "case",
    "identifiers",
    "variables",
    "steps",
}
_ACTIONS = ("message", "send", "expect", "nothing", "attest")
_STEP = {
    *_ACTIONS,
    "id",
    "title",
    "ignore",
    "identity",
    "ordered",
    "dates",
    "capture",
    "within",
    "ack",
    "refused",
    "prompt",
    "group",
    "ask",
}
_KINDS = ("request", "resource", "patient", "medicalNote")
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m)$")
_BUILTIN = {"caseId", "now"}
DEADLINES = ("ack", "answer", "quiet")


def load_file(path: Path) -> Scenario:
    """Load a scenario file with its data files. Raises ScenarioError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([Problem(str(path), 1, 1, f"Fichier illisible ({error}).")]) from error
    sources = {str(path): text}
    for name in _data_files(text):
        data = path.parent / name
        try:
            sources[str(data)] = data.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # the loader says at which line it is missing
    return load(str(path), sources)


def load(file: str, sources: Mapping[str, str]) -> Scenario:
    """Load a scenario from the texts of its files, by path. Raises ScenarioError with every problem."""
    return _loaded(file, tuple(sources.items()))


@lru_cache(maxsize=256)
def _loaded(file: str, texts: tuple[tuple[str, str], ...]) -> Scenario:
    """The same texts give the same scenario: what was just played is judged without reading it again."""
    sources = dict(texts)
    return _Loading(yaml_source.parse(file, sources[file]), sources).scenario()


def _data_files(text: str) -> list[str]:
    return re.findall(r"\bdata:\s*[\"']?([^\s\"',}\]]+\.(?:ya?ml|json))", text)


class _Loading:
    """One file on its way; problems are gathered so that an author sees them all at once."""

    def __init__(self, source: Source, sources: Mapping[str, str]) -> None:
        self.source = source
        self.sources = sources
        self.problems: list[Problem] = []
        self.actors: dict[str, Role] = {}
        self.testable: tuple[str, ...] = ()
        self.generations: tuple[int, ...] = ()
        self.identifiers: tuple[Identifier, ...] = ()
        self.variables: dict[str, str] = {}
        self.captured: set[str] = set()

    def scenario(self) -> Scenario:
        tree = self.source.tree
        if not isinstance(tree, dict):
            raise ScenarioError(
                [self.source.problem((), "Un scénario est une table : id, title, actors, steps…")]
            )
        self._unknown_keys(tree, _TOP, ())
        for name in ("id", "title", "perimeter", "actors", "editor", "steps"):
            if not tree.get(name):
                self._problem((name,), f"« {name} » manque.")
        self._read_actors(tree)
        self._read_names(tree)
        steps = self._read_steps(tree.get("steps") or [])
        self._check_use(steps)
        case_by = tree.get("case")
        if case_by is not None and case_by not in self.actors:
            self._problem(("case",), f"« {case_by} » n'est pas un acteur.")
        if self.problems:
            raise ScenarioError(sorted(self.problems, key=lambda one: (one.file, one.line, one.column)))
        return Scenario(
            id=str(tree["id"]),
            title=str(tree["title"]),
            file=self.source.file,
            perimeter=str(tree["perimeter"]),
            generations=self.generations,
            summary=str(tree.get("summary", "")).strip(),
            requirements=tuple(map(str, tree.get("requirements") or ())),
            actors=self.actors,
            testable=self.testable,
            case_by=case_by,
            identifiers=self.identifiers,
            variables=self.variables,
            steps=tuple(steps),
            sources=dict(self.sources),
        )

    def _problem(self, path: yaml_source.Path, text: str, source: Source | None = None) -> None:
        self.problems.append((source or self.source).problem(path, text))

    def _unknown_keys(self, table: Mapping[str, Any], known: set[str], path: yaml_source.Path) -> None:
        for key in table:
            if key not in known:
                self._problem(
                    (*path, key),
                    f"« {key} » n'est pas un mot du langage ; connus ici : {', '.join(sorted(known))}.",
                )

    def _read_actors(self, tree: Mapping[str, Any]) -> None:
        actors = tree.get("actors")
        for name, role in (actors if isinstance(actors, dict) else {}).items():
            if role not in ROLES:
                self._problem(
                    ("actors", name), f"Le rôle « {role} » n'existe pas ; rôles : {', '.join(ROLES)}."
                )
            self.actors[name] = cast("Role", role)
        editor = tree.get("editor")
        self.testable = tuple(editor) if isinstance(editor, list) else (str(editor),) if editor else ()
        for name in self.testable:
            if name not in self.actors:
                self._problem(("editor",), f"« {name} » n'est pas un acteur.")
        generations = tree.get("generations", [1])
        self.generations = (
            tuple(one for one in generations if one in {1, 2, 3}) if isinstance(generations, list) else ()
        )
        if not self.generations or len(self.generations) != len(generations):
            self._problem(("generations",), "« generations » est une liste de 1, 2 ou 3.")

    def _read_names(self, tree: Mapping[str, Any]) -> None:
        found = []
        for name, value in (tree.get("identifiers") or {}).items():
            kind, by = (value.get("kind"), value.get("by")) if isinstance(value, dict) else (None, None)
            if kind not in _KINDS or by not in self.actors:
                text = f"Un identifiant s'écrit {{kind: {'|'.join(_KINDS)}, by: <acteur>}}."
                self._problem(("identifiers", name), text)
            found.append(Identifier(name, str(kind), str(by)))
        self.identifiers = tuple(found)
        self.variables = {name: str(value) for name, value in (tree.get("variables") or {}).items()}
        for name in set(self.variables) & (self.actors.keys() | _BUILTIN | {one.name for one in found}):
            self._problem(("variables", name), f"Le nom « {name} » est déjà pris.")

    def _read_steps(self, raw: Any) -> list[Step]:  # noqa: ANN401 - a YAML tree
        steps: list[Step] = []
        if not isinstance(raw, list):
            self._problem(("steps",), "« steps » est une liste d'étapes.")
            return steps
        seen: set[str] = set()
        for index, one in enumerate(raw):
            path: yaml_source.Path = ("steps", index)
            if not isinstance(one, dict) or not one.get("id"):
                self._problem(path, "Une étape est une table avec un « id ».")
                continue
            if one["id"] in seen:
                self._problem((*path, "id"), f"L'étape « {one['id']} » existe déjà.")
            seen.add(one["id"])
            step = self._read_step(one, path)
            if step is not None:
                steps.append(step)
        return steps

    def _read_step(self, one: Mapping[str, Any], path: yaml_source.Path) -> Step | None:
        self._unknown_keys(one, _STEP, path)
        actions = [name for name in _ACTIONS if name in one]
        if len(actions) != 1:
            self._problem(path, f"Une étape fait exactement une chose parmi {', '.join(_ACTIONS)}.")
            return None
        action = actions[0]
        body = one[action]
        if not isinstance(body, dict):
            self._problem((*path, action), f"« {action} » est une table.")
            return None
        line = self.source.places[path][0]
        base = Step(
            id=str(one["id"]),
            title=str(one.get("title", one["id"])),
            line=line,
            action="message",
            within=self._within(one.get("within"), path),
            group=str(one.get("group", "")),
            ack=one.get("ack", True) is True,
            refused=one.get("refused"),
            prompt=str(one.get("prompt", "")).strip(),
            ask=one.get("ask", True) is True,
        )
        if action == "attest":
            self._unknown_keys(body, {"text", "check", "requirement"}, (*path, action))
            return replace(
                base,
                action="attest",
                prompt=str(body.get("text", "")),
                check=str(body.get("check", "")),
                requirement=str(body.get("requirement", "")),
            )
        if action == "nothing":
            self._unknown_keys(body, {"from", "models"}, (*path, action))
            return replace(
                base,
                action="nothing",
                sender=self._actor(body, "from", (*path, action)),
                silent_models=tuple(body.get("models") or ()),
            )
        return self._read_message(one, body, action, base, path)

    def _read_message(
        self, one: Mapping[str, Any], body: Mapping[str, Any], action: str, base: Step, path: yaml_source.Path
    ) -> Step:
        at = (*path, action)
        self._unknown_keys(body, {"from", "to", "model", "data", "any_of", "unknown"}, at)
        sender = self._actor(body, "from", at)
        unknown = "unknown" in body
        recipient = "" if unknown else self._actor(body, "to", at)
        if action == "send" and sender in self.testable:
            self._problem(
                (*at, "from"),
                "« send » est dit par un partenaire ; pour l'éditeur, écrivez expect ou message.",
            )
        if action == "expect" and set(self.testable) != {sender}:
            self._problem((*at, "from"), "« expect » attend un message de l'éditeur testé, et de lui seul.")
        alternatives = body.get("any_of") or [body]
        if len(alternatives) > 1 and any(name != sender for name in self.testable):
            self._problem((*at, "any_of"), "Des alternatives ne valent que pour ce que l'éditeur envoie.")
        contents = []
        for index, alternative in enumerate(alternatives):
            where = (*at, "any_of", index) if "any_of" in body else at
            content = self._content(one, alternative, where, path)
            if content is not None:
                contents.append(content)
        return replace(base, sender=sender, recipient=recipient, contents=tuple(contents), to_unknown=unknown)

    def _content(
        self,
        step: Mapping[str, Any],
        body: Mapping[str, Any],
        at: yaml_source.Path,
        step_at: yaml_source.Path,
    ) -> Content | None:
        try:
            known = model(str(body.get("model")), self.generations[0] if self.generations else 1)
        except UnknownModelError as error:
            self._problem((*at, "model"), str(error))
            return None
        data = self._data(body.get("data"), (*at, "data"))
        if data is None:
            return None
        capture = {str(name): str(path) for name, path in (step.get("capture") or {}).items()}
        self.captured |= capture.keys()
        ignore = tuple(map(str, step.get("ignore") or ()))
        whole = {known.key: data}
        for index, path in enumerate(ignore):
            if not has_path(known, path):
                self._problem(
                    (*step_at, "ignore", index), f"Le chemin {path} n'existe pas dans {known.name}."
                )
            elif not _resolves(whole, path):
                self._problem(
                    (*step_at, "ignore", index),
                    f"Le chemin {path} ne désigne rien dans les données de l'étape.",
                )
        for name, path in capture.items():
            if not has_path(known, path):
                self._problem(
                    (*step_at, "capture", name), f"Le chemin {path} n'existe pas dans {known.name}."
                )
        dates = step.get("dates", "ignored")
        if dates not in {"ignored", "instant"}:
            self._problem((*step_at, "dates"), "« dates » vaut ignored ou instant.")
        identity = {str(path): str(name) for path, name in (step.get("identity") or {}).items()}
        return Content(
            model=known.name,
            key=known.key,
            data=data,
            ignore=ignore,
            identity=identity,
            ordered=step.get("ordered") is True,
            dates=dates,
            capture=capture,
        )

    def _data(self, raw: Any, at: yaml_source.Path) -> Mapping[str, Any] | None:  # noqa: ANN401
        if isinstance(raw, dict):
            return raw
        if not isinstance(raw, str):
            self._problem(at, "« data » est une table, ou le nom d'un fichier à côté du scénario.")
            return None
        file = str(Path(self.source.file).parent / raw)
        if file not in self.sources:
            self._problem(at, f"Le fichier de données {raw} n'existe pas à côté du scénario.")
            return None
        try:
            data = yaml_source.parse(file, self.sources[file])
        except ScenarioError as error:
            self.problems += error.problems
            return None
        if not isinstance(data.tree, dict):
            self._problem((), "Un fichier de données contient une table.", data)
            return None
        return data.tree

    def _actor(self, body: Mapping[str, Any], name: str, at: yaml_source.Path) -> str:
        actor = body.get(name)
        if actor not in self.actors:
            self._problem((*at, name), f"« {name} » doit nommer un acteur : {', '.join(self.actors)}.")
        return str(actor)

    def _within(self, raw: Any, path: yaml_source.Path) -> str | float | None:  # noqa: ANN401
        if raw is None or raw in DEADLINES:
            return cast("str | None", raw)
        match = _DURATION.match(str(raw))
        if match is None:
            self._problem(
                (*path, "within"), f"« within » est une durée (500ms, 5s, 2m) ou {', '.join(DEADLINES)}."
            )
            return None
        return float(match[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[match[2]]

    def _check_use(self, steps: list[Step]) -> None:
        known = (
            _BUILTIN
            | self.actors.keys()
            | self.variables.keys()
            | self.captured
            | {one.name for one in self.identifiers}
        )
        for index, step in enumerate(steps):
            for content in step.contents:
                for name in sorted(names_in(content.data) - known):
                    self._problem(("steps", index), f"La variable ${{{name}}} n'est définie nulle part.")


def _resolves(tree: Any, path: str) -> bool:  # noqa: ANN401 - a JSON tree
    return find(tree, path) is not None


def check_data(scenario: Scenario) -> list[Problem]:
    """Data that the vHost's schemas would refuse, with a stand-in for each variable (`recette lint`)."""
    found: list[Problem] = []
    for generation in scenario.generations:
        validator = Validator(SchemaSet.builtin(generation))
        for step in scenario.steps:
            for content in () if step.refused == 300 else step.contents:
                filled = _stand_in(content.data)
                for error in validator.validate_content(filled, content.key, f"$.{content.key}"):
                    if "fr.health.exemple" not in error.actual:
                        text = f"Étape {step.id} : {error.path} : {error.message}"
                        found.append(Problem(scenario.file, step.line, 1, text))
    return found


def _stand_in(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(node, dict):
        return {name: _stand_in(child) for name, child in node.items()}
    if isinstance(node, list):
        return [_stand_in(child) for child in node]
    if not isinstance(node, str):
        return node
    return VARIABLE.sub(
        lambda m: "2024-01-01T00:00:00+01:00" if m[1] == "now" else "fr.health.exemple.x", node
    )
