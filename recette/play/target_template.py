"""The text of a new target file, with what can be written in it explained where it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass

from recette.messages.roles import ROLES


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new target is to say; an empty text is left out, or stands commented."""

    environment: str
    broker: str
    vhost: str
    editor: str
    role: str
    partners: tuple[tuple[str, str], ...]
    """Client id and role of each."""
    format: str
    driver: str
    url: str = ""
    command: str = ""
    authority: str = ""
    certificate: str = ""
    key: str = ""


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
            f"editor: {{id: {_text(wanted.editor)}, role: {wanted.role}}}",
            "",
            "# Joués par la recette ; il leur faut des identifiants que rien d'autre n'utilise. Chacun peut avoir son",
            "# certificat (tls: {certificate: …, key: …}) ; sinon celui de « tls » sert à tous.",
            "partners:",
            *(f"  - {{id: {_text(name)}, role: {role}{_login(wanted)}}}" for name, role in wanted.partners),
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


def _login(wanted: Wanted) -> str:
    return "" if _secure(wanted) else ", password_env: RECETTE_SANDBOX_PASSWORD"


def _tls(wanted: Wanted) -> list[str]:
    if not _secure(wanted):
        return []
    return [
        "",
        "# PEM, ou PKCS#12 pour le certificat (sans « key »). La phrase secrète n'est jamais écrite ici : nommez la",
        "# variable d'environnement ou le fichier qui la contient. Les chemins partent du dossier de ce fichier.",
        "tls:",
        f"  authority: {_text(wanted.authority)}" if wanted.authority else "  # authority: ac-igc-sante.pem",
        f"  certificate: {_text(wanted.certificate)}",
        f"  key: {_text(wanted.key)}" if wanted.key else "  # key: partenaire.key",
        "  # passphrase_env: PHRASE_SECRETE",
        "  # passphrase_file: phrase-secrete.txt",
    ]


def _driver(wanted: Wanted) -> str:
    if wanted.driver == "http":
        return f"driver: {{kind: http, url: {_text(wanted.url)}}}"
    if wanted.driver == "command":
        return f"driver: {{kind: command, command: {_text(wanted.command)}}}"
    return "driver: {kind: operator}"


def _text(value: str) -> str:
    """A JSON string is a YAML string, whatever is in it."""
    plain = value.replace(".", "").replace("-", "").replace("_", "").replace("/", "")
    return (
        value
        if plain.isalnum() and plain.isascii() and not plain.isdigit()
        else json.dumps(value, ensure_ascii=False)
    )
