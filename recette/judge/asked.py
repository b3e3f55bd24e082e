"""What the editor asks of its partners, and takes back."""

from __future__ import annotations

from recette.judge.differences import asked_for
from recette.judge.order import Before
from recette.judge.said import Tellers
from recette.judge.view import EditorMessage, View


class Requests:
    """The editor's requests, or its cancellations, by what is asked of whom; a redelivery is no other one."""

    def __init__(self, view: View, before: Before, *, cancelled: bool) -> None:
        self.messages = [
            one
            for one in view.functional
            if one.message.model == "RS-DR"
            and ((one.message.content or {}).get("status") == "ANNULEE") == cancelled
        ]
        self._said = Tellers(before)
        self._first: dict[tuple[str | None, str], dict[str | None, EditorMessage]] = {}
        """Of each request to each partner, the first message, and the first with another distributionID."""
        for one in self.messages:
            for name in one.message.request_ids:
                key = (one.message.recipient_id, name)
                self._said.add((*key, one.number in asked_for(view)), one)
                first = self._first.setdefault(key, {})
                if len(first) < 2:
                    first.setdefault(one.message.distribution_id, one)

    def first_other(self, one: EditorMessage) -> EditorMessage | None:
        """The first to arrive that is about one of its requests, whenever it left."""
        known = [
            two
            for name in one.message.request_ids
            for identifier, two in self._first.get((one.message.recipient_id, name), {}).items()
            if identifier != one.message.distribution_id
        ]
        return min(known, key=lambda two: two.number, default=None)

    def another_before(self, one: EditorMessage, *, unkeyed: bool = False) -> bool:
        """Whether another one left before it; `unkeyed`: one that no scenario asked for."""
        return any(
            self._said.of((one.message.recipient_id, name, keyed)).first_other_before(one) is not None
            for name in one.message.request_ids
            for keyed in ((False,) if unkeyed else (False, True))
        )
