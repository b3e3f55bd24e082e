"""`recette sandbox`: a hub at home until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from recette.campaign.home import home_targets
from recette.commands import sandbox_elsewhere
from recette.commands.common import EXIT_OK, count, fault_named, one_sentence, port
from recette.commands.hub_settings import asked_conversions, asked_settings, hub_arguments
from recette.commands.models_option import edition_asked, offer_models
from recette.commands.options import OptionsError
from recette.commands.outages import Outages
from recette.commands.refusals import refusal_lines
from recette.commands.sandbox_elsewhere import PASSWORD_VARIABLE
from recette.commands.saying import say
from recette.hub.observing import ObservationServer
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import SchemaSet
from recette.messages.profile.reader import profile
from recette.messages.roles import ROLES
from recette.messages.vhosts import vhost
from recette.platform.plain_files import OWNER_ALONE, write_anew
from recette.platform.stopping import call_when_stopped, run_stoppable
from recette.platform.typed import typed
from recette.play.target import Target
from recette.report.scope import faulty_text
from recette.sandbox.authority import Authority
from recette.sandbox.broker.errors import PortTakenError
from recette.sandbox.definitions import DISPATCHER, FIRE_SIDE, is_fire, new_passwords
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import HubSettings
from recette.wording.os_errors import reason
from recette.wording.values import listed

_CLIENTS = ("fr.health.samu991", "fr.health.samu992")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--broker",
        type=_broker,
        default="embedded",
        metavar="embedded|rabbitmq|URL",
        help="le broker embarqué, un nœud RabbitMQ privé, ou amqp(s)://… : les dispatchers seuls sur un broker qui tourne",
    )
    parser.add_argument(
        "--vhost",
        action="extend",
        nargs="+",
        metavar="NOM",
        help="15-15_v2.1 sinon, ou celui de l'éditeur de référence",
    )
    offer_models(parser)
    parser.add_argument(
        "--client", action="extend", nargs="+", metavar="ID", help="les clients, avec leurs trois files"
    )
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help="où le hub écoute ; un port libre sinon"
    )
    parser.add_argument(
        "--tls",
        nargs="?",
        const="",
        metavar="DOSSIER",
        help="TLS mutuel et EXTERNAL ; les certificats, d'une autorité faite pour l'occasion, vont dans le dossier",
    )
    parser.add_argument(
        "--dispatchers", type=count, default=1, metavar="N", help="combien se partagent chaque vHost"
    )
    parser.add_argument(
        "--editor",
        choices=ROLES,
        help="démarre aussi un éditeur de référence",
    )
    hub_arguments(parser)
    parser.add_argument("--fault", metavar="FAUTE", help="l'éditeur de référence a cette faute")
    parser.add_argument(
        "--hook-port", type=port, default=0, metavar="N", help="où l'éditeur de référence attend ses ordres"
    )
    parser.add_argument(
        "--observe-port",
        type=port,
        default=0,
        metavar="N",
        help="où le hub dit ce qu'il voit ; un port libre sinon",
    )
    parser.add_argument(
        "--write-target", metavar="FICHIER", help="écrit la cible qui joue contre cet éditeur de référence"
    )
    sandbox_elsewhere.arguments(parser)


@one_sentence
def run(arguments: Namespace) -> int:
    """A hub at home until Ctrl-C."""
    if arguments.write_target and not arguments.editor:
        raise OptionsError("--write-target décrit un éditeur de référence : ajoutez --editor.")
    if arguments.fault:
        fault_named(arguments.fault)
        if not arguments.editor:
            raise OptionsError("--fault est celle d'un éditeur de référence : ajoutez --editor.")
    elsewhere = arguments.broker not in {"embedded", "rabbitmq"}
    if elsewhere and (arguments.editor or arguments.tls is not None or arguments.definitions):
        raise OptionsError(
            "Sur un broker qui tourne, la sandbox ne fait que répartir : enlevez --editor, --tls et --definitions."
        )
    if elsewhere:
        run_stoppable(
            sandbox_elsewhere.dispatch(arguments, _vhosts(arguments, None, asked_settings(arguments)))
        )
    elif arguments.definitions:
        settings = asked_settings(arguments)
        clients = _clients(arguments, None, settings)
        names = _vhosts(arguments, None, settings)
        passwords = _passwords(clients, os.environ.get(PASSWORD_VARIABLE))
        sandbox_elsewhere.write_definitions(arguments, names, clients, passwords, settings.homes)
    else:
        run_stoppable(_serve(arguments))
    return EXIT_OK


def _broker(text: str) -> str:
    if text in {"embedded", "rabbitmq"} or text.startswith(("amqp://", "amqps://")):
        return text
    raise ArgumentTypeError(f"« {text} » n'est ni embedded, ni rabbitmq, ni une adresse amqp:// ou amqps://")


async def _serve(arguments: Namespace) -> None:
    served = _editor_target(arguments)
    edition = edition_asked(arguments)
    settings = asked_settings(arguments)
    names = _vhosts(arguments, served, settings)
    clients = _clients(arguments, served, settings)
    shared = _shared_password(arguments)
    stop = asyncio.Event()
    call_when_stopped(stop.set)
    async with AsyncExitStack() as stack:
        authority = _authority(arguments.tls, stack)
        outages = Outages()
        told = await _observing(arguments.observe_port, shared)
        stack.push_async_callback(told.close)

        def observe(seen: HubSaw) -> None:
            told.saw(seen)
            for line in refusal_lines(seen):
                say(line, flush=True)

        sandbox = await Sandbox.start(
            names,
            clients,
            broker=arguments.broker,
            port=arguments.port,
            passwords=_passwords(clients, shared),
            tls=authority,
            dispatchers=arguments.dispatchers,
            settings=settings,
            watcher=outages,
            observer=observe,
            left=told.left,
            conversions=asked_conversions(arguments),
            schemas=SchemaSet.builtin(edition) if edition is not None else None,
        )
        stack.push_async_callback(sandbox.stop)
        told.shortage = sandbox.shortage
        hook = await _start_editor(arguments, served, sandbox, stack, outages) if served is not None else None
        ready = _how_to_connect(arguments, sandbox, names, clients, authority, told)
        say(*ready, *_misspelled(settings), sep="\n")
        if served is not None and hook is not None:
            where = f"{served.editor} sur {served.vhost.name}"
            say(f"    éditeur de référence {served.role} en {where}, ordres à {hook.url}")
            if arguments.write_target:
                _write_target(
                    Path(arguments.write_target), served, sandbox, authority, hook.url, told, arguments.fault
                )
        sys.stdout.flush()
        await stop.wait()


def _how_to_connect(
    arguments: Namespace,
    sandbox: Sandbox,
    names: list[str],
    clients: list[str],
    authority: Authority | None,
    told: ObservationServer,
) -> Iterator[str]:
    """What somebody needs who connects to this hub."""
    scheme = "amqp" if authority is None else "amqps"
    yield f"Hub prêt sur {scheme}://127.0.0.1:{sandbox.port}, vHosts {', '.join(names)}. Ctrl-C pour arrêter."
    for status in filter(None, map(profile(arguments.hub).status, names)):
        yield f"    {status}"
    if authority is not None:
        yield f"    certificats dans {authority.folder}, autorité {authority.file.name}"
    for client in clients:
        reader = FIRE_SIDE if is_fire(client) and FIRE_SIDE in clients else client
        yield f"    client {client}, {_login(sandbox, client)}, files {reader}.message, .ack, .info"
    yield f"    observation : port {told.port}, mot de passe {told.password} (clé « observation » d'une cible)"


def _misspelled(settings: HubSettings) -> Iterator[str]:
    """What an operator has to know of their own lists."""
    if settings.misspelled:
        yield f"    classes de vos listes qu'aucun message n'a, et qui restent sans effet : {listed(settings.misspelled)}"


async def _start_editor(
    arguments: Namespace, served: Target, sandbox: Sandbox, stack: AsyncExitStack, outages: Outages
) -> Hook:
    """The reference editor and the hook that drives it, until the stack unwinds."""
    name = served.vhost.name
    editor = await ReferenceEditor.start(
        sandbox.address(served.editor, name),
        served.editor,
        served.role,
        fault_named(arguments.fault).misbehaviour if arguments.fault else None,
        served.content_type(served.editor),
        watcher=outages,
        edition=served.vhost.edition,
    )
    stack.push_async_callback(editor.close)
    hook = await Hook.open(editor, arguments.hook_port)
    stack.push_async_callback(hook.close)
    return hook


def _authority(folder: str | None, stack: AsyncExitStack) -> Authority | None:
    """Without a folder's name, one that goes with the sandbox."""
    if folder is None:
        return None
    if folder:
        return Authority.create(Path(folder))
    return Authority.create(Path(stack.enter_context(TemporaryDirectory(prefix="recette-tls-"))))


def _login(sandbox: Sandbox, client: str) -> str:
    issued = sandbox.certificates.get(client)
    if issued is None:
        return f"mot de passe {sandbox.passwords[client]}"
    return f"certificat {issued.certificate.name}, clé {issued.key.name}"


def _editor_target(arguments: Namespace) -> Target | None:
    """Where the reference editor that was asked for lives. Raises OptionsError when it has no home there."""
    if not arguments.editor:
        return None
    edition = edition_asked(arguments)
    wanted = [vhost(name, edition) for name in arguments.vhost or ()]
    homes = [home for one in wanted for home in home_targets(on=one)] if wanted else home_targets()
    found = [one for one in homes if one.role == arguments.editor]
    if not found:
        raise OptionsError(
            f"Il n'y a pas d'éditeur de référence {arguments.editor} sur {', '.join(one.name for one in wanted)}."
        )
    first = found[0].vhost
    return found[0] if wanted else [one for one in found if one.vhost.perimeter == first.perimeter][-1]


def _vhosts(arguments: Namespace, served: Target | None, settings: HubSettings) -> list[str]:
    """Those asked for; else where the clients of the file live."""
    if arguments.vhost:
        return [vhost(name, edition_asked(arguments)).name for name in arguments.vhost]
    homes = {name for many in (settings.homes or {}).values() for name in many}
    if homes and served is None:
        return sorted(vhost(name).name for name in homes | {settings.fire_vhost or min(homes)})
    return [served.vhost.name if served is not None else "15-15_v2.1"]


def _clients(arguments: Namespace, served: Target | None, settings: HubSettings) -> list[str]:
    asked = list(dict.fromkeys((*settings.clients, *(arguments.client or ()))))
    if served is not None:
        return list(
            dict.fromkeys((served.editor, *(one for ids in served.partners.values() for one in ids), *asked))
        )
    return asked or list(_CLIENTS)


def _shared_password(arguments: Namespace) -> str | None:
    """That of all clients: a target that is written names one variable for them."""
    given = os.environ.get(PASSWORD_VARIABLE)
    drawn = secrets.token_urlsafe(16) if arguments.write_target and arguments.tls is None else None
    return given or drawn


def _passwords(clients: list[str], shared: str | None) -> dict[str, str]:
    passwords = new_passwords(clients)
    if shared:
        return {name: word if name == DISPATCHER else shared for name, word in passwords.items()}
    return passwords


def _write_target(
    path: Path,
    served: Target,
    sandbox: Sandbox,
    authority: Authority | None,
    url: str,
    told: ObservationServer,
    fault: str | None,
) -> None:
    text = _target_text(served, sandbox, authority, url, fault)
    path.write_text(text + _observation(authority, told), encoding="utf-8", newline="\n")
    word = "…" if os.environ.get(PASSWORD_VARIABLE) else told.password
    secret = f"{PASSWORD_VARIABLE}={word} " if authority is None else ""
    say(f"    cible écrite dans {path} ; dans un autre terminal : {secret}recette run --target {typed(path)}")


def _observation(authority: Authority | None, told: ObservationServer) -> str:
    """The line that hands what this hub sees to the run; its password is in a file where clients have certificates."""
    if authority is None:
        return f"observation: {{port: {told.port}, password_env: {PASSWORD_VARIABLE}}}\n"
    secret = authority.folder / "observation.mdp"
    write_anew(secret, f"{told.password}\n".encode(), OWNER_ALONE)
    return f'observation: {{port: {told.port}, password_file: "{secret.absolute()}"}}\n'


async def _observing(port: int, shared: str | None) -> ObservationServer:
    """Its password is the one that all clients share where they do; else one is drawn. Raises PortTakenError."""
    try:
        return await ObservationServer.open(shared or secrets.token_urlsafe(16), port)
    except OSError as error:
        raise PortTakenError(
            f"L'observation ne peut pas écouter sur 127.0.0.1:{port} ({reason(error)}) : choisissez un autre --observe-port."
        ) from error


def _target_text(
    served: Target, sandbox: Sandbox, authority: Authority | None, url: str, fault: str | None
) -> str:
    """The target; what a run says of it must not be taken for what somebody's software is worth."""
    product = faulty_text(fault) if fault else "éditeur de référence de la recette"
    scheme = "amqp" if authority is None else "amqps"
    partners = []
    for role, ids in served.partners.items():
        for one in ids:
            issued = sandbox.certificates.get(one)
            login = (
                f"password_env: {PASSWORD_VARIABLE}"
                if issued is None
                else f'tls: {{certificate: "{issued.certificate.absolute()}", key: "{issued.key.absolute()}"}}'
            )
            partners.append(f"  - {{id: {one}, role: {role}, {login}}}")
    lines = [
        "environment: sandbox",
        f"broker: {scheme}://127.0.0.1:{sandbox.port}",
        *([] if authority is None else [f'tls: {{authority: "{authority.file.absolute()}"}}']),
        f"vhost: {served.vhost.name}",
        f'identity: {{product: "{product}"}}',
        f"editor: {{id: {served.editor}, role: {served.role}}}",
        "partners:",
        *partners,
        f'driver: {{kind: http, url: "{url}"}}',
        "deadlines: {ack: 5, answer: 5, quiet: 0.3}",
    ]
    return "\n".join(lines) + "\n"
