"""What `recette run` can be asked."""

from __future__ import annotations

from argparse import ArgumentParser

from recette.commands.common import count, offer_scenarios, offer_strict
from recette.commands.converter_option import offer_converter
from recette.commands.forms import offer_forms
from recette.commands.models_option import offer_models
from recette.commands.narrowing import offer_narrowing
from recette.messages.profile.reader import DEFAULT, PROFILES
from recette.messages.roles import ROLES


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCÉNARIO", help="identifiants, fichiers ou dossiers ; tous sinon"
    )
    offer_scenarios(parser)
    offer_narrowing(parser)
    _what_is_played(parser)
    _how_it_is_played(parser)
    _what_comes_of_it(parser)


def _what_is_played(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--target", metavar="FICHIER", help="l'éditeur à tester ; sinon l'éditeur de référence, ici"
    )
    parser.add_argument("--vhost", metavar="NOM", help="seulement ce vHost")
    offer_models(parser)
    parser.add_argument(
        "--broker", choices=("embedded", "rabbitmq"), help="le broker du bac-à-sable (embedded sinon)"
    )
    parser.add_argument(
        "--format", choices=("json", "xml"), help="ce que l'éditeur et les partenaires échangent"
    )
    parser.add_argument(
        "--editor",
        choices=ROLES,
        help="seulement l'éditeur de référence de ce rôle",
    )
    parser.add_argument(
        "--hub", choices=PROFILES, help=f"le profil du hub ({DEFAULT} sinon, ou celui de la cible)"
    )
    parser.add_argument(
        "--between",
        action="store_true",
        help="sans cible : les éditeurs de référence jouent entre eux, et chacun est jugé",
    )
    parser.add_argument(
        "--captured",
        action="extend",
        nargs="+",
        default=[],
        metavar="SOURCE",
        help="avec une cible à plusieurs éditeurs : ne joue rien, juge ce que ces captures montrent des scénarios qu'ils ont joués",
    )
    parser.add_argument(
        "--case",
        action="extend",
        nargs="+",
        default=[],
        metavar="SCÉNARIO=DOSSIER",
        help="avec --captured : le dossier qui a été joué pour ce scénario, là où plusieurs y ressemblent",
    )
    parser.add_argument("--fault", metavar="FAUTE", help="joue l'éditeur de référence avec cette faute")
    parser.add_argument(
        "--bundle", metavar="DOSSIER|ZIP", help="les modèles officiels jugent, leur cahier se joue"
    )


def _how_it_is_played(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=count,
        metavar="N",
        help="combien de scénarios à la fois (1 sur une cible ou avec une faute, sinon 8)",
    )
    parser.add_argument(
        "-x",
        dest="first_only",
        action="store_true",
        help="s'arrête au premier passage qui n'est pas conforme (un passage à la fois, sauf --jobs)",
    )
    parser.add_argument(
        "--allow-harmful",
        action="store_true",
        help="joue aussi, ailleurs qu'au bac-à-sable local, ce qui peut gêner un service où d'autres travaillent",
    )
    parser.add_argument(
        "--observed-by",
        metavar="DOSSIER",
        help="le dossier du relais (recette relay) placé entre l'éditeur et le hub de la cible",
    )
    parser.add_argument(
        "--dispatchers",
        type=count,
        default=1,
        metavar="N",
        help="combien servent chaque vHost du bac-à-sable",
    )
    offer_converter(parser)


def _what_comes_of_it(parser: ArgumentParser) -> None:
    offer_strict(parser)
    parser.add_argument(
        "--leave-out",
        action="extend",
        nargs="+",
        default=[],
        metavar="EXIGENCE",
        help="avec --target : n'interroge personne sur ces exigences d'écran ; les rapports le disent",
    )
    parser.add_argument(
        "--attest-received",
        action="store_true",
        help="avec un opérateur : fait attester, valeur par valeur, ce que l'écran montre de chaque message reçu",
    )
    parser.add_argument(
        "--resume",
        metavar="DOSSIER",
        help="reprend la campagne interrompue de ce dossier, sans rejouer ce qui l'est",
    )
    parser.add_argument("--report", metavar="DOSSIER", help="où écrire les rapports (reports/<date> sinon)")
    offer_forms(parser)
    parser.add_argument("--sign", metavar="CLÉ", help="signe la campagne avec cette clé Ed25519 (PEM)")
    parser.add_argument("--json", action="store_true", help="le résultat sur la sortie, pour un programme")
    parser.add_argument("--verbose", action="store_true", help="chaque passage et chaque constat, en entier")
