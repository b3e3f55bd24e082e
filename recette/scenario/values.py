"""The values of a play's variables: what is given, and what the editor's messages tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recette.messages.reading import Message
from recette.scenario.comparison import find
from recette.scenario.model import Casting
from recette.scenario.steps import Content


class Values(dict[str, str]):
    """Values by name, as far as they are known."""

    def __init__(self, casting: Casting, given: Mapping[str, str]) -> None:
        super().__init__({**casting.scenario.variables, **casting.clients, **given})
        self._has_case = casting.scenario.case_by is not None
        self._spoken: set[str] = set()
        """Names of those that a partner used in what it sent."""
        self._number_case()

    def speak(self, names: Iterable[str]) -> None:
        """A partner used them: they are what they are."""
        self._spoken.update(names)

    def learn(self, message: Message, content: Content, bound: Mapping[str, str]) -> frozenset[str]:
        """Take in what a message tells that nobody knew; returns the names.

        `bound` are the values that it gives to variables where `content` has them.
        """
        known = frozenset(self)
        for name, value in bound.items():
            self.setdefault(name, value)
        if self._has_case and message.case_id:
            self.setdefault("caseId", message.case_id)
        self._number_case()
        for name, path in content.capture.items():
            envelope = path == "distributionID"
            told = message.distribution_id if envelope else find({content.key: message.content}, path)
            if isinstance(told, str):
                self.setdefault(name, told)
        return frozenset(self) - known

    def without(self, learnt: frozenset[str]) -> dict[str, str]:
        """All but those that were learnt so and that no partner has used since."""
        return {name: value for name, value in self.items() if name not in learnt or name in self._spoken}

    def forget(self, learnt: frozenset[str]) -> None:
        """Leave the same out for good."""
        for name in learnt - self._spoken:
            self.pop(name, None)

    def _number_case(self) -> None:
        """The case's number at its creator, where no message said it: the end of the caseId (fact sheet 5.2)."""
        if "caseId" in self:
            self.setdefault("senderCaseId", self["caseId"].rpartition(".")[2])
