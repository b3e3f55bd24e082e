"""`recette init`: writes a target file from a few questions, or from options alone."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.clients import names_a_client
from recette.messages.roles import ROLES
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.platform.typed import typed
from recette.play.environments import SANDBOX
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.play.target_template import Certificate, Wanted, target_text
from recette.wording.counting import counted
from recette.wording.os_errors import reason
from recette.wording.values import shown

_ENVIRONMENTS = ("sandbox", "bac-a-sable", "pre-prod")
_DRIVERS = ("operator", "http", "command")
Check = Callable[[str], str]
"""Returns the value as it is to be written; raises ValueError with one sentence."""
Ask = Callable[[str, str | None, str, str, Check], str]
"""The option, what was given, the question, the usual answer, the check."""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", default="cible.yaml", metavar="FICHIER", help="où écrire (cible.yaml sinon)"
    )
    parser.add_argument(
        "--yes", action="store_true", help="ne demande rien : les options, et sinon les réponses usuelles"
    )
    parser.add_argument("--environment", choices=_ENVIRONMENTS)
    parser.add_argument(
        "--broker", metavar="URL", help="amqps://hôte:5671, s'il n'est pas connu pour l'environnement"
    )
    parser.add_argument("--vhost", metavar="NOM")
    parser.add_argument("--editor", metavar="ID", help="l'identifiant client du logiciel testé")
    parser.add_argument("--role", choices=ROLES)
    parser.add_argument(
        "--partner",
        type=_partner,
        action="extend",
        nargs="+",
        metavar="ID[:RÔLE]",
        help="que joue la recette",
    )
    parser.add_argument(
        "--no-partner", action="store_true", help="aucun : recette preflight vérifie les accès du logiciel"
    )
    parser.add_argument("--format", choices=("json", "xml"))
    parser.add_argument("--driver", choices=_DRIVERS)
    parser.add_argument("--url", help="du pilote http")
    parser.add_argument("--command-line", metavar="COMMANDE", help="du pilote command")
    parser.add_argument("--authority", metavar="FICHIER", help="les autorités du hub (PEM)")
    parser.add_argument(
        "--certificate",
        action="extend",
        nargs="+",
        metavar="FICHIER",
        help="celui de chaque partenaire, dans l'ordre ; sans partenaire, celui du logiciel (PEM ou PKCS#12)",
    )
    parser.add_argument(
        "--key", action="extend", nargs="+", metavar="FICHIER", help="leurs clés, dans l'ordre (PEM)"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Ask, write, and say what is still missing."""
    path = Path(arguments.file)
    taken = f"{path} existe déjà : donnez un autre nom, ou effacez-le d'abord."
    if path.exists():
        raise OptionsError(taken)
    if not arguments.yes and not sys.stdin.isatty():
        raise OptionsError(
            "Il n'y a pas de terminal pour répondre aux questions : ajoutez --yes et les options."
        )
    try:
        wanted = _wanted(arguments, _Questions(asks=not arguments.yes))
        content = target_text(wanted)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(content)
    except FileExistsError as error:  # since, or a link that leads nowhere
        raise OptionsError(taken) from error
    except EOFError as error:
        raise OptionsError("Les questions ont été interrompues : rien n'est écrit.") from error
    except OSError as error:
        raise OptionsError(f"{path} ne peut pas être écrit ({reason(error)}).") from error
    say(f"Cible écrite dans {path}.")
    try:
        load_target(path)
    except TargetError as error:
        say("Il y reste à faire :")
        for problem in error.problems:
            say(f"    {problem}")
    plays = "" if wanted.partners else ", une fois un partenaire ajouté,"
    named = typed(path)
    say(
        f"Ensuite : {_hub_at_home(wanted)}recette preflight --target {named}, puis{plays} recette run --target {named}."
    )
    return EXIT_OK


def _hub_at_home(wanted: Wanted) -> str:
    """The hub that such a target needs, where nobody else runs one."""
    if wanted.environment != "sandbox" or wanted.broker:
        return ""
    clients = " ".join(map(typed, (wanted.editor, *(name for name, _ in wanted.partners))))
    return (
        f"dans un autre terminal, sous la même RECETTE_SANDBOX_PASSWORD, recette sandbox --port {urlsplit(SANDBOX.broker).port} --vhost {wanted.vhost} "
        f"--client {clients} ; puis "
    )


class _Questions:
    """Asks a person, or takes the usual answer."""

    def __init__(self, *, asks: bool) -> None:
        self._asks = asks

    def answer(self, option: str, given: str | None, question: str, usual: str, check: Check) -> str:
        """Raises OptionsError where nobody is asked and there is no usual answer, or a wrong one was given."""
        if given is not None or not self._asks:
            value = usual if given is None else given
            try:
                return check(value)
            except ValueError as error:
                raise OptionsError(f"{option} : {error}") from error
        while True:
            told = input(f"{question}{f' [{usual}]' if usual else ''} : ").strip()
            try:
                return check(told or usual)
            except ValueError as error:
                say(f"    {error}")


def _wanted(arguments: Namespace, questions: _Questions) -> Wanted:
    ask = questions.answer
    environment = ask(
        "--environment",
        arguments.environment,
        "Environnement (sandbox, bac-a-sable, pre-prod)",
        "bac-a-sable",
        _one_of(_ENVIRONMENTS),
    )
    broker = arguments.broker or ""
    if environment == "pre-prod" or broker:
        broker = ask("--broker", arguments.broker, "Adresse du broker (amqps://hôte:5671)", "", _broker)
    on = ask("--vhost", arguments.vhost, "vHost", "15-15_v2.1", _vhost)
    editor = ask(
        "--editor", arguments.editor, "Identifiant client de votre logiciel (fr.health.…)", "", _identifier
    )
    role = ask("--role", arguments.role, f"Son rôle ({', '.join(ROLES)})", "LRM", _one_of(ROLES))
    partners = _partners(arguments, role, ask)
    form = ask("--format", arguments.format, "Format (json, xml)", "json", _one_of(("json", "xml")))
    secure = environment != "sandbox" or broker.startswith("amqps")
    authority = (
        ask("--authority", arguments.authority, "Certificats d'autorité du hub (PEM)", "ac.pem", _filled)
        if secure
        else ""
    )
    _check_files(arguments, secure=secure)
    holders = [name for name, _ in partners] or [editor]
    certificates = tuple(_certificates(arguments, holders, ask)) if secure else ()
    driver, url, command = _driver(arguments, ask)
    return Wanted(
        environment, broker, on, editor, role, partners, form, driver, url, command, authority, certificates
    )  # fmt: skip


def _check_files(arguments: Namespace, *, secure: bool) -> None:
    """Raises OptionsError for a file that would be taken for another, or that nothing would be made of."""
    for option, given in (
        ("--certificate", arguments.certificate or ()),
        ("--key", arguments.key or ()),
        ("--authority", (arguments.authority,) if arguments.authority else ()),
    ):
        if given and not secure:
            raise OptionsError(
                f"{option} ne sert qu'en TLS, et le hub de l'environnement sandbox n'en demande pas : ôtez-le, ou donnez "
                "--broker amqps://…"
            )
        for one in given:
            if one.lower().endswith((".yaml", ".yml")):
                raise OptionsError(
                    f"{option} prend {shown(one)} pour l'un de ses fichiers : écrivez le nom de la cible avant les options."
                )


def _driver(arguments: Namespace, ask: Ask) -> tuple[str, str, str]:
    """Its kind, with the address or the command that goes with it. Raises OptionsError."""
    usual = "http" if arguments.url else "command" if arguments.command_line else "operator"
    driver = ask("--driver", arguments.driver, "Pilote (operator, http, command)", usual, _one_of(_DRIVERS))
    for option, given, kind in (
        ("--url", arguments.url, "http"),
        ("--command-line", arguments.command_line, "command"),
    ):
        if given and driver != kind:
            raise OptionsError(
                f"{option} est pour le pilote {kind}, et celui-ci est {driver} : gardez l'un des deux."
            )
    hook = "http://127.0.0.1:8080/agir"
    url = ask("--url", arguments.url, "Adresse du crochet http", hook, _url) if driver == "http" else ""
    command = (
        ask("--command-line", arguments.command_line, "Commande", "", _filled) if driver == "command" else ""
    )
    return driver, url, command


def _partners(arguments: Namespace, role: str, ask: Ask) -> tuple[tuple[str, str], ...]:
    """Client id and role of each. Raises OptionsError."""
    if arguments.partner and arguments.no_partner:
        raise OptionsError("--partner et --no-partner se contredisent : gardez-en un.")
    if arguments.partner:
        return tuple((name, its_role or role) for name, its_role in arguments.partner)
    count = (
        0
        if arguments.no_partner
        else int(ask("--partner", None, "Combien de partenaires joue la recette (0 à 9)", "1", _digit))
    )
    found: list[tuple[str, str]] = []
    for number in range(1, count + 1):
        which = f"du partenaire {number}" if count > 1 else "du partenaire que joue la recette"
        name = ask("--partner", None, f"Identifiant client {which}", "", _identifier)
        found.append((name, ask("--partner", None, f"Son rôle ({', '.join(ROLES)})", "LRM", _one_of(ROLES))))
    return tuple(found)


def _certificates(arguments: Namespace, holders: Sequence[str], ask: Ask) -> Iterator[Certificate]:
    """One for each who logs in. Raises OptionsError where more or fewer are given than there are clients."""
    files, keys = arguments.certificate or (), arguments.key or ()
    if files and len(files) != len(holders):
        raise OptionsError(
            f"--certificate donne {counted(len(files), 'fichier')} pour {counted(len(holders), 'client')} "
            f"({', '.join(holders)}) : un chacun."
        )
    left = list(keys)
    for at, holder in enumerate(holders):
        file = ask(
            "--certificate",
            files[at] if files else None,
            f"Certificat de {holder} (PEM ou .p12)",
            f"{holder}.pem",
            _filled,
        )
        if file.lower().endswith((".p12", ".pfx")):
            yield Certificate(file)
            continue
        given = left.pop(0) if left else None
        yield Certificate(file, ask("--key", given, "Sa clé (PEM)", f"{Path(file).stem}.key", _filled))
    if left:
        raise OptionsError(f"--key donne {left[0]} de trop : une clé pour chaque certificat PEM.")


def _partner(text: str) -> tuple[str, str]:
    name, _, role = text.partition(":")
    if not names_a_client(name) or (role and role not in ROLES):
        raise ArgumentTypeError(f"{shown(text)} s'écrit ID ou ID:RÔLE, rôles : {', '.join(ROLES)}")
    return name, role


def _one_of(choices: Sequence[str]) -> Check:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"« {value} » n'est pas une réponse ; réponses : {', '.join(choices)}.")
        return value

    return check


def _digit(value: str) -> str:
    if len(value) != 1 or value not in "0123456789":
        raise ValueError(f"« {value} » n'est pas une réponse ; un chiffre, de 0 à 9.")
    return value


def _vhost(value: str) -> str:
    try:
        return vhost(value).name
    except UnknownVHostError as error:
        raise ValueError(str(error)) from error


def _broker(value: str) -> str:
    if not value.startswith(("amqp://", "amqps://")):
        raise ValueError("une adresse s'écrit amqps://hôte:5671 ; demandez-la à l'ANS.")
    return _without_account(value)


def _identifier(value: str) -> str:
    if not names_a_client(value):
        raise ValueError("il faut l'identifiant client que l'ANS a donné, par exemple fr.health.test.nom.")
    return value


def _url(value: str) -> str:
    return _without_account(_filled(value))


def _without_account(address: str) -> str:
    """A target holds no secret, and reports show its addresses."""
    if "@" in address:
        raise ValueError("un secret ne s'écrit pas dans une cible : enlevez le compte de l'adresse.")
    return _text(address)


def _filled(value: str) -> str:
    if not value:
        raise ValueError("il faut une réponse.")
    return _text(value)


def _text(value: str) -> str:
    """Bytes that are no UTF-8 reach a command as halves of characters, which no file can hold."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{shown(value)} n'est pas en UTF-8 : écrivez-le de nouveau.") from None
    return value
