"""`recette models`: the data dictionary, read, compared, exported and checked."""

from __future__ import annotations

import json
from argparse import SUPPRESS, ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_FAIL, EXIT_OK, offer_scenarios, one_sentence, scenario_folders
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import code_list_names, codes, is_named, quoted
from recette.messages.dictionary.generations import (
    Edition,
    UnknownEditionError,
    edition_named,
    edition_of,
    editions,
    generations,
)
from recette.messages.dictionary.lines import adopting_folder
from recette.messages.dictionary.models import UnknownModelError, model
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.wording.counting import counted
from recette.wording.nearest_name import nearest

_ALL = "sinon, celle par défaut de chaque génération"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="pour un programme")
    asked = parser.add_subparsers(dest="models", metavar="action")
    listing = asked.add_parser("list", help="tous les messages (l'action par défaut)")
    show = asked.add_parser("show", help="un message, champ par champ, ou une liste de codes")
    show.add_argument("model", metavar="MODÈLE|LISTE")
    show.add_argument("--models", "--generation", dest="edition", metavar="ÉDITION|N|VHOST", help=_ALL)
    diff = asked.add_parser("diff", help="ce qui change d'une édition à l'autre")
    diff.add_argument("first", metavar="A", help="édition (3.4.1), génération ou vHost")
    diff.add_argument("second", metavar="B", help="édition, génération ou vHost")
    diff.add_argument("model", nargs="?", metavar="MODÈLE", help="tous sinon")
    export = asked.add_parser("export", help="JSON Schema, XSD et exemples")
    export.add_argument("--out", required=True, metavar="DOSSIER")
    export.add_argument("--models", "--generation", dest="edition", metavar="ÉDITION|N|VHOST", help=_ALL)
    check = asked.add_parser("check", help="l'accord avec les modèles officiels")
    check.add_argument("--bundle", required=True, metavar="DOSSIER|ZIP")
    check.add_argument(
        "--models", dest="edition", metavar="ÉDITION", help="celle du lot (la plus proche sinon)"
    )
    check.add_argument("--mutants", type=int, default=200, metavar="N", help="par message et format")
    check.add_argument(
        "--closely",
        action="extend",
        nargs="+",
        default=[],
        metavar="MESSAGE",
        help="ôte aussi, une fois, chaque champ de ces messages",
    )
    check.add_argument("--seed", type=int, default=0, metavar="N", help="graine du hasard")
    _offer_adoption(asked.add_parser("adopt", help="un nouveau tag officiel devient une édition"))
    drift = asked.add_parser("drift", help="ce qu'un tag officiel jugerait autrement")
    drift.add_argument("--bundle", required=True, metavar="DOSSIER|ZIP")
    offer_scenarios(drift)
    for one in (listing, show, diff, check, drift):
        one.add_argument("--json", action="store_true", default=SUPPRESS, help="pour un programme")


def _offer_adoption(adopt: ArgumentParser) -> None:
    adopt.add_argument("--bundle", required=True, metavar="DOSSIER|ZIP")
    adopt.add_argument("--tag", required=True, metavar="TAG", help="le tag officiel (3.5.0)")
    adopt.add_argument("--date", default="", metavar="AAAA-MM-JJ", help="le jour de sa publication")
    adopt.add_argument(
        "--mutants", type=int, default=60, metavar="N", help="par message et format, pour l'accord"
    )
    adopt.add_argument(
        "--out",
        metavar="DOSSIER",
        help="le dictionnaire à compléter (sinon celui de RECETTE_DICTIONARY, ou le vôtre, lu ensuite)",
    )
    adopt.add_argument(
        "--after",
        default="",
        metavar="TAG",
        help="l'édition qu'il suit (sinon, par son numéro ; 0 : aucune de sa génération)",
    )
    adopt.add_argument(
        "--generation",
        type=int,
        metavar="N",
        help="sa génération, qui peut être nouvelle (sinon, par son numéro)",
    )
    adopt.add_argument(
        "--rename",
        action="append",
        default=[],
        metavar="MESSAGE.ancien=nouveau",
        help="un champ qui change de nom ; rien après = si ce n'en est pas un",
    )
    adopt.add_argument(
        "--perimeter",
        action="append",
        default=[],
        metavar="MESSAGE=P1,P2",
        help="les périmètres qui emploient un nouveau message",
    )


@one_sentence
def run(arguments: Namespace) -> int:
    """Dispatch to what was asked; the list by default."""
    asked = {
        "show": _show,
        "diff": _diff,
        "export": _export,
        "check": _check,
        "adopt": _adopt,
        "drift": _drift,
    }.get(arguments.models, _list)
    return asked(arguments)


def edition_asked(text: str) -> Edition:
    """An edition, by its tag, by the number of a generation or by a vHost. Raises UnknownEditionError."""
    try:
        return edition_named(text)
    except UnknownEditionError as unknown:
        try:
            return vhost(text).edition
        except UnknownVHostError as error:
            raise UnknownEditionError(
                f"« {text} » n'est ni une édition ni un vHost. {unknown} {error}"
            ) from error


def _asked(arguments: Namespace) -> list[Edition]:
    """The edition that was named, else the default one of each generation."""
    return (
        [edition_asked(arguments.edition)]
        if arguments.edition
        else [edition_of(generation) for generation in generations()]
    )


def _list(arguments: Namespace) -> int:
    entries = [dictionary.entry(name) for name in dictionary.names()]
    rows: list[dict[str, Any]] = [
        {
            "model": one.name,
            "key": one.keys[-1][0] if one.whole else None,
            "label": one.label,
            "editions": [edition.tag for edition in editions() if edition in one.editions],
            "generations": list(one.generations),
            "xml": sorted({edition.generation for edition in one.xml_editions}),
        }
        for one in entries
    ]
    if arguments.json:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
        return EXIT_OK
    for row in rows:
        held = ", ".join(str(one) for one in row["generations"])
        only_json = [str(one) for one in row["generations"] if one not in row["xml"]]
        note = f" ; sans XML en génération {', '.join(only_json)}" if only_json else ""
        say(f"{row['model']:20} {row['key'] or '-':24} générations {held:8} {row['label']}{note}")
    return EXIT_OK


def _show(arguments: Namespace) -> int:
    from recette.messages.dictionary.differences import cardinality, flat, meaning_of

    wanted = _asked(arguments)
    held = {g: codes(arguments.model, g) for g in wanted if is_named("code", arguments.model, g)}
    if held:
        return _show_codes(arguments.model, held, as_json=arguments.json)
    entry = _entry(arguments.model)
    asked = wanted if arguments.edition else _defaults_with(entry)
    for edition in asked:
        if edition not in entry.editions:
            model(entry.name, edition)  # says it with the nearest name
        rows = [
            {"path": path, "cardinality": cardinality(one), "type": meaning_of(one, edition)}
            for path, one in flat(entry.fields, edition)
        ]
        if arguments.json:
            told = {"model": entry.name, **_as_json(edition), "fields": rows}
            say(json.dumps(told, ensure_ascii=False))
            continue
        say(f"{entry.name} ({entry.label}), clé {entry.key_in(edition)}, {edition.title}")
        for row in rows:
            say(f"  {row['path']:60} {row['cardinality']:6} {row['type']}")
    return EXIT_OK


def _defaults_with(entry: dictionary.MessageEntry) -> list[Edition]:
    """Of each generation that has the message the default edition, or the last that has it."""
    return [
        edition_of(generation)
        if entry.held_in(generation)
        else [one for one in editions(generation) if one in entry.editions][-1]
        for generation in entry.generations
    ]


def _as_json(edition: Edition) -> dict[str, Any]:
    return {"generation": edition.generation, "edition": edition.tag}


def _show_codes(name: str, held: dict[Edition, tuple[str, ...]], *, as_json: bool) -> int:
    """A code list; a code with blanks or a comma in it stands in quotes."""
    for edition, values in held.items():
        if as_json:
            row = {"codes": name, **_as_json(edition), "values": values}
            say(json.dumps(row, ensure_ascii=False))
            continue
        say(f"{name}, {edition.title} : {len(values)} codes")
        say(f"  {', '.join(quoted(one) for one in values)}")
    return EXIT_OK


def _diff(arguments: Namespace) -> int:
    from recette.messages.dictionary.differences import differences

    first, second = edition_asked(arguments.first), edition_asked(arguments.second)
    names = [_entry(arguments.model).name] if arguments.model else dictionary.names()
    found = [one for name in names for one in differences(name, first, second)]
    if arguments.json:
        say(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return EXIT_OK
    say(f"De la {first.title} à la {second.title} : {counted(len(found), 'différence')}")
    for name in dict.fromkeys(one.model for one in found):
        say(name)
        for one in (one for one in found if one.model == name):
            sign = {"ajouté": "+", "retiré": "-", "modifié": "~", "renommé": "="}[one.kind]
            said = " -> ".join(part for part in (one.before, one.after) if part)
            say(f"  {sign} {one.path} : {said}")
    return EXIT_OK


def _export(arguments: Namespace) -> int:
    from recette.messages.dictionary.export import export

    for edition in _asked(arguments):
        count = export(Path(arguments.out), edition)
        say(f"{edition.title.capitalize()} : {count} fichiers dans {Path(arguments.out) / edition.tag}")
    return EXIT_OK


def _check(arguments: Namespace) -> int:
    from recette.messages.official.agreement import DECIDED, Comparison

    named = edition_named(arguments.edition) if arguments.edition else None
    comparison = Comparison(Path(arguments.bundle), named)
    tallies = []
    for one in comparison.run(arguments.mutants, arguments.seed, arguments.closely):
        tallies.append(one)
        if not arguments.json:
            decided = sum(one.decided.values())
            say(
                f"{one.model:20} {one.format:5} comparés {one.compared:5}  refusés par les deux {one.refused:5}"
                f"  écarts décidés {decided:4}  désaccords {len(one.disagreements):4}"
            )
            for text in one.disagreements:
                say(f"    {text[:400]}")
    total = sum(len(one.disagreements) for one in tallies)
    if arguments.json:
        report: dict[str, Any] = {
            **_as_json(comparison.edition),
            "differing": comparison.differing,
            "messages": [asdict(one) for one in tallies],
        }
        say(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        if comparison.differing:
            say(f"Schémas JSON différents : {', '.join(comparison.differing)}")
        count = sum(one.compared for one in tallies)
        say(f"{comparison.edition.title.capitalize()} : {count} comparaisons, {counted(total, 'désaccord')}")
        for name, reason in DECIDED.items():
            say(f"Écart décidé « {name} » : {reason} (docs/modeles-ecarts.md)")
    return EXIT_FAIL if total or comparison.differing else EXIT_OK


def _adopt(arguments: Namespace) -> int:
    from recette.messages.official.adoption import adopt
    from recette.messages.official.placing import Wanted

    folder = Path(arguments.out) if arguments.out else adopting_folder()
    renamed = dict(_answers(arguments.rename))
    perimeters = {
        name: [one for one in told.split(",") if one] for name, told in _answers(arguments.perimeter)
    }
    done = adopt(
        Path(arguments.bundle),
        Wanted(arguments.tag, arguments.date, arguments.after, arguments.generation),
        folder,
        renamed=renamed,
        perimeters=perimeters,
        mutants=arguments.mutants,
    )
    say(done.told.rstrip("\n"))
    say(f"{arguments.tag} : {done.place}.")
    say(
        f"L'édition {arguments.tag} est adoptée dans {done.folder} : {done.compared} messages comparés au lot, "
        "aucun désaccord."
    )
    if folder != adopting_folder():
        say(f"Pour la lire : RECETTE_DICTIONARY={folder}")
    return EXIT_OK


def _drift(arguments: Namespace) -> int:
    from recette.scenario.drift import drifts
    from recette.scenario.selection import select

    selection = select((), *scenario_folders(arguments.folder))
    here, found = drifts(Path(arguments.bundle), selection.scenarios)
    if arguments.json:
        say(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return EXIT_FAIL if found else EXIT_OK
    for one in found:
        say(f"{one.kind:9} {one.name} : {one.text}")
    say(f"Par rapport à la {here.title} : {counted(len(found), 'écart')}")
    return EXIT_FAIL if found else EXIT_OK


def _answers(given: list[str]) -> list[tuple[str, str]]:
    """`NAME=value` of the command line. Raises OptionsError."""
    found = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise OptionsError(f"« {text} » ne se lit pas : écrivez NOM=valeur.")
        found.append((name, value))
    return found


def _entry(name: str) -> dictionary.MessageEntry:
    by_upper = {one.upper(): one for one in dictionary.names()}
    if name.upper() in by_upper:
        return dictionary.entry(by_upper[name.upper()])
    near = nearest(name, (*dictionary.names(), *code_list_names()))
    hint = f"vouliez-vous dire {near[0]} ?" if near else f"connus : {', '.join(sorted(dictionary.names()))}."
    raise UnknownModelError(f"Le message « {name} » n'existe dans aucune génération : {hint}")
