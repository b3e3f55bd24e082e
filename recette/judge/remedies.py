"""What to do about a value that is not the one that was keyed: what its difference looks like says where to search."""

from __future__ import annotations

import unicodedata

from recette.scenario.comparison import Difference


def remedy(difference: Difference) -> str:
    """Where the editor's vendor is to look, in French."""
    name = difference.path.rpartition(".")[2]
    wanted, sent = difference.expected, difference.actual
    if difference.missing:
        return f"Vérifiez que ce qui est saisi à l'écran est relié à {name}, et que rien ne l'ôte à l'envoi."
    if type(wanted) is not type(sent):
        return f"Vérifiez le type de {name} : la valeur part sous une autre forme que celle du modèle."
    if isinstance(wanted, str) and isinstance(sent, str):
        if sent and wanted.startswith(sent):
            return f"Le texte est coupé après {len(sent)} caractères : cherchez une longueur fixée en route."
        if wanted.casefold().split() == sent.casefold().split():
            return "Seules la casse ou les espaces diffèrent : cherchez une mise en forme du texte à l'envoi."
        if sent.isupper() or sent.isdecimal():
            return f"Cherchez la table de correspondance, ou la valeur par défaut, qui remplace {wanted} par {sent}."
    return f"Cherchez ce qui remplace {name} entre la saisie et l'envoi : valeur par défaut, autre dossier, ancien état."


def is_other_form(difference: Difference) -> bool:
    """Whether two texts are the same but for how Unicode writes their accents."""
    wanted, sent = difference.expected, difference.actual
    if not isinstance(wanted, str) or not isinstance(sent, str) or wanted == sent:
        return False
    return unicodedata.normalize("NFC", wanted) == unicodedata.normalize("NFC", sent)


def form_of(text: str) -> str:
    """How Unicode writes the accents of a text, in French."""
    if unicodedata.is_normalized("NFC", text):
        return "forme composée, NFC"
    return "forme décomposée, NFD" if unicodedata.is_normalized("NFD", text) else "formes mêlées"
