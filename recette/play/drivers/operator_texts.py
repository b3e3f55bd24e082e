"""What the operator's terminal says, as lines of French."""

from __future__ import annotations

from collections.abc import Iterator

from recette.messages.dictionary.models import UnknownModelError, model
from recette.messages.reading import Message
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.play.drivers.driver import Question, Queues, Request
from recette.play.drivers.sheet import sheet
from recette.wording.values import plain

ON_REQUEST = "f : c'est fait · r : refaire la demande · i : impossible · "
COMMANDS = "+5 : cinq minutes de plus · ? : rien n'arrive · q : interrompre"
ANSWERS = "c : conforme · a : approché · n : non conforme · +5 : cinq minutes de plus · q : interrompre"
ONE_BY_ONE = "v : valeur par valeur · "
SKIP = "p : passer, sans rien attester · "
ONE = "c : conforme · a : approché · n : non conforme · Entrée : ne rien dire de celle-ci"
_ACTORS = {"sollicite": "sollicité", "delegue": "délégué", "editeur": "éditeur", "temoin": "témoin"}
"""Names that scenarios write without their accents."""
_MARKS = (10, 30, 60, 120, 180, 240, *range(300, 24 * 3600, 300))


def spoken(seconds: float) -> str:
    """A duration as it is said."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes == 0:
        return f"{rest} s"
    return f"{minutes} min" + (f" {rest} s" if rest else "")


def next_mark(left: float) -> float | None:
    """Seconds until the time that is left is worth saying again; None when it is not any more."""
    return next((left - mark for mark in reversed(_MARKS) if mark < left - 1), None)


def actor(name: str) -> str:
    """An actor of a scenario, spelt as it is said."""
    return _ACTORS.get(name, name)


def titled(text: str) -> str:
    return f"── {plain(text, 200)} ".ljust(78, "─")


def request_lines(request: Request, *, again: bool) -> Iterator[str]:
    """What to do in the editor's software, and the data to enter."""
    yield ""
    yield titled(f"{request.step} : {request.title}")
    if again:
        yield "La demande est refaite (le journal le note)."
    if request.prompt:
        yield f"À faire : {plain(request.prompt, 1000)}"
    yield f"Votre logiciel ({request.sender}) doit envoyer {model_name(request.model, request.vhost)} à {request.to}."
    if request.case_id:
        yield f"Dossier : {plain(request.case_id, 200)}"
    yield "À saisir (les identifiants que votre logiciel fabrique n'y sont pas) :"
    yield from (f"    {line}" for line in sheet(request.data))


def model_name(name: str, on: str) -> str:
    """A message's name with its French label, where it has one on this vHost."""
    try:
        return f"{name} ({model(name, vhost(on).generation).label})"
    except (UnknownModelError, UnknownVHostError):
        return name


def question_lines(question: Question) -> Iterator[str]:
    yield ""
    yield titled(f"{question.step} : {question.title}")
    whose = question.document.get("from", "")
    yield f"Regardez l'écran de votre logiciel{f' ({whose})' if whose else ''} :"
    yield f"    {plain(question.text, 1000)}"
    yield f"Est-ce ce qu'il montre ? {answers(question)}"


def answers(question: Question) -> str:
    """What can be typed, and how long still."""
    more = (ONE_BY_ONE if question.values else "") + (SKIP if question.optional else "")
    return f"{more}{ANSWERS} (reste {spoken(question.deadline.left)})"


def partner_lines(client: str, message: Message, *, converted: bool) -> Iterator[str]:
    """What the partner sends, to be found again on the screen; where the hub converts it, what that leaves is there."""
    if converted:
        yield (
            f"  → {client} envoie {message.model}, que le hub convertit : votre écran montre ce que la conversion en laisse "
            "(recette convert le dit)."
        )
        return
    yield f"  → {client} envoie {message.model} à votre logiciel. À retrouver à l'écran :"
    content = message.content
    yield from (f"    {line}" for line in sheet(content if isinstance(content, dict) else {}))


def partner_answer(client: str, message: Message) -> str:
    """How the partner answers a message of the editor."""
    if message.model != "RS-ERROR":
        return f"  → {client} acquitte (RC-REF)."
    return f"  → {client} répond par une erreur ({_error(message)})."


def _error(message: Message) -> str:
    """An RS-ERROR with its code and its cause."""
    content = message.content if isinstance(message.content, dict) else {}
    cause = plain(str(content.get("errorCause", "")), 300)
    return f"RS-ERROR {message.error_code} : {cause}"


def arrival_lines(message: Message) -> Iterator[str]:
    """What came in on one of the partner's queues."""
    sender = plain(message.sender_id or "?", 100)
    if message.model is None:
        yield f"  ← message illisible de {sender}"
    elif message.model == "RC-REF":
        yield f"  ← acquittement (RC-REF) de {sender}"
    elif message.model == "RS-ERROR":
        yield f"  ← erreur de {sender} : {_error(message)}"
    else:
        case = f", dossier {plain(message.case_id, 100)}" if message.case_id else ""
        yield f"  ← {message.model} de {sender}{case}"


_DONE_TO_THE_LINK = {
    "silence": "ne laisse plus rien passer sur la liaison de votre logiciel pendant {lasts}",
    "lenteur": "retarde tout ce qui passe sur la liaison de votre logiciel pendant {lasts}",
    "deux-fois": "rompt la liaison de votre logiciel dès qu'un message lui est remis",
    "desordre": "remet à votre logiciel deux messages dans l'autre ordre",
    "redemarrage": "rompt la liaison de votre logiciel, et n'en laisse ouvrir aucune pendant {lasts}",
    "coupure": "rompt la liaison de votre logiciel",
}


def disturbed(incident: str, lasts: float) -> str:
    """What the recette does to the link, and what is to be left to the software."""
    done = _DONE_TO_THE_LINK[incident].format(lasts=spoken(lasts))
    return f"  ! La recette {done} : ne le reconnectez pas, il s'en remet de lui-même."


def nothing_came(editor: str, on: str, queues: Queues) -> Iterator[str]:
    """What to look at when nothing arrives, the surest first."""
    rivals = [name for name, state in queues.items() if state.get("consumers", 1) > 1]
    waiting = [name for name, state in queues.items() if state.get("messages", 0) > 0]
    if rivals:
        yield f"  ! {', '.join(rivals)} : un autre lecteur prend peut-être les messages à la place de la recette. Arrêtez-le."
    if waiting:
        yield f"  ! {', '.join(waiting)} : des messages y attendent encore d'être lus."
    yield "  Rien n'arrive ? Dans l'ordre :"
    yield f"    1. Lisez {editor}.info dans votre logiciel : le hub y dit pourquoi il refuse un message (RS-ERROR)."
    yield f"    2. Votre logiciel est-il connecté au vHost {on}, et non à celui d'une autre génération ?"
    yield f"    3. Publie-t-il sur l'exchange « hubsante » avec sa propre clé, {editor} ?"
    yield "    4. L'identifiant du destinataire (explicitAddressValue) est-il exactement celui de la demande ?"
    yield "    5. Le message est-il vraiment parti (file d'attente, brouillon, validation à l'écran) ?"
