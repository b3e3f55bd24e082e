"""A target file as an integrator writes it: what is read, and what each mistake says, with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import NothingToPlayError, Options
from recette.play.environments import environment_of
from recette.play.permitted import ProductionError, permitted
from recette.play.target import Target
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.sandbox.authority import Authority
from recette.scenario.model import Casting
from tests.cahier import of_the_cahier

GOOD = """\
environment: bac-a-sable
vhost: 15-15_v1.5
editor: {id: fr.health.test.editeur, role: LRM}
partners:
  - {id: fr.health.test.partenaire, role: LRM}
tls:
  authority: ac.pem
  certificate: fr.health.test.partenaire.pem
  key: fr.health.test.partenaire.key
driver: {kind: http, url: "http://127.0.0.1:8080/agir"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = Authority.create(tmp_path)
    for name in ("fr.health.test.partenaire", "fr.health.test.editeur"):
        authority.client(name)
    return tmp_path


def loaded(folder: Path, text: str = GOOD) -> Target:
    path = folder / "cible.yaml"
    path.write_text(text, encoding="utf-8")
    return load_target(path)


def problems(folder: Path, text: str) -> str:
    with pytest.raises(TargetError) as caught:
        loaded(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_whole_target(folder: Path) -> None:
    target = loaded(folder, GOOD + "distributionStatus: Exercise\nformat: xml\ndeadlines: {answer: 300}\n")
    address = target.addresses["fr.health.test.partenaire"]
    assert (address.host, address.port) == ("messaging.bac-a-sable.hub.esante.gouv.fr", 5671)
    assert (address.user, address.external) == ("fr.health.test.partenaire", True)
    assert address.tls is not None
    assert address.tls.verifies
    assert target.environment.name == "bac-a-sable"
    assert (target.status, target.format, target.deadlines.answer) == ("Exercise", "xml", 300.0)
    assert target.editor_address is None


def test_an_editor_with_its_own_certificate_needs_no_partner(folder: Path) -> None:
    own = "tls: {certificate: fr.health.test.editeur.pem, key: fr.health.test.editeur.key}}\n"
    text = GOOD.replace(
        "role: LRM}\npartners:\n  - {id: fr.health.test.partenaire, role: LRM}\n", "role: LRM, " + own
    )
    target = loaded(folder, text)
    assert target.editor_address is not None
    assert target.editor_address.user == "fr.health.test.editeur"
    assert target.partners == {}


def test_secrets_are_referred_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mot").write_text("par-fichier\n", encoding="utf-8")
    monkeypatch.setenv("MOT", "par-variable")
    text = (
        "broker: amqp://127.0.0.1\nvhost: 15-15_v1.5\neditor: {id: fr.health.a, role: LRM}\n"
        "partners:\n  - {id: fr.health.b, role: LRM, password_file: mot}\n"
        "  - {id: fr.health.c, role: LRM, password_env: MOT, user: compte}\n"
        "driver: {kind: http, url: 'http://127.0.0.1/'}\n"
    )
    target = loaded(folder, text)
    assert target.addresses["fr.health.b"].password == "par-fichier"
    assert target.addresses["fr.health.c"].password == "par-variable"
    assert target.addresses["fr.health.c"].user == "compte"
    assert target.environment.sandbox
    assert "par-" not in repr(target)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("vhost: 15-15_v1.5", "vhost: 15-15_v1.6", "cible.yaml:2:1: Le vHost « 15-15_v1.6 » est inconnu"),
        ("vhost: 15-15_v1.5\n", "", "cible.yaml:1:1: « vhost » manque."),
        ("environment: bac-a-sable", "environment: bac-a-sabel", "cible.yaml:1:1: « environment » vaut sandbox"),
        ("bac-a-sable", "pre-prod", "L'adresse du broker de pré-production n'est pas publique"),
        ("driver:", "drivers:", "« drivers » n'est pas connu ici. Vouliez-vous dire « driver » ?"),
        ("editor: {id:", "editor: {nom:", "« nom » n'est pas connu ici."),
        ("role: LRM}\npartners", "role: LRN}\npartners", "cible.yaml:3:38: « role » vaut LRM"),
        (", role: LRM}\ntls", "}\ntls", "cible.yaml:5:5: « role » manque."),
        ("{id: fr.health.test.partenaire", "{id: fr.health.test.editeur", "est déjà pris"),
        ("authority: ac.pem", "authority: absent.pem", "cible.yaml:7:3: Le fichier absent.pem ne peut pas être lu"),
        ("authority: ac.pem", "verify: false", "cible.yaml:7:3: « verify: false » ne vaut que pour un bac-à-sable"),
        ("key: fr.health.test.partenaire", "key: fr.health.test.editeur", "cible.yaml:8:3: La clé de"),
        ("key:", "passphrase: secret-en-clair\n  key:", "cible.yaml:9:3: Un secret ne s'écrit pas dans la cible"),
        ("role: LRM}\ntls", "role: LRM, password: secret-en-clair}\ntls", "cible.yaml:5:48: Un secret ne s'écrit"),
        ("key:", "passphrase_env: PHRASE_ABSENTE\n  key:", "PHRASE_ABSENTE n'est pas définie"),
        ("key:", "passphrase_file: absente\n  key:", "cible.yaml:9:3: Le fichier"),
        ("driver: {", "format: yaml\ndriver: {", "« format » vaut json, xml, pas « yaml »"),
        ("driver: {", "distributionStatus: Excercise\ndriver: {", "Vouliez-vous dire « Exercise » ?"),
        ("driver: {", "deadlines: {ack: 0}\ndriver: {", "cible.yaml:10:13: Les délais"),
        ("environment: bac-a-sable", "broker: amqps://u:secret-en-clair@hub.fr", "cible.yaml:1:1: Un secret ne s'écrit"),
        ("environment: bac-a-sable", "broker: amqps://hub.fr/15-15_v2.0", "« broker » nomme le vHost 15-15_v2.0"),
        ("environment: bac-a-sable", "broker: http://hub.fr", "n'est pas une adresse de broker"),
        ("environment: bac-a-sable", "broker: 'amqps://hub.fr:['", "cible.yaml:1:1"),
        ("environment: bac-a-sable", "broker: amqp://hub.fr", "« tls » est pour amqps://"),
        (
            "environment: bac-a-sable",
            "environment: sandbox\nbroker: amqps://messaging.hub.esante.gouv.fr",
            "est celui de production, pas de bac-à-sable local",
        ),
        ("  certificate: fr.health.test.partenaire.pem\n", "", "« fr.health.test.partenaire » n'a pas de certificat"),
        (GOOD, "- une liste\n", "cible.yaml:1:1: Une cible est une table"),
    ],
)  # fmt: skip
def test_a_mistake_points(folder: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    told = problems(folder, GOOD.replace(old, new, 1))
    assert said in told
    assert "secret-en-clair" not in told


def test_all_mistakes_at_once(folder: Path) -> None:
    text = GOOD.replace("15-15_v1.5", "15-15").replace("LRM", "X") + "deadlines: {ack: 0}\nfomat: xml\n"
    lines = [int(line.split(":")[1]) for line in problems(folder, text).splitlines()]
    assert lines == [2, 3, 11, 12]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("messaging.hub.esante.gouv.fr", "production"),
        ("MESSAGING.HUB.ESANTE.GOUV.FR.", "production"),
        ("hubsante.esante.gouv.fr", "production"),
        ("messaging.bac-a-sable.hub.esante.gouv.fr", "bac-a-sable"),
        ("messaging.pre-prod.hub.esante.gouv.fr", "pre-prod"),
        ("messaging.integration.hub.esante.gouv.fr", "integration"),
        ("messaging.nouveau.hub.esante.gouv.fr", "inconnu"),
        ("localhost", "sandbox"),
        ("127.0.0.9", "sandbox"),
        ("::1", "sandbox"),
        ("esante.gouv.fr.exemple.org", None),
    ],
)
def test_hosts(host: str, name: str | None) -> None:
    found = environment_of(host)
    assert (found and found.name) == name
    if name in {"production", "inconnu"}:
        assert found is not None
        assert found.production


def test_partners_may_live_on_another_vhost(folder: Path) -> None:
    target = loaded(folder, GOOD + "partners_vhost: 15-15_v2.1\n")
    assert target.addresses["fr.health.test.partenaire"].vhost == "15-15_v2.1"
    assert (target.vhost.name, target.meeting.name) == ("15-15_v1.5", "15-15_v2.1")
    across, alone = (
        of_the_cahier(f"{name}.g1")[0]
        for name in ("conversion-dossier-entre-versions", "15-15-partage-simple")
    )
    cast = target.casting(across, "origine")
    assert cast is not None
    assert cast.name == "conversion-dossier-entre-versions.g1-3@origine"
    assert target.casting(alone, "origine") is None, "its partner would have to live where the editor does"
    assert loaded(folder).casting(across, "origine") is None
    (chosen,) = of_the_cahier("conversion-dossier-entre-versions.g1-2")
    assert target.casting(chosen, "origine") is None, "it is asked for with another generation of partners"


def test_an_unknown_vhost_of_the_partners_is_named(folder: Path) -> None:
    told = problems(folder, GOOD + "partners_vhost: 15-15_v9.9\n")
    assert "cible.yaml:11:1" in told
    assert "Le vHost « 15-15_v9.9 » est inconnu." in told


def casting(target: Target, *, harmful: bool) -> Casting:
    scenario = of_the_cahier("15-15-partage-simple")[0]
    cast = target.casting(replace(scenario, harmful=harmful), scenario.testable[0])
    assert cast is not None
    return cast


def test_what_could_harm_needs_the_flag(folder: Path) -> None:
    target = loaded(folder)
    plays = [casting(target, harmful=harmful) for harmful in (True, False)]
    kept, left = permitted(target, plays, allow_harmful=False)
    assert kept == plays[1:]
    assert "--allow-harmful" in left[0].reason
    assert permitted(target, plays, allow_harmful=True) == (plays, ())
    home = loaded(folder, GOOD.replace("bac-a-sable", "sandbox\nbroker: amqps://127.0.0.1"))
    assert permitted(home, plays, allow_harmful=False) == (plays, ())


def test_nothing_is_played_in_production(folder: Path, tmp_path: Path) -> None:
    text = GOOD.replace("environment: bac-a-sable", "broker: amqps://messaging.hub.esante.gouv.fr")
    target = loaded(folder, text)
    selected = of_the_cahier("15-15-partage-simple")
    with pytest.raises(ProductionError, match="aucun scénario"):
        play_on_target(target, selected, (), tmp_path / "j.jsonl", Options(allow_harmful=True))
    assert not (tmp_path / "j.jsonl").exists()


def test_harmful_alone_is_nothing_to_play(folder: Path, tmp_path: Path) -> None:
    target = loaded(folder)
    harmful = casting(target, harmful=True).scenario
    with pytest.raises(NothingToPlayError, match="--allow-harmful"):
        play_on_target(target, [harmful], (), tmp_path / "j.jsonl", Options())


def test_a_target_names_those_concerned(folder: Path) -> None:
    named = (
        "identity: {vendor: Éditions, product: Horizon, version: 12.4, pilot: SAMU 99, level: samu-pilote}\n"
    )
    assert loaded(folder, GOOD + named).identity == {
        "vendor": "Éditions",
        "product": "Horizon",
        "version": "12.4",
        "pilot": "SAMU 99",
        "level": "samu-pilote",
    }
    assert loaded(folder).identity == {}
    assert "« level » vaut ans-editeur, editeur-editeur, samu-pilote" in problems(
        folder, GOOD + "identity: {level: pilote}\n"
    )
    assert "« editor » n'est pas connu ici" in problems(folder, GOOD + "identity: {editor: x}\n")


@pytest.mark.parametrize(
    "url",
    ["http://camille:s3cr3t@127.0.0.1:8080/agir", "https://s3cr3t@exemple.fr/", "http://:s3cr3t@exemple.fr/"],
)
def test_credentials_in_the_address_of_a_driver_are_refused(folder: Path, url: str) -> None:
    told = problems(folder, GOOD.replace("http://127.0.0.1:8080/agir", url))
    assert told.startswith("cible.yaml:10:")
    assert "Un secret ne s'écrit pas dans la cible" in told
    assert "s3cr3t" not in told


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("env: [A=b]", "sans leurs valeurs"),
        ("env: [3]", "sans leurs valeurs"),
        ("env: A", "n'a pas la forme"),
        ("env: [RECETTE_N_EST_PAS_LA]", "La variable d'environnement RECETTE_N_EST_PAS_LA n'est pas définie"),
    ],
)
def test_what_a_command_gets_is_named(folder: Path, written: str, said: str) -> None:
    driver = f"driver: {{kind: command, command: cat, {written}}}"
    assert said in problems(folder, GOOD.rpartition("driver:")[0] + driver)


WITH_PASSWORD = GOOD.replace("role: LRM}\ntls:", "role: LRM, password_file: secret}\ntls:")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("zero", "ce n'est pas un fichier ordinaire"),
        ("pipe", "ce n'est pas un fichier ordinaire"),
        ("folder", "c'est un dossier"),
        ("loop", "ce lien tourne en rond"),
        ("large", "le fichier dépasse la taille permise"),
        ("many lines", "il en faut un, sur une seule ligne"),
        ("empty", "il en faut un, sur une seule ligne"),
        ("bytes", "ce n'est pas un texte"),
    ],
)
@pytest.mark.parametrize("which", ["secret", "fr.health.test.partenaire.key", "cible.yaml"])
def test_what_a_target_names_is_a_plain_file(folder: Path, which: str, kind: str, said: str) -> None:
    """Each of them ends, at once and in a sentence that shows nothing of what is in the file."""
    (folder / "secret").write_text("ok", encoding="utf-8")
    (folder / "cible.yaml").write_text(WITH_PASSWORD, encoding="utf-8")
    load_target(folder / "cible.yaml")
    path = folder / which
    path.unlink()
    if kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    else:
        written = {
            "large": b"x" * 2**24,
            "many lines": b"root:un:\nautre:deux:\n",
            "bytes": b"\xff\xfe",
            "empty": b"",
        }
        path.write_bytes(written[kind])
    with pytest.raises(TargetError) as caught:
        load_target(folder / "cible.yaml")
    assert which != "secret" or said in str(caught.value)
    assert which == "cible.yaml" or "root:" not in str(caught.value)
