"""Several editors under test at once: a verdict for each, of its own plays alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recette.journal.events import RunStarted
from recette.judge.verdicts import COUNTED, VERDICTS, Judgement, Verdict, worst
from recette.wording.counting import counted


@dataclass(frozen=True, slots=True)
class EditorVerdict:
    """What came of one editor."""

    client: str
    vhost: str
    name: str
    """Vendor, product and version, as far as the target names them; else the client id."""
    shown: str
    """The same, with the vHost where the run is on several."""
    verdict: Verdict
    counts: Mapping[str, int]
    """Its plays by verdict."""

    @property
    def told(self) -> str:
        """Its plays, counted in words."""
        return ", ".join(counted(self.counts[one], *COUNTED[one]) for one in VERDICTS if self.counts[one])


def editor_verdicts(judgement: Judgement, header: RunStarted) -> Iterator[EditorVerdict]:
    """One for each editor of a run in which they play each other; none for other runs.

    An editor that no play judged is `none`; one whose plays all pass is no better than the run where that was cut off.
    """
    for one in header.targets if header.face_to_face else ():
        own = [
            play.verdict
            for play in judgement.scenarios
            if (play.vhost, play.client) == (one.vhost, one.editor)
        ]
        beyond = [found.verdict for found in judgement.beyond_of(one.editor) if found.verdict != "remark"]
        verdict = worst([*own, *beyond])
        if verdict == "pass" and judgement.cut:
            verdict = "inconc"
        counts: dict[str, int] = {name: own.count(name) for name in VERDICTS}
        named = header.products.get(one.editor, {})
        name = " ".join(named[part] for part in ("vendor", "product", "version") if part in named)
        name = f"{name} ({one.editor})" if name else one.editor
        shown = f"{name} sur {one.vhost}" if len(header.vhosts) > 1 else name
        yield EditorVerdict(one.editor, one.vhost, name, shown, verdict, counts)
