"""Why a file, a folder or a port cannot be had, in French whatever the language of the machine."""

from __future__ import annotations

import errno
import socket
import ssl

_REASONS = {
    errno.ENOENT: "il n'y a rien à cet endroit",
    errno.EACCES: "accès refusé",
    errno.EPERM: "accès refusé",
    errno.EISDIR: "c'est un dossier",
    errno.ENOTDIR: "un fichier est là où il faudrait un dossier",
    errno.EEXIST: "l'endroit est déjà pris",
    errno.ENOSPC: "plus de place sur le disque",
    errno.EROFS: "le disque est en lecture seule",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.EADDRINUSE: "le port est déjà pris",
    errno.EADDRNOTAVAIL: "cette adresse n'est pas de cette machine",
    errno.ECONNREFUSED: "connexion refusée",
    errno.EHOSTUNREACH: "aucune route vers cette adresse",
    errno.ENETUNREACH: "aucune route vers ce réseau",
    errno.ENOEXEC: "ce n'est pas un programme",
    errno.EFBIG: "le fichier dépasse la taille permise",
    errno.EDQUOT: "le quota du disque est atteint",
    errno.EIO: "le disque ou le réseau est en défaut",
    errno.ECONNRESET: "la connexion a été coupée",
    errno.ETIMEDOUT: "pas de réponse à temps",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.ELOOP: "ce lien tourne en rond",
    errno.ENXIO: "ce n'est pas un fichier ordinaire",
}


def reason(error: OSError) -> str:
    """Why, without the name of what; a text of ours stays, the system's own is only named."""
    if isinstance(error, ssl.SSLError):  # its number is OpenSSL's, and no system's
        why = getattr(error, "reason", None) or "OpenSSL ne dit pas pourquoi"
        return f"TLS n'aboutit pas ({why})"
    if isinstance(error, socket.gaierror):
        return "ce nom est inconnu du DNS"
    if error.errno is None:
        told = str(error)
        if "Connect call failed" in told:  # asyncio, of a name that has several addresses
            return "connexion refusée"
        return told or ("pas de réponse à temps" if isinstance(error, TimeoutError) else "raison inconnue")
    return _REASONS.get(error.errno) or f"erreur {errno.errorcode.get(error.errno, error.errno)} du système"


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Why a file gave no text."""
    return reason(error) if isinstance(error, OSError) else "ce n'est pas de l'UTF-8"
