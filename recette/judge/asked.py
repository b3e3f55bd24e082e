"""What the editor asks of its partners, and takes back."""

from __future__ import annotations

from recette.judge.differences import asked_for
from recette.judge.order import Before
from recette.judge.said import Firsts, Tellers
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
        self._firsts: dict[tuple[str | None, str], Firsts] = {}
        """By partner and request."""
        for one in self.messages:
            for name in one.message.request_ids:
                key = (one.message.recipient_id, name)
                self._said.add((*key, one.number in asked_for(view)), one)
                self._firsts.setdefault(key, Firsts()).add(one)

    def first_other(self, one: EditorMessage) -> EditorMessage | None:
        """The first to arrive that is about one of its requests, whenever it left."""
        keys = ((one.message.recipient_id, name) for name in one.message.request_ids)
        known = (self._firsts[key].other(one) for key in keys if key in self._firsts)
        return min((two for two in known if two is not None), key=lambda two: two.number, default=None)

    def another_before(self, one: EditorMessage, *, unkeyed: bool = False) -> bool:
        """Whether another one left before it; `unkeyed`: one that no scenario asked for."""
        return any(
            self._said.of((one.message.recipient_id, name, keyed)).first_other_before(one) is not None
            for name in one.message.request_ids
            for keyed in ((False,) if unkeyed else (False, True))
        )
