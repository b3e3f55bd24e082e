"""The text of a new target file, with what can be written in it explained where it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass

import yaml

from recette.messages.roles import ROLES


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files with which one client logs in; no key beside a PKCS#12."""

    file: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new target is to say; an empty text is left out, or stands commented."""

    environment: str
    broker: str
    vhost: str
    editor: str
    role: str
    partners: tuple[tuple[str, str], ...]
    """Client id and role of each; without any, preflight alone looks at the editor's own access."""
    format: str
    driver: str
    url: str = ""
    command: str = ""
    authority: str = ""
    certificates: tuple[Certificate, ...] = ()
    """Of each partner, in their order; of the editor itself where there is none."""


def target_text(wanted: Wanted) -> str:
    """YAML that `load_target` reads."""
    return "\n".join(
        (
            "# Cible de recette : un éditeur sur un vHost, et les partenaires que la recette joue.",
            "# recette preflight --target CE_FICHIER la vérifie ; recette run --target CE_FICHIER joue.",
            "",
            "# sandbox (chez vous), bac-a-sable (celui de l'ANS) ou pre-prod. En production, rien n'est jamais joué.",
            f"environment: {wanted.environment}",
            *_broker(wanted),
            f"vhost: {wanted.vhost}",
            "",
            f"# Le logiciel testé : son identifiant client et son rôle ({', '.join(ROLES)}).",
            "# Pour que preflight vérifie aussi ses propres accès, ajoutez tls: {certificate: …, key: …}.",
            f"editor: {{id: {_text(wanted.editor)}, role: {wanted.role}{_editor_login(wanted)}}}",
            "",
            *_partners(wanted),
            *_tls(wanted),
            "",
            "# Ce que les partenaires envoient, et ce que le hub remet aux clients : json ou xml.",
            f"format: {wanted.format}",
            "# Pour que tout ce que la recette envoie soit marqué comme un exercice :",
            f"{'' if wanted.environment == 'pre-prod' else '# '}distributionStatus: Exercise",
            "",
            "# Secondes. Aucun texte officiel n'en donne : ce sont les vôtres, et les rapports les montrent.",
            "deadlines: {ack: 10, answer: 120, quiet: 3}",
            "",
            "# Comment votre logiciel est amené à agir : operator (une personne, guidée), http (un POST) ou command.",
            _driver(wanted),
            "",
        )
    )


def _broker(wanted: Wanted) -> list[str]:
    if wanted.broker:
        return [f"broker: {_text(wanted.broker)}"]
    return ["# broker: amqps://hôte:5671     # connu pour cet environnement"]


def _secure(wanted: Wanted) -> bool:
    return not wanted.broker.startswith("amqp://") and (
        wanted.environment != "sandbox" or bool(wanted.broker)
    )


def _partners(wanted: Wanted) -> list[str]:
    if not wanted.partners:
        return [
            "# Aucun : recette preflight vérifie les accès du logiciel ; pour jouer, il faut au moins un partenaire,",
            "# « - {id: …, role: …} », avec des identifiants que rien d'autre n'utilise.",
            "partners: []",
        ]
    rows = enumerate(wanted.partners)
    return [
        "# Joués par la recette ; il leur faut des identifiants que rien d'autre n'utilise. Chacun peut avoir son",
        "# certificat (tls: {certificate: …, key: …}) ; sinon celui de « tls » sert à tous.",
        "partners:",
        *(f"  - {{id: {_text(name)}, role: {role}{_login(wanted, at)}}}" for at, (name, role) in rows),
    ]


def _editor_login(wanted: Wanted) -> str:
    """Where no partner is there to log in, the editor itself does."""
    return "" if wanted.partners else _login(wanted, 0, alone=True)


def _login(wanted: Wanted, at: int, *, alone: bool = False) -> str:
    """How a client logs in; the certificate of a single partner stands below."""
    if not _secure(wanted):
        return ", password_env: RECETTE_SANDBOX_PASSWORD"
    if len(wanted.partners) == 1 and not alone:
        return ""
    one = wanted.certificates[at]
    key = f", key: {_text(one.key)}" if one.key else ""
    return f", tls: {{certificate: {_text(one.file)}{key}}}"


def _tls(wanted: Wanted) -> list[str]:
    if not _secure(wanted):
        return []
    return [
        "",
        "# PEM, ou PKCS#12 pour le certificat (sans « key »). La phrase secrète n'est jamais écrite ici : nommez la",
        "# variable d'environnement ou le fichier qui la contient. Les chemins partent du dossier de ce fichier.",
        "tls:",
        f"  authority: {_text(wanted.authority)}" if wanted.authority else "  # authority: ac-igc-sante.pem",
        *_common_certificate(wanted),
        "  # passphrase_env: PHRASE_SECRETE",
        "  # passphrase_file: phrase-secrete.txt",
    ]


def _common_certificate(wanted: Wanted) -> list[str]:
    """The one certificate there is; where each client has its own, what would serve those without."""
    if len(wanted.partners) != 1:
        return ["  # certificate: partenaire.pem", "  # key: partenaire.key"]
    (one,) = wanted.certificates
    return [
        f"  certificate: {_text(one.file)}",
        f"  key: {_text(one.key)}" if one.key else "  # key: partenaire.key",
    ]


def _driver(wanted: Wanted) -> str:
    if wanted.driver == "http":
        return f"driver: {{kind: http, url: {_text(wanted.url)}}}"
    if wanted.driver == "command":
        return f"driver: {{kind: command, command: {_text(wanted.command)}}}"
    return "driver: {kind: operator}"


def _text(value: str) -> str:
    """A JSON string is a YAML string, whatever is in it; bare where YAML reads that as the same text (`true` is none)."""
    plain = value.replace(".", "").replace("-", "").replace("_", "").replace("/", "")
    bare = plain.isalnum() and plain.isascii() and yaml.safe_load(value) == value
    written = json.dumps(value, ensure_ascii=False)
    return value if bare else "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)
