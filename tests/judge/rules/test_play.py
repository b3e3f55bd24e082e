"""What the hub does to the partner's own message says nothing of the editor (HUB-01)."""

from __future__ import annotations

from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.scenario.loader import load

EXPIRED = """\
id: essai
title: Le partenaire envoie un message expiré, sans que le scénario le veuille
perimeter: 15-15
generations: [1]
actors: {a: LRM, b: LRM}
editor: [b]
case: a
steps:
  - id: partage
    title: Un dossier déjà expiré
    expires: -1m
    message:
      from: a
      to: b
      model: RS-EDA
      data:
        caseId: ${caseId}
        owner: ${a}
        creation: ${now}
        qualification: {}
        location: {freetext: Exercice fictif}
    within: 1s
"""


def test_what_the_hub_refuses_of_the_partner_is_never_the_editors(tmp_path: Path) -> None:
    scenario = load("e.yaml", {"e.yaml": EXPIRED}, 1)
    judgement = play_at_home([scenario], (), tmp_path / "journal.jsonl", Options())
    (result,) = judgement.scenarios
    assert judgement.verdict == "error"
    assert {(one.rule, one.verdict, one.attributed_to) for one in result.findings} == {
        ("HUB-01", "error", "partner")
    }
    (finding,) = result.findings
    assert "400" in finding.explanation
    assert finding.advice
