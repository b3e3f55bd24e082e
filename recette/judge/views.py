"""Plays as rules look at them, with the schemas of the run and what the editor named in plays before."""

from __future__ import annotations

from recette.journal.events import RunStarted
from recette.journal.reader import UnreadableJournalError
from recette.judge.earlier import Earlier
from recette.judge.naming import named
from recette.judge.record import Record
from recette.judge.view import View
from recette.messages.dictionary.generations import Edition
from recette.messages.json.schemas import BundleError, SchemaSet
from recette.messages.validation.validator import Validator


class Views:
    """The views of one run's plays."""

    def __init__(self, header: RunStarted, held: frozenset[str]) -> None:
        """`held` are the SHOULD rules that are held as MUST."""
        self._header = header
        self._held = held
        self._validators: dict[Edition, Validator] = {}
        self._earlier: dict[tuple[str, str], Earlier] = {}
        """By vHost and editor."""

    def of(self, record: Record) -> View:
        """The view of a play, as far as it came. Raises UnreadableJournalError for schemas that cannot be read."""
        earlier = self._earlier.setdefault(record.target, Earlier())
        return View(self._header, record, self._validator(record.vhost.edition), self._held, earlier)

    def complete(self, view: View) -> None:
        """What was named in a play is known in those that come to their end after it."""
        self._earlier[view.record.target].note(named(view))

    def _validator(self, edition: Edition) -> Validator:
        if edition not in self._validators:
            try:
                schemas = SchemaSet.from_json(self._header.models, edition)
            except BundleError as error:
                raise UnreadableJournalError(f"L'en-tête du journal (ligne 1), {error}") from error
            self._validators[edition] = Validator(schemas)
        return self._validators[edition]
