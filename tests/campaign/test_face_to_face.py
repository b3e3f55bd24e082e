"""Editors under test face to face: each has its own verdict, and only the one that errs is accused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recette.campaign.arrivals import EditorAbsentError
from recette.campaign.face_to_face import play_editors, play_reference_editors
from recette.campaign.options import NothingToPlayError, Options
from recette.cli import main
from recette.commands.relay import teller
from recette.coverage.between_check import between, play_one
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationServer
from recette.journal.events import Sent
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play.target import Target
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.relay.observation import RelayPlace, write_place
from recette.relay.recording import Recording
from recette.relay.relay import Relay
from recette.report.audience import Audience
from recette.report.editors import editor_verdicts
from recette.report.minutes.content import content
from recette.report.results import as_document
from recette.report.story import tell
from recette.sandbox.definitions import new_passwords
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.hook import Hook
from recette.sandbox.hub import BrokerKind, Sandbox
from recette.sandbox.mirror import mirror
from recette.scenario.selection import select
from tests.ports import port_to_come
from tests.served_hub import LIMIT, VHOST

FIRST, SECOND, WITNESS = "fr.health.samu991", "fr.health.samu992", "fr.health.temoin"


def test_reference_editors_pass_and_the_journal_says_the_same_again(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    chosen = select(["15-15-ressource-acceptee", "15-15-destinataire-inconnu"], scenarios_folder).scenarios
    found = play_reference_editors(chosen, (), tmp_path / "j.jsonl", Options(vhost=VHOST))
    assert [one.verdict for one in found.scenarios] == ["pass"] * 3
    journal = read_journal(tmp_path / "j.jsonl")
    assert judge(journal) == found
    told = as_document(found, journal)["editors"]
    assert [(one["client"], one["verdict"]) for one in told] == [(FIRST, "pass"), (SECOND, "pass")]
    sent = {entry.event.scenario for entry in journal.entries if isinstance(entry.event, Sent)}
    assert {
        f"15-15-ressource-acceptee.g1@origine={FIRST}",
        f"15-15-ressource-acceptee.g1@sollicite={SECOND}",
    } <= sent


def test_on_several_vhosts_each_verdict_says_where(
    tmp_path: Path, scenarios_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", "--between", "15-15-partage-simple", "--report", str(tmp_path / "r")])
    assert code == 0
    told = [one for one in capsys.readouterr().out.splitlines() if one.startswith(f"  CONFORME {FIRST}")]
    assert len(told) == len(set(told)) > 1
    assert f"  CONFORME {FIRST} sur {VHOST} : 1 conforme" in told
    story = tell(read_journal(tmp_path / "r" / "journal.jsonl"))
    named = [value for name, value in content(story)["subject"] if name == "Éditeur"]
    assert named == [FIRST, SECOND]
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert f"CONFORME\u202f: {FIRST} sur {VHOST}, 1 conforme." in page


def test_the_editor_with_a_fault_is_accused_and_the_other_is_not(scenarios_folder: Path) -> None:
    """An absence, a wrong reference, a message of no play, a wrong property."""
    scenarios = select((), scenarios_folder).scenarios
    names = ["sans-acquittement", "autre-demande", "met-a-jour-un-dossier-non-partage", "type-de-contenu"]
    assert between(names, scenarios) == names
    assert [play_one(name, scenarios, Options()).complaints() for name in names] == [[]] * len(names)


def test_a_scenario_in_which_the_harness_has_a_part_is_not_played_and_says_why(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    chosen = select(["robustesse-meme-message-deux-fois"], scenarios_folder).scenarios
    with pytest.raises(NothingToPlayError, match="c'est la recette qui joue « origine »"):
        play_reference_editors(chosen, (), tmp_path / "j.jsonl", Options(vhost=VHOST))


def test_a_scenario_across_vhosts_is_not_played_on_one(tmp_path: Path, scenarios_folder: Path) -> None:
    chosen = select(["conversion-dossier-entre-versions"], scenarios_folder).scenarios
    with pytest.raises(NothingToPlayError, match="sur un autre vHost que celui de l'éditeur"):
        play_reference_editors(chosen, (), tmp_path / "j.jsonl", Options(vhost=VHOST))


TARGET = f"""\
broker: home
home: {{wait: 120}}
vhost: {VHOST}
editors:
  - id: {FIRST}
    role: LRM
    password_env: MDP
    driver: {{kind: http, url: "http://127.0.0.1:PORT_A/agir", retries: 5}}
    identity: {{vendor: Alpha, product: Régul, version: "3"}}
  - id: {SECOND}
    role: LRM
    password_env: MDP
    driver: {{kind: http, url: "http://127.0.0.1:PORT_B/agir", retries: 5}}
    identity: {{vendor: Bêta}}
deadlines: {{ack: 3, answer: 3, quiet: 0.2}}
"""


class Vendors:
    """Two editors in a thread of their own; each comes once it is told where the hub is."""

    def __init__(self, faults: dict[str, str], *, dispatching: bool = True, connecting: bool = True) -> None:
        """`dispatching`: whether their hub moves what they send; `connecting`: whether they come to their relays."""
        self._faults = faults
        self._dispatching, self._connecting = dispatching, connecting
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.ports = {client: port_to_come() for client in (FIRST, SECOND)}
        self._recordings: list[Recording] = []
        self._open: list[Hook | ReferenceEditor | Relay | ObservationServer] = []
        self._hub: Sandbox | None = None

    def serve(self, broker: BrokerKind) -> int:
        """A hub of others, with a witness to whom its operator shows what both are sent; returns its port."""
        return asyncio.run_coroutine_threadsafe(self._serve(broker), self._loop).result(LIMIT)

    def serve_behind_relays(self, folders: dict[str, Path]) -> int:
        """A hub of others with a relay before each editor, which tells in its folder; returns the hub's port."""
        return asyncio.run_coroutine_threadsafe(self._serve_behind_relays(folders), self._loop).result(LIMIT)

    async def _serve_behind_relays(self, folders: dict[str, Path]) -> int:
        words = dict.fromkeys((FIRST, SECOND), "mot-de-passe-d-essai")
        self._hub = await Sandbox.start(
            [VHOST], words, passwords={**new_passwords(words), **words}, dispatchers=int(self._dispatching)
        )
        hub = BrokerAddress("127.0.0.1", self._hub.port, "", "nobody")
        for client, folder in folders.items():
            observers = await ObservationServer.open("mot")
            recording = Recording(folder, pytest.fail, redact=True)
            self._recordings.append(recording)
            tell = teller(recording, observers)
            relay = await Relay.open(hub, tell, pytest.fail)
            write_place(folder, RelayPlace(observers.port, observers.password))
            self._open += [relay, observers]
            if self._connecting:
                await self._connect(f"127.0.0.1:{relay.port}", client)
        return self._hub.port

    async def _serve(self, broker: BrokerKind) -> int:
        words = dict.fromkeys((FIRST, SECOND, WITNESS), "mot-de-passe-d-essai")
        self._hub = await Sandbox.start(
            [VHOST], words, passwords={**new_passwords(words), **words}, broker=broker
        )
        await self._hub.add(mirror(VHOST, [FIRST, SECOND], WITNESS))
        for client in (FIRST, SECOND):
            await self._connect(f"127.0.0.1:{self._hub.port}", client)
        return self._hub.port

    def come(self, lines: list[str]) -> None:
        place = next(one for one in lines if "amqp://" in one).split("amqp://")[1].split(",")[0]
        client = next(one for one in (FIRST, SECOND) if f"client {one}," in "".join(lines))
        asyncio.run_coroutine_threadsafe(self._connect(place, client), self._loop)

    async def _connect(self, place: str, client: str) -> None:
        host, _, port = place.partition(":")
        fault = self._faults.get(client)
        editor = await ReferenceEditor.start(
            BrokerAddress(host, int(port), VHOST, client, "mot-de-passe-d-essai"),
            client,
            "LRM",
            FAULTS[fault].misbehaviour if fault else None,
        )
        self._open += [await Hook.open(editor, self.ports[client]), editor]

    async def _leave(self) -> None:
        for one in reversed(self._open):
            await one.close()
        for recording in self._recordings:
            recording.close()
        if self._hub is not None:
            await self._hub.stop()

    def leave(self) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()


@contextmanager
def vendors(faults: dict[str, str], **options: bool) -> Iterator[Vendors]:
    one = Vendors(faults, **options)
    try:
        yield one
    finally:
        one.leave()


def loaded(folder: Path, text: str) -> Target:
    (folder / "cible.yaml").write_text(text, encoding="utf-8", newline="\n")
    return load_target(folder / "cible.yaml")


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDP", "mot-de-passe-d-essai")


def test_software_of_two_vendors_each_has_both_parts_and_its_own_verdict(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    with vendors({SECOND: "sans-acquittement"}) as two:
        text = TARGET.replace("PORT_A", str(two.ports[FIRST])).replace("PORT_B", str(two.ports[SECOND]))
        target = loaded(tmp_path, text)
        chosen = select(["15-15-partage-simple"], scenarios_folder).scenarios
        audience = Audience(ready=lambda lines: two.come(list(lines)))
        found = play_editors(
            (target, *target.opposite), chosen, (), tmp_path / "j.jsonl", Options(), audience
        )
    header = read_journal(tmp_path / "j.jsonl").header
    alpha, beta = editor_verdicts(found, header)
    assert (alpha.name, beta.name) == (f"Alpha Régul 3 ({FIRST})", f"Bêta ({SECOND})")
    assert beta.verdict == "fail"
    assert alpha.verdict != "fail"
    assert header.identity == {"level": "editeur-editeur"}
    minutes = content(tell(read_journal(tmp_path / "j.jsonl")))
    assert [value for name, value in minutes["subject"] if name == "Éditeur"] == [alpha.name, beta.name]
    assert [one["for"] for one in minutes["signatures"]] == ["Pour Alpha", "Pour Bêta"]
    parts = {(one.id.partition("@")[2].partition("=")[0], one.client) for one in found.scenarios}
    assert parts == {(part, client) for part in ("origine", "destinataire") for client in (FIRST, SECOND)}
    accused = {
        (one.client, f.rule) for one in found.scenarios for f in one.findings if f.attributed_to == "editor"
    }
    assert accused == {(SECOND, "AC-01")}


def test_on_a_hub_of_others_a_mirror_of_their_queues_shows_both(
    broker_kind: BrokerKind, tmp_path: Path, scenarios_folder: Path
) -> None:
    """What a hub of others does not show is held against nobody: the ack that is missing is inconclusive."""
    with vendors({SECOND: "sans-acquittement"} if broker_kind == "embedded" else {}) as two:
        port = two.serve(broker_kind)
        text = TARGET.replace("PORT_A", str(two.ports[FIRST])).replace("PORT_B", str(two.ports[SECOND]))
        there = f"broker: amqp://127.0.0.1:{port}\nwitness: {{id: {WITNESS}, password_env: MDP}}\n"
        target = loaded(tmp_path, text.replace("broker: home\nhome: {wait: 120}\n", there))
        chosen = select(["15-15-partage-simple"], scenarios_folder).scenarios
        found = play_editors((target, *target.opposite), chosen, (), tmp_path / "j.jsonl", Options())
    journal = read_journal(tmp_path / "j.jsonl")
    assert judge(journal) == found
    assert not journal.header.hub_observed
    told = {f.explanation for one in found.scenarios for f in one.findings if f.attributed_to == "hub"}
    assert bool(told) == (broker_kind == "embedded")
    assert not any(f.attributed_to == "editor" for one in found.scenarios for f in one.findings)
    verdicts = {one.client: one.verdict for one in editor_verdicts(found, journal.header)}
    assert verdicts[FIRST] == "pass"
    assert verdicts[SECOND] == ("inconc" if told else "pass")


def behind_relays(two: Vendors, folder: Path, scenario: str, scenarios_folder: Path) -> Judgement:
    """A play of both, each behind a relay, on a hub of others."""
    folders = {FIRST: folder / "alpha", SECOND: folder / "beta"}
    port = two.serve_behind_relays(folders)
    text = TARGET.replace("PORT_A", str(two.ports[FIRST])).replace("PORT_B", str(two.ports[SECOND]))
    text = text.replace("broker: home\nhome: {wait: 120}\n", f"broker: amqp://127.0.0.1:{port}\n")
    for client, own in folders.items():
        text = text.replace(f"  - id: {client}\n", f"  - id: {client}\n    relay: {own.name}\n")
    target = loaded(folder, text)
    chosen = select([scenario], scenarios_folder).scenarios
    return play_editors((target, *target.opposite), chosen, (), folder / "j.jsonl", Options())


def test_on_a_hub_of_others_a_relay_before_each_shows_all_that_both_do(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    """The ack that is missing is accused: the relay saw the message handed over, and nothing published."""
    with vendors({SECOND: "sans-acquittement"}) as two:
        found = behind_relays(two, tmp_path, "15-15-partage-simple", scenarios_folder)
    journal = read_journal(tmp_path / "j.jsonl")
    assert judge(journal) == found
    assert (journal.header.hub_observed, journal.header.relay_observed) == (False, True)
    accused = {
        (one.client, f.rule, f.verdict)
        for one in found.scenarios
        for f in one.findings
        if f.attributed_to == "editor"
    }
    assert accused == {(SECOND, "AC-01", "fail")}
    assert not {one.requirement for one in found.not_observed} & {"TR-07", "TR-12", "TR-13", "TR-14"}


def test_what_was_published_and_no_relay_saw_handed_over_accuses_nobody(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    with vendors({}, dispatching=False) as two:
        found = behind_relays(two, tmp_path, "15-15-partage-simple", scenarios_folder)
    told = [(one.client, f) for one in found.scenarios for f in one.findings]
    assert {f.verdict for _, f in told} == {"inconc"}
    assert {(client, f.rule, f.attributed_to) for client, f in told} >= {(FIRST, "SC-01", "hub")}
    assert any("mais aucun relais ne l'a vu remettre" in f.explanation for _, f in told)


def test_an_editor_that_is_not_behind_its_relay_is_awaited_before_anything_is_played(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    with vendors({}, connecting=False) as two, pytest.raises(EditorAbsentError, match="port de son relais"):
        behind_relays(two, tmp_path, "15-15-partage-simple", scenarios_folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "broker: home\nhome: {wait: 120}\n",
            "broker: amqps://hub.invalid:5671\n",
            "ou « witness », le client à qui",
        ),
        (
            "broker: home\nhome: {wait: 120}\n",
            f"broker: amqp://127.0.0.1:1\nwitness: {{id: {FIRST}, password_env: MDP}}\n",
            "le témoin est un client à part",
        ),
        (f"  - id: {SECOND}\n", f"  - id: {FIRST}\n", "chaque éditeur a son identifiant"),
        (
            "deadlines:",
            "partners: [{id: fr.health.samu993, role: LRM}]\ndeadlines:",
            "ne va pas avec « editors »",
        ),
        ("deadlines:", "identity: {level: ans-editeur}\ndeadlines:", "le niveau est « editeur-editeur »"),
    ],
)
def test_what_is_wrong_with_the_editors_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = TARGET.replace("PORT_A", "1").replace("PORT_B", "2")
    assert old in text
    with pytest.raises(TargetError) as caught:
        loaded(tmp_path, text.replace(old, new))
    assert said in str(caught.value)
