"""Why a file, a folder or a port cannot be had, in French whatever the language of the machine."""

from __future__ import annotations

import errno

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
    """Why, without the name of what."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Why a file gave no text."""
    return reason(error) if isinstance(error, OSError) else "ce n'est pas de l'UTF-8"
