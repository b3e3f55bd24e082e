"""`recette impostor`: a false hub, for the two requirements on the hub's certificate that no campaign can show."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, machine, one_sentence, port
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.judge.verdicts import FRENCH, Verdict
from recette.platform.stopping import call_when_stopped
from recette.relay.impostor import Certificate, Door, Outcome
from recette.sandbox.authority import HOSTS, Authority, Issued
from recette.scenario.requirements import catalogue
from recette.wording.os_errors import reason

_CONTROL = "temoin"
_FALSE = {"TR-05": "d'une autorité étrangère", "TR-06": "au nom d'un autre hôte"}
_LAST_PORT = 65_535 - len(_FALSE)
"""That the two false ones may follow."""
_OTHER_HOST = "autre-hub.invalid"
_WHAT_CAME: dict[Outcome, str] = {
    "accepted": "le logiciel entre",
    "refused": "le logiciel refuse",
    "no-tls": "quelqu'un est venu sans TLS, ce qui ne compte pas",
    "silent": "quelqu'un est resté sans rien dire, ce qui ne compte pas",
    "not-amqp": "quelqu'un est venu qui ne parle pas AMQP, ce qui ne compte pas",
}


@dataclass(slots=True)
class Found:
    """What came to each door."""

    outcomes: dict[str, list[Outcome]] = field(
        default_factory=lambda: {_CONTROL: [], "TR-05": [], "TR-06": []}
    )

    @property
    def complete(self) -> bool:
        return all({"accepted", "refused"} & set(one) for one in self.outcomes.values())

    def verdict(self, requirement: str) -> tuple[Verdict, str]:
        """With why, in French."""
        came = self.outcomes[requirement]
        if "accepted" in came:
            return "fail", f"il parle à un serveur dont le certificat est {_FALSE[requirement]}"
        if "refused" not in came:
            return "inconc", "le logiciel n'y est pas venu"
        if "accepted" not in self.outcomes[_CONTROL]:
            return "inconc", "rien ne montre qu'il accepterait d'ici un bon certificat"
        return "pass", f"il refuse un certificat {_FALSE[requirement]}, et accepte le bon"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        type=machine,
        default="127.0.0.1",
        metavar="ADRESSE",
        help="où le logiciel se connecte (127.0.0.1)",
    )
    parser.add_argument(
        "--port",
        type=port,
        default=0,
        metavar="N",
        help="trois ports à partir de celui-ci (0 : des ports libres)",
    )
    parser.add_argument(
        "--for", type=float, dest="seconds", metavar="SECONDES", help="s'arrête au bout de ce temps"
    )
    parser.add_argument("--json", action="store_true", help="pour un programme")
    parser.add_argument(
        "--out", required=True, metavar="DOSSIER", help="où écrire l'autorité que le logiciel doit accepter"
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Until the software has been at all three doors, or Ctrl-C."""
    if arguments.seconds is not None and not 0 < arguments.seconds <= 86_400:
        raise OptionsError("--for est un nombre de secondes, de plus de 0 à 86400.")
    if arguments.port > _LAST_PORT:
        raise OptionsError(f"--port : il en faut trois à partir de celui-ci, au plus {_LAST_PORT}.")
    found = asyncio.run(_waited(arguments))
    verdicts = {name: found.verdict(name) for name in _FALSE}
    if arguments.json:
        document = {
            name: {"verdict": verdict, "because": why, "seen": found.outcomes[name]}
            for name, (verdict, why) in verdicts.items()
        }
        say(json.dumps({**document, "control": found.outcomes[_CONTROL]}, ensure_ascii=False))
    else:
        for name, (verdict, why) in verdicts.items():
            say(f"{FRENCH[verdict]} {name} ({catalogue()[name].text}) : {why}.")
    reached = {verdict for verdict, _ in verdicts.values()}
    return EXIT_FAIL if "fail" in reached else EXIT_OK if reached == {"pass"} else EXIT_UNSURE


async def _waited(arguments: Namespace) -> Found:
    """What came to the doors. Raises OptionsError where they cannot be opened."""
    shown, authority = certificates(Path(arguments.out), arguments.host)
    found, stop = Found(), asyncio.Event()
    call_when_stopped(stop.set)
    if arguments.seconds is not None:
        asyncio.get_running_loop().call_later(arguments.seconds, stop.set)

    def told(door: str, outcome: Outcome, why: str) -> None:
        found.outcomes[door].append(outcome)
        if not arguments.json:
            detail = f" ({why})" if why else ""
            say(f"{door} : {_WHAT_CAME[outcome]}{detail}.", flush=True)
        if found.complete:
            stop.set()

    async with AsyncExitStack() as stack:
        doors: dict[str, int] = {}
        for place, (name, certificate) in enumerate(shown.items()):
            at = arguments.port + place if arguments.port else 0
            try:
                door = await Door.open(certificate, partial(told, name), arguments.host, at)
            except OSError as error:
                raise OptionsError(
                    f"Le faux hub ne peut pas écouter sur {arguments.host}:{at} ({reason(error)}) : choisissez un autre --port."
                ) from error
            stack.push_async_callback(door.close)
            doors[name] = door.port
        if not arguments.json:
            say(*_how_to(arguments.host, doors, authority), sep="\n", flush=True)
        await stop.wait()
    return found


def certificates(folder: Path, host: str) -> tuple[dict[str, Certificate], Path]:
    """One for each door, and the authority of the good one. Raises AuthorityError."""
    own, foreign = Authority.create(folder), Authority.create(folder / "etrangere")
    hosts = tuple(dict.fromkeys((*HOSTS, host)))
    return {
        _CONTROL: _files(own.server(hosts)),
        "TR-05": _files(foreign.server(hosts)),
        "TR-06": _files(own.server((_OTHER_HOST,), name=_OTHER_HOST)),
    }, own.file


def _files(issued: Issued) -> Certificate:
    return Certificate(str(issued.certificate), str(issued.key))


def _how_to(host: str, doors: dict[str, int], authority: Path) -> list[str]:
    return [
        f"Pour cet essai seul, faites accepter {authority} par votre logiciel comme autorité du hub.",
        "Puis connectez-le tour à tour à chacun de ces serveurs ; aucun n'est un hub, et nul ne s'y identifie :",
        f"    amqps://{host}:{doors[_CONTROL]}  bon certificat : il doit entrer (témoin)",
        *(
            f"    amqps://{host}:{doors[name]}  certificat {what} : il doit refuser ({name})"
            for name, what in _FALSE.items()
        ),
        "Le verdict vient quand il est venu aux trois, ou à Ctrl-C.",
    ]
