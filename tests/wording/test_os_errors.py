"""What the system and its libraries say in English is said in French, and of the right cause."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest

from recette.wording.os_errors import reason


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ECONNREFUSED, "Connection refused"), "connexion refusée"),
        (OSError(errno.ECONNABORTED, "Software caused connection abort"), "erreur ECONNABORTED du système"),
        (OSError(99_999, "?"), "erreur 99999 du système"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "ce nom est inconnu du DNS"),
        (ssl.SSLError(1, "[SSL] sslv3 alert (_ssl.c:1)"), "TLS n'aboutit pas (OpenSSL ne dit pas pourquoi)"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1)"), "connexion refusée"),
        (TimeoutError(), "pas de réponse à temps"),
        (ConnectionError("le relais est parti"), "le relais est parti"),
    ],
)
def test_a_reason(error: OSError, said: str) -> None:
    assert reason(error) == said
