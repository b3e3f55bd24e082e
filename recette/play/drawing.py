"""The values that the harness draws for a play: the identifiers that its partners make."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from recette.scenario.model import Casting


def drawn_names(casting: Casting) -> list[str]:
    """The names whose values the harness draws: those that a partner makes."""
    names = [one.name for one in casting.scenario.identifiers if one.by != casting.editor]
    return ["caseId", *names] if casting.scenario.case_by not in {None, casting.editor} else names


def drawn(casting: Casting) -> dict[str, str]:
    """The values by name, the caseId among them where a partner makes it; no two plays draw the same."""
    token = uuid.uuid4().hex[:8]
    values = {
        one.name: f"{casting.clients[one.by]}.{one.kind}.{token}{number}"
        for number, one in enumerate(casting.scenario.identifiers, start=1)
        if one.by != casting.editor
    }
    creator = casting.scenario.case_by
    if creator is not None and creator != casting.editor:
        client = casting.clients[creator]
        crra = re.sub(r"[^0-9A-Za-z]", "", client)[-3:]
        values["caseId"] = f"{client}.DRFR15{crra}{datetime.now(UTC):%y%j}{token}"
    return values
