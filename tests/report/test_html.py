"""report.html as text: whole, escaped, bounded, and with what a reader needs at its place."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from recette.journal.codec import ORIGIN, decode, encode
from recette.journal.events import Entry, RunStarted
from recette.journal.facts import CertificateShown, HubFacts
from recette.journal.link_events import LinkSecured
from recette.journal.reader import read_journal
from recette.judge.verdicts import NotObserved
from recette.report.html.page import render
from recette.report.html.typesetting import typeset
from recette.report.markup import Markup, joined, tag
from recette.report.story import tell
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.scenario.requirements import catalogue
from tests.cahier import cahier
from tests.report.conftest import PAYLOAD, Recorded, Recorder

TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "svg",
        "defs",
        "g",
        "path",
        "circle",
        "rect",
        "use",
        "text",
        "tspan",
        "desc",
        "header",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "nav",
        "ul",
        "ol",
        "li",
        "main",
        "section",
        "article",
        "div",
        "span",
        "strong",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "dl",
        "dt",
        "dd",
        "details",
        "summary",
        "figure",
        "figcaption",
        "pre",
        "code",
        "mark",
        "footer",
    ]
)


class Reader(HTMLParser):
    """Everything that could act, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(recorded: Recorded) -> str:
    return render(tell(recorded.journal))


@pytest.mark.parametrize("name", ["conformant", "failing", "hostile"])
def test_only_known_elements_that_cannot_act(name: str, request: pytest.FixtureRequest) -> None:
    read = Reader(page_of(request.getfixturevalue(name)))
    assert read.tags <= TAGS
    assert read.open == []
    assert not {one for one in read.attributes if one.startswith("on")} | (read.attributes & {"style", "src"})
    assert all(one.startswith("#") for one in read.links)
    assert {one[1:] for one in read.links} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_hostile_text_is_shown_as_text(hostile: Recorded) -> None:
    page = page_of(hostile)
    assert "<script>window" not in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    shown = Reader(page).words
    for part in ("<script>window.pwned=1</script>", "javascript:window.pwned=1", "onload=window.pwned=1"):
        assert shown.count(part) > 3


def test_the_policy_allows_its_style_sheet_and_nothing_else(failing: Recorded) -> None:
    page = page_of(failing)
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', page)
    assert policy == (
        f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;; "
        "base-uri &#x27;none&#x27;; form-action &#x27;none&#x27;"
    )
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert "url(" not in style
    assert "@import" not in style


def test_a_failure_is_told_whole(failing: Recorded, scenarios_folder: Path) -> None:
    scenario = (scenarios_folder / "15-15" / "partage-simple.yaml").read_text(encoding="utf-8")
    line = scenario.partition("  - id: partage")[0].count("\n") + 1
    page = page_of(failing)
    read = Reader(page).words
    for part in (
        "NON CONFORME",
        "Première cause, attribuée à l'éditeur\u202f: AC-01",
        "À faire d'abord\u202f: Envoyez un RC-REF",
        "RC-REF attendu",
        "rien en 0,2 s",
        "Attendu",
        "Reçu",
        "DST 3.3.2",
        f"partage-simple.yaml:{line}",
        "▶ - id: partage",
        "acquittement 0,2 s",
        "Couverture des exigences",
    ):
        assert part in read, part
    assert 'class="ack missing bad fail"' in page


def test_the_place_in_the_message_is_marked(record: Recorder) -> None:
    played = record(FAULTS["valeur-changee"].misbehaviour)
    marks = re.findall("<mark>(.*?)</mark>", page_of(played))
    assert '▶   "freetext": "ailleurs"' in marks
    assert "Portail bleu, au fond à gauche" in page_of(played)


@pytest.mark.parametrize(
    ("fault", "drawn"),
    [
        ("repond-deux-fois", 'class="message duplicate bad remark"'),
        ("acquitte-deux-fois", 'class="ack duplicate bad remark"'),
        ("engage-apres-annulation", 'class="message unexpected bad fail"'),
        ("contenu-invalide", 'class="message refused bad fail"'),
        ("n-envoie-pas", "SC-04"),
    ],
)
def test_what_went_wrong_is_drawn_as_such(record: Recorder, fault: str, drawn: str) -> None:
    seeded = FAULTS[fault]
    name, _, actor = seeded.play.partition("@")
    chosen = tuple(replace(one, testable=(actor,)) for one in cahier() if one.edition == name)
    page = page_of(record(seeded.misbehaviour, chosen))
    assert drawn in page
    assert f"{seeded.rule} ·" in page or f"{seeded.rule}, " in page


def test_a_run_that_was_cut_off_says_so(conformant: Recorded) -> None:
    journal = replace(conformant.journal, entries=conformant.journal.entries[:120])
    page = render(tell(journal))
    assert "NON CONCLUANT" in page
    assert "la campagne a été interrompue, rejouez-la" in page


def test_three_hundred_failing_plays_fit_in_five_megabytes(record: Recorder) -> None:
    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        out.content.update({f"champ{number}": "x" * 200 for number in range(40)})
        return [out]

    played = record(Misbehaviour(on_sending=send))
    story = tell(played.journal)
    assert played.judgement.counts["fail"] >= 8
    plays = [replace(one, anchor=f"{one.anchor}-{number}") for number in range(30) for one in story.plays]
    results = tuple(one.result for one in plays)
    whole = replace(story, plays=tuple(plays), judgement=replace(story.judgement, scenarios=results))
    page = render(whole)
    assert len(plays) >= 300
    assert len(page.encode()) < 5_000_000
    assert page.count('class="seq"') == len(plays)
    assert "la page n'a plus de place" in page
    assert "dans results.json" in page


def test_text_becomes_markup_by_one_door() -> None:
    assert tag("p", "<&", tag("b", "x"), class_='"').text == '<p class="&quot;">&lt;&amp;<b>x</b></p>'
    assert joined("<", Markup("<br>"), None, ["a", 1]).text == "&lt;<br>a1"
    assert PAYLOAD not in tag("p", PAYLOAD).text


def test_a_journal_that_was_changed_is_shown_as_proving_nothing(conformant: Recorded, tmp_path: Path) -> None:
    lines = (conformant.folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join([*lines[:30], *lines[40:]]))
    journal = read_journal(path)
    page = render(tell(journal))
    assert "ERREUR" in page
    assert "il ne prouve rien" in page
    assert "CONFORME</" not in page


def test_certificates_are_shown_without_their_keys(conformant: Recorded) -> None:
    story = tell(conformant.journal)
    shown = CertificateShown(
        vhost="15-15_v1.5",
        client="fr.health.samu992",
        subject="fr.health.samu992",
        issuer="Autorité de recette",
        not_before="2026-01-01T00:00:00+00:00",
        not_after="2027-01-01T00:00:00+00:00",
    )
    line, _ = encode(Entry(1, "", 0.0, replace(story.header, certificates=(shown,))), ORIGIN)
    header = decode(line).event
    assert isinstance(header, RunStarted)
    page = render(replace(story, header=header))
    assert "Certificats présentés par les partenaires" in page
    assert "Autorité de recette" in page
    assert "2026-01-01 → 2027-01-01" in page
    assert "Certificats présentés" not in page_of(conformant)


def test_what_is_not_tested_says_why(conformant: Recorded) -> None:
    page = page_of(conformant)
    reasons = [one.not_tested for one in catalogue().values() if one.not_tested]
    assert reasons
    for one in reasons:
        assert typeset(joined(f"Non éprouvée : {one}").text) in page


def test_the_software_the_hub_and_what_was_not_observed_stand_at_the_top(conformant: Recorded) -> None:
    story = tell(conformant.journal)
    place = HubFacts(
        environment="integration", title="intégration de l'ANS", address="amqps://hub.example:5671"
    )
    identity = {"vendor": "Éditions Fictives", "product": "Horizon", "version": "12.4"}
    header = replace(story.header, played_on=place, identity=identity, due=44)
    unseen = (NotObserved("TR-13", "seul le broker le voit"),)
    judgement = replace(story.judgement, not_observed=unseen, proven_by_passage=("TR-10",))
    secured = (LinkSecured(vhost="v", client="c", version="TLSv1.2", cipher="X", issuer="AC d'essai"),)
    page = render(replace(story, header=header, judgement=judgement, secured=secured))
    top = page[: page.index('id="perimetres"')]
    for said in (
        "Recette de Horizon 12.4, Éditions Fictives (",
        "Sur intégration de l&#x27;ANS, amqps://hub.example:5671, certificat émis par AC d&#x27;essai",
        "sur 44 que la cible permet",
        "Non observé dans cette campagne, parce que",
        "TR-13\u202f: seul le broker le voit.",
        "TR-10\u202f: prouvé par le passage",
    ):
        assert said in top or said.replace("&#x27;", "'") in top
    row = page[page.index('id="TR-13"') :]
    assert "✓" not in row[: row.index("</tr>")]


def test_french_is_typeset_and_what_is_somebody_s_own_is_not() -> None:
    page = '<p title="a : b">Reçu : « x » ; quoi ?</p><pre><b>{"a" : 1}</b> ;</pre><p>12:30, ::1</p>'
    assert typeset(page) == (
        '<p title="a : b">Reçu\u202f: «\u202fx\u202f»\u202f; quoi\u202f?</p><pre><b>{"a" : 1}</b> ;</pre><p>12:30, ::1</p>'
    )


def test_no_line_of_the_page_begins_with_a_mark(conformant: Recorded) -> None:
    text = re.sub(r"<(code|pre|style|title)\b.*?</\1>|<[^>]*>", "", page_of(conformant), flags=re.DOTALL)
    assert re.findall(r".{20} [:;?!»](?=\s)|« ", text) == []
